//! An M of a pool: mstart, schedule and execute of Go's src/runtime/proc.go, as a loop on the thread's own stack. It returns
//! when the pool ends, and not before: a Worker is in it for one call, so that nothing of JavaScript can end it in the
//! middle.
const codes = @import("../codes.zig");
const arena = @import("../arena.zig");
const fault = @import("../fault.zig");
const g_ = @import("../g.zig");
const layout = @import("../layout.zig");
const m_ = @import("../m.zig");
const monitor = @import("../monitor.zig");
const os = @import("../os.zig");
const pool_ = @import("pool.zig");
const select = @import("select.zig");
const syscall = @import("syscall.zig");
const status = @import("status.zig");
const traps = @import("traps.zig");
const A = pool_.A;
const P = pool_.P;
const Pool = pool_.Pool;
const Trap = codes.Trap;

/// What becomes of a G whose trap was carried out.
pub const Next = enum {
    /// It goes on at once.
    on,
    /// It has left the M: parked, queued, or dead.
    off,
};

/// An M of a pool. 0 when the pool has ended, codes.procs_again when the thread is to come again, or a code of codes.execute.
pub fn mstart(pool: *Pool, id: u32) u32 {
    A.store(u32, &pool.entered[id], 1, .release);
    const mid = m_.init();
    if (mid >= codes.execute.first) return leave(pool, mid);
    _ = fault.init();
    const m = arena.mAt(mid);
    const own = &pool.sched.ms[id];
    syscall.begins(m, pool, own);
    A.store(u32, &own.os_m, mid + 1, .monotonic);
    pool.sched.arrives(own);
    beginSlice(m);
    pool.sched.breathe(own);
    while (true) {
        if (own.lockedg != 0) {
            if (!pool.sched.stoplockedm(own)) break;
            run(pool, own, m, own.lockedg, false);
            continue;
        }
        const found = pool.sched.findRunnable(own) orelse break;
        if (pool.log) |log| if (!log.dequeued(found.gp)) pool.fail(.{ .kind = codes.procs.twice, .gp = found.gp });
        const locked = status.gOf(found.gp).exiting;
        if (locked != 0) {
            pool_.Sched.startlockedm(own, &pool.sched.ms[locked - 1]);
        } else run(pool, own, m, found.gp, found.inherits);
    }
    endSlice(m);
    syscall.ends(m);
    if (!pool.sched.stops()) {
        // The thread may be terminated before it comes again: it holds nothing, and runs no G.
        _ = A.sub(u32, &pool.inside, 1, .seq_cst);
        return codes.procs_again.again;
    }
    // Its Gs and sudogs are the pool's still.
    _ = m_.exit();
    return leave(pool, 0);
}

fn leave(pool: *Pool, code: u32) u32 {
    if (code != 0) pool.fail(.{ .kind = codes.procs.execute, .a = code });
    _ = A.sub(u32, &pool.inside, 1, .seq_cst);
    return code;
}

/// From now on the monitor looks at this M: see monitor.zig for the order.
fn beginSlice(m: *os.M) void {
    A.store(u32, &m.slice, 1, .seq_cst);
    if (A.load(u32, &arena.header().?.sysmonwait, .seq_cst) != 0) _ = monitor.wake();
}

fn endSlice(m: *os.M) void {
    A.store(u32, &m.slice, 0, .seq_cst);
}

