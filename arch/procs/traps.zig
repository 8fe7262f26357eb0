//! Operations of native bodies in a run with several Ps: decodes the operands of a trap, carries it out, and parks the G
//! where it must wait. src/native/trap.ts is the same for runs with one.
const codes = @import("../codes.zig");
const os = @import("../os.zig");
const hchan = @import("hchan.zig");
const mstart = @import("mstart.zig");
const objects = @import("objects.zig");
const pool_ = @import("pool.zig");
const report = @import("report.zig");
const select = @import("select.zig");
const status = @import("status.zig");
const A = pool_.A;
const Next = mstart.Next;
const P = pool_.P;
const Pool = pool_.Pool;
const Trap = codes.Trap;

pub fn operation(pool: *Pool, p: *P, m: *os.M, gp: *os.G, index: u32, code: u32) Next {
    const a = gp.op[codes.op.a];
    const v = @as(u64, gp.op[codes.op.v_high]) << 32 | gp.op[codes.op.v];
    switch (code) {
        @intFromEnum(Trap.go) => {
            const arg = @as(u64, m.scratch[1]) << 32 | m.scratch[0];
            const made = pool.newproc(p, @ptrFromInt(v), @ptrFromInt(arg));
            if (made == 0) return fails(pool, index, codes.procs.memory, code, 0);
            pool_.deliver(gp, codes.status.ok, status.gOf(made).goid);
            return .on;
        },
        @intFromEnum(Trap.sleep) => return sleep(pool, p, gp, index, @bitCast(v)),
        @intFromEnum(Trap.chan_make) => {
            const handle = objects.makeChannel(pool, v) catch |why| switch (why) {
                error.Size => {
                    pool_.deliver(gp, codes.status.panic, 0);
                    return .on;
                },
                error.Memory => return fails(pool, index, codes.procs.memory, code, 0),
            };
            pool_.deliver(gp, codes.status.ok, handle);
            return .on;
        },
        @intFromEnum(Trap.chan_free) => {
            if (a != 0 and !pool.handles.take(a, .channel)) return fails(pool, index, codes.procs.handle, code, a);
            pool_.deliver(gp, codes.status.ok, 0);
            return .on;
        },
        @intFromEnum(Trap.recover) => {
            // Nothing calls back in such a run.
            pool_.deliver(gp, codes.status.ok, 0);
            return .on;
        },
        @intFromEnum(Trap.select) => return select.begin(pool, p, m, gp, index, a),
        @intFromEnum(Trap.send), @intFromEnum(Trap.recv) => if (a == 0) {
            return blockForEver(pool, p, gp, if (code == @intFromEnum(Trap.send)) codes.waitreason.chan_send_nil else codes.waitreason.chan_receive_nil);
        },
        @intFromEnum(Trap.close) => if (a == 0) {
            pool_.deliver(gp, codes.status.panic, 0);
            return .on;
        },
        @intFromEnum(Trap.chan_len), @intFromEnum(Trap.chan_cap) => if (a == 0) {
            pool_.deliver(gp, codes.status.ok, 0);
            return .on;
        },
        @intFromEnum(Trap.condwait) => return condWait(pool, p, gp, index, a),
        @intFromEnum(Trap.lock),
        @intFromEnum(Trap.unlock),
        @intFromEnum(Trap.trylock),
        @intFromEnum(Trap.rlock),
        @intFromEnum(Trap.runlock),
        @intFromEnum(Trap.wlock),
        @intFromEnum(Trap.wunlock),
        @intFromEnum(Trap.tryrlock),
        @intFromEnum(Trap.trywlock),
        @intFromEnum(Trap.wgadd),
        @intFromEnum(Trap.wgwait),
        @intFromEnum(Trap.signal),
        @intFromEnum(Trap.broadcast),
        @intFromEnum(Trap.once_begin),
        @intFromEnum(Trap.once_end),
        => {},
        @intFromEnum(Trap.exitsyscall) => return fails(pool, index, codes.procs.syscall, code, 0),
        else => return fails(pool, index, codes.procs.trap, code, a),
    }
    return operate(pool, p, gp, index, code, a, v);
}

/// An operation on one object. A failure that it ends in names `code`.
fn operate(pool: *Pool, p: *P, gp: *os.G, index: u32, code: u32, a: u32, v: u64) Next {
    const sg = pool.acquireSudog(p, index, 0) orelse return fails(pool, index, codes.procs.memory, code, 0);
    const done = objects.operate(pool, code, a, v, sg);
    switch (done.outcome) {
        .handle => {
            pool.releaseSudog(p, sg);
            return fails(pool, index, codes.procs.handle, code, a);
        },
        .unlocked => {
            pool.releaseSudog(p, sg);
            return fails(pool, index, codes.procs.unlock, code, a);
        },
        .park => {
            report.waitsFor(gp, code);
            hchan.park(Owner{ .pool = pool, .p = p, .gp = gp }, done.lock.?);
            return .off;
        },
        .done, .closed, .panic => {
            pool.releaseSudog(p, sg);
            pool_.deliver(gp, switch (done.outcome) {
                .closed => codes.status.closed,
                .panic => codes.status.panic,
                else => codes.status.ok,
            }, done.word);
            pool.readyAll(p, done.woken);
            return .on;
        },
    }
}

