//! Models of retake.zig and idle.zig: an M in a blocking call, the monitor that takes its P, and Ms that get it. In the end every
//! G has run once, no P had two Ms, and all are idle.
const std = @import("std");
const Access = @import("access.zig").Access;
const chunk = @import("../../chunk.zig");
const explore = @import("explore.zig");
const m_ = @import("../../m.zig");
const sched = @import("../sched.zig");
const status = @import("../status.zig");

const Sched = sched.Sched(Access, 4);

const gs_max = 2;
var s: Sched = .{ .n = 0, .all_idle = &allIdle, .timers = &noTimers, .next_timer = &noTimer };
/// The G that blocks; behind it the other one.
var first: u32 = 0;
/// How often each has run; one that blocks twice, before its call and behind it.
var ran: [gs_max]u8 = @splat(0);
/// It came out of its call without a P, and goes on when it is run again.
var out: [gs_max]bool = @splat(false);
/// The other one blocks, too.
var both_block = false;
/// The call has begun: the monitor waits for that. The call is over once it is 1, where it waits for the other G.
var entered: u32 = 0;
var over: u32 = 0;
var waits = false;
var told: u8 = 0;

pub fn init() void {
    first = chunk.takeGs(m_.current().?);
}

fn allIdle(_: *Sched) void {
    told = 1;
}

fn noTimers(of: *Sched, p: *Sched.P) void {
    _ = of;
    _ = p;
}

fn noTimer(of: *Sched) ?u64 {
    _ = of;
    return null;
}

/// G 0 is on the queue of P 0, and the other one behind it.
fn reset(ps: u32, ms: u32, both: bool, until_other: bool) void {
    s = .{ .n = ps, .all_idle = &allIdle, .timers = &noTimers, .next_timer = &noTimer };
    s.m_limit = ms;
    s.init();
    for (s.ms[ps..ms]) |*own| own.state = Sched.m_starting;
    s.mcount = ms;
    s.nmstarting = ms - ps;
    ran = @splat(0);
    out = @splat(false);
    both_block = false;
    entered = 0;
    over = 0;
    waits = until_other;
    told = 0;
    for (s.ps[0..ps]) |*p| p.schedtick = 1;
    for (0..gs_max) |i| status.gOf(first + @as(u32, @intCast(i))).schedlink = 0;
    s.ps[0].runq.ring[0] = first;
    s.ps[0].runq.ring[1] = first + 1;
    s.ps[0].runq.tail = if (both) 2 else 1;
}

/// Two Ps with an M each. The call ends when the other G has run.
fn resetNeeds() void {
    reset(2, 2, true, true);
}

/// The call ends by itself.
fn resetRaces() void {
    reset(2, 2, true, false);
}

/// One P, and an M that comes meanwhile.
fn resetSpare() void {
    reset(1, 2, true, true);
}

/// The other G blocks, too: on the P that was taken from the first.
fn resetBoth() void {
    reset(2, 2, true, true);
    both_block = true;
}

/// One P, one M: nobody could be given the P.
fn resetAlone() void {
    reset(1, 1, true, false);
}

fn hash(h: *std.hash.Wyhash) void {
    inline for (.{ "runqhead", "runqtail", "runqsize", "idle", "npidle", "midle", "nmidle", "nmsys", "nmspinning", "needspinning", "keeper", "stop" }) |name| {
        h.update(std.mem.asBytes(&@field(s, name)));
    }
    h.update(std.mem.asBytes(&s.lock));
    for (s.ps[0..s.n]) |*p| {
        h.update(std.mem.asBytes(&p.runq));
        inline for (.{ "rand", "schedtick", "status", "m", "syscalltick" }) |name| h.update(std.mem.asBytes(&@field(p, name)));
    }
    for (s.ms[0..s.mcount]) |*own| {
        h.update(std.mem.asBytes(&own.note));
        h.update(std.mem.asBytes(&own.schedlink));
        h.update(&.{ @intFromBool(own.spinning), @intFromBool(own.idle), idOf(own.p), idOf(own.oldp), own.state });
    }
    h.update(&ran);
    h.update(&.{ @intFromBool(out[0]), @intFromBool(out[1]), told, @intCast(entered), @intCast(over) });
    for (0..gs_max) |i| h.update(std.mem.asBytes(&status.gOf(first + @as(u32, @intCast(i))).schedlink));
}

fn idOf(p: ?*Sched.P) u8 {
    return if (p) |has| @intCast(has.id + 1) else 0;
}

fn holds() ?[]const u8 {
    for (s.ms[0..s.mcount], 0..) |*a, i| {
        const p = a.p orelse continue;
        for (s.ms[i + 1 .. s.mcount]) |*b| if (b.p == p) return "two Ms have one P";
        if (s.idle >> @intCast(p.id) & 1 != 0) return "an idle P has an M";
    }
    if (ran[0] > 2 or ran[1] > @as(u8, if (both_block) 2 else 1)) return "a G has run twice";
    if (@as(i32, @bitCast(s.nmspinning)) < 0) return "nmspinning is negative";
    return null;
}

