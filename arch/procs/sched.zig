//! Which G an M runs next, and when an M sleeps: findRunnable, wakep, resetspinning, stopm, pidleput, pidleget, the global
//! queue and checkdead of Go's src/runtime/proc.go.
//!
//! A P belongs to one M for good, for nothing blocks an M with its P (no GSYSCALL yet): "idle" is said of both.
//!
//! The rule by which no wake-up is lost is Go's: who makes a G runnable puts it on a queue first and looks at nmspinning
//! afterwards (wakep); who stops spinning takes itself off nmspinning first and looks at all queues afterwards. Those four
//! accesses are sequentially consistent, so that one of the two sees the other.
const check = @import("../check.zig");
const lock_ = @import("lock.zig");
const runq_ = @import("runq.zig");
const status = @import("status.zig");

pub const procs_max = 64;

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
        /// How many: written under lock; read without it, where a count that is late does no harm.
        npidle: u32 = 0,
        /// How many Ms look for work: the rule above.
        nmspinning: u32 = 0,
        /// 1: somebody wanted an M to spin and there was no idle one. Go's sched.needspinning. Set under lock; cleared by who
        /// begins to spin.
        needspinning: u32 = 0,
        /// The P + 1 whose M sleeps until the first timer is due, 0 for none: under lock.
        keeper: u32 = 0,
        /// 1: all Ms are to leave. Set once (seq_cst, in front of the wake-ups).
        stop: u32 = 0,
        /// Not 0: an M comes back from its call this often, ns, so that its thread can be terminated there. Constant.
        breath_ns: u64 = 0,
        /// Number of Ps.
        n: u32,
        ps: [procs_max]P = undefined,
        /// What is called under lock when the last P becomes idle.
        all_idle: *const fn (*Self) void,
        /// Timers: whether a G became runnable by one that is due, and when the next one is; null: there are none.
        timers: *const fn (*Self, *P) void,
        next_timer: *const fn (*Self) ?u64,

        const Self = @This();
        const Q = runq_.Runq(A, ring_size);

        pub const P = struct {
            id: u32,
            runq: Q = .{},
            /// Gs that may run on this M only, by G.schedlink: the owner's.
            bound_head: u32 = 0,
            bound_tail: u32 = 0,
            /// Whether the M looks for work, and is counted in nmspinning. The owner's; while the P is idle, that of whoever takes
            /// it off the list.
            spinning: bool = false,
            note: lock_.Note(A) = .{},
            schedtick: u32 = 0,
            /// When the M is to come back from its call; none where it need not. The owner's.
            breath_at: u64 = ~@as(u64, 0),
            looks: u32 = 0,
            rand: u32,
            stats: Stats = .{},
        };

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
        };

        pub fn init(s: *Self) void {
            for (s.ps[0..s.n], 0..) |*p, i| p.* = .{ .id = @intCast(i), .rand = @as(u32, @intCast(i + 1)) *% 0x9E3779B1 };
        }

        // The global queue. All under lock.

        pub fn globrunqput(s: *Self, gp: u32) void {
            status.gOf(gp).schedlink = 0;
            if (s.runqtail != 0) status.gOf(s.runqtail).schedlink = gp else s.runqhead = gp;
            s.runqtail = gp;
            A.store(u32, &s.runqsize, s.runqsize + 1, .seq_cst);
        }

        fn globrunqget(s: *Self) u32 {
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

        fn sizeNow(s: *Self) u32 {
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

        pub fn putBound(p: *P, gp: u32) void {
            status.gOf(gp).schedlink = 0;
            if (p.bound_tail != 0) status.gOf(p.bound_tail).schedlink = gp else p.bound_head = gp;
            p.bound_tail = gp;
        }

        fn getBound(p: *P) u32 {
            const gp = p.bound_head;
            if (gp == 0) return 0;
            p.bound_head = @intCast(status.gOf(gp).schedlink);
            if (p.bound_head == 0) p.bound_tail = 0;
            return gp;
        }

        // Idle Ps.

        fn pidleput(s: *Self, p: *P) void {
            s.idle |= bit(p);
            A.store(u32, &s.npidle, s.npidle + 1, .seq_cst);
        }

        /// Takes one idle P off the list: a certain one, or any.
        fn pidletake(s: *Self, mask: u64) ?*P {
            const found = s.idle & mask;
            if (found == 0) return null;
            const p = &s.ps[@ctz(found)];
            s.idle &= ~bit(p);
            if (s.keeper == p.id + 1) s.keeper = 0;
            A.store(u32, &s.npidle, s.npidle - 1, .seq_cst);
            return p;
        }

        fn bit(p: *const P) u64 {
            return @as(u64, 1) << @intCast(p.id);
        }

        const any = ~@as(u64, 0);

        /// Wakes one M more, if none looks for work already: something was made runnable.
        pub fn wakep(s: *Self) void {
            // A swap in any case: behind the store that made the G runnable, before the look.
            if (!A.cas(u32, &s.nmspinning, 0, 1, .seq_cst)) return;
            s.lock.lock();
            const p = s.pidletake(any) orelse {
                A.store(u32, &s.needspinning, 1, .seq_cst);
                _ = A.sub(u32, &s.nmspinning, 1, .seq_cst);
                s.lock.unlock();
                return;
            };
            s.lock.unlock();
            startm(p);
        }

        /// The M of a P that was idle begins to look for work; it is counted in nmspinning.
        fn startm(p: *P) void {
            p.spinning = true;
            p.note.wakeup();
        }

        /// The first timer has changed: whoever sleeps until the old one looks again.
        pub fn wakeKeeper(s: *Self) void {
            s.lock.lock();
            const p = if (s.keeper == 0) null else s.pidletake(bit(&s.ps[s.keeper - 1]));
            if (p != null) _ = A.add(u32, &s.nmspinning, 1, .seq_cst);
            s.lock.unlock();
            if (p) |of| startm(of);
        }

        /// All Ms leave, as soon as they come by.
        pub fn stopAll(s: *Self) void {
            s.lock.lock();
            A.store(u32, &s.stop, 1, .seq_cst);
            s.lock.unlock();
            for (s.ps[0..s.n]) |*p| p.note.wakeup();
        }

        pub fn stops(s: *const Self) bool {
            return A.load(u32, &s.stop, .seq_cst) != 0;
        }

        /// All Ps are idle, and nothing is runnable: only main's thread can make something so. Under lock.
        pub fn allIdle(s: *const Self) bool {
            return s.npidle == s.n and s.runqsize == 0;
        }

        pub const Found = struct { gp: u32, inherits: bool };

        /// Looks for work between two looks at the clock.
        const looks_max = 64;

        /// Whether the M is to come back from its call. Not while it is counted as spinning: others rely on its looking.
        fn wantsBreath(s: *const Self, p: *P) bool {
            if (s.breath_ns == 0 or p.spinning) return false;
            p.looks +%= 1;
            return p.looks % looks_max == 0 and A.nanotime() >= p.breath_at;
        }

        /// The M has come back, or comes for the first time.
        pub fn breathe(s: *const Self, p: *P) void {
            if (s.breath_ns != 0) p.breath_at = A.nanotime() + s.breath_ns;
        }

        /// The G that the P's M is to run; sleeps until there is one. Null: all Ms are to leave, or this one is to come back.
        pub fn findRunnable(s: *Self, p: *P) ?Found {
            while (true) {
                if (s.stops()) {
                    p.spinning = false;
                    return null;
                }
                if (s.wantsBreath(p)) return null;
                s.timers(s, p);
                if (s.look(p)) |found| return s.leaveSpinning(p, found);
                if (s.seek(p)) |gp| return s.leaveSpinning(p, .{ .gp = gp, .inherits = false });

                s.lock.lock();
                if (s.stops()) {
                    s.lock.unlock();
                    continue;
                }
                if (s.runqsize != 0) {
                    const gp = s.globrunqget();
                    s.lock.unlock();
                    return s.leaveSpinning(p, .{ .gp = gp, .inherits = false });
                }
                if (!p.spinning and s.needspinning == 1) {
                    s.becomeSpinning(p);
                    s.lock.unlock();
                    continue;
                }
                const when = if (s.keeper == 0) s.next_timer(s) else null;
                if (when != null) s.keeper = p.id + 1;
                // Before others see it idle: whoever takes it then sets the flag for the M to find when it wakes, and that
                // is another count of nmspinning than this one.
                const was_spinning = p.spinning;
                p.spinning = false;
                s.pidleput(p);
                if (s.allIdle()) s.all_idle(s);
                s.lock.unlock();

                if (was_spinning) {
                    _ = A.sub(u32, &s.nmspinning, 1, .seq_cst);
                    if (s.checkRunqsNoP() and s.takeBack(p, true)) continue;
                }
                s.stopm(p, if (s.breath_ns == 0) when else @min(when orelse p.breath_at, p.breath_at));
            }
        }

        /// Its own queues and the global one.
        fn look(s: *Self, p: *P) ?Found {
            // Now and then the global queue first, so that two Gs that ready each other do not have the P for ever.
            if (p.schedtick % 61 == 0 and s.sizeNow() != 0) {
                s.lock.lock();
                const gp = s.globrunqget();
                s.lock.unlock();
                if (gp != 0) return .{ .gp = gp, .inherits = false };
            }
            // The bound ones have every other turn.
            if (p.schedtick % 2 == 0) {
                const gp = getBound(p);
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
            const gp = getBound(p);
            return if (gp == 0) null else .{ .gp = gp, .inherits = false };
        }

        const steal_tries = if (@hasDecl(A, "steal_tries")) A.steal_tries else 4;

        /// Steals from another P: stealWork. As a spinning M, and with no more of those than half of the busy ones.
        fn seek(s: *Self, p: *P) ?u32 {
            if (!p.spinning) {
                const busy = s.n - A.load(u32, &s.npidle, .monotonic);
                if (2 * A.load(u32, &s.nmspinning, .monotonic) >= busy) return null;
                s.becomeSpinning(p);
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

        fn becomeSpinning(s: *Self, p: *P) void {
            p.spinning = true;
            _ = A.add(u32, &s.nmspinning, 1, .seq_cst);
            A.store(u32, &s.needspinning, 0, .seq_cst);
        }

        /// The M has found work. If it was the last that looked, there may be more: it wakes another. resetspinning.
        fn leaveSpinning(s: *Self, p: *P, found: Found) Found {
            if (p.spinning) {
                p.spinning = false;
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

        /// An M that is idle, and awake, is idle no longer. False when another one has taken it: it is being woken.
        fn takeBack(s: *Self, p: *P, spins: bool) bool {
            s.lock.lock();
            defer s.lock.unlock();
            if (s.pidletake(bit(p)) == null) return false;
            if (spins) s.becomeSpinning(p);
            return true;
        }

        /// Sleeps until woken, or until the first timer is due.
        fn stopm(s: *Self, p: *P, when: ?u64) void {
            p.stats.parked += 1;
            if (when) |due| {
                const now = A.nanotime();
                if (!p.note.sleep(if (due > now) due - now else 0)) {
                    p.looks = looks_max - 1; // the next look is at the clock
                    if (s.takeBack(p, false)) return;
                    _ = p.note.sleep(null);
                }
            } else _ = p.note.sleep(null);
            p.stats.woken += 1;
            // Who stops all is no waker: then the word stays set.
            if (!s.stops()) p.note.clear();
        }
    };
}
