//! Ms and Ps that have nothing to do: wakep, startm, stopm, handoffp, pidleput, pidleget, mput, mget and checkdead of Go's
//! src/runtime/proc.go.
//!
//! An M is a thread that somebody must start, and here that is main's: it takes some milliseconds. So no P waits for a thread
//! that is on its way, as in Go's newm: it is idle meanwhile, and what it had is on the global queue. A thread that comes looks
//! for an idle P as one that comes out of a blocking call does.

pub fn Idle(comptime S: type, comptime A: type) type {
    return struct {
        const P = S.P;
        const M = S.M;

        pub fn acquirep(m: *M, p: *P) void {
            m.p = p;
            p.m = m.id;
            A.store(u32, &p.status, S.p_running, .seq_cst);
        }

        /// The P is nobody's, until its caller gives it to somebody.
        pub fn releasep(m: *M) *P {
            const p = m.p.?;
            m.p = null;
            A.store(u32, &p.status, S.p_idle, .seq_cst);
            return p;
        }

        // All under lock.

        /// Its queue is empty.
        pub fn pidleput(s: *S, p: *P) void {
            s.idle |= @as(u64, 1) << @intCast(p.id);
            A.store(u32, &s.npidle, s.npidle + 1, .seq_cst);
        }

        /// Takes any idle P off the list.
        pub fn pidleget(s: *S) ?*P {
            if (s.idle == 0) return null;
            const p = &s.ps[@ctz(s.idle)];
            s.idle &= s.idle - 1;
            A.store(u32, &s.npidle, s.npidle - 1, .seq_cst);
            return p;
        }

        pub fn mput(s: *S, m: *M) void {
            m.idle = true;
            m.schedlink = s.midle;
            s.midle = m.id + 1;
            A.store(u32, &s.nmidle, s.nmidle + 1, .monotonic);
        }

        /// Takes a certain M off the list.
        fn mremove(s: *S, m: *M) void {
            var link = &s.midle;
            while (link.* != m.id + 1) link = &s.ms[link.* - 1].schedlink;
            link.* = m.schedlink;
            m.idle = false;
            if (s.keeper == m.id + 1) s.keeper = 0;
            A.store(u32, &s.nmidle, s.nmidle - 1, .monotonic);
        }

        /// Takes any idle M off the list; the one that keeps the clock only where there is no other.
        fn mget(s: *S) ?*M {
            if (s.midle == 0) return null;
            const first = &s.ms[s.midle - 1];
            const m = if (s.keeper == first.id + 1 and first.schedlink != 0) &s.ms[first.schedlink - 1] else first;
            mremove(s, m);
            return m;
        }

        /// All Ps are idle, nothing is runnable and nobody is in a blocking call: only main's thread can make something so.
        pub fn allIdle(s: *const S) bool {
            return s.npidle == s.n and s.runqsize == 0 and s.nmsys == 0;
        }

        // Not under lock.

        /// Wakes one M more, if none looks for work already: something was made runnable.
        pub fn wakep(s: *S) void {
            if (wakes(s)) s.wantM();
        }

        /// The same. Whether there was a P for it, and no M.
        fn wakes(s: *S) bool {
            // A swap in any case: behind the store that made the G runnable, before the look.
            if (!A.cas(u32, &s.nmspinning, 0, 1, .seq_cst)) return false;
            s.lock.lock();
            if (s.idle != 0) if (mget(s)) |m| {
                const p = pidleget(s).?;
                s.lock.unlock();
                startm(m, p, true);
                return false;
            };
            const no_m = s.idle != 0;
            if (!no_m) A.store(u32, &s.needspinning, 1, .seq_cst);
            _ = A.sub(u32, &s.nmspinning, 1, .seq_cst);
            s.lock.unlock();
            return no_m;
        }

        /// Gives an M that is on no list any more a P, and wakes it. @param spins it is counted in nmspinning
        fn startm(m: *M, p: *P, spins: bool) void {
            m.spinning = spins;
            acquirep(m, p);
            m.note.wakeup();
        }

        /// Gives a P away that nobody has any more. Work on its queue goes on on another M; on the global queue where there is none.
        /// @param lost its M is in a blocking call: the caller is the monitor
        pub fn handoffp(s: *S, p: *P, lost: bool) void {
            s.lock.lock();
            if (lost) s.nmsys +%= 1;
            const works = !p.runq.empty() or s.runqsize != 0;
            // Nobody looks for work, and no other P is idle: then this one does.
            const spins = !works and A.load(u32, &s.npidle, .seq_cst) == 0 and A.cas(u32, &s.nmspinning, 0, 1, .seq_cst);
            if (spins) A.store(u32, &s.needspinning, 0, .seq_cst);
            const m = if (works or spins) mget(s) else null;
            if (m) |found| {
                s.lock.unlock();
                startm(found, p, spins);
            } else {
                if (spins) _ = A.sub(u32, &s.nmspinning, 1, .seq_cst);
                while (true) {
                    const got = p.runq.get();
                    if (got.gp == 0) break;
                    s.globrunqput(got.gp);
                }
                pidleput(s, p);
                if (s.allIdle()) s.all_idle(s);
                s.lock.unlock();
            }
            // The one that kept the clock may have got the P: another looks, and keeps it when it finds nothing else.
            const timed = s.next_timer(s) != null and wakes(s);
            // The monitor can ask for no thread. Whoever blocks has done so.
            if (!lost and (timed or works and m == null)) s.wantM();
        }

        /// The first timer has changed: whoever sleeps until the old one looks again.
        pub fn wakeKeeper(s: *S) void {
            s.lock.lock();
            if (s.keeper == 0 or s.idle == 0) return s.lock.unlock();
            const m = &s.ms[s.keeper - 1];
            mremove(s, m);
            const p = pidleget(s).?;
            _ = A.add(u32, &s.nmspinning, 1, .seq_cst);
            s.lock.unlock();
            startm(m, p, true);
        }

        /// All Ms leave, as soon as they come by.
        pub fn stopAll(s: *S) void {
            s.lock.lock();
            A.store(u32, &s.stop, 1, .seq_cst);
            const count = s.mcount;
            s.lock.unlock();
            for (s.ms[0..count]) |*m| m.note.wakeup();
        }

        pub fn stops(s: *const S) bool {
            return A.load(u32, &s.stop, .seq_cst) != 0;
        }

        // An M that sleeps.

        const Taken = enum {
            /// It is idle no longer, and has a P.
            back,
            /// Another one has woken it.
            woken,
            /// There is no P for it.
            no_p,
        };

        /// An M that is idle, and awake, takes an idle P.
        pub fn takeBack(s: *S, m: *M, spins: bool) Taken {
            s.lock.lock();
            defer s.lock.unlock();
            if (!m.idle) return .woken;
            const p = pidleget(s) orelse return .no_p;
            mremove(s, m);
            acquirep(m, p);
            if (spins) s.becomeSpinning(m);
            return .back;
        }

        /// Sleeps until woken, or until the first timer is due, or it is to come back from its call.
        pub fn stopm(s: *S, m: *M, timer: ?u64) void {
            var when = timer;
            while (true) {
                const due = if (s.breath_ns == 0) when else @min(when orelse m.breath_at, m.breath_at);
                if (due) |at| {
                    const now = A.nanotime();
                    if (!m.note.sleep(if (at > now) at - now else 0)) {
                        m.looks = S.looks_max - 1; // the next look is at the clock
                        switch (takeBack(s, m, false)) {
                            .back => return,
                            .woken => _ = m.note.sleep(null),
                            .no_p => {
                                // All Ps run, and look at the timers themselves.
                                if (at == m.breath_at and unlist(s, m)) return;
                                unkeep(s, m);
                                when = null;
                                continue;
                            },
                        }
                    }
                } else _ = m.note.sleep(null);
                break;
            }
            // Who stops all is no waker: then the word stays set.
            if (!s.stops()) m.note.clear();
            if (m.p) |p| p.stats.woken += 1;
        }

        /// It is idle no longer, without a P: it comes back from its call. False when another one has woken it.
        fn unlist(s: *S, m: *M) bool {
            s.lock.lock();
            defer s.lock.unlock();
            if (m.idle) mremove(s, m) else return false;
            return true;
        }

        fn unkeep(s: *S, m: *M) void {
            s.lock.lock();
            if (s.keeper == m.id + 1) s.keeper = 0;
            s.lock.unlock();
        }

        /// An M without a P: out of a blocking call, or new. Takes one that is idle and looks for work; sleeps where there is none.
        pub fn awaitP(s: *S, m: *M) void {
            s.lock.lock();
            if (s.stops()) return s.lock.unlock();
            if (pidleget(s)) |p| {
                acquirep(m, p);
                s.becomeSpinning(m);
                return s.lock.unlock();
            }
            mput(s, m);
            s.lock.unlock();
            stopm(s, m, null);
        }

        // Ms that a goroutine has to itself.

        /// Gives the P away and sleeps until another M hands over its own, with the goroutine. False: all Ms are to leave, or this
        /// one is to come back from its call.
        pub fn stoplockedm(s: *S, m: *M) bool {
            if (m.p != null) s.handoffp(releasep(m), false);
            while (true) {
                if (s.stops()) return false;
                if (s.breath_ns == 0) {
                    _ = m.note.sleep(null);
                } else {
                    const now = A.nanotime();
                    if (now >= m.breath_at) return false;
                    if (!m.note.sleep(m.breath_at - now)) continue;
                }
                if (s.stops()) return false;
                m.note.clear();
                const p = m.nextp.?;
                m.nextp = null;
                acquirep(m, p);
                return true;
            }
        }

        /// An M has found a goroutine that is locked to another: that one gets its P.
        pub fn startlockedm(m: *M, to: *M) void {
            const p = m.p.?;
            p.stats.locked += 1;
            m.p = null;
            to.nextp = p;
            to.note.wakeup();
        }

        // Threads.

        /// An M more is wanted, if none sleeps and none is on its way. The caller is no monitor: who starts it is told.
        pub fn wantM(s: *S) void {
            const tell = s.want orelse return;
            if (A.load(u32, &s.nmidle, .monotonic) != 0 or A.load(u32, &s.nmstarting, .monotonic) != 0) return;
            s.lock.lock();
            const wanted = s.nmidle == 0 and s.nmstarting == 0 and !s.stops() and for (s.ms[0..s.m_limit]) |*m| {
                if (m.state != S.m_absent) continue;
                m.state = S.m_wanted;
                s.mcount = @max(s.mcount, m.id + 1);
                A.store(u32, &s.nmstarting, 1, .monotonic);
                break true;
            } else false;
            s.lock.unlock();
            if (wanted) tell(s);
        }

        /// An M whose thread is to be started, + 1; 0 for none.
        pub fn wish(s: *S) u32 {
            s.lock.lock();
            defer s.lock.unlock();
            for (s.ms[0..s.mcount]) |*m| {
                if (m.state != S.m_wanted) continue;
                m.state = S.m_starting;
                return m.id + 1;
            }
            return 0;
        }

        /// The thread of an M is there.
        pub fn arrives(s: *S, m: *M) void {
            s.lock.lock();
            defer s.lock.unlock();
            if (m.state != S.m_starting) return;
            m.state = S.m_here;
            A.store(u32, &s.nmstarting, s.nmstarting - 1, .monotonic);
        }

        /// The thread of an M ends before the others: it has no P.
        pub fn leaves(s: *S, m: *M) void {
            s.lock.lock();
            defer s.lock.unlock();
            m.* = .{ .id = m.id };
        }
    };
}
