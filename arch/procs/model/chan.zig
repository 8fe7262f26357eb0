//! Models of hchan.zig and sema.zig: goroutines on different Ms send, receive, close, lock and wait. A goroutine that must
//! wait parks by the product's own park; who wakes it finds it waiting. No word is lost or comes twice, one sender's come in
//! order, nobody waits for ever.
const std = @import("std");
const Access = @import("access.zig").Access;
const chunk = @import("../../chunk.zig");
const explore = @import("explore.zig");
const hchan = @import("../hchan.zig");
const m_ = @import("../../m.zig");
const os = @import("../../os.zig");
const sema = @import("../sema.zig");
const status = @import("../status.zig");
const waitq = @import("../waitq.zig");
const Status = status.Status(Access);
const Sudog = waitq.Sudog;

const words_max = 8;
var first: u32 = 0;
var c: hchan.Hchan(Access) = undefined;
var mutex: sema.SyncMutex(Access) = .{};
var wg: sema.WaitGroup(Access) = .{};
var buf: [4]u64 = @splat(0);
var sudogs: [explore.threads_max]Sudog = undefined;
/// How often each word was sent, and received; how many came; the last of each sender that a receiver got.
var sent: [words_max]u8 = @splat(0);
var received: [words_max]u8 = @splat(0);
var last: [explore.threads_max][2]u8 = @splat(@splat(0));
var closed_seen: u8 = 0;
var panics: u8 = 0;
var inside: u8 = 0;
var rounds: u8 = 0;

pub fn init() void {
    first = chunk.takeGs(m_.current().?);
}

fn reset(capacity: u32) void {
    c = .{ .dataqsiz = capacity, .buf = &buf };
    mutex = .{};
    wg = .{};
    buf = @splat(0);
    sudogs = @splat(std.mem.zeroInit(Sudog, .{ .of = @as(*anyopaque, @ptrCast(&c)) }));
    sent = @splat(0);
    received = @splat(0);
    last = @splat(@splat(0));
    closed_seen = 0;
    panics = 0;
    inside = 0;
    rounds = 0;
    for (0..explore.threads_max) |i| gOf(i).atomicstatus = status.running;
}

pub fn reset0() void {
    reset(0);
}

fn reset1() void {
    reset(1);
}

fn reset2() void {
    reset(2);
}

fn resetGroup() void {
    reset(0);
    wg.counter = 2;
}

pub fn hash(h: *std.hash.Wyhash) void {
    // Padding is never written: it stays as it was.
    h.update(std.mem.asBytes(&c.lock));
    inline for (.{ "closed", "qcount", "sendx", "recvx", "recvq", "sendq" }) |name| h.update(std.mem.asBytes(&@field(c, name)));
    h.update(std.mem.asBytes(&buf));
    for (&sudogs) |*sg| {
        inline for (.{ "elem", "next", "prev", "success" }) |name| h.update(std.mem.asBytes(&@field(sg, name)));
    }
    inline for (.{ &mutex, &wg }) |object| {
        h.update(std.mem.asBytes(&object.guard));
        h.update(std.mem.asBytes(&object.waiting));
    }
    h.update(std.mem.asBytes(&wg.counter));
    h.update(&.{ @intFromBool(mutex.held), closed_seen, panics, inside, rounds });
    h.update(&sent);
    h.update(&received);
    h.update(std.mem.asBytes(&last));
    for (0..explore.threads_max) |i| h.update(std.mem.asBytes(&gOf(i).atomicstatus));
}

fn gOf(i: usize) *os.G {
    return status.gOf(first + @as(u32, @intCast(i)));
}

fn holds() ?[]const u8 {
    if (inside > 1) return "two hold the Mutex";
    for (received, sent) |got, given| {
        if (got > 1) return "a word was received twice";
        if (got > given) return "a word was received that nobody has sent";
    }
    return null;
}

/// The calling thread as a goroutine.
const Owner = struct {
    gp: *os.G,

    pub fn waits(owner: Owner) void {
        if (Status.cas(owner.gp, status.running, status.waiting) != null) explore.violate("who parks is not running");
    }
};

pub fn me() *Sudog {
    const i = explore.current;
    const sg = &sudogs[i];
    sg.* = std.mem.zeroInit(Sudog, .{ .of = @as(*anyopaque, @ptrCast(&c)), .g = first + @as(u32, @intCast(i)) });
    return sg;
}

pub fn park(lock: anytype) void {
    const i = explore.current;
    const owner: Owner = .{ .gp = gOf(i) };
    if (explore.switched("the lock is let go of before the status is waiting")) {
        lock.unlock();
        owner.waits();
    } else hchan.park(owner, lock);
    while (Access.load(u32, &owner.gp.atomicstatus, .acquire) == status.waiting) {
        Access.futexsleep(&owner.gp.atomicstatus, status.waiting, null);
    }
    if (Status.cas(owner.gp, status.runnable, status.running) != null) explore.violate("who was woken is not runnable");
}

pub fn ready(list: ?*Sudog) void {
    var each = list;
    while (each) |sg| {
        each = sg.next;
        sg.next = null;
        const gp = status.gOf(sg.g);
        if (Status.cas(gp, status.waiting, status.runnable) != null) explore.violate("who is woken is not waiting");
        Access.futexwakeup(&gp.atomicstatus);
    }
}

fn send(word: u8) void {
    sent[word] = 1;
    const sg = me();
    var woken: ?*Sudog = null;
    switch (c.send(word, sg, &woken)) {
        .park => {
            park(&c.lock);
            if (!sg.success) fails(word);
        },
        .panic => fails(word),
        else => ready(woken),
    }
}

