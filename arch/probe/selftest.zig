//! Self-tests of the probe: a function that breaks one register must be found, by the register's name; one that changes
//! what a callee may change must not. No goroutine takes part.
const api = @import("api.zig");
const buffer_ = @import("buffer.zig");
const call = @import("call.zig");
const execute = @import("execute.zig");
const registers = @import("registers.zig");
const Buffer = buffer_.Buffer;

pub const Eye = enum(u32) {
    /// registers, as a goroutine sees them after an operation
    goroutine = 0,
    /// registers, as g0 sees them after execute
    g0 = 1,
    /// locals of the frames below which the operation ran
    locals = 2,
    _,
};

/// In the place of a number: clobber everything that is the caller's to save.
pub const caller_saved: u32 = 0xFFFFFFFF;
/// Not a self-test there is.
pub const refused: u32 = 0xFFFFFFFF;

const clobber_size = 32; // CLOBBER_SIZE in table.h

extern fn gobuf_probe_clobber_code() callconv(.c) void;
extern fn gobuf_probe_clobber_caller_saved() callconv(.c) void;

/// How many self-tests there are for an eye.
pub fn count(eye: Eye) u32 {
    return switch (eye) {
        .goroutine, .g0 => @intCast(registers.clobbers().len),
        .locals => (call.depth_max + 1) * call.locals_count,
        _ => 0,
    };
}

/// Breaks thing number k before an eye. The number of mismatches seen, each of which is reported in the buffer, too.
pub fn run(buffer: *Buffer, eye: Eye, k: u32) u32 {
    if (k != caller_saved and k >= count(eye)) return refused;
    const all = k == caller_saved;
    const breaker: call.Target = if (all)
        &gobuf_probe_clobber_caller_saved
    else if (eye == .locals)
        &breakLocal
    else
        @ptrFromInt(@intFromPtr(&gobuf_probe_clobber_code) + clobber_size * k);
    if (eye == .g0) return execute.execute(buffer, breaker, 0).mismatches;

    const stack = buffer.stackOf(0);
    const context: call.Context = .{ .buffer = buffer, .side = .goroutine, .ranges = .{ stack, stack } };
    var watch: call.Watch = .{
        .context = &context,
        .place = .{ .gnum = 0, .i = k, .code = @intFromEnum(buffer_.Code.gosched) },
        .n = k,
        .random = .init(buffer.seed.get(), .operation, @intFromEnum(eye), k),
    };
    watch.prepare();
    const frame = k / call.locals_count;
    const local = k % call.locals_count;
    const depth: u32 = if (eye == .locals) call.depth_max else 0;
    _ = watch.run(breaker, .{ @intFromPtr(&watch), frame, local, 0 }, depth);
    return watch.mismatches;
}

fn breakLocal(watch: *call.Watch, frame: u64, local: u64) callconv(.c) u64 {
    watch.frames[frame][local] ^= 1;
    return 0;
}

/// The register that self-test k of the eyes for registers breaks.
pub fn register(k: u32) u32 {
    const clobbers = registers.clobbers();
    return if (k < clobbers.len) clobbers[k].register else refused;
}

/// What of the register it breaks; null past the end.
pub fn what(k: u32) ?[*:0]const u8 {
    const clobbers = registers.clobbers();
    return if (k < clobbers.len) @ptrCast(&clobbers[k].what) else null;
}
