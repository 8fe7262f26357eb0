//! Models of sched.zig: Ms that look for work, spin, park and are woken, while Gs become runnable on them and on main's
//! thread. In the end all Ms are parked and every G has run once: no wake-up is lost.
const std = @import("std");
const Access = @import("access.zig").Access;
const chunk = @import("../../chunk.zig");
const explore = @import("explore.zig");
const m_ = @import("../../m.zig");
const sched = @import("../sched.zig");
const status = @import("../status.zig");

const Sched = sched.Sched(Access, 4);

const gs_max = 3;
var s: Sched = .{ .n = 0, .all_idle = &allIdle, .timers = &noTimers, .next_timer = &noTimer };
/// The first of the Gs that are made runnable; what it starts when it runs.
var first: u32 = 0;
var ran: [gs_max]u8 = @splat(0);
/// What each starts: the number of Gs, and the first.
var starts: [gs_max]struct { from: u8 = 0, n: u8 = 0, next: bool = false } = @splat(.{});
var total: u8 = 0;
/// What the last P that became idle has told main's thread.
var told: u8 = 0;
var dead_with_work = false;

pub fn init() void {
    first = chunk.takeGs(m_.current().?);
}

fn allIdle(of: *Sched) void {
    told = 1;
    // Whoever hears it takes the pool for dead: nothing may be on a queue then.
    for (of.ps[0..of.n]) |*p| if (p.runq.head != p.runq.tail or p.runq.runnext != 0) {
        dead_with_work = true;
    };
}

fn noTimers(of: *Sched, p: *Sched.P) void {
    _ = of;
    _ = p;
}

fn noTimer(of: *Sched) ?u64 {
    _ = of;
    return null;
}

fn reset(n: u32) void {
    s = .{ .n = n, .all_idle = &allIdle, .timers = &noTimers, .next_timer = &noTimer };
    s.m_limit = n;
    s.init();
    // An M's queues are looked at from its first turn on as any other's.
    for (s.ps[0..n]) |*p| p.schedtick = 1;
    ran = @splat(0);
    starts = @splat(.{});
    told = 0;
    dead_with_work = false;
    for (0..gs_max) |i| status.gOf(first + @as(u32, @intCast(i))).schedlink = 0;
}

fn reset2() void {
    reset(2);
    total = 2;
}

fn resetChain() void {
    reset(2);
    total = 3;
    starts[0] = .{ .from = 1, .n = 2, .next = false };
}

fn resetNext() void {
    reset(2);
    total = 3;
    starts[0] = .{ .from = 1, .n = 2, .next = true };
}

fn hash(h: *std.hash.Wyhash) void {
    h.update(std.mem.asBytes(&s.lock));
    inline for (.{ "runqhead", "runqtail", "runqsize", "idle", "npidle", "midle", "nmidle", "nmsys", "nmspinning", "needspinning", "keeper", "stop" }) |name| {
        h.update(std.mem.asBytes(&@field(s, name)));
    }
    for (s.ps[0..s.n]) |*p| {
        h.update(std.mem.asBytes(&p.runq));
        h.update(std.mem.asBytes(&p.rand));
        h.update(std.mem.asBytes(&p.schedtick));
        h.update(std.mem.asBytes(&p.status));
        h.update(std.mem.asBytes(&p.m));
        h.update(std.mem.asBytes(&p.syscalltick));
    }
    for (s.ms[0..s.mcount]) |*own| {
        h.update(std.mem.asBytes(&own.note));
        h.update(std.mem.asBytes(&own.schedlink));
        h.update(&.{ @intFromBool(own.spinning), @intFromBool(own.idle), idOf(own.p), idOf(own.oldp), own.state });
    }
    h.update(&ran);
    h.update(&.{ told, @intFromBool(dead_with_work) });
    for (0..gs_max) |i| h.update(std.mem.asBytes(&status.gOf(first + @as(u32, @intCast(i))).schedlink));
}

fn idOf(p: ?*Sched.P) u8 {
    return if (p) |has| @intCast(has.id + 1) else 0;
}

fn holds() ?[]const u8 {
    if (dead_with_work) return "all Ps are idle, and one has something on its queue";
    for (ran) |times| if (times > 1) return "a G has run twice";
    if (@as(i32, @bitCast(s.nmspinning)) < 0) return "nmspinning is negative";
    return null;
}

/// An M: runs what it finds, until all are to leave.
fn m(comptime id: usize) *const fn () void {
    return &struct {
        fn run() void {
            const own = &s.ms[id];
            while (s.findRunnable(own)) |found| {
                const p = own.p orelse return explore.violate("an M without a P runs a G");
                if (p.m != id) return explore.violate("two Ms have one P");
                const g = found.gp - first;
                if (g >= gs_max) return explore.violate("what was found is no G");
                ran[g] += 1;
                if (!found.inherits) p.schedtick +%= 1;
                const begins = starts[g];
                for (0..begins.n) |i| {
                    s.put(p, first + begins.from + @as(u32, @intCast(i)), begins.next);
                    if (!explore.switched("nobody is woken for a G that an M has started")) s.wakep();
                }
            }
        }
    }.run;
}

