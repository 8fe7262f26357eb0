//! What goroutines in TypeScript do with the objects of a group: channels, select, Mutex, WaitGroup, values as bytes. An
//! operation that must wait leaves a sudog with a ticket; its waker puts that into the inbox of the member that made it.
const std = @import("std");
const codes = @import("../codes.zig");
const group_ = @import("group.zig");
const hchan = @import("../procs/hchan.zig");
const layout = @import("../layout.zig");
const m_ = @import("../m.zig");
const os = @import("../os.zig");
const status = @import("../procs/status.zig");
const waitq = @import("../procs/waitq.zig");
const A = group_.A;
const Blob = group_.Blob;
const Channel = group_.Channel;
const Group = group_.Group;
const Sudog = group_.Sudog;
const SyncMutex = group_.SyncMutex;
const WaitGroup = group_.WaitGroup;
const op_code = codes.share_op;
const Trap = codes.Trap;

const capacity_max = 0x7FFF_FFFF;
/// Values above this have a mapping of their own.
const piece_max = 64 * 1024;

/// Makes an object: codes.procs_kind. Its handle, or 0.
pub fn make(me: u32, kind: u32, n: u32) u32 {
    const group = group_.of(me) orelse return 0;
    return switch (kind) {
        codes.procs_kind.channel => makeChannel(group, n),
        codes.procs_kind.mutex => makeOther(SyncMutex, group),
        codes.procs_kind.waitgroup => makeOther(WaitGroup, group),
        else => 0,
    };
}

fn makeChannel(group: *Group, capacity: u32) u32 {
    if (capacity > capacity_max) return 0;
    const c = group.mem.create(Channel) orelse return 0;
    const buf: [*]u64 = @ptrCast(@alignCast(if (capacity == 0) @as([*]u8, @ptrCast(c)) else group.mem.alloc(@as(usize, capacity) * 8) orelse return 0));
    c.* = .{ .dataqsiz = capacity, .buf = buf };
    var old: ?*waitq.Kind = null;
    // A select locks by the order. Nobody knows the channel yet.
    c.order = group.handles.give(&c.kind, &old);
    return c.order;
}

fn makeOther(comptime T: type, group: *Group) u32 {
    const made = group.mem.create(T) orelse return 0;
    made.* = .{};
    var old: ?*waitq.Kind = null;
    return group.handles.give(&made.kind, &old);
}

fn channelOf(group: *Group, handle: u32) ?*Channel {
    return @alignCast(@fieldParentPtr("kind", group.handles.find(handle, .channel) orelse return null));
}

/// An operation of a goroutine. A code of codes.share_op.
/// @param gp the G that waits if need be, 0 for a wait of none; codes.share_op.nowait: it does not wait
pub fn op(me: u32, code: u32, handle: u32, lo: u32, hi: u32, gp: u32, ticket: u32) u32 {
    const group = group_.of(me) orelse return op_code.over;
    if (A.load(u32, &group.closed, .acquire) != 0) return op_code.over;
    const member = me % group_.members_max;
    const v = @as(u64, hi) << 32 | lo;
    if (gp == op_code.nowait) return try_(group, code, handle, v);
    const sg = group.acquire(member, gp, ticket) orelse return op_code.memory;
    var woken: ?*Sudog = null;
    var word: u64 = 0;
    const outcome = carryOut(group, code, handle, v, sg, &word, &woken) orelse {
        group.release(member, sg);
        return op_code.handle;
    };
    if (outcome == .park) return op_code.parked;
    group.release(member, sg);
    return settle(group, outcome, word, woken);
}

