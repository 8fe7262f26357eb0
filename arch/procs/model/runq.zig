//! Models of runq.zig: an owner that puts and gets, thieves that steal. Every G is taken once, wherever it went.
const std = @import("std");
const Access = @import("access.zig").Access;
const explore = @import("explore.zig");
const runq = @import("../runq.zig");
const Q = runq.Runq(Access, 4);

const gs_max = 12;
var owner: Q = .{};
var thieves: [2]Q = @splat(.{});
/// How often each G was taken to be run, or for the global queue.
var taken: [gs_max]u8 = @splat(0);
var put: [gs_max]bool = @splat(false);

fn reset() void {
    owner = .{};
    thieves = @splat(.{});
    taken = @splat(0);
    put = @splat(false);
}

fn hash(h: *std.hash.Wyhash) void {
    h.update(std.mem.asBytes(&owner));
    h.update(std.mem.asBytes(&thieves));
    h.update(&taken);
    h.update(std.mem.asBytes(&put));
}

fn take(gp: u32) void {
    if (gp == 0) return;
    if (gp >= gs_max or !put[gp]) return explore.violate("a G was taken that nobody has put");
    taken[gp] += 1;
    if (taken[gp] > 1) explore.violate("a G was taken twice");
}

fn puts(gp: u32, next: bool) void {
    var batch: Q.Batch = .{};
    put[gp] = true;
    owner.put(gp, next, &batch);
    for (batch.list[0..batch.n]) |each| take(each);
}

fn gets() void {
    take(owner.get().gp);
}

/// Steals; what it does not run at once lies in its own ring.
fn steals(i: usize, next: bool) void {
    var n: u32 = 0;
    take(thieves[i].steal(&owner, next, &n));
    while (true) {
        const gp = thieves[i].get().gp;
        if (gp == 0) break;
        take(gp);
    }
}

fn holds() ?[]const u8 {
    return null;
}

/// What is left on the owner's queue is there once.
fn end() ?[]const u8 {
    if (!explore.allFinished()) return "somebody sleeps";
    if (owner.tail -% owner.head > 4) return "the ring has more than fits";
    var h = owner.head;
    while (h != owner.tail) : (h +%= 1) take(owner.ring[h % 4]);
    take(owner.runnext);
    for (put, taken) |was, times| if (was and times != 1) return if (times == 0) "a G is lost" else "a G is there twice";
    return null;
}

fn ownerFew() void {
    puts(1, false);
    puts(2, false);
    gets();
    puts(3, false);
    gets();
}

fn ownerNext() void {
    puts(1, true);
    puts(2, true);
    gets();
    puts(3, true);
    gets();
    gets();
}

fn ownerFull() void {
    for (1..7) |i| puts(@intCast(i), false);
    gets();
}

fn ownerAround() void {
    for (1..4) |i| puts(@intCast(i), false);
    gets();
    gets();
    for (4..7) |i| puts(@intCast(i), false);
    gets();
}

fn thief() void {
    steals(0, false);
    steals(0, false);
}

fn thiefNext() void {
    steals(0, true);
    steals(0, true);
}

fn oneTheft0() void {
    steals(0, true);
}

fn oneTheft1() void {
    steals(1, true);
}

fn head() usize {
    return @intFromPtr(&owner.head);
}

fn tail() usize {
    return @intFromPtr(&owner.tail);
}

fn runnext() usize {
    return @intFromPtr(&owner.runnext);
}

fn slot() usize {
    return @intFromPtr(&owner.ring[1]);
}

fn model(comptime name: []const u8, comptime list: []const *const fn () void, comptime faults: []const explore.Fault) explore.Model {
    return .{ .name = name, .threads = list, .reset = &reset, .hash = &hash, .holds = &holds, .end = &end, .faults = faults };
}

pub const models = [_]explore.Model{
    model("runq: put, get and steal", &.{ &ownerFew, &thief }, &.{
        .{ .name = "a thief moves head blindly", .kind = .blind_cas, .at = &head, .thread = 1 },
        .{ .name = "get moves head blindly", .kind = .blind_cas, .at = &head, .thread = 0 },
        .{ .name = "a slot is not written before tail", .kind = .lost_store, .at = &slot, .thread = 0 },
        .{ .name = "tail is not moved", .kind = .lost_store, .at = &tail, .thread = 0 },
    }),
    model("runq: runnext, stolen as well", &.{ &ownerNext, &thiefNext }, &.{
        .{ .name = "get takes runnext blindly", .kind = .blind_cas, .at = &runnext, .thread = 0 },
        .{ .name = "a thief takes runnext blindly", .kind = .blind_cas, .at = &runnext, .thread = 1 },
    }),
    model("runq: a full ring goes to the global queue", &.{ &ownerFull, &thief }, &.{
        .{ .name = "putslow moves head blindly", .kind = .blind_cas, .at = &head, .thread = 0 },
    }),
    model("runq: the ring goes round", &.{ &ownerAround, &thief }, &.{}),
    model("runq: two thieves", &.{ &ownerFew, &oneTheft0, &oneTheft1 }, &.{
        .{ .name = "one of two thieves moves head blindly", .kind = .blind_cas, .at = &head, .thread = 2 },
    }),
};