fn m(comptime id: usize) *const fn () void {
    return &struct {
        fn run() void {
            const own = &s.ms[id];
            s.arrives(own);
            while (s.findRunnable(own)) |found| {
                const p = own.p orelse return explore.violate("an M without a P runs a G");
                if (p.m != id) return explore.violate("an M runs a G with another's P");
                const g = found.gp - first;
                if (g >= gs_max) return explore.violate("what was found is no G");
                ran[g] += 1;
                p.schedtick +%= 1;
                if (g == 1 and !both_block) {
                    ends();
                } else if (!out[g]) call(own, g);
            }
        }
    }.run;
}

/// What the call of G 0 waits for.
fn ends() void {
    Access.store(u32, &over, 1, .seq_cst);
    Access.futexwakeup(&over);
}

/// What syscall.zig does for a body.
fn call(own: *Sched.M, g: u32) void {
    Sched.entersyscall(own);
    if (g == 0) {
        Access.store(u32, &entered, 1, .seq_cst);
        Access.futexwakeup(&entered);
        while (waits and Access.load(u32, &over, .seq_cst) == 0) Access.futexsleep(&over, 0, null);
    } else ends();
    out[g] = true;
    if (s.exitsyscallfast(own)) {
        ran[g] += 1;
        if (own.p.?.m != own.id) explore.violate("an M goes on with another's P");
        return;
    }
    if (explore.switched("a G that finds no P is put on no queue")) return;
    s.exitsyscall0(first + g);
}

fn monitor() void {
    while (Access.load(u32, &entered, .seq_cst) == 0) Access.futexsleep(&entered, 0, null);
    // The same call twice: then its time is over.
    const ms = 1_000_000;
    _ = s.retake(&s.ps[0], ms);
    if (explore.switched("the monitor does not look again")) return;
    _ = s.retake(&s.ps[0], 20 * ms);
}

fn end() ?[]const u8 {
    if (ran[1] == 0) return "a G is runnable, and all Ms sleep: a wake-up is lost";
    if (ran[0] != 2 or both_block and ran[1] != 2) return "the G that blocked has not gone on";
    if (s.nmspinning != 0) return "all Ms sleep, and nmspinning is not 0";
    if (s.nmsys != 0) return "all Ms sleep, and nmsys is not 0";
    if (s.npidle != s.n or @popCount(s.idle) != s.n) return "all Ms sleep, and not all Ps are idle";
    if (s.nmidle != s.mcount) return "not all Ms are on the list of those that sleep";
    if (s.runqsize != 0 or s.runqhead != 0) return "all Ms sleep, and the global queue is not empty";
    if (s.lock.key != 0) return "sched.lock is held";
    return if (told == 0) "nobody has told main's thread that all Ps are idle" else null;
}

fn status0() usize {
    return @intFromPtr(&s.ps[0].status);
}

fn note1() usize {
    return @intFromPtr(&s.ms[1].note.key);
}

const switches = 2;

pub const models = [_]explore.Model{
    .{
        .name = "syscall: a call that ends only when another G has run",
        .threads = &.{ m(0), m(1), &monitor },
        .reset = &resetNeeds,
        .hash = &hash,
        .switches = switches,
        .holds = &holds,
        .end = &end,
        .faults = &.{
            .{ .name = "the M takes its P back without looking", .kind = .blind_cas, .at = &status0, .thread = 0 },
            .{ .name = "the P does not say that its M is in a call", .kind = .lost_store, .at = &status0, .thread = 0 },
            .{ .name = "an M's note wakes nobody", .kind = .lost_wake, .at = &note1 },
            .{ .name = "a G that finds no P is put on no queue", .kind = .harness },
        },
    },
    .{
        .name = "syscall: a call that ends while the monitor looks",
        .threads = &.{ m(0), m(1), &monitor },
        .reset = &resetRaces,
        .hash = &hash,
        .switches = switches,
        .holds = &holds,
        .end = &end,
        .faults = &.{
            .{ .name = "the monitor takes the P without looking", .kind = .blind_cas, .at = &status0, .thread = 2 },
            .{ .name = "the M takes its P back without looking", .kind = .blind_cas, .at = &status0, .thread = 0 },
        },
    },
    .{
        .name = "syscall: two calls, one after the other with the same P",
        .threads = &.{ m(0), m(1), &monitor },
        .reset = &resetBoth,
        .hash = &hash,
        .switches = switches,
        .holds = &holds,
        .end = &end,
    },
    .{
        .name = "syscall: one P, and an M that comes meanwhile",
        .threads = &.{ m(0), m(1), &monitor },
        .reset = &resetSpare,
        .hash = &hash,
        .holds = &holds,
        .states = 400_000,
        .end = &end,
        .faults = &.{
            .{ .name = "the monitor does not look again", .kind = .harness },
        },
    },
    .{
        .name = "syscall: one P, and no M for it",
        .threads = &.{ m(0), &monitor },
        .reset = &resetAlone,
        .hash = &hash,
        .holds = &holds,
        .end = &end,
    },
};
