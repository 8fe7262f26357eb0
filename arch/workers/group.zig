//! Groups: what the Ms of one run share when goroutines in TypeScript run on several of them. An M here is a thread with an
//! event loop: the run's own, Workers that gobuf started, Workers of a program that took up a channel.
//!
//! Every operation takes its locks and lets go of them within one call of the library, so that `terminate()`, which ends a
//! thread in the middle of TypeScript, leaves no lock held. TypeScript's side is src/workers/.
const std = @import("std");
const access = @import("../procs/access.zig");
const codes = @import("../codes.zig");
const handles_ = @import("../procs/handles.zig");
const hchan = @import("../procs/hchan.zig");
const lock_ = @import("../procs/lock.zig");
const log_ = @import("../procs/log.zig");
const m_ = @import("../m.zig");
const mem_ = @import("../procs/mem.zig");
const os = @import("../os.zig");
const sema = @import("../procs/sema.zig");
const waitq = @import("../procs/waitq.zig");

pub const A = access.Machine;
pub const Channel = hchan.Hchan(A);
pub const SyncMutex = sema.SyncMutex(A);
pub const WaitGroup = sema.WaitGroup(A);
pub const Sudog = waitq.Sudog;

pub const members_max = 64;
const nobody = ~@as(u32, 0);
const groups_max = 256;
/// Sudogs that a member keeps for its next waits.
const spare_max = 64;

/// What a thread of a group is doing.
const State = enum(u32) {
    /// Nobody's: it has not come, or has left.
    none,
    /// It runs goroutines, or is about to look at its inbox.
    running,
    /// It is in its event loop; who puts something into its inbox calls it.
    parked,
    /// The same, and nothing outside of the group will make a goroutine of it runnable.
    idle,
};

/// A thread of a group.
pub const Member = struct {
    /// Guards the inbox and the state.
    lock: lock_.Mutex(A) align(64) = .{},
    state: State = .none,
    /// Waits that are over, for its owner. Who puts one in is the sudog's waker.
    inbox: waitq.Waitq(A) = .{},
    /// 1: the inbox is not empty. Written under lock; its owner reads it without (acquire), and a look that comes too early
    /// is followed by one under lock.
    waiting: u32 = 0,
    /// Index of its M; `nobody` until an invited thread has come. Under the module's lock, as the next.
    mid: u32 = nobody,
    /// The run's thread made it for a thread that it starts, and sees to its end.
    invited: bool = false,
    /// Its owner's alone.
    spare: ?*Sudog = null,
    spare_count: u32 = 0,
};

