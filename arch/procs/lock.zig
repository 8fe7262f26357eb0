//! Locks and notes on a futex: lock2, unlock2, notesleep, notewakeup of Go's src/runtime/lock_futex.go.

/// A lock that sleeps. Its word is the only thing that others touch.
pub fn Mutex(comptime A: type) type {
    return struct {
        /// mutex_unlocked, mutex_locked, or mutex_sleeping: locked, and somebody may sleep. Swapped by everybody; acquire
        /// when it is taken and release when it is given, so that what it guards is seen by the next owner.
        key: u32 = unlocked,

        const Self = @This();
        const unlocked = 0;
        const locked = 1;
        const sleeping = 2;
        /// Looks before the thread sleeps. A critical section is some tens of nanoseconds.
        const spins_max = 100;
        const yields_max = 3;

        pub fn lock(self: *Self) void {
            if (A.cas(u32, &self.key, unlocked, locked, .acquire)) return;
            self.lockSlow();
        }

        fn lockSlow(self: *Self) void {
            @branchHint(.cold);
            if (@hasDecl(A, "contended")) A.contended();
            // Where somebody may sleep it stays so: who sleeps was told of nothing yet.
            var wait: u32 = locked;
            while (true) {
                if (!@hasDecl(A, "no_spinning")) {
                    for (0..spins_max) |i| {
                        if (A.load(u32, &self.key, .monotonic) == unlocked and
                            A.cas(u32, &self.key, unlocked, wait, .acquire)) return;
                        if (i % (spins_max / yields_max) == 0) A.osyield() else A.procyield();
                    }
                }
                if (A.xchg(u32, &self.key, sleeping, .acquire) == unlocked) return;
                wait = sleeping;
                A.futexsleep(&self.key, sleeping, null);
            }
        }

        pub fn unlock(self: *Self) void {
            if (A.xchg(u32, &self.key, unlocked, .release) == sleeping) A.futexwakeup(&self.key);
        }
    };
}

/// A thread sleeps on it until another one says so, once.
pub fn Note(comptime A: type) type {
    return struct {
        /// 0, or 1: woken. Its waker swaps it (release: what was done before is seen by who wakes); its owner clears it.
        key: u32 = 0,

        const Self = @This();

        /// Before anybody could wake its owner.
        pub fn clear(self: *Self) void {
            A.store(u32, &self.key, 0, .monotonic);
        }

        /// Sleeps until woken, or for `ns`. Whether it was woken.
        pub fn sleep(self: *Self, ns: ?u64) bool {
            while (A.load(u32, &self.key, .acquire) == 0) {
                A.futexsleep(&self.key, 0, ns);
                if (ns != null) return A.load(u32, &self.key, .acquire) != 0;
            }
            return true;
        }

        pub fn wakeup(self: *Self) void {
            _ = A.xchg(u32, &self.key, 1, .release);
            A.futexwakeup(&self.key);
        }
    };
}