/// Null where the handle names no such object. Where it must wait, the sudog is on the queue.
fn carryOut(group: *Group, code: u32, handle: u32, v: u64, sg: *Sudog, word: *u64, woken: *?*Sudog) ?hchan.Outcome {
    // Who waits is in no status yet that another thread changes: the inbox is looked at when it has parked. So the lock may go
    // at once. The name of the sudog is said before: behind it the sudog is its waker's.
    group_.say(codes.share_scratch.sudog, @intFromPtr(sg));
    switch (code) {
        @intFromEnum(Trap.send), @intFromEnum(Trap.recv), @intFromEnum(Trap.close) => {
            const c = channelOf(group, handle) orelse return null;
            sg.case = codes.procs_kind.channel;
            const outcome = switch (code) {
                @intFromEnum(Trap.send) => c.send(v, sg, woken),
                @intFromEnum(Trap.recv) => c.recv(word, sg, woken),
                else => c.close(woken),
            };
            if (outcome == .park) c.lock.unlock();
            return outcome;
        },
        @intFromEnum(Trap.lock), @intFromEnum(Trap.unlock) => {
            const m: *SyncMutex = @alignCast(@fieldParentPtr("kind", group.handles.find(handle, .mutex) orelse return null));
            sg.case = codes.procs_kind.mutex;
            const outcome = if (code == @intFromEnum(Trap.lock)) m.lock(sg) else m.unlock(woken);
            if (outcome == .park) m.guard.unlock();
            return outcome;
        },
        @intFromEnum(Trap.wgadd), @intFromEnum(Trap.wgwait) => {
            const w: *WaitGroup = @alignCast(@fieldParentPtr("kind", group.handles.find(handle, .waitgroup) orelse return null));
            sg.case = codes.procs_kind.waitgroup;
            const outcome = if (code == @intFromEnum(Trap.wgadd)) w.add(@bitCast(v), woken) else w.wait(sg);
            if (outcome == .park) w.guard.unlock();
            return outcome;
        },
        else => return null,
    }
}

/// A send, a receive or a lock that does not wait.
fn try_(group: *Group, code: u32, handle: u32, v: u64) u32 {
    var woken: ?*Sudog = null;
    var word: u64 = 0;
    const outcome: ?hchan.Outcome = switch (code) {
        @intFromEnum(Trap.send), @intFromEnum(Trap.recv) => outcome: {
            const c = channelOf(group, handle) orelse return op_code.handle;
            c.lock.lock();
            defer c.lock.unlock();
            break :outcome if (code == @intFromEnum(Trap.send)) c.trySend(v, &woken) else c.tryRecv(&word, &woken);
        },
        @intFromEnum(Trap.lock) => outcome: {
            const m: *SyncMutex = @alignCast(@fieldParentPtr("kind", group.handles.find(handle, .mutex) orelse return op_code.handle));
            m.guard.lock();
            defer m.guard.unlock();
            if (m.held) break :outcome null;
            m.held = true;
            break :outcome .done;
        },
        else => return op_code.handle,
    };
    return settle(group, outcome orelse return op_code.busy, word, woken);
}

fn settle(group: *Group, outcome: hchan.Outcome, word: u64, woken: ?*Sudog) u32 {
    group_.say(codes.share_scratch.word, word);
    var call: u32 = 0;
    if (woken != null) {
        const called = group.readyAll(woken);
        group_.tell(called);
        if (called != 0) call = op_code.calls;
    }
    return call | switch (outcome) {
        .done => op_code.ok,
        .closed => op_code.closed,
        .panic => op_code.panic,
        .park => unreachable,
    };
}

// select: all channels are locked in the order of their handles, as selectgo does (arch/procs/select.zig).

const max = layout.select_max;
const Case = struct { c: *Channel, sends: bool, word: u64, index: u32 };

/// Waits for one of the cases that lie in M.scratch. A code of codes.share_op; the case is in M.scratch.
/// @param first the case that is looked at first
/// @param gp the G that waits if need be; codes.share_op.nowait: it does not wait
pub fn select(me: u32, n: u32, first: u32, gp: u32, ticket: u32) u32 {
    const group = group_.of(me) orelse return op_code.over;
    if (A.load(u32, &group.closed, .acquire) != 0) return op_code.over;
    if (n == 0 or n > max) return op_code.handle;
    const m = m_.current() orelse return op_code.over;
    var cases: [max]Case = undefined;
    const given: [*]const layout.Case = @ptrCast(@alignCast(&m.scratch));
    for (given[0..n], 0..) |case, i| {
        const c = channelOf(group, case.handle) orelse return op_code.handle;
        cases[i] = .{ .c = c, .sends = case.dir == codes.dir.send, .word = case.value, .index = @intCast(i) };
    }
    const list = cases[0..n];
    sort(list);
    for (list, 0..) |*case, i| if (i == 0 or case.c != list[i - 1].c) case.c.lock.lock();
    for (0..n) |k| {
        const case = &list[(first + k) % n];
        var word: u64 = 0;
        var woken: ?*Sudog = null;
        const outcome = (if (case.sends) case.c.trySend(case.word, &woken) else case.c.tryRecv(&word, &woken)) orelse continue;
        unlock(list);
        group_.say(codes.share_scratch.case, case.index);
        return settle(group, outcome, word, woken);
    }
    if (gp == op_code.nowait) {
        unlock(list);
        return op_code.busy;
    }
    const ring = enqueueAll(group, me % group_.members_max, list, gp, ticket) orelse {
        unlock(list);
        return op_code.memory;
    };
    group_.say(codes.share_scratch.sudog, @intFromPtr(ring));
    unlock(list);
    return op_code.parked;
}