pub const Group = struct {
    number: u32,
    mem: mem_.Mem(A) = .{},
    handles: handles_.Handles(A) = .{},
    /// Guards `large`.
    large_lock: lock_.Mutex(A) = .{},
    /// Values that have a mapping of their own.
    large: ?*Blob = null,
    members: [members_max]Member = @splat(.{}),
    /// Members that came and have not left: under the module's lock.
    count: u32 = 0,
    /// Members that are not idle. Everybody's: 0 is the verdict that none of its goroutines will ever run again. Only a member
    /// that is counted itself raises it for another (acq_rel).
    busy: u32 = 0,
    /// The last that was not idle was a thread that has ended: who reaps calls the run's thread. Under the module's lock.
    verdict_due: bool = false,
    /// 1: the run that it belongs to is over. Stored once (release); what a member does that has not seen it is harmless, for
    /// the memory stays until the last member has left.
    closed: u32 = 0,

    pub fn acquire(group: *Group, member: u32, gp: u32, ticket: u32) ?*Sudog {
        const own = &group.members[member];
        const sg = taken: {
            if (own.spare) |sg| {
                own.spare = sg.next;
                own.spare_count -= 1;
                break :taken sg;
            }
            break :taken group.mem.create(Sudog) orelse return null;
        };
        sg.* = std.mem.zeroInit(Sudog, .{ .of = @as(*anyopaque, @ptrCast(group)), .g = gp, .token = ticket << 6 | member });
        return sg;
    }

    pub fn release(group: *Group, member: u32, sg: *Sudog) void {
        const own = &group.members[member];
        if (own.spare_count == spare_max) return group.mem.free(@ptrCast(sg), @sizeOf(Sudog));
        sg.next = own.spare;
        own.spare = sg;
        own.spare_count += 1;
    }

    /// Puts waits that are over, by `next`, into the inboxes of their owners. The members that are to be called, a bit each.
    pub fn readyAll(group: *Group, first: ?*Sudog) u64 {
        var called: u64 = 0;
        var next = first;
        while (next) |sg| {
            next = sg.next;
            sg.won = true;
            const id: u6 = @intCast(sg.token % members_max);
            const m = &group.members[id];
            m.lock.lock();
            defer m.lock.unlock();
            if (m.state == .none) continue; // the thread is gone; the memory goes with the group
            m.inbox.enqueue(sg);
            A.store(u32, &m.waiting, 1, .release);
            if (group.rouse(m)) called |= @as(u64, 1) << id;
        }
        return called;
    }

    /// Under the member's lock: it is to look at its inbox. Whether it is to be called.
    fn rouse(group: *Group, m: *Member) bool {
        const was = m.state;
        if (was == .idle) _ = A.add(u32, &group.busy, 1, .acq_rel);
        if (was == .none or was == .running) return false;
        m.state = .running;
        return true;
    }

    /// Calls a member for no wait of its own: the run's thread for the verdict, everybody at the end.
    pub fn call(group: *Group, id: u6) u64 {
        const m = &group.members[id];
        m.lock.lock();
        defer m.lock.unlock();
        return if (group.rouse(m)) @as(u64, 1) << id else 0;
    }
};

/// A value in native memory, with its bytes behind it.
pub const Blob = struct {
    bytes: u32,
    /// What TypeScript has put here.
    flags: u32,
    /// Of one with a mapping of its own: its neighbours in the group's list.
    next: ?*Blob,
    prev: ?*Blob,
};

// A number names a group, in its upper 26 bits, and a member: bits 6 to 13 are the place in the table, and above them is how
// many groups were in that place before.

/// Guards `groups`, and coming and leaving.
var lock: os.Lock = .{};
var groups: [groups_max]?*Group = @splat(null);
var used: [groups_max]u32 = @splat(0);

/// The group of a member that has not left.
pub fn of(me: u32) ?*Group {
    // Known to the compiler: libraries of platforms without groups have nothing of what follows from one.
    if (!access.supported) return null;
    const group = @atomicLoad(?*Group, &groups[me >> 6 & 0xFF], .acquire) orelse return null;
    return if (group.number == me >> 6) group else null;
}

/// Makes a group, with the calling thread as member 0. Its number with the member's, or a code of codes.execute.
pub fn new() u32 {
    if (!access.supported) return codes.execute.platform;
    const m = m_.current() orelse return codes.execute.no_m;
    lock.acquire();
    defer lock.release();
    const index = for (groups, 0..) |group, i| {
        if (group == null) break i;
    } else return codes.execute.full;
    const group: *Group = @ptrCast(@alignCast(log_.map(@sizeOf(Group)) orelse return codes.execute.arena));
    group.* = .{ .number = used[index] << 8 | @as(u32, @intCast(index)) };
    if (!group.handles.open()) {
        os.impl.release(@ptrCast(group), @sizeOf(Group));
        return codes.execute.arena;
    }
    // 18 bits, less one so that no number is a code of codes.execute.
    used[index] = (used[index] + 1) % ((1 << 18) - 1);
    enter(group, 0, m.id);
    @atomicStore(?*Group, &groups[index], group, .release);
    return group.number << 6;
}

/// Makes the calling thread a member of a group. Its number, or a code of codes.execute.
pub fn join(number: u32) u32 {
    const m = m_.current() orelse return codes.execute.no_m;
    lock.acquire();
    defer lock.release();
    return add(number, m.id);
}

/// Makes a member for a thread that the caller starts, and for which it leaves: its number, or a code of codes.execute.
pub fn invite(number: u32) u32 {
    lock.acquire();
    defer lock.release();
    const me = add(number, nobody);
    if (me < codes.execute.first) of(me).?.members[me % members_max].invited = true;
    return me;
}

