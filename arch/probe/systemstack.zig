//! systemstack: from a goroutine, once more from within, and from g0, where it is a plain call. Not an operation: nothing is
//! scheduled, no trace shows it, so it may happen before any operation.
const std = @import("std");
const api = @import("api.zig");
const buffer_ = @import("buffer.zig");
const call = @import("call.zig");
const registers = @import("registers.zig");
const Random = @import("random.zig").Random;
const Buffer = buffer_.Buffer;

extern fn gobuf_probe_callback(visit: ?*anyopaque) callconv(.c) void;

comptime {
    @export(&arrive, .{ .name = "gobuf_probe_on_g0", .visibility = .hidden });
}

/// It is called before one operation, or one execute, in so many.
pub const share = 8;

const Visit = struct {
    buffer: *Buffer,
    place: buffer_.Place,
    n: u64,
    /// The goroutine's stack: where a visit must not run.
    stack: buffer_.Range,
    /// What is to be found there in the control and TEB words: of a plain call what the call was made with, else what the
    /// execute found that led here. That is known on arrival: the goroutine may be preempted on the way.
    want: *registers.Values,
    /// Called on g0: a plain call.
    plain: bool,
    calls: u32 = 0,
};

/// Calls systemstack, everything under observation.
pub fn visit(context: *const call.Context, place: buffer_.Place, n: u64) void {
    const buffer = context.buffer;
    buffer.visits += 1;
    var there: Visit = .{
        .buffer = buffer,
        .place = place,
        .n = n,
        .stack = context.ranges[0],
        .want = undefined,
        .plain = context.side == .g0,
    };
    enter(context, &there);
}

fn enter(context: *const call.Context, there: *Visit) void {
    var watch: call.Watch = .{
        .context = context,
        .place = there.place,
        .n = there.n,
        .random = .init(there.buffer.seed.get(), .systemstack, there.place.gnum, there.n * 2 + @intFromBool(there.plain)),
    };
    watch.prepare();
    if (there.plain) there.want = &watch.call.want;
    _ = watch.run(api.api.systemstack, .{ @intFromPtr(&gobuf_probe_callback), @intFromPtr(there), 0, 0 }, 0);
    if (there.calls != 1) report(there, .visit_calls, 0, buffer_.split(1), buffer_.split(there.calls));
}

/// On g0's stack, called by gobuf_probe_callback with sp as it was before the call, and all preserved registers.
fn arrive(there: *Visit, sp: u64, values: *const registers.Values) callconv(.c) void {
    there.calls += 1;
    if (!there.plain) there.want = @ptrFromInt(there.buffer.g0_want.get());
    for (registers.all(), 0..) |*register, id| {
        if (register.class == .plain or registers.same(register, there.want, values)) continue;
        const want = registers.words(register, there.want);
        report(there, .visit_special, @intCast(id), want, registers.words(register, values));
    }
    const aligned = sp & ~@as(u64, 15);
    const outside = sp <= there.stack.lo or sp > there.stack.lo + there.stack.size;
    if (sp != aligned or !outside) report(there, .visit_sp, 0, buffer_.split(if (outside) aligned else 0), buffer_.split(sp));
    if (there.plain) return;

    const context: call.Context = .{ .buffer = there.buffer, .side = .g0, .ranges = .{ there.stack, there.stack } };
    var further = there.*;
    further.plain = true;
    further.calls = 0;
    enter(&context, &further);
    if (api.abi == .ms_x86_64) moveLimit(there.want);
}

extern fn gobuf_probe_move_limit(bytes: u64) callconv(.c) void;

/// Moves g0's StackLimit, as Windows does when a stack grows: g0 must find it so when it goes on.
fn moveLimit(want: *registers.Values) void {
    const page = 4096;
    for (registers.all()) |*register| {
        if (register.class == .stack_limit) want[register.slot] += page;
    }
    gobuf_probe_move_limit(page);
}

fn report(there: *const Visit, kind: buffer_.Kind, register: u32, expected: [4]u32, found: [4]u32) void {
    there.buffer.report(.{
        .kind = kind,
        .place = there.place,
        .register = register,
        .depth = @intFromBool(there.plain),
        .expected = expected,
        .found = found,
    });
}
