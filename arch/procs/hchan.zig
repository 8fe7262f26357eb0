//! Channels of 64-bit words between Ms: chansend, chanrecv, closechan of Go's src/runtime/chan.go.
//!
//! An operation that must wait returns `park` with the channel's lock held: its caller changes the goroutine's status to
//! waiting first and lets go of the lock then (chanparkcommit). Were it the other way round, a waker on another M could make
//! a goroutine runnable that still runs.
const lock_ = @import("lock.zig");
const waitq_ = @import("waitq.zig");
const Sudog = waitq_.Sudog;

/// What became of an operation.
pub const Outcome = enum {
    done,
    /// A receive from a closed channel.
    closed,
    /// A send to a closed channel, or a close of one.
    panic,
    /// It must wait; the sudog is on the queue and the LOCK IS HELD.
    park,
};

/// Parks a goroutine whose operation said `park`: chanparkcommit. @param owner changes its status to waiting, by `waits`
/// @param lock of the object that it waits on, which is held
pub fn park(owner: anytype, lock: anytype) void {
    // In this order: once the lock is free the G is its waker's.
    owner.waits();
    lock.unlock();
}

pub fn Hchan(comptime A: type) type {
    return struct {
        kind: waitq_.Kind = .channel,
        /// Where selects lock it: by handle, which no two channels have at a time.
        order: u32 = 0,
        /// Guards all that follows, and the sudogs on both queues.
        lock: lock_.Mutex(A) = .{},
        closed: bool = false,
        qcount: u32 = 0,
        dataqsiz: u32,
        sendx: u32 = 0,
        recvx: u32 = 0,
        recvq: waitq_.Waitq(A) = .{},
        sendq: waitq_.Waitq(A) = .{},
        buf: [*]u64,

        const Self = @This();

        /// Sends a word. @param me the sender's sudog, for when it must wait. @param woken a receiver to be readied
        pub fn send(c: *Self, word: u64, me: *Sudog, woken: *?*Sudog) Outcome {
            woken.* = null;
            c.lock.lock();
            if (c.trySend(word, woken)) |outcome| {
                c.lock.unlock();
                return outcome;
            }
            me.elem = word;
            me.sends = true;
            me.of = c;
            c.sendq.enqueue(me);
            return .park;
        }

        /// Under lock. Null when it would have to wait.
        pub fn trySend(c: *Self, word: u64, woken: *?*Sudog) ?Outcome {
            if (c.closed) return .panic;
            if (c.recvq.dequeue()) |sg| {
                sg.elem = word;
                sg.success = true;
                woken.* = sg;
                return .done;
            }
            if (c.qcount == c.dataqsiz) return null;
            c.buf[c.sendx] = word;
            c.sendx = c.after(c.sendx);
            c.qcount += 1;
            return .done;
        }

        /// Receives a word. @param woken a sender to be readied
        pub fn recv(c: *Self, word: *u64, me: *Sudog, woken: *?*Sudog) Outcome {
            woken.* = null;
            c.lock.lock();
            if (c.tryRecv(word, woken)) |outcome| {
                c.lock.unlock();
                return outcome;
            }
            me.sends = false;
            me.of = c;
            c.recvq.enqueue(me);
            return .park;
        }

        /// Under lock. Null when it would have to wait.
        pub fn tryRecv(c: *Self, word: *u64, woken: *?*Sudog) ?Outcome {
            word.* = 0;
            if (c.closed and c.qcount == 0) return .closed;
            if (if (c.closed) null else c.sendq.dequeue()) |sg| {
                // The queue is full, or there is none: the oldest word is the receiver's, the sender's goes to the end.
                if (c.dataqsiz == 0) {
                    word.* = sg.elem;
                } else {
                    word.* = c.buf[c.recvx];
                    c.buf[c.recvx] = sg.elem;
                    c.recvx = c.after(c.recvx);
                    c.sendx = c.recvx;
                }
                sg.success = true;
                woken.* = sg;
                return .done;
            }
            if (c.qcount == 0) return null;
            word.* = c.buf[c.recvx];
            c.recvx = c.after(c.recvx);
            c.qcount -= 1;
            return .done;
        }

        /// Closes it. @param woken all who waited, by `next`: receivers first
        pub fn close(c: *Self, woken: *?*Sudog) Outcome {
            woken.* = null;
            c.lock.lock();
            defer c.lock.unlock();
            if (c.closed) return .panic;
            c.closed = true;
            var last: ?*Sudog = null;
            for ([_]*waitq_.Waitq(A){ &c.recvq, &c.sendq }) |q| {
                while (q.dequeue()) |sg| {
                    if (!sg.sends) sg.elem = 0;
                    sg.success = false;
                    if (last) |before| before.next = sg else woken.* = sg;
                    last = sg;
                }
            }
            return .done;
        }

        fn after(c: *const Self, x: u32) u32 {
            return if (x + 1 == c.dataqsiz) 0 else x + 1;
        }
    };
}