/// The calling thread is the one that was invited. Whether there is still a place for it.
pub fn come(me: u32) bool {
    const m = m_.current() orelse return false;
    lock.acquire();
    defer lock.release();
    const group = of(me) orelse return false;
    const member = &group.members[me % members_max];
    if (member.state == .none or member.mid != nobody) return false;
    member.mid = m.id;
    return true;
}

fn add(number: u32, mid: u32) u32 {
    const group = of(number) orelse return codes.execute.bad_index;
    if (A.load(u32, &group.closed, .acquire) != 0) return codes.execute.bad_index;
    for (1..members_max) |i| {
        if (group.members[i].state != .none) continue;
        enter(group, @intCast(i), mid);
        return group.number << 6 | @as(u32, @intCast(i));
    }
    return codes.execute.full;
}

fn enter(group: *Group, id: u6, mid: u32) void {
    const m = &group.members[id];
    m.mid = mid;
    m.invited = false;
    m.inbox = .{};
    m.waiting = 0;
    m.spare = null;
    m.spare_count = 0;
    group.count += 1;
    _ = A.add(u32, &group.busy, 1, .acq_rel);
    m.lock.lock();
    m.state = .running;
    m.lock.unlock();
}

/// The run is over: nobody joins any more, and no wait begins. The members that are to be called.
pub fn close(me: u32) u64 {
    const group = of(me) orelse return 0;
    A.store(u32, &group.closed, 1, .release);
    var called: u64 = 0;
    for (0..members_max) |i| called |= group.call(@intCast(i));
    return called;
}

/// A member leaves for good, or its thread is gone: its goroutines leave all queues. The last one takes the group along.
/// The members that are to be called.
pub fn leave(me: u32) u64 {
    lock.acquire();
    defer lock.release();
    const group = of(me) orelse return 0;
    return if (removeLocked(group, @intCast(me % members_max))) group.call(0) else 0;
}

/// Returns whether all that are left are idle since: the run's thread is to be called for the verdict.
fn removeLocked(group: *Group, id: u6) bool {
    const m = &group.members[id];
    m.lock.lock();
    const was = m.state;
    m.state = .none;
    m.inbox = .{};
    m.lock.unlock();
    if (was == .none) return false;
    withdraw(group, id);
    group.count -= 1;
    if (group.count == 0) {
        free(group);
        return false;
    }
    return was != .idle and A.sub(u32, &group.busy, 1, .acq_rel) == 1;
}

/// A thread has ended, and what it took is about to be taken back. A group whose run it was is over.
pub fn threadEnded(mid: u32) void {
    if (!access.supported) return;
    lock.acquire();
    defer lock.release();
    for (groups) |each| {
        const group = each orelse continue;
        if (isIn(group, 0, mid)) A.store(u32, &group.closed, 1, .release);
        for (0..members_max) |i| {
            if (!isIn(group, i, mid)) continue;
            // Its place stays until the run's thread has heard of it. Its Gs are about to be another thread's.
            withdraw(group, @intCast(i));
            const owned = group.members[0].state != .none and group.members[0].mid != mid;
            if (group.members[i].invited and owned) continue;
            const last = group.count == 1;
            const all_idle = removeLocked(group, @intCast(i));
            // It took the group along.
            if (last) break;
            // Who takes back a thread's M need not be of the group: a member that reaps calls.
            if (all_idle) group.verdict_due = true;
        }
    }
}

fn isIn(group: *const Group, id: usize, mid: u32) bool {
    return group.members[id].state != .none and group.members[id].mid == mid;
}

