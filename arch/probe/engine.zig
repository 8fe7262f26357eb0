//! The probe for a driver in C, which has no runtime and no buffer of TypeScript's: the conformance kit (conform/driver/probe.c).
//! It draws, fills, calls and compares as gobuf's own suite does, for it is the same code.
const std = @import("std");
const buffer_ = @import("buffer.zig");
const call = @import("call.zig");
const registers = @import("registers.zig");
const Random = @import("random.zig").Random;

/// What this code panics of are mistakes of its caller.
pub const panic = std.debug.FullPanic(stop);

fn stop(_: []const u8, _: ?usize) noreturn {
    @trap();
}

/// One call under watch: `probe_watch` in conform/driver/kit.h.
const Ask = extern struct {
    seed: u64,
    /// Of this side: how many calls there were before.
    n: u64,
    side: u64,
    func: call.Target,
    args: [4]u64,
    /// The context's stack, which some of the values point into; of size 0 where nobody knows it.
    stack: u64,
    stack_size: u64,
    /// Frames that it is made below, up to depth_max.
    depth: u64,
    /// Reports from a call before this one are gone.
    reports: *const [reports_max]buffer_.Report,
    count: u64,
};

/// Every register at once, and every local of every frame.
const reports_max = registers.values_max + (call.depth_max + 1) * call.locals_count;

/// A watch reports after its call has returned, and its reports are read before anything else is watched.
var room: extern struct { buffer: buffer_.Buffer, reports: [reports_max]buffer_.Report } = .{
    .buffer = blk: {
        var buffer = std.mem.zeroes(buffer_.Buffer);
        buffer.reports_off = @sizeOf(buffer_.Buffer) / 4;
        buffer.reports_capacity = reports_max;
        break :blk buffer;
    },
    .reports = undefined,
};

/// Returns the call's result.
export fn gobuf_probe_watch(ask: *Ask) callconv(.c) u64 {
    const buffer = &room.buffer;
    const side: registers.Side = if (ask.side == 0) .goroutine else .g0;
    const context: call.Context = .{
        .buffer = buffer,
        .side = side,
        // Windows' words of a stack are left as they are: whether a switch changes them is its own.
        .ranges = .{ .{ .lo = 0, .size = 0 }, .{ .lo = ask.stack, .size = ask.stack_size } },
    };
    var watch: call.Watch = .{
        .context = &context,
        .place = .{ .gnum = 0, .i = 0, .code = 0 },
        .n = ask.n,
        .random = .init(ask.seed, if (side == .goroutine) .operation else .execute, ask.n, 0),
    };
    watch.prepare();
    const result = watch.run(ask.func, ask.args, @intCast(ask.depth));
    ask.reports = &room.reports;
    ask.count = buffer.reports_count;
    buffer.reports_count = 0;
    return result;
}

/// The kit's own draws are of the same kind.
export fn gobuf_probe_draw(state: *u64) callconv(.c) u64 {
    var random: Random = .{ .state = state.* };
    defer state.* = random.state;
    return random.next();
}
