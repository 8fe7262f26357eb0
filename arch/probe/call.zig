//! One call with every preserved register under observation, below frames whose locals are under observation too.
const std = @import("std");
const api = @import("api.zig");
const buffer_ = @import("buffer.zig");
const registers = @import("registers.zig");
const Random = @import("random.zig").Random;
const Buffer = buffer_.Buffer;

/// What the assembly works on (CALL_* in table.h).
pub const Call = extern struct {
    func: u64,
    args: [4]u64,
    result: u64,
    own: registers.Values,
    want: registers.Values,
    found: registers.Values,
};

comptime {
    std.debug.assert(@offsetOf(Call, "func") == 0);
    std.debug.assert(@offsetOf(Call, "args") == 8);
    std.debug.assert(@offsetOf(Call, "result") == 40);
    std.debug.assert(@offsetOf(Call, "own") == 48);
    std.debug.assert(@offsetOf(Call, "want") == 368);
    std.debug.assert(@offsetOf(Call, "found") == 688);
    std.debug.assert(@sizeOf(registers.Values) == 320);
}

extern fn gobuf_probe_call(call: *Call) callconv(.c) void;

/// A function of at most four integer arguments, called as C would.
pub const Target = *const anyopaque;
const Plain = *const fn (u64, u64, u64, u64) callconv(.c) u64;

pub const depth_max = 8;
pub const locals_count = 8;
pub const Locals = [locals_count]u64;

/// Upper halves of 32-bit arguments are the callee's not to look at, so they are not zero.
const upper: u64 = 0xA5A5_5A5A << 32;

pub fn word(arg: u32) u64 {
    return upper | arg;
}

/// Where a `Watch` takes place.
pub const Context = struct {
    buffer: *Buffer,
    side: registers.Side,
    /// own stack, another's
    ranges: [2]buffer_.Range,
};

pub const Watch = struct {
    context: *const Context,
    place: buffer_.Place,
    /// Counts the operations of this side.
    n: u64,
    random: Random,
    /// Without, the call is made but the registers are left alone.
    checks: bool = true,
    depth: u32 = 0,
    call: Call = undefined,
    /// The locals of each frame.
    frames: [depth_max + 1]*volatile Locals = undefined,
    mismatches: u32 = 0,

    /// Fills the registers' values.
    pub fn prepare(w: *Watch) void {
        registers.fill(&w.call.want, &w.random, w.context.side, w.n, w.context.ranges);
    }

    /// Calls `func` below `depth` frames, with all preserved registers as `prepare` filled them, and compares. Returns its
    /// result.
    pub fn run(w: *Watch, func: Target, args: [4]u64, depth: u32) u64 {
        if (depth > depth_max) @panic("probe: more frames than there is room for");
        w.call.func = @intFromPtr(func);
        w.call.args = args;
        w.depth = depth;
        w.descend(0);
        return w.call.result;
    }

    /// A frame on the way to the operation, with locals that are checked on the way back.
    noinline fn descend(w: *Watch, depth: u32) void {
        var storage: Locals = undefined;
        const locals: *volatile Locals = &storage;
        var expected = w.localsAt(depth);
        for (locals, 0..) |*local, i| local.* = expected.value(i);
        w.frames[depth] = locals;
        if (depth == w.depth) w.operate() else w.descend(depth + 1);
        expected = w.localsAt(depth);
        for (locals, 0..) |*local, i| {
            const want = expected.value(i);
            const found = local.*;
            if (found != want) w.report(.local, @intCast(i), depth, buffer_.split(want), buffer_.split(found));
        }
        w.context.buffer.frames.add(1);
    }

    /// Drawn again after the operation: nothing remembers them meanwhile but the frame.
    fn localsAt(w: *const Watch, depth: u32) Pattern {
        return .{ .random = .init(w.random.state, .locals, depth, w.n), .watch = w };
    }

    const Pattern = struct {
        random: Random,
        watch: *const Watch,

        fn value(p: *Pattern, i: usize) u64 {
            return registers.value(&p.random, @intCast(i), p.watch.context.side, p.watch.n, p.watch.context.ranges);
        }
    };

    fn operate(w: *Watch) void {
        if (!w.checks) {
            const plain: Plain = @ptrFromInt(w.call.func);
            const args = w.call.args;
            w.call.result = plain(args[0], args[1], args[2], args[3]);
            return;
        }
        gobuf_probe_call(&w.call);
        const entries = registers.all();
        for (entries, 0..) |*entry, id| {
            if (registers.same(entry, &w.call.want, &w.call.found)) continue;
            const kind: buffer_.Kind = switch (w.context.side) {
                .goroutine => if (entry.class == .control) .control else .register,
                .g0 => if (entry.class == .control) .g0_control else .g0_register,
            };
            const want = registers.words(entry, &w.call.want);
            w.report(kind, @intCast(id), w.depth, want, registers.words(entry, &w.call.found));
        }
        w.context.buffer.compared.add(entries.len);
    }

    fn report(w: *Watch, kind: buffer_.Kind, register: u32, depth: u32, expected: [4]u32, found: [4]u32) void {
        w.mismatches += 1;
        const buffer = w.context.buffer;
        buffer.report(.{
            .kind = kind,
            // Known only now on g0: execute returns for an operation that was not begun when it was called.
            .place = if (w.context.side == .g0) buffer.last else w.place,
            .register = register,
            .depth = depth,
            .expected = expected,
            .found = found,
        });
    }
};
