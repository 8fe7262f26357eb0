//! Who waits on a channel or an object of sync: sudogs and their queues (waitq of Go's src/runtime/chan.go).
const status = @import("status.zig");

/// What an object is, in its first word: what a handle names.
pub const Kind = enum(u32) { none, channel, mutex, waitgroup, rwmutex, cond, once };

/// Somebody who waits. It belongs to the queue that it is on, under that object's lock; then to its waker.
pub const Sudog = struct {
    /// A native G; 0 for a generator goroutine of main's thread, which `token` names.
    g: u32,
    token: u32,
    /// What is sent, or was received.
    elem: u64,
    next: ?*Sudog,
    prev: ?*Sudog,
    /// Of a select: the next case's sudog, in lock order.
    waitlink: ?*Sudog,
    /// The object that it waits on.
    of: *anyopaque,
    /// Of a select: the case's index. Of a Cond: the ticket.
    case: u32,
    /// What it waits for came, and not the end of the channel. Its waker's.
    success: bool,
    is_select: bool,
    /// Of a select: this is the case that came. Its waker's.
    won: bool,
    sends: bool,
};

/// A queue of them: under the object's lock.
pub fn Waitq(comptime A: type) type {
    return struct {
        first: ?*Sudog = null,
        last: ?*Sudog = null,

        const Self = @This();

        pub fn enqueue(q: *Self, sg: *Sudog) void {
            sg.next = null;
            sg.prev = q.last;
            if (q.last) |last| last.next = sg else q.first = sg;
            q.last = sg;
        }

        /// The first that is still to be woken: of a select another case may have come first.
        pub fn dequeue(q: *Self) ?*Sudog {
            while (q.first) |sg| {
                q.remove(sg);
                // Cases of a select are on several channels, under several locks: the swap decides. Sequentially consistent,
                // as Go's; acquire and release would do.
                if (sg.is_select and !A.cas(u32, &status.gOf(sg.g).selectdone, 0, 1, .seq_cst)) continue;
                return sg;
            }
            return null;
        }

        /// Takes one off, wherever it stands; nothing when it is off already: dequeueSudoG.
        pub fn remove(q: *Self, sg: *Sudog) void {
            if (sg.prev == null and q.first != sg) return;
            if (sg.prev) |prev| prev.next = sg.next else q.first = sg.next;
            if (sg.next) |next| next.prev = sg.prev else q.last = sg.prev;
            sg.next = null;
            sg.prev = null;
        }
    };
}
