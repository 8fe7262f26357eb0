//! sync.RWMutex between Ms: Go's src/sync/rwmutex.go. Its state is guarded by its lock, and who must wait parks as on a channel
//! (hchan.zig: `park` with the lock held).
//!
//! As Go's: a writer that waits keeps new readers out; the readers that wait go in before the next writer. Other than Go's, who
//! is woken has the lock already.
const lock_ = @import("lock.zig");
const waitq_ = @import("waitq.zig");
const Outcome = @import("hchan.zig").Outcome;
const Sudog = waitq_.Sudog;

pub fn RWMutex(comptime A: type) type {
    return struct {
        kind: waitq_.Kind = .rwmutex,
        /// Guards what follows.
        guard: lock_.Mutex(A) = .{},
        /// A writer holds it, or waits for the readers that are in: Go's w is locked, and readerCount is below 0.
        announced: bool = false,
        /// A writer holds it.
        writing: bool = false,
        /// That are in.
        readers: u32 = 0,
        /// Readers that wait until the writer has come and gone: Go's readerSem.
        readq: waitq_.Waitq(A) = .{},
        /// The writer that waits for the readers that are in: Go's writerSem. One at the most.
        pending: waitq_.Waitq(A) = .{},
        /// Writers that wait for their turn: Go's w.
        writeq: waitq_.Waitq(A) = .{},

        const Self = @This();

        pub fn rlock(rw: *Self, me: *Sudog) Outcome {
            rw.guard.lock();
            if (rw.announced) return rw.wait(&rw.readq, me);
            rw.readers += 1;
            rw.guard.unlock();
            return .done;
        }

        pub fn tryRLock(rw: *Self) bool {
            rw.guard.lock();
            defer rw.guard.unlock();
            if (rw.announced) return false;
            rw.readers += 1;
            return true;
        }

        /// `panic` where no reader is in, which is a fatal error. @param woken the writer that has waited for the last one
        pub fn runlock(rw: *Self, woken: *?*Sudog) Outcome {
            woken.* = null;
            rw.guard.lock();
            defer rw.guard.unlock();
            if (rw.readers == 0) return .panic;
            rw.readers -= 1;
            if (rw.readers != 0) return .done;
            const writer = rw.pending.dequeue() orelse return .done;
            rw.writing = true;
            writer.success = true;
            woken.* = writer;
            return .done;
        }

        pub fn lock(rw: *Self, me: *Sudog) Outcome {
            rw.guard.lock();
            if (rw.announced) return rw.wait(&rw.writeq, me);
            rw.announced = true;
            if (rw.readers != 0) return rw.wait(&rw.pending, me);
            rw.writing = true;
            rw.guard.unlock();
            return .done;
        }

        pub fn tryLock(rw: *Self) bool {
            rw.guard.lock();
            defer rw.guard.unlock();
            if (rw.announced or rw.readers != 0) return false;
            rw.announced = true;
            rw.writing = true;
            return true;
        }

        /// `panic` where no writer holds it, which is a fatal error. @param woken all readers that have waited; or the next writer
        pub fn unlock(rw: *Self, woken: *?*Sudog) Outcome {
            woken.* = null;
            rw.guard.lock();
            defer rw.guard.unlock();
            if (!rw.writing) return .panic;
            rw.writing = false;
            var last: ?*Sudog = null;
            while (rw.readq.dequeue()) |reader| {
                rw.readers += 1;
                reader.success = true;
                if (last) |before| before.next = reader else woken.* = reader;
                last = reader;
            }
            const writer = rw.writeq.dequeue() orelse {
                rw.announced = false;
                return .done;
            };
            // It stays announced, for the next one: who waits for readers goes on to wait, in another queue.
            if (rw.readers != 0) {
                rw.pending.enqueue(writer);
                return .done;
            }
            rw.writing = true;
            writer.success = true;
            woken.* = writer;
            return .done;
        }

        fn wait(rw: *Self, queue: *waitq_.Waitq(A), me: *Sudog) Outcome {
            me.of = rw;
            queue.enqueue(me);
            return .park;
        }
    };
}