/// Under all locks: onto all channels. One of the sudogs, which are a ring by waitlink.
fn enqueueAll(group: *Group, member: u32, list: []const Case, gp: u32, ticket: u32) ?*Sudog {
    var first: ?*Sudog = null;
    for (list) |_| {
        const sg = group.acquire(member, gp, ticket) orelse {
            while (first) |each| {
                first = each.waitlink;
                group.release(member, each);
            }
            return null;
        };
        sg.waitlink = first;
        first = sg;
    }
    A.store(u32, &status.gOf(gp).selectdone, 0, .seq_cst);
    var next = first;
    var last: ?*Sudog = null;
    for (list) |*case| {
        const sg = next.?;
        next = sg.waitlink;
        sg.is_select = true;
        sg.case = case.index;
        sg.elem = case.word;
        sg.sends = case.sends;
        sg.of = case.c;
        last = sg;
        if (case.sends) case.c.sendq.enqueue(sg) else case.c.recvq.enqueue(sg);
    }
    last.?.waitlink = first;
    return first;
}

fn sort(list: []Case) void {
    for (1..@max(1, list.len)) |i| {
        const case = list[i];
        var at = i;
        while (at > 0 and list[at - 1].c.order > case.c.order) : (at -= 1) list[at] = list[at - 1];
        list[at] = case;
    }
}

fn unlock(list: []const Case) void {
    var i = list.len;
    while (i > 0) {
        i -= 1;
        if (i == 0 or list[i].c != list[i - 1].c) list[i].c.lock.unlock();
    }
}

/// A select is over, by whatever case: its sudogs leave the queues that they are on still, one channel at a time.
fn finishRing(group: *Group, member: u32, first: *Sudog) void {
    var sg = first;
    while (true) {
        const c: *Channel = @ptrCast(@alignCast(sg.of));
        c.lock.lock();
        if (sg.sends) c.sendq.remove(sg) else c.recvq.remove(sg);
        c.lock.unlock();
        sg = sg.waitlink.?;
        if (sg == first) break;
    }
    sg = sg.waitlink.?;
    while (sg != first) {
        const next = sg.waitlink.?;
        group.release(member, sg);
        sg = next;
    }
    group.release(member, first);
}

/// A case of the member's own M has come: the others are over.
pub fn finish(me: u32, lo: u32, hi: u32) void {
    const group = group_.of(me) orelse return;
    finishRing(group, me % group_.members_max, sudogAt(lo, hi));
}

fn sudogAt(lo: u32, hi: u32) *Sudog {
    return @ptrFromInt(@as(usize, hi) << 32 | lo);
}

/// The next wait of a member that is over: false when there is none. M.scratch has its ticket, what came, and the word.
pub fn drain(me: u32) bool {
    const group = group_.of(me) orelse return false;
    const member = me % group_.members_max;
    const m = &group.members[member];
    m.lock.lock();
    const first = m.inbox.first;
    if (first) |sg| m.inbox.remove(sg);
    if (m.inbox.first == null) A.store(u32, &m.waiting, 0, .release);
    m.lock.unlock();
    const sg = first orelse return false;
    const outcome: u32 = if (sg.success) op_code.ok else if (sg.sends) op_code.panic else op_code.closed;
    group_.say(codes.share_scratch.word, sg.elem);
    group_.say(codes.share_scratch.ticket, @as(u64, outcome) << 32 | sg.token / group_.members_max);
    group_.say(codes.share_scratch.case, sg.case);
    if (sg.is_select) finishRing(group, member, sg) else group.release(member, sg);
    return true;
}

