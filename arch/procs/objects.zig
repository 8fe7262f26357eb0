//! A pool's objects by their handles: making them, and the operations that native bodies (traps.zig) and main's thread
//! (procs.zig) have in common.
const codes = @import("../codes.zig");
const hchan = @import("hchan.zig");
const lock_ = @import("lock.zig");
const pool_ = @import("pool.zig");
const waitq = @import("waitq.zig");
const A = pool_.A;
const Channel = pool_.Channel;
const Pool = pool_.Pool;
const Sudog = pool_.Sudog;
const SyncMutex = pool_.SyncMutex;
const Trap = codes.Trap;
const WaitGroup = pool_.WaitGroup;

const capacity_max = 0x7FFF_FFFF;

pub fn makeChannel(pool: *Pool, capacity: u64) error{ Size, Memory }!u32 {
    if (capacity > capacity_max) return error.Size;
    const c = pool.mem.create(Channel) orelse return error.Memory;
    const buf: [*]u64 = @ptrCast(@alignCast(if (capacity == 0) @as([*]u8, @ptrCast(c)) else pool.mem.alloc(capacity * 8) orelse return error.Memory));
    c.* = .{ .dataqsiz = @intCast(capacity), .buf = buf };
    c.order = try give(pool, &c.kind);
    return c.order;
}

pub fn makeMutex(pool: *Pool) error{Memory}!u32 {
    const m = pool.mem.create(SyncMutex) orelse return error.Memory;
    m.* = .{};
    return give(pool, &m.kind);
}

pub fn makeWaitGroup(pool: *Pool) error{Memory}!u32 {
    const w = pool.mem.create(WaitGroup) orelse return error.Memory;
    w.* = .{};
    return give(pool, &w.kind);
}

fn give(pool: *Pool, kind: *waitq.Kind) error{Memory}!u32 {
    var old: ?*waitq.Kind = null;
    const handle = pool.handles.give(kind, &old);
    if (old) |object| forget(pool, object);
    if (handle == 0) return error.Memory;
    return handle;
}

/// An object whose handle was freed long ago. One that somebody waits on stays.
fn forget(pool: *Pool, kind: *waitq.Kind) void {
    if (kind.* != .channel) return;
    const c: *Channel = @alignCast(@fieldParentPtr("kind", kind));
    c.lock.lock();
    const busy = c.recvq.first != null or c.sendq.first != null;
    c.lock.unlock();
    if (busy) return;
    if (c.dataqsiz != 0) pool.mem.free(@ptrCast(c.buf), @as(usize, c.dataqsiz) * 8);
    pool.mem.free(@ptrCast(c), @sizeOf(Channel));
}

pub fn channelOf(pool: *Pool, handle: u32) ?*Channel {
    return @alignCast(@fieldParentPtr("kind", pool.handles.find(handle, .channel) orelse return null));
}

pub const Done = struct {
    outcome: enum { done, closed, panic, park, handle, unlocked },
    word: u64 = 0,
    /// Those to be readied, by `next`.
    woken: ?*Sudog = null,
    /// What is to be let go of once the goroutine waits.
    lock: ?*lock_.Mutex(A) = null,
};

/// An operation on one object. @param sg of whoever calls, for when it must wait
pub fn operate(pool: *Pool, code: u32, handle: u32, v: u64, sg: *Sudog) Done {
    var done: Done = .{ .outcome = .handle };
    switch (code) {
        @intFromEnum(Trap.send) => {
            const c = channelOf(pool, handle) orelse return done;
            settle(&done, c.send(v, sg, &done.woken), &c.lock);
        },
        @intFromEnum(Trap.recv) => {
            const c = channelOf(pool, handle) orelse return done;
            settle(&done, c.recv(&done.word, sg, &done.woken), &c.lock);
        },
        @intFromEnum(Trap.close) => {
            const c = channelOf(pool, handle) orelse return done;
            settle(&done, c.close(&done.woken), &c.lock);
        },
        @intFromEnum(Trap.chan_len), @intFromEnum(Trap.chan_cap) => {
            const c = channelOf(pool, handle) orelse return done;
            c.lock.lock();
            defer c.lock.unlock();
            done = .{ .outcome = .done, .word = if (code == @intFromEnum(Trap.chan_len)) c.qcount else c.dataqsiz };
        },
        @intFromEnum(Trap.lock), @intFromEnum(Trap.unlock) => {
            const kind = pool.handles.find(handle, .mutex) orelse return done;
            const m: *SyncMutex = @alignCast(@fieldParentPtr("kind", kind));
            const outcome = if (code == @intFromEnum(Trap.lock)) m.lock(sg) else m.unlock(&done.woken);
            settle(&done, outcome, &m.guard);
            if (done.outcome == .panic) done.outcome = .unlocked;
        },
        @intFromEnum(Trap.wgadd), @intFromEnum(Trap.wgwait) => {
            const kind = pool.handles.find(handle, .waitgroup) orelse return done;
            const w: *WaitGroup = @alignCast(@fieldParentPtr("kind", kind));
            const outcome = if (code == @intFromEnum(Trap.wgwait)) w.wait(sg) else w.add(@bitCast(v), &done.woken);
            settle(&done, outcome, &w.guard);
        },
        else => unreachable,
    }
    return done;
}

fn settle(done: *Done, outcome: hchan.Outcome, lock: *lock_.Mutex(A)) void {
    done.outcome = switch (outcome) {
        .done => .done,
        .closed => .closed,
        .panic => .panic,
        .park => .park,
    };
    if (outcome == .park) done.lock = lock;
}
