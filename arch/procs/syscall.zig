//! Blocking calls of native bodies: what gobuf_entersyscall and gobuf_exitsyscall do, on the goroutine's own stack while it
//! keeps its M, and by a trap where it must leave that. What becomes of the P is retake.zig's.
//!
//! In a run with one P both do nothing: the P is the thread's, and nobody could take it.
const arena = @import("../arena.zig");
const body = @import("../body.zig");
const codes = @import("../codes.zig");
const layout = @import("../layout.zig");
const m_ = @import("../m.zig");
const mstart = @import("mstart.zig");
const os = @import("../os.zig");
const pool_ = @import("pool.zig");
const sched_ = @import("sched.zig");
const status = @import("status.zig");
const M = pool_.M;
const P = pool_.P;
const Pool = pool_.Pool;
const Trap = codes.Trap;

/// The pool that a thread runs for, by its M. Each thread touches its own.
const Here = struct { pool: *Pool, m: *M };
var here: [layout.m_max]?Here = @splat(null);

pub fn begins(m: *const os.M, pool: *Pool, own: *M) void {
    here[m.id] = .{ .pool = pool, .m = own };
}

pub fn ends(m: *const os.M) void {
    here[m.id] = null;
}

/// How often a goroutine moves on from an M on which others wait that can run nowhere else. Then these wait.
const moves_max = 8;

/// So many goroutines may have a thread to themselves. One M for each P is for the others in any case.
const locked_max = sched_.spares_max - 1;

pub fn enter() void {
    for (0..moves_max + 1) |moved| {
        const m = m_.current() orelse return;
        const gp = m.trapg orelse return;
        const at = here[m.id] orelse return;
        if (at.m.p == null or at.m.bound_head != 0 and moved < moves_max) {
            trap(gp, .entersyscall);
            continue;
        }
        // In front of the store that lets another M take the P: the change is this M's.
        if (!at.pool.gives(at.m.id, gp, status.running, status.syscall)) return;
        at.pool.sched.wantM();
        pool_.Sched.entersyscall(at.m);
        return;
    }
}

pub fn exit() void {
    const m = m_.current() orelse return;
    const gp = m.trapg orelse return;
    const at = here[m.id] orelse return;
    if (at.m.oldp != null and at.pool.sched.exitsyscallfast(at.m)) {
        _ = at.pool.takes(at.m.id, gp, status.syscall, status.running);
        return;
    }
    trap(gp, .exitsyscall);
}

/// Keeps the goroutine on its thread, which runs no other: LockOSThread. An outcome of codes.status: panic, when too many have one.
pub fn lockThread() u32 {
    for (0..moves_max + 1) |_| {
        const m = m_.current() orelse return codes.status.panic;
        const gp = m.trapg orelse return codes.status.panic;
        // A run with one P has one thread.
        const at = here[m.id] orelse return codes.status.ok;
        if (at.m.bound_head != 0 and at.m.lockedg == 0) {
            trap(gp, .entersyscall);
            continue;
        }
        if (at.m.lockedext == 0) {
            if (pool_.A.add(u32, &at.pool.sched.nmlocked, 1, .monotonic) >= locked_max) {
                _ = pool_.A.sub(u32, &at.pool.sched.nmlocked, 1, .monotonic);
                break;
            }
            at.m.lockedg = arena.indexOf(gp);
            gp.exiting = @intCast(at.m.id + 1);
        }
        at.m.lockedext += 1;
        return codes.status.ok;
    }
    return codes.status.panic;
}

/// Takes one lockThread back, if there is one: UnlockOSThread.
pub fn unlockThread() void {
    const m = m_.current() orelse return;
    const gp = m.trapg orelse return;
    const at = here[m.id] orelse return;
    if (at.m.lockedext == 0) return;
    at.m.lockedext -= 1;
    if (at.m.lockedext == 0) unlocked(at.pool, at.m, gp);
}

/// The M is for all again.
pub fn unlocked(pool: *Pool, own: *M, gp: *os.G) void {
    own.lockedext = 0;
    own.lockedg = 0;
    gp.exiting = 0;
    _ = pool_.A.sub(u32, &pool.sched.nmlocked, 1, .monotonic);
}

/// It is no operation with an outcome: the last one's is still to be read.
fn trap(gp: *os.G, code: Trap) void {
    const op = gp.op;
    _ = body.gobuf_mcall(@intFromEnum(code), 0, 0);
    gp.op = op;
}

/// Goroutines that were interrupted between two instructions wait on this M: it runs these, and another takes the one that is
/// about to block.
pub fn moves(pool: *Pool, p: *P, gp: *os.G, index: u32) void {
    if (pool.gives(p.m, gp, status.running, status.runnable)) pool.enqueueGlobal(index);
    p.schedtick +%= p.schedtick & 1;
    pool.sched.wakep();
}

/// A trap on an M without a P: the call is over and the P was taken; anything else is no operation for the middle of a call.
pub fn trapped(pool: *Pool, own: *M, m: *os.M, gp: *os.G, index: u32, code: u32) void {
    if (code == @intFromEnum(Trap.exitsyscall) and own.oldp == null) {
        if (!pool.gives(own.id, gp, status.syscall, status.runnable)) return;
        if (pool.log) |log| if (!log.queued(index)) pool.fail(.{ .kind = codes.procs.twice, .gp = index });
        return pool.sched.exitsyscall0(index);
    }
    own.oldp = null;
    if (code == @intFromEnum(Trap.fault) and m.faulted != 0) return mstart.faulted(pool, m, gp, index);
    pool.fail(.{ .kind = codes.procs.syscall, .gp = index, .a = code });
}