/// Takes the waits of a member off all objects. Only its own thread makes waits, and that one is here or gone.
fn withdraw(group: *Group, id: u6) void {
    const count = A.load(u32, &group.handles.count, .acquire);
    for (0..count) |i| {
        const kind = A.load(?*waitq.Kind, &group.handles.slots[i], .acquire) orelse continue;
        switch (kind.*) {
            .channel => {
                const c: *Channel = @alignCast(@fieldParentPtr("kind", kind));
                c.lock.lock();
                defer c.lock.unlock();
                purge(&c.recvq, id);
                purge(&c.sendq, id);
            },
            .mutex => {
                const m: *SyncMutex = @alignCast(@fieldParentPtr("kind", kind));
                m.guard.lock();
                defer m.guard.unlock();
                purge(&m.waiting, id);
            },
            .waitgroup => {
                const w: *WaitGroup = @alignCast(@fieldParentPtr("kind", kind));
                w.guard.lock();
                defer w.guard.unlock();
                purge(&w.waiting, id);
            },
            // No group has them.
            .none, .rwmutex, .cond, .once => {},
        }
    }
}

fn purge(q: *waitq.Waitq(A), id: u6) void {
    var next = q.first;
    while (next) |sg| {
        next = sg.next;
        if (sg.token % members_max == id) q.remove(sg);
    }
}

/// Under the module's lock: nobody is in it any more.
fn free(group: *Group) void {
    @atomicStore(?*Group, &groups[group.number & 0xFF], null, .release);
    while (group.large) |blob| {
        group.large = blob.next;
        os.impl.release(@ptrCast(blob), @sizeOf(Blob) + blob.bytes);
    }
    group.handles.shut();
    group.mem.releaseAll();
    os.impl.release(@ptrCast(group), @sizeOf(Group));
}

/// Groups that there are: for tests of what is given back.
pub fn live() u32 {
    if (!access.supported) return 0;
    lock.acquire();
    defer lock.release();
    var count: u32 = 0;
    for (groups) |group| count += @intFromBool(group != null);
    return count;
}

// What a member does between its turns.

/// It goes into its event loop. A code of codes.share_park.
pub fn park(me: u32, is_idle: bool) u32 {
    const group = of(me) orelse return codes.share_park.parked;
    const id = me % members_max;
    const m = &group.members[id];
    const to: State = if (is_idle) .idle else .parked;
    {
        m.lock.lock();
        defer m.lock.unlock();
        if (m.inbox.first != null or A.load(u32, &group.closed, .acquire) != 0) return codes.share_park.look;
        if (m.state == .idle and !is_idle) _ = A.add(u32, &group.busy, 1, .acq_rel);
        const was = m.state;
        m.state = to;
        // The verdict is the last one's alone. One that was idle has given it already, or left it to another.
        if (to == .idle and was != .idle) {
            if (A.sub(u32, &group.busy, 1, .acq_rel) != 1) return codes.share_park.parked;
        } else if (to != .idle or A.load(u32, &group.busy, .acquire) != 0) return codes.share_park.parked;
    }
    if (id == 0) return codes.share_park.dead;
    tell(group.call(0));
    return codes.share_park.tells;
}

/// It has its turn again.
pub fn unpark(me: u32) void {
    const group = of(me) orelse return;
    const m = &group.members[me % members_max];
    m.lock.lock();
    defer m.lock.unlock();
    _ = group.rouse(m);
}

/// Whether a group is over.
pub fn isClosed(me: u32) bool {
    const group = of(me) orelse return true;
    return A.load(u32, &group.closed, .acquire) != 0;
}

/// The word that is not 0 while a member's inbox has something: for a look without a call.
pub fn inboxWord(me: u32) ?*const u32 {
    const group = of(me) orelse return null;
    return &group.members[me % members_max].waiting;
}

/// Members of a group whose threads have ended leave it. The members that are to be called.
pub fn reap(me: u32) u64 {
    m_.reclaim();
    lock.acquire();
    defer lock.release();
    const group = of(me) orelse return 0;
    if (!group.verdict_due) return 0;
    group.verdict_due = false;
    return group.call(0);
}

/// Answers of the calls go through M.scratch: codes.share_scratch says where.
pub fn say(at: u32, word: u64) void {
    const m = m_.current() orelse return;
    m.scratch[at] = @truncate(word);
    m.scratch[at + 1] = @truncate(word >> 32);
}

pub fn tell(called: u64) void {
    say(codes.share_scratch.called, called);
}
