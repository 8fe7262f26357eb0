//! Sleeps of native goroutines: a heap under a lock, the earliest first (timeSleep of Go's src/runtime/time.go). One for the
//! pool, and not one for each P as in Go: a sleep is rare beside the operations that need no clock.
const lock_ = @import("lock.zig");

pub fn Timers(comptime A: type) type {
    return struct {
        /// Guards the heap.
        lock: lock_.Mutex(A) = .{},
        heap: [*]Timer = undefined,
        count: u32 = 0,
        room: u32 = 0,
        /// When the first is due; none: there is none. Written under lock; read without it (acquire, and nothing is read
        /// behind it), for a look that comes too early sees the next one.
        first: u64 = none,

        const Self = @This();
        pub const none = ~@as(u64, 0);
        pub const Timer = struct { when: u64, gp: u32 };

        pub fn firstWhen(t: *const Self) ?u64 {
            const when = A.load(u64, &t.first, .acquire);
            return if (when == none) null else when;
        }

        /// Under lock; there is room. Whether it is the first now.
        pub fn insert(t: *Self, timer: Timer) bool {
            var i = t.count;
            t.count += 1;
            while (i > 0) {
                const parent = (i - 1) / 2;
                if (t.heap[parent].when <= timer.when) break;
                t.heap[i] = t.heap[parent];
                i = parent;
            }
            t.heap[i] = timer;
            A.store(u64, &t.first, t.heap[0].when, .release);
            return i == 0;
        }

        /// Under lock. The G of the first timer, if that is due; 0 for none.
        pub fn take(t: *Self, now: u64) u32 {
            if (t.count == 0 or t.heap[0].when > now) return 0;
            const gp = t.heap[0].gp;
            t.count -= 1;
            const last = t.heap[t.count];
            var i: u32 = 0;
            while (true) {
                var child = 2 * i + 1;
                if (child >= t.count) break;
                if (child + 1 < t.count and t.heap[child + 1].when < t.heap[child].when) child += 1;
                if (last.when <= t.heap[child].when) break;
                t.heap[i] = t.heap[child];
                i = child;
            }
            if (t.count != 0) t.heap[i] = last;
            A.store(u64, &t.first, if (t.count == 0) none else t.heap[0].when, .release);
            return gp;
        }
    };
}