fn fails(word: u8) void {
    sent[word] = 0;
    panics += 1;
    if (received[word] != 0) explore.violate("a word was received whose send panics");
}

/// @returns whether there was a word
fn recv() bool {
    const sg = me();
    var woken: ?*Sudog = null;
    var word: u64 = 0;
    switch (c.recv(&word, sg, &woken)) {
        .park => {
            park(&c.lock);
            if (!sg.success) return ended();
            word = sg.elem;
        },
        .closed => return ended(),
        else => ready(woken),
    }
    if (word >= words_max) {
        explore.violate("what was received is no word");
        return true;
    }
    received[word] += 1;
    // Words 1 to 3 are the first sender's, 4 to 6 the second's.
    const from = @intFromBool(word > 3);
    const before = &last[explore.current][from];
    if (word <= before.*) explore.violate("one sender's words come out of order");
    before.* = @intCast(word);
    return true;
}

fn ended() bool {
    closed_seen += 1;
    return false;
}

fn close() void {
    var woken: ?*Sudog = null;
    if (c.close(&woken) != .done) return explore.violate("close panics");
    ready(woken);
}

fn sendsA1() void {
    send(1);
}

fn sendsA() void {
    send(1);
    send(2);
}

fn sendsA3() void {
    send(1);
    send(2);
    send(3);
}

fn sendsB() void {
    send(4);
}

fn receives1() void {
    _ = recv();
}

fn receives2() void {
    _ = recv();
    _ = recv();
}

fn receives3() void {
    _ = recv();
    _ = recv();
    _ = recv();
}

fn receivesAll() void {
    while (recv()) {}
}

fn closes() void {
    close();
}

/// All have finished, and all that was sent has been received.
fn end() ?[]const u8 {
    if (!explore.allFinished()) return "somebody waits for ever";
    for (sent, received) |given, got| if (given != got) return "a word is lost";
    return if (c.lock.key != 0) "the channel's lock is held" else null;
}

/// What was sent may be in the buffer still.
fn endClosed() ?[]const u8 {
    if (!explore.allFinished()) return "somebody waits for ever";
    for (sent, received) |given, got| if (given != got) return "a word is lost";
    return if (closed_seen == 0) "the end was not seen" else null;
}

fn locks() void {
    const sg = me();
    if (mutex.lock(sg) == .park) park(&mutex.guard);
    inside += 1;
    explore.step();
    explore.saw('i', 0, "");
    inside -= 1;
    rounds += 1;
    var woken: ?*Sudog = null;
    if (mutex.unlock(&woken) != .done) explore.violate("unlock of unlocked mutex");
    ready(woken);
}

fn locksTwice() void {
    locks();
    locks();
}

fn done() void {
    rounds += 1;
    var woken: ?*Sudog = null;
    if (wg.add(-1, &woken) != .done) explore.violate("negative WaitGroup counter");
    ready(woken);
}

fn waits() void {
    const sg = me();
    if (wg.wait(sg) == .park) park(&wg.guard);
    if (rounds != 2) explore.violate("Wait came back before all were done");
}

fn endObjects() ?[]const u8 {
    if (!explore.allFinished()) return "somebody waits for ever";
    return if (mutex.guard.key != 0 or wg.guard.key != 0) "a lock is held" else null;
}

fn key() usize {
    return @intFromPtr(&c.lock.key);
}

fn guard() usize {
    return @intFromPtr(&mutex.guard.key);
}

fn model(
    comptime name: []const u8,
    comptime list: []const *const fn () void,
    start: *const fn () void,
    last_check: *const fn () ?[]const u8,
    comptime faults: []const explore.Fault,
) explore.Model {
    return .{ .name = name, .threads = list, .reset = start, .hash = &hash, .holds = &holds, .end = last_check, .faults = faults };
}

pub const unlocks_first: explore.Fault = .{ .name = "the lock is let go of before the status is waiting", .kind = .harness };

pub const models = [_]explore.Model{
    model("chan: unbuffered, two senders", &.{ &sendsA1, &sendsB, &receives2 }, &reset0, &end, &.{
        unlocks_first,
        .{ .name = "a channel's lock is taken blindly", .kind = .blind_cas, .at = &key, .thread = 1 },
        .{ .name = "a channel's lock wakes nobody", .kind = .lost_wake, .at = &key },
    }),
    model("chan: unbuffered, two receivers", &.{ &sendsA, &receives1, &receives1 }, &reset0, &end, &.{unlocks_first}),
    model("chan: a buffer of one", &.{ &sendsA3, &receives3 }, &reset1, &end, &.{unlocks_first}),
    model("chan: a buffer of one, two senders", &.{ &sendsA1, &sendsB, &receives2 }, &reset1, &end, &.{}),
    model("chan: a buffer of two, two receivers", &.{ &sendsA, &receives1, &receives1 }, &reset2, &end, &.{}),
    model("chan: closed while one sends and one receives", &.{ &sendsA1, &closes, &receivesAll }, &reset0, &endClosed, &.{unlocks_first}),
    model("chan: closed with a buffer", &.{ &sendsA1, &closes, &receivesAll }, &reset1, &endClosed, &.{}),
    model("sema: a Mutex, two goroutines", &.{ &locksTwice, &locks }, &reset0, &endObjects, &.{
        unlocks_first,
        .{ .name = "a Mutex's guard is taken blindly", .kind = .blind_cas, .at = &guard, .thread = 1 },
    }),
    model("sema: a WaitGroup of two", &.{ &done, &done, &waits }, &resetGroup, &endObjects, &.{unlocks_first}),
};