/// Runs a runnable G until it has left the M.
fn run(pool: *Pool, own: *pool_.M, m: *os.M, index: u32, inherits: bool) void {
    const gp = status.gOf(index);
    const p = own.p.?;
    if (!pool.takes(own.id, gp, status.runnable, status.running)) return;
    if (!inherits) p.schedtick +%= 1;
    p.stats.executed += 1;
    if (gp.m != null and gp.m != m) p.stats.migrated += 1;
    switch (gp.kind) {
        pool_.resumes_plainly => {},
        pool_.resumes_cond => if (traps.condLock(pool, p, gp, index) == .off) return,
        else => select.finish(pool, p, gp),
    }
    gp.kind = pool_.resumes_plainly;
    var code = g_.execute(index, .begins);
    while (true) {
        // Read anew: in a blocking call it may have lost the one that it had, and got another.
        const now = own.p orelse return syscall.trapped(pool, own, m, gp, index, code);
        const next = trapped(pool, now, m, gp, index, code);
        if (next == .off or pool.sched.stops()) return;
        if (isAsked(gp)) return preempt(pool, now, gp, index);
        code = g_.execute(index, .goes_on);
    }
}

fn isAsked(gp: *const os.G) bool {
    return A.load(u64, &gp.stackguard0, .monotonic) == layout.stack_preempt;
}

/// Carries out what a G asks for.
fn trapped(pool: *Pool, p: *P, m: *os.M, gp: *os.G, index: u32, code: u32) Next {
    switch (code) {
        @intFromEnum(Trap.gosched) => {
            pool_.deliver(gp, codes.status.ok, 0);
            if (pool.gives(p.m, gp, status.running, status.runnable)) pool.enqueueGlobal(index);
            pool.sched.wakep();
            return .off;
        },
        @intFromEnum(Trap.goyield) => {
            pool_.deliver(gp, codes.status.ok, 0);
            if (pool.gives(p.m, gp, status.running, status.runnable)) pool.enqueue(p, index, false);
            return .off;
        },
        @intFromEnum(Trap.preempt) => {
            preempt(pool, p, gp, index);
            return .off;
        },
        @intFromEnum(Trap.entersyscall) => {
            syscall.moves(pool, p, gp, index);
            return .off;
        },
        @intFromEnum(Trap.goexit) => {
            goexit0(pool, p, gp, index);
            return .off;
        },
        @intFromEnum(Trap.fault) => if (m.faulted != 0) {
            faulted(pool, m, gp, index);
            return .off;
        },
        else => {},
    }
    if (code >= codes.execute.first) {
        pool.fail(.{ .kind = codes.procs.execute, .gp = index, .a = code });
        return .off;
    }
    return traps.operation(pool, p, m, gp, index, code);
}

/// The goroutine has touched its guard, or the like.
pub fn faulted(pool: *Pool, m: *os.M, gp: *os.G, index: u32) void {
    m.faulted = 0;
    const kind: u32 = switch (gp.op[codes.op.a]) {
        @intFromEnum(codes.Cause.on_g0) => codes.procs.on_g0,
        @intFromEnum(codes.Cause.callback) => codes.procs.callback,
        else => codes.procs.overflow,
    };
    pool.fail(.{ .kind = kind, .gp = index });
}

/// running>runnable, because the monitor has asked: gopreempt_m. One that was interrupted between two instructions may have
/// an address of this thread's in a register (errno's): it stays on this M until it next gives way by itself.
fn preempt(pool: *Pool, p: *P, gp: *os.G, index: u32) void {
    p.stats.preempted += 1;
    const bound = gp.sched.lr != 0 and gp.exiting == 0;
    if (!pool.gives(p.m, gp, status.running, status.runnable)) return;
    if (!bound) {
        pool.enqueueGlobal(index);
        return pool.sched.wakep();
    }
    if (pool.log) |log| if (!log.queued(index)) pool.fail(.{ .kind = codes.procs.twice, .gp = index });
    pool_.Sched.putBound(&pool.sched.ms[p.m], index);
}

fn goexit0(pool: *Pool, p: *P, gp: *os.G, index: u32) void {
    if (gp.exiting != 0) syscall.unlocked(pool, &pool.sched.ms[p.m], gp);
    if (!pool.gives(p.m, gp, status.running, status.dead)) return;
    _ = A.sub(u32, &pool.gcount, 1, .monotonic);
    pool.gfput(p, index);
}
