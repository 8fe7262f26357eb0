//! The P of an M in a blocking call: entersyscall, exitsyscall and retake of Go's src/runtime/proc.go. The M leaves its P
//! behind with the status p_syscall. The M swaps that back when the call is over; if the monitor has swapped it before, the P
//! is another M's.

pub fn Retake(comptime S: type, comptime A: type) type {
    return struct {
        const P = S.P;
        const M = S.M;

        /// The G is in status syscall already, for from here on another M may be given the P.
        pub fn entersyscall(m: *M) void {
            const p = m.p.?;
            p.stats.syscalls += 1;
            m.oldp = p;
            m.p = null;
            A.store(u32, &p.status, S.p_syscall, .seq_cst);
        }

        /// The call is over. Whether the M has a P again: its old one, or one that was idle.
        pub fn exitsyscallfast(s: *S, m: *M) bool {
            const p = m.oldp.?;
            m.oldp = null;
            // As in Go it may be the call of another M by now, which got the P meanwhile. That one has lost it then, and nmsys
            // counts it in place of this one.
            if (A.cas(u32, &p.status, S.p_syscall, S.p_running, .seq_cst)) {
                m.p = p;
                p.m = m.id;
                A.store(u32, &p.syscalltick, p.syscalltick +% 1, .monotonic);
                return true;
            }
            if (A.load(u32, &s.npidle, .seq_cst) == 0) return false;
            s.lock.lock();
            defer s.lock.unlock();
            const found = S.pidleget(s) orelse return false;
            s.nmsys -%= 1;
            S.acquirep(m, found);
            return true;
        }

        /// There was no P: the G, which is runnable, waits for one as all others do, and the M looks for one by itself.
        pub fn exitsyscall0(s: *S, gp: u32) void {
            s.lock.lock();
            s.globrunqput(gp);
            s.nmsys -%= 1;
            s.lock.unlock();
        }

        /// How long a P without work is left in a blocking call while others look for work, or are idle.
        const leave_ns = 10_000_000;

        /// Takes a P out of a blocking call that the monitor has met before, if there may be work for it. The monitor's alone.
        pub fn retake(s: *S, p: *P, now: u64) enum { no, later, retaken } {
            if (A.load(u32, &p.status, .seq_cst) != S.p_syscall) return .no;
            const tick = A.load(u32, &p.syscalltick, .monotonic);
            if (p.seen.tick != tick) {
                p.seen = .{ .tick = tick, .when = now };
                return .later;
            }
            const others = A.load(u32, &s.nmspinning, .monotonic) + A.load(u32, &s.npidle, .monotonic);
            if (p.runq.empty() and others != 0 and now - p.seen.when < leave_ns) return .later;
            if (!A.cas(u32, &p.status, S.p_syscall, S.p_idle, .seq_cst)) return .no;
            // The caller has it now.
            A.store(u32, &p.syscalltick, p.syscalltick +% 1, .monotonic);
            p.stats.retaken += 1;
            s.handoffp(p, true);
            return .retaken;
        }
    };
}
