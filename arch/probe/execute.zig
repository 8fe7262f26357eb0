//! g0's side: execute with every preserved register of the thread under observation.
const api = @import("api.zig");
const buffer_ = @import("buffer.zig");
const call = @import("call.zig");
const registers = @import("registers.zig");
const systemstack = @import("systemstack.zig");
const Random = @import("random.zig").Random;
const Buffer = buffer_.Buffer;

pub const Outcome = struct { code: u32, mismatches: u32 };

/// Runs `func`, which is execute or stands for it, on goroutine `g`.
pub fn execute(buffer: *Buffer, func: call.Target, g: u32) Outcome {
    const n = buffer.executes.get();
    buffer.executes.add(1);
    const other: u32 = @intCast(n % (buffer.spawned + 1));
    const context: call.Context = .{
        .buffer = buffer,
        .side = .g0,
        .ranges = .{ buffer.stackOf(buffer.last.gnum), buffer.stackOf(other) },
    };
    var random: Random = .init(buffer.seed.get(), .execute, n, 0);
    if (random.below(systemstack.share) == 0) systemstack.visit(&context, buffer.last, n);
    var watch: call.Watch = .{
        .context = &context,
        .place = buffer.last,
        .n = n,
        .random = random,
    };
    watch.prepare();
    const want = &watch.call.want;
    buffer.g0_want.set(@intFromPtr(want));
    const code = watch.run(func, .{ call.word(g), 0, 0, 0 }, 0);
    buffer.g0_want.set(0);
    return .{ .code = @truncate(code), .mismatches = watch.mismatches };
}
