//! Models of rwmutex.zig, notify.zig, and of Once and tryLock of sema.zig, by the goroutines of chan.zig.
const std = @import("std");
const Access = @import("access.zig").Access;
const chan = @import("chan.zig");
const explore = @import("explore.zig");
const notify = @import("../notify.zig");
const rwmutex = @import("../rwmutex.zig");
const sema = @import("../sema.zig");
const waitq = @import("../waitq.zig");
const Sudog = waitq.Sudog;

var rw: rwmutex.RWMutex(Access) = .{};
var cond: notify.Notify(Access) = .{};
var once: sema.Once(Access) = .{};
var mutex: sema.SyncMutex(Access) = .{};
/// Readers and writers that are in; who has the Mutex.
var readers: u8 = 0;
var writers: u8 = 0;
var inside: u8 = 0;
/// What the Cond is about; how often a Once's work was begun, and whether it is over.
var filled: u8 = 0;
var begun: u8 = 0;
var over: bool = false;

fn reset() void {
    chan.reset0();
    rw = .{};
    cond = .{};
    once = .{};
    mutex = .{};
    readers = 0;
    writers = 0;
    inside = 0;
    filled = 0;
    begun = 0;
    over = false;
}

fn hash(h: *std.hash.Wyhash) void {
    chan.hash(h);
    inline for (.{ &rw.guard, &rw.readq, &rw.pending, &rw.writeq, &rw.readers, &cond.drawn, &cond.told, &cond.guard, &cond.waiting, &once.guard, &once.done, &once.waiting, &mutex.guard, &mutex.waiting }) |part| {
        h.update(std.mem.asBytes(part));
    }
    h.update(&.{ @intFromBool(rw.announced), @intFromBool(rw.writing), @intFromBool(once.begun), @intFromBool(mutex.held) });
    h.update(&.{ readers, writers, inside, filled, begun, @intFromBool(over) });
}

fn holds() ?[]const u8 {
    if (writers > 1) return "two write at once";
    if (writers == 1 and readers != 0) return "one reads while another writes";
    if (inside > 1) return "two hold the Mutex";
    return if (begun > 1) "the work of a Once is done twice" else null;
}

/// All have finished, and no lock is held.
fn end() ?[]const u8 {
    if (!explore.allFinished()) return "somebody waits for ever";
    if (rw.guard.key != 0 or cond.guard.key != 0 or once.guard.key != 0 or mutex.guard.key != 0) return "a lock is held";
    return if (rw.announced or rw.readers != 0 or mutex.held) "somebody holds what all have given back" else null;
}

/// Something that takes a step.
fn works() void {
    explore.step();
    explore.saw('i', 0, "");
}

fn reads() void {
    const sg = chan.me();
    if (rw.rlock(sg) == .park) chan.park(&rw.guard);
    readsOn();
}

fn readsOn() void {
    readers += 1;
    works();
    readers -= 1;
    var woken: ?*Sudog = null;
    if (rw.runlock(&woken) != .done) explore.violate("RUnlock of unlocked RWMutex");
    chan.ready(woken);
}

fn writes() void {
    const sg = chan.me();
    if (rw.lock(sg) == .park) chan.park(&rw.guard);
    writesOn();
}

fn writesOn() void {
    writers += 1;
    works();
    writers -= 1;
    var woken: ?*Sudog = null;
    if (rw.unlock(&woken) != .done) explore.violate("Unlock of unlocked RWMutex");
    chan.ready(woken);
}

fn triesBoth() void {
    if (rw.tryLock()) writesOn();
    if (rw.tryRLock()) readsOn();
}

fn locks() void {
    const sg = chan.me();
    if (mutex.lock(sg) == .park) chan.park(&mutex.guard);
}

fn unlocks() void {
    var woken: ?*Sudog = null;
    if (mutex.unlock(&woken) != .done) explore.violate("unlock of unlocked mutex");
    chan.ready(woken);
}

fn tries() void {
    if (!mutex.tryLock()) return;
    inside += 1;
    works();
    inside -= 1;
    unlocks();
}

fn locksAndWorks() void {
    locks();
    inside += 1;
    works();
    inside -= 1;
    unlocks();
}

/// Waits for what the Cond is about, as traps.zig does: a ticket, the lock let go of, the wait, the lock again.
fn awaits() void {
    locks();
    while (filled == 0) {
        const late = explore.switched("the ticket is drawn behind the unlock");
        const early = if (late) 0 else cond.add();
        unlocks();
        const ticket = if (late) cond.add() else early;
        const sg = chan.me();
        if (cond.wait(ticket, sg) == .park) chan.park(&cond.guard);
        locks();
    }
    filled -= 1;
    unlocks();
}

fn fills(n: u8, all: bool) void {
    locks();
    filled += n;
    unlocks();
    var woken: ?*Sudog = null;
    _ = if (all) cond.all(&woken) else cond.one(&woken);
    chan.ready(woken);
}

fn fillsOne() void {
    fills(1, false);
}

fn fillsTwo() void {
    fills(2, true);
}

fn does() void {
    const sg = chan.me();
    var first = false;
    if (once.begin(&first, sg) == .park) chan.park(&once.guard);
    if (first) {
        begun += 1;
        works();
        over = true;
        var woken: ?*Sudog = null;
        if (once.end(&woken) != .done) explore.violate("the end of what nobody has begun");
        chan.ready(woken);
    }
    if (!over) explore.violate("the work of a Once is not over");
}

fn rwGuard() usize {
    return @intFromPtr(&rw.guard.key);
}

fn drawn() usize {
    return @intFromPtr(&cond.drawn);
}

fn done() usize {
    return @intFromPtr(&once.done);
}

fn model(comptime name: []const u8, comptime list: []const *const fn () void, switches: ?u8, comptime faults: []const explore.Fault) explore.Model {
    return .{ .name = name, .threads = list, .reset = &reset, .hash = &hash, .holds = &holds, .end = &end, .faults = faults, .switches = switches };
}

pub const models = [_]explore.Model{
    model("rwmutex: two readers, a writer", &.{ &reads, &reads, &writes }, 2, &.{chan.unlocks_first}),
    model("rwmutex: a reader, two writers", &.{ &reads, &writes, &writes }, 2, &.{
        .{ .name = "an RWMutex's guard is taken blindly", .kind = .blind_cas, .at = &rwGuard, .thread = 1 },
    }),
    model("rwmutex: a reader, a writer", &.{ &reads, &writes }, null, &.{chan.unlocks_first}),
    model("rwmutex: a reader, one that tries", &.{ &reads, &triesBoth }, null, &.{}),
    model("mutex: one locks, one tries", &.{ &locksAndWorks, &tries }, null, &.{}),
    model("cond: one waits, one signals", &.{ &awaits, &fillsOne }, null, &.{
        chan.unlocks_first,
        .{ .name = "the ticket is drawn behind the unlock", .kind = .harness },
        .{ .name = "a ticket is not drawn", .kind = .lost_rmw, .at = &drawn },
    }),
    model("cond: two wait, one broadcasts", &.{ &awaits, &awaits, &fillsTwo }, 2, &.{
        .{ .name = "the ticket is drawn behind the unlock", .kind = .harness },
    }),
    model("once: three come", &.{ &does, &does, &does }, 2, &.{
        .{ .name = "the end is not stored", .kind = .lost_store, .at = &done },
    }),
    model("once: two come", &.{ &does, &does }, null, &.{chan.unlocks_first}),
};