/// Cond.Wait: a ticket is drawn, the lock let go of, and the goroutine waits with the ticket. Where a signal was faster it takes
/// the lock at once; else when it goes on (`condLock`).
fn condWait(pool: *Pool, p: *P, gp: *os.G, index: u32, handle: u32) Next {
    const code = @intFromEnum(Trap.condwait);
    const l = objects.condOf(pool, handle) orelse return fails(pool, index, codes.procs.handle, code, handle);
    const ticket = l.add();
    const unlock: Trap = if (l.locker_kind == .mutex) .unlock else .wunlock;
    if (operate(pool, p, gp, index, @intFromEnum(unlock), l.locker, 0) == .off) return .off;
    gp.kind = pool_.resumes_cond;
    gp.param = handle;
    if (operate(pool, p, gp, index, code, handle, ticket) == .off) return .off;
    return condLock(pool, p, gp, index);
}

/// The wait for a Cond is over: its lock.
pub fn condLock(pool: *Pool, p: *P, gp: *os.G, index: u32) Next {
    const handle: u32 = @intCast(gp.param);
    gp.kind = pool_.resumes_plainly;
    gp.param = 0;
    const l = objects.condOf(pool, handle) orelse return fails(pool, index, codes.procs.handle, @intFromEnum(Trap.condwait), handle);
    const lock: Trap = if (l.locker_kind == .mutex) .lock else .wlock;
    return operate(pool, p, gp, index, @intFromEnum(lock), l.locker, 0);
}

/// Who parks.
const Owner = struct {
    pool: *Pool,
    p: *P,
    gp: *os.G,

    pub fn waits(owner: Owner) void {
        _ = owner.pool.gives(owner.p.m, owner.gp, status.running, status.waiting);
    }
};

pub fn fails(pool: *Pool, index: u32, kind: u32, code: u32, handle: u32) Next {
    pool.fail(.{ .kind = kind, .gp = index, .a = code, .b = handle });
    return .off;
}

/// On a nil channel, or in a select without a case: nothing wakes it.
pub fn blockForEver(pool: *Pool, p: *P, gp: *os.G, reason: u8) Next {
    gp.waitreason = reason;
    _ = pool.gives(p.m, gp, status.running, status.waiting);
    return .off;
}

/// Sleeps: the G belongs to the timer. 0 and less is over at once.
fn sleep(pool: *Pool, p: *P, gp: *os.G, index: u32, ns: i64) Next {
    pool_.deliver(gp, codes.status.ok, 0);
    if (ns <= 0) return .on;
    const timers = &pool.timers;
    const when = A.nanotime() +| @as(u64, @intCast(ns));
    timers.lock.lock();
    if (timers.count == timers.room and !grow(pool)) {
        timers.lock.unlock();
        return fails(pool, index, codes.procs.memory, @intFromEnum(Trap.sleep), 0);
    }
    report.waitsFor(gp, @intFromEnum(Trap.sleep));
    // Before it can be taken out of the heap, which the lock keeps.
    _ = pool.gives(p.m, gp, status.running, status.waiting);
    const first = timers.insert(.{ .when = when, .gp = index });
    timers.lock.unlock();
    if (first) pool.sched.wakeKeeper();
    return .off;
}

/// Room for twice as many timers: under their lock.
fn grow(pool: *Pool) bool {
    const timers = &pool.timers;
    const room_first = 64;
    const room = if (timers.room == 0) room_first else 2 * timers.room;
    const size = @sizeOf(@TypeOf(timers.heap[0]));
    const heap: @TypeOf(timers.heap) = @ptrCast(@alignCast(pool.mem.alloc(room * size) orelse return false));
    for (0..timers.count) |i| heap[i] = timers.heap[i];
    if (timers.room != 0) pool.mem.free(@ptrCast(timers.heap), timers.room * size);
    timers.heap = heap;
    timers.room = room;
    return true;
}

/// Readies the Gs whose sleep is over: checkTimers. Sched.timers.
pub fn checkTimers(s: *pool_.Sched, p: *P) void {
    const pool = Pool.of(s);
    const first = pool.timers.firstWhen() orelse return;
    const now = A.nanotime();
    if (first > now) return;
    var more = false;
    while (true) {
        pool.timers.lock.lock();
        const index = pool.timers.take(now);
        if (index == 0) more = pool.timers.count != 0;
        pool.timers.lock.unlock();
        if (index == 0) break;
        p.stats.timed += 1;
        const gp = status.gOf(index);
        if (!pool.takes(p.m, gp, status.waiting, status.runnable)) return;
        pool.enqueue(p, index, false);
        pool.sched.wakep();
    }
    // Who sleeps until the next one is due is to be another M, if there is one: this one has something to run.
    if (more) pool.sched.wakep();
}

/// When the first sleep is over. Sched.next_timer.
pub fn nextTimer(s: *pool_.Sched) ?u64 {
    return Pool.of(s).timers.firstWhen();
}
