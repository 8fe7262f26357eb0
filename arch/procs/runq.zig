//! A P's run queue: runqput, runqputslow, runqget, runqempty, runqgrab, runqsteal of Go's src/runtime/proc.go. The owner
//! puts at the tail and takes from the head without a lock; others steal half of it from the head.
//!
//! A G is named by its index; 0 is none.

/// @param size of the ring: 256, and less for the model checker.
pub fn Runq(comptime A: type, comptime size: u32) type {
    return struct {
        /// The oldest. Swapped by the owner and by thieves (cas, release: the slots were read before it is given away), read
        /// by all (acquire: the slots are read behind it).
        head: u32 = 0,
        /// Behind the youngest. Stored by the owner alone. Sequentially consistent, for the submitter looks at nmspinning
        /// behind it: see wakep.
        tail: u32 = 0,
        /// Next in line, instead of the ring; it inherits its creator's time slice. The owner sets it, others may only take it
        /// out: by cas alone.
        runnext: u32 = 0,
        /// Written by the owner, read by thieves that may throw away what they read: without an order, as what counts is
        /// that head is still the same.
        ring: [size]u32 = @splat(0),

        const Self = @This();
        pub const capacity = size;
        const half = size / 2;

        /// Where the half that no longer fits goes: the global queue, under sched.lock.
        pub const Batch = struct { list: [half + 1]u32 = undefined, n: u32 = 0 };

        /// Puts a G on the owner's queue, with `next` in front of all others. What does not fit is in `batch`: half of the
        /// queue and the last one, for the global queue.
        pub fn put(q: *Self, g: u32, next: bool, batch: *Batch) void {
            batch.n = 0;
            var gp = g;
            if (next) {
                while (true) {
                    const old = A.load(u32, &q.runnext, .monotonic);
                    // Release: who steals it is to see the G's record.
                    if (!A.cas(u32, &q.runnext, old, gp, .seq_cst)) continue;
                    if (old == 0) return;
                    gp = old;
                    break;
                }
            }
            while (true) {
                const h = A.load(u32, &q.head, .acquire); // behind it thieves are done with the slots before it
                const t = q.tail;
                if (t -% h < size) {
                    A.store(u32, &q.ring[t % size], gp, .monotonic);
                    A.store(u32, &q.tail, t +% 1, .seq_cst);
                    return;
                }
                if (q.putslow(gp, h, t, batch)) return;
            }
        }

        /// Takes half of a full queue off, together with one more G. False when a thief came first.
        fn putslow(q: *Self, gp: u32, h: u32, t: u32, batch: *Batch) bool {
            const n = (t -% h) / 2;
            for (0..n) |i| batch.list[i] = A.load(u32, &q.ring[(h +% @as(u32, @intCast(i))) % size], .monotonic);
            if (!A.cas(u32, &q.head, h, h +% n, .release)) return false;
            batch.list[n] = gp;
            batch.n = n + 1;
            return true;
        }

        pub const Got = struct { gp: u32, inherits: bool };

        /// The owner takes the next one. 0 for none.
        pub fn get(q: *Self) Got {
            const next = A.load(u32, &q.runnext, .monotonic);
            // If it is another's by now, or 0: only the owner sets it, so that there is nothing to try again.
            if (next != 0 and A.cas(u32, &q.runnext, next, 0, .seq_cst)) return .{ .gp = next, .inherits = true };
            while (true) {
                const h = A.load(u32, &q.head, .acquire);
                const t = q.tail;
                if (t == h) return .{ .gp = 0, .inherits = false };
                const gp = A.load(u32, &q.ring[h % size], .monotonic);
                if (A.cas(u32, &q.head, h, h +% 1, .release)) return .{ .gp = gp, .inherits = false };
            }
        }

        /// Whether nothing is on it, at one moment: anybody may ask.
        pub fn empty(q: *const Self) bool {
            while (true) {
                // Sequentially consistent: asked behind the decrement of nmspinning, see wakep.
                const h = A.load(u32, &q.head, .seq_cst);
                const t = A.load(u32, &q.tail, .seq_cst);
                const next = A.load(u32, &q.runnext, .seq_cst);
                // Between the two a G could have been kicked from runnext to the ring.
                if (t == A.load(u32, &q.tail, .seq_cst)) return h == t and next == 0;
            }
        }

        /// How long the owner of a runnext is let run it, before that is stolen: it is about to be scheduled.
        const runnext_us = 3;

        /// Moves half of another's queue to the owner's ring behind its tail `at`, which stays. How many.
        fn grab(from: *Self, to: *Self, at: u32, steals_next: bool) u32 {
            while (true) {
                const h = A.load(u32, &from.head, .acquire);
                const t = A.load(u32, &from.tail, .acquire); // the slots before it are written
                var n = t -% h;
                n = n - n / 2;
                if (n == 0) {
                    if (!steals_next) return 0;
                    const next = A.load(u32, &from.runnext, .monotonic);
                    if (next == 0) return 0;
                    A.usleep(runnext_us);
                    if (!A.cas(u32, &from.runnext, next, 0, .seq_cst)) continue;
                    A.store(u32, &to.ring[at % size], next, .monotonic);
                    return 1;
                }
                if (n > half) continue; // head and tail are of two moments
                for (0..n) |i| {
                    const k: u32 = @intCast(i);
                    A.store(u32, &to.ring[(at +% k) % size], A.load(u32, &from.ring[(h +% k) % size], .monotonic), .monotonic);
                }
                if (A.cas(u32, &from.head, h, h +% n, .release)) return n;
            }
        }

        /// Steals half of another's queue into the owner's, which is empty; one of them is to run now. 0 for none.
        pub fn steal(q: *Self, from: *Self, steals_next: bool, count: *u32) u32 {
            const t = q.tail;
            var n = grab(from, q, t, steals_next);
            count.* = n;
            if (n == 0) return 0;
            n -= 1;
            const gp = A.load(u32, &q.ring[(t +% n) % size], .monotonic);
            if (n != 0) A.store(u32, &q.tail, t +% n, .seq_cst);
            return gp;
        }
    };
}
