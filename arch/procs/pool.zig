//! A pool: the Ps of one run with several of them, its native Gs, the objects that they share, and the inbox through which
//! they wake goroutines of main's thread. Go has one of it all for the process; here each run with `procs` has its own.
const std = @import("std");
const access = @import("access.zig");
const arena = @import("../arena.zig");
const chunk = @import("../chunk.zig");
const codes = @import("../codes.zig");
const g_ = @import("../g.zig");
const hchan = @import("hchan.zig");
const handles_ = @import("handles.zig");
const layout = @import("../layout.zig");
const lock_ = @import("lock.zig");
const log_ = @import("log.zig");
const mem_ = @import("mem.zig");
const notify_ = @import("notify.zig");
const os = @import("../os.zig");
const rwmutex_ = @import("rwmutex.zig");
const sched_ = @import("sched.zig");
const sema = @import("sema.zig");
const status = @import("status.zig");
const timers_ = @import("timers.zig");
const waitq = @import("waitq.zig");
pub const A = access.Chosen;
pub const Sched = sched_.Sched(A, layout.runq_size);
pub const P = Sched.P;
pub const M = Sched.M;
pub const Sudog = waitq.Sudog;
const Status = status.Status(A);

/// Goids of native goroutines of a pool begin behind this one. Those of main's thread count from 1, and the two must not meet.
pub const goid_base: u64 = 1_000_000_000_000;
const goid_batch = 16; // Go's _GoidCacheBatch
const chunks_max = layout.g_max / layout.chunk_size;

/// Tells main's thread to look at the inbox. Called on any M, on its own stack.
pub const Notify = *const fn (pool: u32) callconv(.c) void;

/// What went wrong first.
pub const Failure = extern struct { kind: u32 = 0, gp: u32 = 0, a: u32 = 0, b: u32 = 0 };

/// What a P has that is its M's alone.
pub const Local = struct {
    goid_next: u64 = 0,
    goid_end: u64 = 0,
    /// Dead Gs, by schedlink: p.gFree.
    gfree: u32 = 0,
    gfree_count: u32 = 0,
    sudogs: ?*Sudog = null,
    sudog_count: u32 = 0,
};

