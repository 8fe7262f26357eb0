//! sync.Mutex, sync.WaitGroup and sync.Once between Ms. The state of each is guarded by its lock, which is held for some instructions;
//! who must wait parks as on a channel (hchan.zig: `park` with the lock held).
//!
//! A Mutex is handed to the first who waits, as Go's is in its starving mode: nobody who comes later overtakes.
const lock_ = @import("lock.zig");
const waitq_ = @import("waitq.zig");
const Outcome = @import("hchan.zig").Outcome;
const Sudog = waitq_.Sudog;

pub fn SyncMutex(comptime A: type) type {
    return struct {
        kind: waitq_.Kind = .mutex,
        /// Guards what follows.
        guard: lock_.Mutex(A) = .{},
        held: bool = false,
        waiting: waitq_.Waitq(A) = .{},

        const Self = @This();

        pub fn lock(m: *Self, me: *Sudog) Outcome {
            m.guard.lock();
            if (m.held) {
                me.of = m;
                m.waiting.enqueue(me);
                return .park;
            }
            m.held = true;
            m.guard.unlock();
            return .done;
        }

        pub fn tryLock(m: *Self) bool {
            m.guard.lock();
            defer m.guard.unlock();
            if (m.held) return false;
            m.held = true;
            return true;
        }

        /// `panic` where it is not locked, which is a fatal error.
        pub fn unlock(m: *Self, woken: *?*Sudog) Outcome {
            woken.* = null;
            m.guard.lock();
            defer m.guard.unlock();
            if (!m.held) return .panic;
            if (m.waiting.dequeue()) |sg| {
                sg.success = true; // it stays locked, for the next owner
                woken.* = sg;
            } else m.held = false;
            return .done;
        }
    };
}

pub fn WaitGroup(comptime A: type) type {
    return struct {
        kind: waitq_.Kind = .waitgroup,
        /// Guards what follows.
        guard: lock_.Mutex(A) = .{},
        counter: i32 = 0,
        waiting: waitq_.Waitq(A) = .{},

        const Self = @This();

        /// `panic` for a counter below 0, or above 2^31-1. @param woken all who waited, by `next`
        pub fn add(w: *Self, delta: i64, woken: *?*Sudog) Outcome {
            woken.* = null;
            w.guard.lock();
            defer w.guard.unlock();
            const sum = @as(i64, w.counter) +| delta;
            if (sum < 0 or sum > 0x7FFF_FFFF) return .panic;
            w.counter = @intCast(sum);
            if (sum != 0) return .done;
            var last: ?*Sudog = null;
            while (w.waiting.dequeue()) |sg| {
                sg.success = true;
                if (last) |before| before.next = sg else woken.* = sg;
                last = sg;
            }
            return .done;
        }

        pub fn wait(w: *Self, me: *Sudog) Outcome {
            w.guard.lock();
            if (w.counter != 0) {
                me.of = w;
                w.waiting.enqueue(me);
                return .park;
            }
            w.guard.unlock();
            return .done;
        }
    };
}

/// sync.Once in two halves (Go's src/sync/once.go): who comes first does the work, all others wait until it is done.
pub fn Once(comptime A: type) type {
    return struct {
        kind: waitq_.Kind = .once,
        /// Guards `begun` and `waiting`.
        guard: lock_.Mutex(A) = .{},
        begun: bool = false,
        /// 1: done. Stored under the lock (release), read without it (acquire): who sees it sees what the work has written.
        done: u32 = 0,
        waiting: waitq_.Waitq(A) = .{},

        const Self = @This();

        /// @param first whether the caller is to do the work, and `end` it then
        pub fn begin(o: *Self, first: *bool, me: *Sudog) Outcome {
            first.* = false;
            if (A.load(u32, &o.done, .acquire) != 0) return .done;
            o.guard.lock();
            if (A.load(u32, &o.done, .monotonic) == 0) {
                if (o.begun) {
                    me.of = o;
                    o.waiting.enqueue(me);
                    return .park;
                }
                o.begun = true;
                first.* = true;
            }
            o.guard.unlock();
            return .done;
        }

        /// `panic` where nobody is at work, which is a fatal error. @param woken all who have waited, by `next`
        pub fn end(o: *Self, woken: *?*Sudog) Outcome {
            woken.* = null;
            o.guard.lock();
            defer o.guard.unlock();
            if (!o.begun or A.load(u32, &o.done, .monotonic) != 0) return .panic;
            A.store(u32, &o.done, 1, .release);
            var last: ?*Sudog = null;
            while (o.waiting.dequeue()) |sg| {
                sg.success = true;
                if (last) |before| before.next = sg else woken.* = sg;
                last = sg;
            }
            return .done;
        }
    };
}
