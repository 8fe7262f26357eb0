//! Which G an M runs next: findRunnable, resetspinning, the global queue of Go's src/runtime/proc.go. When an M sleeps, and who
//! wakes it, is idle.zig's; what becomes of the P of an M in a blocking call is retake.zig's.
//!
//! An M has a P or none: while it sleeps, while it is in a blocking call and another has taken the P, and when it comes out of
//! one. A P without an M is idle, or is just being handed over.
//!
//! The rule by which no wake-up is lost is Go's: who makes a G runnable puts it on a queue first and looks at nmspinning
//! afterwards (wakep); who stops spinning takes itself off nmspinning first and looks at all queues afterwards. Those four
//! accesses are sequentially consistent, so that one of the two sees the other.
const check = @import("../check.zig");
const idle_ = @import("idle.zig");
const lock_ = @import("lock.zig");
const retake_ = @import("retake.zig");
const runq_ = @import("runq.zig");
const status = @import("status.zig");

pub const procs_max = 64;
/// Ms beyond one for each P: as many goroutines may be in a blocking call, or have a thread to themselves, while all Ps run
/// others.
pub const spares_max = 32;
pub const ms_max = procs_max + spares_max;

pub fn Sched(comptime A: type, comptime ring_size: u32) type {
    return struct {
        /// Guards what says so. It is taken by any M and by main's thread, inside of no other lock but a channel's.
        lock: lock_.Mutex(A) = .{},
        /// The global queue, by G.schedlink: under lock.
        runqhead: u32 = 0,
        runqtail: u32 = 0,
        /// Its size in ONE word: written under lock, read without it (seq_cst: see the rule above).
        runqsize: u32 = 0,
        /// Which Ps are idle, a bit each: under lock.
        idle: u64 = 0,
        /// The M + 1 that went to sleep last, 0 for none; the others by M.schedlink: under lock. Go's sched.midle.
        midle: u32 = 0,
        /// How many: written under lock; read without it by who is about to block (monotonic: a count that is late makes one
        /// thread too many, or one later).
        nmidle: u32 = 0,
        /// Ms that have lost their P in a blocking call and have not come out of it: under lock.
        nmsys: u32 = 0,
        /// Ms that a goroutine has to itself (monotonic: a count that is compared with a limit).
        nmlocked: u32 = 0,
        /// Ms whose threads were asked for and have not come: written under lock, read as nmidle.
        nmstarting: u32 = 0,
        /// How many: written under lock; read without it, where a count that is late does no harm.
        npidle: u32 = 0,
        /// How many Ms look for work: the rule above.
        nmspinning: u32 = 0,
        /// 1: somebody wanted an M to spin and there was no idle one. Go's sched.needspinning. Set under lock; cleared by who
        /// begins to spin.
        needspinning: u32 = 0,
        /// The M + 1 that sleeps until the first timer is due, 0 for none: under lock.
        keeper: u32 = 0,
        /// 1: all Ms are to leave. Set once (seq_cst, in front of the wake-ups).
        stop: u32 = 0,
        /// Not 0: an M comes back from its call this often, ns, so that its thread can be terminated there. Constant.
        breath_ns: u64 = 0,
        /// Number of Ps.
        n: u32,
        ps: [procs_max]P = undefined,
        ms: [ms_max]M = undefined,
        /// Behind the last M that was ever wanted: under lock.
        mcount: u32 = 0,
        /// How many Ms there may be. Constant.
        m_limit: u32 = 0,
        /// Asks for the thread of an M that is wanted. Called without the lock, on an M's thread or main's; null: no more than n.
        want: ?*const fn (*Self) void = null,
        /// What is called under lock when the last P becomes idle.
        all_idle: *const fn (*Self) void,
        /// Timers: whether a G became runnable by one that is due, and when the next one is; null: there are none.
        timers: *const fn (*Self, *P) void,
        next_timer: *const fn (*Self) ?u64,

        const Self = @This();
        const Q = runq_.Runq(A, ring_size);

        pub const P = struct {
            id: u32,
            /// The M that has it. The owner's.
            m: u32 = 0,
            runq: Q = .{},
            /// p_idle, p_running or p_syscall. Stored by who has the P; an M in a blocking call and who would retake the P swap it,
            /// and one of them gets it (seq_cst, as Go's).
            status: u32 = p_idle,
            /// Blocking calls that are over, or whose P was retaken. The owner's; the monitor reads it (monotonic: it is compared
            /// with what it was some microseconds ago).
            syscalltick: u32 = 0,
            /// What the monitor has seen last: sysmontick. The monitor's.
            seen: struct { tick: u32 = ~@as(u32, 0), when: u64 = 0 } = .{},
            schedtick: u32 = 0,
            rand: u32,
            stats: Stats = .{},
        };

        // P.status.
        pub const p_idle = 0;
        pub const p_running = 1;
        /// Its M is in a blocking call: anybody may take it.
        pub const p_syscall = 2;

        pub const M = struct {
            id: u32,
            /// The record of its thread, os.M.id + 1; 0 for none. Stored by that, read for reports (monotonic).
            os_m: u32 = 0,
            /// The P that it has; null for none. The owner's; while it sleeps, that of who wakes it.
            p: ?*P = null,
            /// The P that it has left behind in a blocking call; null outside of one. The owner's.
            oldp: ?*P = null,
            /// The goroutine that has this M to itself, 0 for none, and how often it has asked for that. The owner's.
            lockedg: u32 = 0,
            lockedext: u32 = 0,
            /// The P that another M has handed over with that goroutine, before it set the note. It is no `p` yet: this M may still have
            /// one of its own.
            nextp: ?*P = null,
            /// Whether it looks for work, and is counted in nmspinning. As `p`.
            spinning: bool = false,
            /// Whether it is on the list of those that sleep: under lock.
            idle: bool = false,
            schedlink: u32 = 0,
            /// Whether it is there: m_absent, ...: under lock.
            state: u8 = m_absent,
            note: lock_.Note(A) = .{},
            /// Gs that may run on this M only, by G.schedlink: the owner's.
            bound_head: u32 = 0,
            bound_tail: u32 = 0,
            /// When the M is to come back from its call; none where it need not. The owner's.
            breath_at: u64 = ~@as(u64, 0),
            looks: u32 = 0,
        };

        // M.state.
        pub const m_absent = 0;
        /// Its thread is wanted, and nobody has started it yet.
        pub const m_wanted = 1;
        pub const m_starting = 2;
        pub const m_here = 3;

        /// Counts of a P: its M's alone, read by others when it is over.
        pub const Stats = extern struct {
            executed: u64 = 0,
            migrated: u64 = 0,
            steals: u64 = 0,
            stolen: u64 = 0,
            parked: u64 = 0,
            woken: u64 = 0,
            preempted: u64 = 0,
            timed: u64 = 0,
            /// Blocking calls that were begun on it, and how often it was taken out of one.
            syscalls: u64 = 0,
            retaken: u64 = 0,
            /// Goroutines that it was given to for, as they are locked to another thread.
            locked: u64 = 0,
        };

        /// Each of the first Ms has a P. The others are absent.
        pub fn init(s: *Self) void {
            for (&s.ms, 0..) |*m, i| m.* = .{ .id = @intCast(i) };
            for (s.ps[0..s.n], s.ms[0..s.n], 0..) |*p, *m, i| {
                p.* = .{ .id = @intCast(i), .rand = @as(u32, @intCast(i + 1)) *% 0x9E3779B1 };
                m.state = m_here;
                m.p = p;
                p.m = m.id;
                p.status = p_running;
            }
            s.mcount = s.n;
        }

        const Idle = idle_.Idle(Self, A);
        pub const wakep = Idle.wakep;
        pub const wakeKeeper = Idle.wakeKeeper;
        pub const stopAll = Idle.stopAll;
        pub const stops = Idle.stops;
        pub const allIdle = Idle.allIdle;
        pub const wish = Idle.wish;
        pub const wantM = Idle.wantM;
        pub const handoffp = Idle.handoffp;
        pub const pidleget = Idle.pidleget;
        pub const acquirep = Idle.acquirep;
        pub const releasep = Idle.releasep;
        pub const stoplockedm = Idle.stoplockedm;
        pub const startlockedm = Idle.startlockedm;
        pub const arrives = Idle.arrives;
        pub const leaves = Idle.leaves;
        const Retake = retake_.Retake(Self, A);
        pub const entersyscall = Retake.entersyscall;
        pub const exitsyscallfast = Retake.exitsyscallfast;
        pub const exitsyscall0 = Retake.exitsyscall0;
        pub const retake = Retake.retake;

        // The global queue. All under lock.

        pub fn globrunqput(s: *Self, gp: u32) void {
            status.gOf(gp).schedlink = 0;
            if (s.runqtail != 0) status.gOf(s.runqtail).schedlink = gp else s.runqhead = gp;
            s.runqtail = gp;
            A.store(u32, &s.runqsize, s.runqsize + 1, .seq_cst);
        }

        pub fn globrunqget(s: *Self) u32 {
            const gp = s.runqhead;
            if (gp == 0) return 0;
            s.runqhead = @intCast(status.gOf(gp).schedlink);
            if (s.runqhead == 0) s.runqtail = 0;
            A.store(u32, &s.runqsize, s.runqsize - 1, .seq_cst);
            return gp;
        }

        /// One to run, and a fair share of the others onto the P's ring, which is empty.
        fn globrunqgetbatch(s: *Self, p: *P) u32 {
            const most = @min(s.runqsize, s.runqsize / s.n + 1, ring_size / 2);
            const gp = s.globrunqget();
            var batch: Q.Batch = .{};
            for (1..@max(1, most)) |_| {
                p.runq.put(s.globrunqget(), false, &batch);
                check.memory(batch.n == 0, "sched.globrunqgetbatch: the P's ring is not empty");
            }
            return gp;
        }

        pub fn sizeNow(s: *Self) u32 {
            return A.load(u32, &s.runqsize, .seq_cst);
        }

        // What makes a G runnable ends in one of these. The caller has changed its status.

        /// On a P's own M.
        pub fn put(s: *Self, p: *P, gp: u32, next: bool) void {
            var batch: Q.Batch = .{};
            p.runq.put(gp, next, &batch);
            if (batch.n == 0) return;
            s.lock.lock();
            defer s.lock.unlock();
            for (batch.list[0..batch.n]) |each| s.globrunqput(each);
        }

        /// On any thread.
        pub fn putGlobal(s: *Self, gp: u32) void {
            s.lock.lock();
            defer s.lock.unlock();
            s.globrunqput(gp);
        }

        pub fn putBound(m: *M, gp: u32) void {
            status.gOf(gp).schedlink = 0;
            if (m.bound_tail != 0) status.gOf(m.bound_tail).schedlink = gp else m.bound_head = gp;
            m.bound_tail = gp;
        }

        fn getBound(m: *M) u32 {
            const gp = m.bound_head;
            if (gp == 0) return 0;
            m.bound_head = @intCast(status.gOf(gp).schedlink);
            if (m.bound_head == 0) m.bound_tail = 0;
            return gp;
        }

        pub const Found = struct { gp: u32, inherits: bool };

        /// Looks for work between two looks at the clock.
        pub const looks_max = 64;

        /// Whether the M is to come back from its call. Not while it is counted as spinning: others rely on its looking.
        fn wantsBreath(s: *const Self, m: *M) bool {
            if (s.breath_ns == 0 or m.spinning) return false;
            m.looks +%= 1;
            return m.looks % looks_max == 0 and A.nanotime() >= m.breath_at;
        }

        /// The M has come back, or comes for the first time.
        pub fn breathe(s: *const Self, m: *M) void {
            if (s.breath_ns != 0) m.breath_at = A.nanotime() + s.breath_ns;
        }

        /// The G that the M is to run, with the P that it has then; sleeps until there is one. Null: all Ms are to leave, or this
        /// one is to come back.
        pub fn findRunnable(s: *Self, m: *M) ?Found {
            while (true) {
                if (s.stops()) {
                    m.spinning = false;
                    return null;
                }
                if (s.wantsBreath(m)) return null;
                const p = m.p orelse {
                    Idle.awaitP(s, m);
                    continue;
                };
                s.timers(s, p);
                if (s.look(m, p)) |found| return s.leaveSpinning(m, found);
                if (s.seek(m, p)) |gp| return s.leaveSpinning(m, .{ .gp = gp, .inherits = false });

                s.lock.lock();
                if (s.stops()) {
                    s.lock.unlock();
                    continue;
                }
                if (s.runqsize != 0) {
                    const gp = s.globrunqget();
                    s.lock.unlock();
                    return s.leaveSpinning(m, .{ .gp = gp, .inherits = false });
                }
                if (!m.spinning and s.needspinning == 1) {
                    s.becomeSpinning(m);
                    s.lock.unlock();
                    continue;
                }
                const when = if (s.keeper == 0) s.next_timer(s) else null;
                if (when != null) s.keeper = m.id + 1;
                // Before others see it idle: whoever takes it then sets the flag for the M to find when it wakes, and that
                // is another count of nmspinning than this one.
                const was_spinning = m.spinning;
                m.spinning = false;
                p.stats.parked += 1;
                Idle.pidleput(s, releasep(m));
                Idle.mput(s, m);
                if (s.allIdle()) s.all_idle(s);
                s.lock.unlock();

                if (was_spinning) {
                    _ = A.sub(u32, &s.nmspinning, 1, .seq_cst);
                    if (s.checkRunqsNoP() and Idle.takeBack(s, m, true) == .back) continue;
                }
                Idle.stopm(s, m, when);
            }
        }

        /// Its own queues and the global one.
        fn look(s: *Self, m: *M, p: *P) ?Found {
            // Now and then the global queue first, so that two Gs that ready each other do not have the P for ever.
            if (p.schedtick % 61 == 0 and s.sizeNow() != 0) {
                s.lock.lock();
                const gp = s.globrunqget();
                s.lock.unlock();
                if (gp != 0) return .{ .gp = gp, .inherits = false };
            }
            // The bound ones have every other turn.
            if (p.schedtick % 2 == 0) {
                const gp = getBound(m);
                if (gp != 0) return .{ .gp = gp, .inherits = false };
            }
            const got = p.runq.get();
            if (got.gp != 0) return .{ .gp = got.gp, .inherits = got.inherits };
            if (s.sizeNow() != 0) {
                s.lock.lock();
                const gp = s.globrunqgetbatch(p);
                s.lock.unlock();
                if (gp != 0) return .{ .gp = gp, .inherits = false };
            }
            const gp = getBound(m);
            return if (gp == 0) null else .{ .gp = gp, .inherits = false };
        }

        const steal_tries = if (@hasDecl(A, "steal_tries")) A.steal_tries else 4;

        /// Steals from another P: stealWork. As a spinning M, and with no more of those than half of the busy ones.
        fn seek(s: *Self, m: *M, p: *P) ?u32 {
            if (!m.spinning) {
                const busy = s.n - A.load(u32, &s.npidle, .monotonic);
                if (2 * A.load(u32, &s.nmspinning, .monotonic) >= busy) return null;
                s.becomeSpinning(m);
            }
            for (0..steal_tries) |i| {
                const first = draw(p) % s.n;
                for (0..s.n) |k| {
                    const from = &s.ps[(first + k) % s.n];
                    if (from == p) continue;
                    var count: u32 = 0;
                    const gp = p.runq.steal(&from.runq, i == steal_tries - 1, &count);
                    if (gp == 0) continue;
                    p.stats.steals += 1;
                    p.stats.stolen += count;
                    return gp;
                }
            }
            return null;
        }

        fn draw(p: *P) u32 {
            p.rand ^= p.rand << 13;
            p.rand ^= p.rand >> 17;
            p.rand ^= p.rand << 5;
            return p.rand;
        }

        pub fn becomeSpinning(s: *Self, m: *M) void {
            m.spinning = true;
            _ = A.add(u32, &s.nmspinning, 1, .seq_cst);
            A.store(u32, &s.needspinning, 0, .seq_cst);
        }

        /// The M has found work. If it was the last that looked, there may be more: it wakes another. resetspinning.
        fn leaveSpinning(s: *Self, m: *M, found: Found) Found {
            if (m.spinning) {
                m.spinning = false;
                _ = A.sub(u32, &s.nmspinning, 1, .seq_cst);
                s.wakep();
            }
            return found;
        }

        /// Whether something is runnable, for an M that is idle already.
        fn checkRunqsNoP(s: *Self) bool {
            if (s.sizeNow() != 0) return true;
            for (s.ps[0..s.n]) |*p| if (!p.runq.empty()) return true;
            return false;
        }
    };
}
