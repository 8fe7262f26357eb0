//! Who waits for a sync.Cond: notifyList of Go's src/runtime/sema.go. A goroutine draws a ticket while it holds the Cond's lock,
//! lets go of that, and waits with the ticket; a signal that comes in between is for the ticket, and is not lost.
const lock_ = @import("lock.zig");
const waitq_ = @import("waitq.zig");
const Outcome = @import("hchan.zig").Outcome;
const Sudog = waitq_.Sudog;

pub fn Notify(comptime A: type) type {
    return struct {
        kind: waitq_.Kind = .cond,
        /// The handle of the Cond's lock, and what that is: a Mutex, or an RWMutex that is locked for writing. Constant.
        locker: u32 = 0,
        locker_kind: waitq_.Kind = .mutex,
        /// The next ticket: drawn without the lock. Sequentially consistent, as Go's: who signals behind an unlock that it was
        /// drawn before sees it.
        drawn: u32 = 0,
        /// Guards what follows.
        guard: lock_.Mutex(A) = .{},
        /// The next ticket to be told: written under the lock; read without it (seq_cst) by who signals, to whom it is the same as
        /// `drawn` only where nobody waits.
        told: u32 = 0,
        waiting: waitq_.Waitq(A) = .{},

        const Self = @This();

        /// notifyListAdd. The caller holds the Cond's lock.
        pub fn add(l: *Self) u32 {
            return A.add(u32, &l.drawn, 1, .seq_cst);
        }

        /// notifyListWait. @param me whose `case` becomes the ticket
        pub fn wait(l: *Self, ticket: u32, me: *Sudog) Outcome {
            l.guard.lock();
            if (less(ticket, l.told)) {
                l.guard.unlock();
                return .done;
            }
            me.of = l;
            me.case = ticket;
            l.waiting.enqueue(me);
            return .park;
        }

        /// notifyListNotifyOne. @param woken who has waited longest
        pub fn one(l: *Self, woken: *?*Sudog) Outcome {
            woken.* = null;
            if (l.nobody()) return .done;
            l.guard.lock();
            defer l.guard.unlock();
            const ticket = l.told;
            if (ticket == A.load(u32, &l.drawn, .seq_cst)) return .done;
            A.store(u32, &l.told, ticket +% 1, .seq_cst);
            var each = l.waiting.first;
            while (each) |sg| : (each = sg.next) {
                if (sg.case != ticket) continue;
                l.waiting.remove(sg);
                sg.success = true;
                woken.* = sg;
                break;
            }
            return .done;
        }

        /// notifyListNotifyAll. @param woken all who wait, by `next`
        pub fn all(l: *Self, woken: *?*Sudog) Outcome {
            woken.* = null;
            if (l.nobody()) return .done;
            l.guard.lock();
            defer l.guard.unlock();
            A.store(u32, &l.told, A.load(u32, &l.drawn, .seq_cst), .seq_cst);
            var last: ?*Sudog = null;
            while (l.waiting.dequeue()) |sg| {
                sg.success = true;
                if (last) |before| before.next = sg else woken.* = sg;
                last = sg;
            }
            return .done;
        }

        fn nobody(l: *const Self) bool {
            return A.load(u32, &l.drawn, .seq_cst) == A.load(u32, &l.told, .seq_cst);
        }

        /// Tickets go round.
        fn less(a: u32, b: u32) bool {
            return @as(i32, @bitCast(a -% b)) < 0;
        }
    };
}