pub const Pool = struct {
    sched: Sched,
    /// Its place in procs.zig's table; what TypeScript knows it by, which has the generation as well.
    index: u32,
    number: u32 = 0,
    /// How many pools were in this record before: swapped when one ends. See mstart and shut of procs.zig.
    generation: u32 = 0,
    /// The M of main's thread: the Gs are of its chunks, and come back when that thread has ended.
    owner: u32,
    stack_bytes: usize,
    notify: ?Notify,
    /// 1: main's thread was told and has not looked yet. Swapped (acquire-release) so that one call stands for many.
    notified: u32 = 0,
    /// Threads that are in gobuf_mstart: their own swaps (seq_cst: see mstart of procs.zig; who sees 0 sees all they did).
    inside: u32 = 0,
    locals: [sched_.procs_max]Local = @splat(.{}),
    /// 1: the thread of an M has come. Stored by that (release), read by main's (acquire).
    entered: [sched_.ms_max]u32 = @splat(0),
    /// 1 between its beginning and its end: the monitor looks at it. Stored by main's thread; see retakeAll of procs.zig.
    live: u32 = 0,
    mem: mem_.Mem(A) = .{},
    timers: timers_.Timers(A) = .{},
    handles: handles_.Handles(A) = .{},
    /// Goroutines that are not dead. Monotonic: a count for reports.
    gcount: u32 = 0,
    goidgen: u64 = goid_base,

    /// Guards the Gs that no P has: sched.gFree.
    gflock: lock_.Mutex(A) = .{},
    gfree: u32 = 0,
    fresh: u32 = 0,
    fresh_end: u32 = 0,
    chunk_count: u32 = 0,
    chunks: [*]u32 = undefined,

    /// Guards the inbox.
    inbox_lock: lock_.Mutex(A) = .{},
    inbox: waitq.Waitq(A) = .{},

    /// Guards `failure`.
    failure_lock: lock_.Mutex(A) = .{},
    failure: Failure = .{},
    /// Of the judge; null: nothing is noted. Set before any M enters.
    log: ?*log_.Log(A) = null,

    pub fn of(s: *Sched) *Pool {
        return @alignCast(@fieldParentPtr("sched", s));
    }

    // Telling main's thread.

    pub fn tell(pool: *Pool) void {
        if (A.xchg(u32, &pool.notified, 1, .acq_rel) != 0) return;
        if (pool.notify) |notify| notify(pool.number);
    }

    /// The first failure counts. All Ms leave.
    pub fn fail(pool: *Pool, failure: Failure) void {
        pool.failure_lock.lock();
        if (pool.failure.kind == 0) pool.failure = failure;
        pool.failure_lock.unlock();
        pool.sched.stopAll();
        pool.tell();
    }

    // Status changes, as the log wants them: a number is drawn in front of a change that gives a G away, and behind one that
    // takes it, so that the numbers of a G's changes rise.

    /// @param who the M, or log.main
    pub fn takes(pool: *Pool, who: u32, gp: *os.G, old: u32, new: u32) bool {
        if (Status.cas(gp, old, new)) |found| {
            pool.fail(.{ .kind = codes.procs.status, .gp = arena.indexOf(gp), .a = found, .b = old << 16 | new });
            return false;
        }
        if (pool.log) |log| log.note(who, pool.pOf(who), log.draw(), arena.indexOf(gp), old, new);
        return true;
    }

    pub fn gives(pool: *Pool, who: u32, gp: *os.G, old: u32, new: u32) bool {
        if (pool.log) |log| log.note(who, pool.pOf(who), log.draw(), arena.indexOf(gp), old, new);
        const found = Status.cas(gp, old, new) orelse return true;
        pool.fail(.{ .kind = codes.procs.status, .gp = arena.indexOf(gp), .a = found, .b = old << 16 | new });
        return false;
    }

    /// The P of the M that asks.
    fn pOf(pool: *const Pool, who: u32) u32 {
        if (who == log_.main) return log_.no_p;
        return if (pool.sched.ms[who].p) |p| p.id else log_.no_p;
    }

    // Run queues. @param p null on main's thread, which has none

    pub fn enqueue(pool: *Pool, p: ?*P, gp: u32, next: bool) void {
        if (pool.log) |log| if (!log.queued(gp)) pool.fail(.{ .kind = codes.procs.twice, .gp = gp });
        if (p) |own| pool.sched.put(own, gp, next) else pool.sched.putGlobal(gp);
    }

    pub fn enqueueGlobal(pool: *Pool, gp: u32) void {
        pool.enqueue(null, gp, false);
    }

    /// Wakes who waited: goready, or main's thread. The sudog is the waker's until then.
    pub fn ready(pool: *Pool, p: ?*P, sg: *Sudog) void {
        if (sg.g == 0) {
            pool.inbox_lock.lock();
            pool.inbox.enqueue(sg);
            pool.inbox_lock.unlock();
            return pool.tell();
        }
        const index = sg.g;
        const gp = status.gOf(index);
        if (sg.is_select) {
            sg.won = true;
        } else {
            deliver(gp, outcomeOf(sg), if (sg.sends) 0 else sg.elem);
            pool.releaseSudog(p, sg);
        }
        pool.readyG(p, index, gp);
    }

    pub fn readyG(pool: *Pool, p: ?*P, index: u32, gp: *os.G) void {
        if (!pool.takes(whoOf(p), gp, status.waiting, status.runnable)) return;
        pool.enqueue(p, index, true);
        pool.sched.wakep();
    }

    /// All of a list, by `next`.
    pub fn readyAll(pool: *Pool, p: ?*P, first: ?*Sudog) void {
        var each = first;
        while (each) |sg| {
            each = sg.next;
            sg.next = null;
            pool.ready(p, sg);
        }
    }

    pub fn whoOf(p: ?*P) u32 {
        return if (p) |own| own.m else log_.main;
    }

    // Sudogs.

    const sudogs_max = 64;

    /// On a P's own M, or null on main's thread. Null when there is no memory.
    pub fn acquireSudog(pool: *Pool, p: ?*P, g: u32, token: u32) ?*Sudog {
        const sg = taken: {
            if (p) |own| {
                const local = &pool.locals[own.id];
                if (local.sudogs) |sg| {
                    local.sudogs = sg.next;
                    local.sudog_count -= 1;
                    break :taken sg;
                }
            }
            break :taken pool.mem.create(Sudog) orelse return null;
        };
        sg.* = std.mem.zeroInit(Sudog, .{ .of = @as(*anyopaque, @ptrCast(pool)), .g = g, .token = token });
        return sg;
    }

    pub fn releaseSudog(pool: *Pool, p: ?*P, sg: *Sudog) void {
        if (p) |own| {
            const local = &pool.locals[own.id];
            if (local.sudog_count < sudogs_max) {
                sg.next = local.sudogs;
                local.sudogs = sg;
                local.sudog_count += 1;
                return;
            }
        }
        pool.mem.free(@ptrCast(sg), @sizeOf(Sudog));
    }

    // Gs.

    const gfree_max = 64; // Go's
    const gfree_batch = 32;

    /// A dead G, or a new one. 0 when there is none.
    fn gfget(pool: *Pool, p: ?*P) u32 {
        if (p) |own| {
            const local = &pool.locals[own.id];
            if (local.gfree == 0) pool.refill(local);
            if (local.gfree != 0) {
                const gp = local.gfree;
                local.gfree = @intCast(status.gOf(gp).schedlink);
                local.gfree_count -= 1;
                return gp;
            }
        }
        pool.gflock.lock();
        defer pool.gflock.unlock();
        return pool.gfgetLocked();
    }

    fn refill(pool: *Pool, local: *Local) void {
        pool.gflock.lock();
        defer pool.gflock.unlock();
        while (local.gfree_count < gfree_batch and pool.gfree != 0) {
            const gp = pool.gfree;
            pool.gfree = @intCast(status.gOf(gp).schedlink);
            status.gOf(gp).schedlink = local.gfree;
            local.gfree = gp;
            local.gfree_count += 1;
        }
    }

    fn gfgetLocked(pool: *Pool) u32 {
        if (pool.gfree != 0) {
            const gp = pool.gfree;
            pool.gfree = @intCast(status.gOf(gp).schedlink);
            return gp;
        }
        if (pool.fresh == pool.fresh_end) {
            const first = chunk.takeGs(arena.mAt(pool.owner));
            if (first >= codes.execute.first) return 0;
            pool.chunks[pool.chunk_count] = first;
            pool.chunk_count += 1;
            pool.fresh = first;
            pool.fresh_end = first + layout.chunk_size;
        }
        defer pool.fresh += 1;
        return pool.fresh;
    }

    /// A dead G is free. It keeps its stack.
    pub fn gfput(pool: *Pool, p: *P, gp: u32) void {
        const local = &pool.locals[p.id];
        status.gOf(gp).schedlink = local.gfree;
        local.gfree = gp;
        local.gfree_count += 1;
        if (local.gfree_count < gfree_max) return;
        pool.gflock.lock();
        defer pool.gflock.unlock();
        while (local.gfree_count > gfree_batch) {
            const one = local.gfree;
            local.gfree = @intCast(status.gOf(one).schedlink);
            local.gfree_count -= 1;
            status.gOf(one).schedlink = pool.gfree;
            pool.gfree = one;
        }
    }

    fn nextGoid(pool: *Pool, p: ?*P) u64 {
        const own = p orelse return A.add(u64, &pool.goidgen, 1, .monotonic) + 1;
        const local = &pool.locals[own.id];
        if (local.goid_next == local.goid_end) {
            local.goid_next = A.add(u64, &pool.goidgen, goid_batch, .monotonic) + 1;
            local.goid_end = local.goid_next + goid_batch;
        }
        defer local.goid_next += 1;
        return local.goid_next;
    }

    /// Starts a goroutine: newproc. Its index, or 0 when there is no memory for it.
    pub fn newproc(pool: *Pool, p: ?*P, func: g_.Fn, arg: ?*anyopaque) u32 {
        const index = pool.gfget(p);
        if (index == 0) return 0;
        const gp = status.gOf(index);
        if (gp.stack.lo != 0 and gp.stack.hi - gp.stack.lo != pool.stack_bytes) _ = g_.stackFree(index);
        if (gp.stack.lo == 0 and g_.stackAlloc(index, pool.stack_bytes) != .ok) return 0;
        if (g_.setup(index, func, arg) != .ok) return 0;
        gp.goid = pool.nextGoid(p);
        gp.m = null;
        gp.selectdone = 0;
        gp.param = 0;
        gp.kind = resumes_plainly;
        gp.exiting = 0;
        A.store(u32, &gp.atomicstatus, status.idle, .seq_cst);
        _ = A.add(u32, &pool.gcount, 1, .monotonic);
        if (!pool.takes(whoOf(p), gp, status.idle, status.runnable)) return index;
        pool.enqueue(p, index, true);
        pool.sched.wakep();
        return index;
    }
};

// G.exiting of a pool's G is the M + 1 that it is locked to: Go's lockedm. G.kind says how it goes on.
/// Its result is in its words.
pub const resumes_plainly = 0;
/// It comes out of a select that waited: its sudogs, by waitlink from G.param, are on the other channels still.
pub const resumes_select = 1;
/// It comes out of the wait for a Cond whose handle is G.param, and locks the Cond's lock.
pub const resumes_cond = 2;

/// Writes the result of an operation into a G's words: its owner's.
pub fn deliver(gp: *os.G, outcome: u32, word: u64) void {
    gp.op[codes.op.status] = outcome;
    gp.sched.ret = word;
}

/// What came of a wait, for the body.
pub fn outcomeOf(sg: *const Sudog) u32 {
    if (sg.success) return codes.status.ok;
    return if (sg.sends) codes.status.panic else codes.status.closed;
}

pub const Channel = hchan.Hchan(A);
pub const SyncMutex = sema.SyncMutex(A);
pub const WaitGroup = sema.WaitGroup(A);
pub const Once = sema.Once(A);
pub const RWMutex = rwmutex_.RWMutex(A);
pub const Cond = notify_.Notify(A);
