//! A pool's objects by their handles: making them, and the operations that native bodies (traps.zig) and main's thread
//! (procs.zig) have in common.
const codes = @import("../codes.zig");
const hchan = @import("hchan.zig");
const lock_ = @import("lock.zig");
const pool_ = @import("pool.zig");
const waitq = @import("waitq.zig");
const A = pool_.A;
const Channel = pool_.Channel;
const Cond = pool_.Cond;
const Once = pool_.Once;
const Pool = pool_.Pool;
const RWMutex = pool_.RWMutex;
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

/// A Mutex, RWMutex, WaitGroup or Once: whose fields all have a value at the start.
pub fn makeObject(pool: *Pool, comptime T: type) error{Memory}!u32 {
    const object = pool.mem.create(T) orelse return error.Memory;
    object.* = .{};
    return give(pool, &object.kind);
}

/// @param locker the handle of its lock: a Mutex, or an RWMutex that is locked for writing
pub fn makeCond(pool: *Pool, locker: u32) error{ Memory, Handle }!u32 {
    const kind: waitq.Kind = if (pool.handles.find(locker, .mutex) != null)
        .mutex
    else if (pool.handles.find(locker, .rwmutex) != null) .rwmutex else return error.Handle;
    const cond = pool.mem.create(Cond) orelse return error.Memory;
    cond.* = .{ .locker = locker, .locker_kind = kind };
    return give(pool, &cond.kind);
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

/// The object of a handle, if it is one of the type.
fn objectOf(pool: *Pool, comptime T: type, comptime kind: waitq.Kind, handle: u32) ?*T {
    return @alignCast(@fieldParentPtr("kind", pool.handles.find(handle, kind) orelse return null));
}

pub fn channelOf(pool: *Pool, handle: u32) ?*Channel {
    return objectOf(pool, Channel, .channel, handle);
}

pub fn condOf(pool: *Pool, handle: u32) ?*Cond {
    return objectOf(pool, Cond, .cond, handle);
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
    return switch (code) {
        @intFromEnum(Trap.send),
        @intFromEnum(Trap.recv),
        @intFromEnum(Trap.close),
        @intFromEnum(Trap.chan_len),
        @intFromEnum(Trap.chan_cap),
        => onChannel(pool, code, handle, v, sg),
        @intFromEnum(Trap.wgadd), @intFromEnum(Trap.wgwait) => onWaitGroup(pool, code, handle, v, sg),
        @intFromEnum(Trap.lock), @intFromEnum(Trap.unlock), @intFromEnum(Trap.trylock) => onMutex(pool, code, handle, sg),
        @intFromEnum(Trap.once_begin), @intFromEnum(Trap.once_end) => onOnce(pool, code, handle, sg),
        @intFromEnum(Trap.condwait), @intFromEnum(Trap.signal), @intFromEnum(Trap.broadcast) => onCond(pool, code, handle, v, sg),
        else => onRWMutex(pool, code, handle, sg),
    };
}

const no_such: Done = .{ .outcome = .handle };

fn onChannel(pool: *Pool, code: u32, handle: u32, v: u64, sg: *Sudog) Done {
    const c = channelOf(pool, handle) orelse return no_such;
    var done: Done = .{ .outcome = .done };
    switch (code) {
        @intFromEnum(Trap.send) => settle(&done, c.send(v, sg, &done.woken), &c.lock),
        @intFromEnum(Trap.recv) => settle(&done, c.recv(&done.word, sg, &done.woken), &c.lock),
        @intFromEnum(Trap.close) => settle(&done, c.close(&done.woken), &c.lock),
        else => {
            c.lock.lock();
            defer c.lock.unlock();
            done.word = if (code == @intFromEnum(Trap.chan_len)) c.qcount else c.dataqsiz;
        },
    }
    return done;
}

fn onWaitGroup(pool: *Pool, code: u32, handle: u32, v: u64, sg: *Sudog) Done {
    const w = objectOf(pool, WaitGroup, .waitgroup, handle) orelse return no_such;
    var done: Done = .{ .outcome = .done };
    settle(&done, if (code == @intFromEnum(Trap.wgwait)) w.wait(sg) else w.add(@bitCast(v), &done.woken), &w.guard);
    return done;
}

fn onMutex(pool: *Pool, code: u32, handle: u32, sg: *Sudog) Done {
    const m = objectOf(pool, SyncMutex, .mutex, handle) orelse return no_such;
    var done: Done = .{ .outcome = .done };
    switch (code) {
        @intFromEnum(Trap.lock) => settle(&done, m.lock(sg), &m.guard),
        @intFromEnum(Trap.unlock) => unlocked(&done, m.unlock(&done.woken)),
        else => done.word = @intFromBool(m.tryLock()),
    }
    return done;
}

fn onRWMutex(pool: *Pool, code: u32, handle: u32, sg: *Sudog) Done {
    const rw = objectOf(pool, RWMutex, .rwmutex, handle) orelse return no_such;
    var done: Done = .{ .outcome = .done };
    switch (code) {
        @intFromEnum(Trap.rlock) => settle(&done, rw.rlock(sg), &rw.guard),
        @intFromEnum(Trap.runlock) => unlocked(&done, rw.runlock(&done.woken)),
        @intFromEnum(Trap.wlock) => settle(&done, rw.lock(sg), &rw.guard),
        @intFromEnum(Trap.wunlock) => unlocked(&done, rw.unlock(&done.woken)),
        @intFromEnum(Trap.tryrlock) => done.word = @intFromBool(rw.tryRLock()),
        @intFromEnum(Trap.trywlock) => done.word = @intFromBool(rw.tryLock()),
        else => unreachable,
    }
    return done;
}

/// A ticket is drawn by condwait without a goroutine, which must hold the lock; with one it waits, for the ticket `v`.
fn onCond(pool: *Pool, code: u32, handle: u32, v: u64, sg: *Sudog) Done {
    const l = condOf(pool, handle) orelse return no_such;
    var done: Done = .{ .outcome = .done };
    switch (code) {
        @intFromEnum(Trap.condwait) => if (sg.g == 0 and sg.token == 0) {
            done.word = l.add();
        } else settle(&done, l.wait(@truncate(v), sg), &l.guard),
        @intFromEnum(Trap.signal) => settle(&done, l.one(&done.woken), &l.guard),
        else => settle(&done, l.all(&done.woken), &l.guard),
    }
    return done;
}

fn onOnce(pool: *Pool, code: u32, handle: u32, sg: *Sudog) Done {
    const o = objectOf(pool, Once, .once, handle) orelse return no_such;
    var done: Done = .{ .outcome = .done };
    if (code == @intFromEnum(Trap.once_end)) {
        unlocked(&done, o.end(&done.woken));
    } else {
        var first = false;
        settle(&done, o.begin(&first, sg), &o.guard);
        done.word = @intFromBool(first);
    }
    return done;
}

/// An unlock of what is not locked is a fatal error, and no panic.
fn unlocked(done: *Done, outcome: hchan.Outcome) void {
    done.outcome = if (outcome == .panic) .unlocked else .done;
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