/// Takes a wait back: its goroutine leaves. False when it is over already, and comes through the inbox.
pub fn cancel(me: u32, lo: u32, hi: u32) bool {
    const group = group_.of(me) orelse return true;
    const member = me % group_.members_max;
    const sg = sudogAt(lo, hi);
    if (sg.is_select) {
        if (!A.cas(u32, &status.gOf(sg.g).selectdone, 0, 1, .seq_cst)) return false;
        finishRing(group, member, sg);
        return true;
    }
    const taken = switch (sg.case) {
        codes.procs_kind.channel => taken: {
            const c: *Channel = @ptrCast(@alignCast(sg.of));
            c.lock.lock();
            defer c.lock.unlock();
            break :taken takeOff(if (sg.sends) &c.sendq else &c.recvq, sg);
        },
        codes.procs_kind.mutex => taken: {
            const m: *SyncMutex = @ptrCast(@alignCast(sg.of));
            m.guard.lock();
            defer m.guard.unlock();
            break :taken takeOff(&m.waiting, sg);
        },
        else => taken: {
            const w: *WaitGroup = @ptrCast(@alignCast(sg.of));
            w.guard.lock();
            defer w.guard.unlock();
            break :taken takeOff(&w.waiting, sg);
        },
    };
    if (taken) group.release(member, sg);
    return taken;
}

fn takeOff(q: *waitq.Waitq(A), sg: *Sudog) bool {
    if (sg.prev == null and q.first != sg) return false;
    q.remove(sg);
    return true;
}

/// What len and cap say of a channel, in M.scratch. False where the handle names none.
pub fn stat(me: u32, handle: u32) bool {
    const group = group_.of(me) orelse return false;
    const c = channelOf(group, handle) orelse return false;
    c.lock.lock();
    const count = c.qcount;
    c.lock.unlock();
    group_.say(codes.share_scratch.word, @as(u64, c.dataqsiz) << 32 | count);
    return true;
}

// Values as bytes.

/// Copies bytes into the group's memory. False when there is none; M.scratch has the address.
pub fn put(me: u32, from: [*]const u8, bytes: u32, flags: u32) bool {
    const group = group_.of(me) orelse return false;
    const all = @sizeOf(Blob) + @as(usize, bytes);
    const start = if (all <= piece_max) group.mem.alloc(all) orelse return false else start: {
        const start = os.impl.reserve(all) orelse return false;
        if (!os.impl.commit(start, all)) {
            os.impl.release(start, all);
            return false;
        }
        break :start start;
    };
    const blob: *Blob = @ptrCast(@alignCast(start));
    blob.* = .{ .bytes = bytes, .flags = flags, .next = null, .prev = null };
    if (all > piece_max) {
        group.large_lock.lock();
        defer group.large_lock.unlock();
        blob.next = group.large;
        if (group.large) |next| next.prev = blob;
        group.large = blob;
    }
    @memcpy(start[@sizeOf(Blob)..][0..bytes], from[0..bytes]);
    group_.say(codes.share_scratch.sudog, @intFromPtr(blob));
    return true;
}

/// Copies a value's bytes out, and gives its memory back. How many there are: more than `room`, and nothing was done.
pub fn take(me: u32, lo: u32, hi: u32, to: [*]u8, room: u32) u32 {
    const group = group_.of(me) orelse return 0;
    const start: [*]u8 = @ptrFromInt(@as(usize, hi) << 32 | lo);
    const blob: *Blob = @ptrCast(@alignCast(start));
    const bytes = blob.bytes;
    if (bytes > room) return bytes;
    @memcpy(to[0..bytes], start[@sizeOf(Blob)..][0..bytes]);
    group_.say(codes.share_scratch.word, blob.flags);
    const all = @sizeOf(Blob) + @as(usize, bytes);
    if (all <= piece_max) group.mem.free(start, all) else {
        group.large_lock.lock();
        if (blob.prev) |prev| prev.next = blob.next else group.large = blob.next;
        if (blob.next) |next| next.prev = blob.prev;
        group.large_lock.unlock();
        os.impl.release(start, all);
    }
    return bytes;
}