fn inject(g: u32) void {
    if (explore.switched("main wakes somebody before it puts the G on the queue")) {
        s.wakep();
        s.putGlobal(first + g);
        return;
    }
    s.putGlobal(first + g);
    if (!explore.switched("main wakes nobody")) s.wakep();
}

fn injectsTwo() void {
    inject(0);
    inject(1);
}

fn injectsOne() void {
    inject(0);
}

fn stops() void {
    inject(0);
    s.stopAll();
}

/// All parked, and all have run.
fn end() ?[]const u8 {
    for (ran[0..total]) |times| if (times == 0) return "a G is runnable, and all Ms sleep: a wake-up is lost";
    if (s.nmspinning != 0) return "all Ms sleep, and nmspinning is not 0";
    if (s.npidle != s.n or @popCount(s.idle) != s.n) return "all Ms sleep, and not all Ps are idle";
    if (s.nmsys != 0) return "all Ms sleep, and nmsys is not 0";
    if (s.runqsize != 0 or s.runqhead != 0) return "all Ms sleep, and the global queue is not empty";
    if (s.lock.key != 0) return "sched.lock is held";
    return if (told == 0) "nobody has told main's thread that all Ps are idle" else null;
}

fn endStopped() ?[]const u8 {
    return if (explore.allFinished()) null else "an M has not left";
}

fn nmspinning() usize {
    return @intFromPtr(&s.nmspinning);
}

fn needspinning() usize {
    return @intFromPtr(&s.needspinning);
}

fn note0() usize {
    return @intFromPtr(&s.ms[0].note.key);
}

fn runqsize() usize {
    return @intFromPtr(&s.runqsize);
}

/// Without a bound, and with one of three, these have more than two million states each.
const switches = 2;

pub const models = [_]explore.Model{
    .{
        .name = "park: two Ms, main makes two Gs runnable",
        .threads = &.{ m(0), m(1), &injectsTwo },
        .reset = &reset2,
        .hash = &hash,
        .switches = switches,
        .holds = &holds,
        .end = &end,
        .faults = &.{
            .{ .name = "main wakes nobody", .kind = .harness },
            .{ .name = "main wakes somebody before it puts the G on the queue", .kind = .harness },
            .{ .name = "an M's note is not set", .kind = .lost_rmw, .at = &note0 },
            .{ .name = "an M's note wakes nobody", .kind = .lost_wake, .at = &note0 },
            .{ .name = "an M that stops spinning stays counted", .kind = .lost_rmw, .at = &nmspinning, .thread = 1 },
        },
    },
    .{
        .name = "park: one M starts two Gs, another may steal",
        .threads = &.{ m(0), m(1), &injectsOne },
        .reset = &resetChain,
        .hash = &hash,
        .switches = switches,
        .holds = &holds,
        .end = &end,
    },
    .{
        .name = "park: the same, with as many switches as can be",
        .threads = &.{ m(0), m(1), &injectsOne },
        .reset = &resetChain,
        .hash = &hash,
        .states = 400_000,
        .holds = &holds,
        .end = &end,
    },
    .{
        .name = "park: the same by runnext",
        .threads = &.{ m(0), m(1), &injectsOne },
        .reset = &resetNext,
        .hash = &hash,
        .switches = switches,
        .holds = &holds,
        .end = &end,
    },
    .{
        .name = "park: main ends it meanwhile",
        .threads = &.{ m(0), m(1), &stops },
        .reset = &reset2,
        .hash = &hash,
        .switches = switches,
        .holds = &holds,
        .end = &endStopped,
        .faults = &.{.{ .name = "stopAll wakes one M less", .kind = .lost_rmw, .at = &note0 }},
    },
};

/// What a word is, for the trace of what went wrong.
pub fn nameOf(at: usize) []const u8 {
    inline for (.{ "runqsize", "npidle", "nmspinning", "needspinning", "stop" }) |name| {
        if (at == @intFromPtr(&@field(s, name))) return name;
    }
    if (at == @intFromPtr(&s.lock.key)) return "sched.lock";
    inline for (.{ "P0", "P1", "P2" }, 0..) |name, i| {
        const p = &s.ps[i];
        if (at == @intFromPtr(&s.ms[i].note.key)) return "M" ++ name[1..] ++ ".note";
        if (at == @intFromPtr(&p.status)) return name ++ ".status";
        if (at == @intFromPtr(&p.runq.head)) return name ++ ".head";
        if (at == @intFromPtr(&p.runq.tail)) return name ++ ".tail";
        if (at == @intFromPtr(&p.runq.runnext)) return name ++ ".runnext";
    }
    return "a word";
}
