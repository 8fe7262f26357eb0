//! select between Ms: selectgo of Go's src/runtime/select.go. All channels are locked, in the order of their handles, so that
//! two selects never wait for each other's locks (sellock); the cases are looked at in an order that is drawn.
const codes = @import("../codes.zig");
const layout = @import("../layout.zig");
const os = @import("../os.zig");
const mstart = @import("mstart.zig");
const objects = @import("objects.zig");
const pool_ = @import("pool.zig");
const report = @import("report.zig");
const status = @import("status.zig");
const traps = @import("traps.zig");
const A = pool_.A;
const Channel = pool_.Channel;
const Next = mstart.Next;
const P = pool_.P;
const Pool = pool_.Pool;
const Sudog = pool_.Sudog;

const max = layout.select_max;
const Case = struct { c: *Channel, sends: bool, word: u64, index: u32 };

/// The trap SELECT. @param a its operand: the number of cases, and whether there is a default
pub fn begin(pool: *Pool, p: *P, m: *os.M, gp: *os.G, index: u32, a: u32) Next {
    const code = @intFromEnum(codes.Trap.select);
    const n = a & ~@as(u32, codes.select_operand.has_default);
    if (n > max) return traps.fails(pool, index, codes.procs.select, code, a);
    var cases: [max]Case = undefined;
    var count: u32 = 0;
    const given: [*]const layout.Case = @ptrCast(@alignCast(&m.scratch));
    for (given[0..n], 0..) |case, i| {
        if (case.dir != codes.dir.send and case.dir != codes.dir.recv) {
            return traps.fails(pool, index, codes.procs.select, code, a);
        }
        if (case.handle == 0) continue; // nil: it is never ready
        const c = objects.channelOf(pool, case.handle) orelse return traps.fails(pool, index, codes.procs.handle, code, case.handle);
        cases[count] = .{ .c = c, .sends = case.dir == codes.dir.send, .word = case.value, .index = @intCast(i) };
        count += 1;
    }
    const list = cases[0..count];
    sort(list);
    sellock(list);
    // Pass 1: one that is ready.
    const first = if (count == 0) 0 else draw(p) % count;
    for (0..count) |k| {
        const case = &list[(first + k) % count];
        var word: u64 = 0;
        var woken: ?*Sudog = null;
        const outcome = (if (case.sends) case.c.trySend(case.word, &woken) else case.c.tryRecv(&word, &woken)) orelse continue;
        selunlock(list);
        settle(gp, case.index, switch (outcome) {
            .closed => codes.status.closed,
            .panic => codes.status.panic,
            else => codes.status.ok,
        }, word);
        pool.readyAll(p, woken);
        return .on;
    }
    if (a & codes.select_operand.has_default != 0) {
        selunlock(list);
        settle(gp, codes.select.default, codes.status.ok, 0);
        return .on;
    }
    // Pass 2: onto all of them.
    A.store(u32, &gp.selectdone, 0, .seq_cst);
    gp.kind = pool_.resumes_select;
    gp.param = 0;
    var i = list.len;
    while (i > 0) {
        i -= 1;
        const case = &list[i];
        const sg = pool.acquireSudog(p, index, 0) orelse {
            unwind(pool, p, gp);
            selunlock(list);
            return traps.fails(pool, index, codes.procs.memory, code, 0);
        };
        sg.is_select = true;
        sg.case = case.index;
        sg.elem = case.word;
        sg.sends = case.sends;
        sg.of = case.c;
        sg.waitlink = linkOf(gp);
        gp.param = @intFromPtr(sg);
        if (case.sends) case.c.sendq.enqueue(sg) else case.c.recvq.enqueue(sg);
    }
    if (list.len == 0) gp.waitreason = codes.waitreason.select_no_cases else report.waitsFor(gp, code);
    // In this order: once one of the locks is free the G is its waker's.
    _ = pool.gives(p.m, gp, status.running, status.waiting);
    selunlock(list);
    return .off;
}

/// Pass 3, before the G goes on: off the channels that did not come. The list is in lock order.
pub fn finish(pool: *Pool, p: *P, gp: *os.G) void {
    var locked: ?*Channel = null;
    var sg = linkOf(gp);
    while (sg) |each| : (sg = each.waitlink) {
        const c = channelOfSudog(each);
        if (c != locked) c.lock.lock();
        locked = c;
    }
    sg = linkOf(gp);
    while (sg) |each| : (sg = each.waitlink) {
        const c = channelOfSudog(each);
        if (each.sends) c.sendq.remove(each) else c.recvq.remove(each);
    }
    locked = null;
    sg = linkOf(gp);
    while (sg) |each| : (sg = each.waitlink) {
        const c = channelOfSudog(each);
        if (c != locked) c.lock.unlock();
        locked = c;
    }
    sg = linkOf(gp);
    gp.param = 0;
    while (sg) |each| {
        sg = each.waitlink;
        if (each.won) settle(gp, each.case, pool_.outcomeOf(each), if (each.sends) 0 else each.elem);
        pool.releaseSudog(p, each);
    }
}

/// Takes back what pass 2 has begun: all channels are locked.
fn unwind(pool: *Pool, p: *P, gp: *os.G) void {
    var sg = linkOf(gp);
    gp.param = 0;
    while (sg) |each| {
        sg = each.waitlink;
        const c = channelOfSudog(each);
        if (each.sends) c.sendq.remove(each) else c.recvq.remove(each);
        pool.releaseSudog(p, each);
    }
}

fn settle(gp: *os.G, case: u32, outcome: u32, word: u64) void {
    gp.op[codes.op.a] = if (outcome == codes.status.panic) codes.select.panic else case;
    pool_.deliver(gp, outcome, word);
}

fn linkOf(gp: *const os.G) ?*Sudog {
    return @ptrFromInt(gp.param);
}

fn channelOfSudog(sg: *Sudog) *Channel {
    return @ptrCast(@alignCast(sg.of));
}

/// By the channels' order; cases of one channel stay together.
fn sort(list: []Case) void {
    for (1..@max(1, list.len)) |i| {
        const case = list[i];
        var at = i;
        while (at > 0 and list[at - 1].c.order > case.c.order) : (at -= 1) list[at] = list[at - 1];
        list[at] = case;
    }
}

fn sellock(list: []const Case) void {
    for (list, 0..) |*case, i| {
        if (i == 0 or case.c != list[i - 1].c) case.c.lock.lock();
    }
}

fn selunlock(list: []const Case) void {
    var i = list.len;
    while (i > 0) {
        i -= 1;
        if (i == 0 or list[i].c != list[i - 1].c) list[i].c.lock.unlock();
    }
}

/// The owner's draws, which its steals use, too.
fn draw(p: *P) u32 {
    p.rand ^= p.rand << 13;
    p.rand ^= p.rand >> 17;
    p.rand ^= p.rand << 5;
    return p.rand;
}
