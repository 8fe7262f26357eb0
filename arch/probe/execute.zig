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
    const stored: ?Stored = if (buffer.region_m.get() == 0) null else .of(buffer);
    // One time in four g0 keeps the words that minit stored: whether they are right is seen only then.
    const draws = stored != null and watch.random.below(4) != 0;
    var before: [2]u32 = undefined;
    if (draws) {
        before = stored.?.get();
        stored.?.set(controlsOf(want));
    } else {
        const now = registers.look();
        for (registers.all()) |*entry| {
            if (entry.class == .control) want[entry.slot] = now[entry.slot];
        }
    }
    buffer.g0_want.set(@intFromPtr(want));
    const code = watch.run(func, .{ call.word(g), 0, 0, 0 }, 0);
    buffer.g0_want.set(0);
    if (draws) stored.?.set(before);
    return .{ .code = @truncate(code), .mismatches = watch.mismatches };
}

/// Calls a function without arguments on this thread, every preserved register and control word drawn. Its result.
pub fn under(buffer: *Buffer, func: call.Target) u32 {
    const context: call.Context = .{ .buffer = buffer, .side = .g0, .ranges = @splat(buffer.stackOf(0)) };
    var watch: call.Watch = .{
        .context = &context,
        .place = buffer.last,
        .n = 0,
        .random = .init(buffer.seed.get(), .under, 0, 0),
    };
    watch.prepare();
    buffer.under = controlsOf(&watch.call.want);
    return @truncate(watch.run(func, .{ 0, 0, 0, 0 }, 0));
}

/// g0's control words in its G record: a trap loads them, and nothing stores them after minit.
const Stored = struct {
    at: [2]*u32,

    fn of(buffer: *Buffer) Stored {
        const m = buffer.region_m.get() + api.word("m_base") + buffer.m * api.word("m_stride");
        const g0: *const u64 = @ptrFromInt(m + api.word("m_g0"));
        return .{ .at = .{ @ptrFromInt(g0.* + api.word("g_fp0")), @ptrFromInt(g0.* + api.word("g_fp1")) } };
    }

    fn get(stored: Stored) [2]u32 {
        return .{ stored.at[0].*, stored.at[1].* };
    }

    fn set(stored: Stored, to: [2]u32) void {
        for (stored.at, to) |at, word| at.* = word;
    }
};

fn controlsOf(values: *const registers.Values) [2]u32 {
    var result: [2]u32 = .{ 0, 0 };
    var i: usize = 0;
    for (registers.all()) |*entry| {
        if (entry.class != .control) continue;
        result[i] = @truncate(values[entry.slot]);
        i += 1;
    }
    return result;
}
