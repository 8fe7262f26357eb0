//! A body that walks its own stack as a debugger, a profiler or an exception would: by _Unwind_Backtrace of the system's
//! unwinder, on Windows by RtlCaptureStackBackTrace. Their addresses come from TypeScript: this library links nothing.
const builtin = @import("builtin");
const gobuf = @import("gobuf");

const frames_max = 64;

/// What TypeScript fills in, and what the body found: the same words in props/teeth/backtrace.test.ts.
const Walk = extern struct {
    /// _Unwind_Backtrace or RtlCaptureStackBackTrace.
    walker: *const anyopaque,
    /// _Unwind_GetIP; nothing on Windows.
    ip_of: ?*const anyopaque,
    /// Calls between the body and the walk, and yields before it.
    depth: u32,
    yields: u32,
    count: u32,
    /// What the walker returned.
    code: u32,
    frames: [frames_max]usize,
};

const Trace = *const fn (?*anyopaque, ?*anyopaque) callconv(.c) c_int;
const Backtrace = *const fn (Trace, ?*anyopaque) callconv(.c) c_int;
const GetIP = *const fn (?*anyopaque) callconv(.c) usize;
const Capture = *const fn (u32, u32, [*]usize, ?*u32) callconv(.c) u16;

const no_reason = 0;
const normal_stop = 4;

fn note(context: ?*anyopaque, arg: ?*anyopaque) callconv(.c) c_int {
    const walk: *Walk = @ptrCast(@alignCast(arg.?));
    const ip_of: GetIP = @ptrCast(@alignCast(walk.ip_of.?));
    if (walk.count == frames_max) return normal_stop;
    walk.frames[walk.count] = ip_of(context);
    walk.count += 1;
    return no_reason;
}

noinline fn look(walk: *Walk) void {
    for (0..walk.yields) |_| gobuf.gosched();
    if (builtin.os.tag == .windows) {
        const capture: Capture = @ptrCast(@alignCast(walk.walker));
        walk.count = capture(0, frames_max, &walk.frames, null);
    } else {
        const backtrace: Backtrace = @ptrCast(@alignCast(walk.walker));
        walk.code = @bitCast(backtrace(&note, walk));
    }
    // something to come back to: no call here is a jump
    touched = walk.count;
}

var touched: u32 = 0;

noinline fn deeper(walk: *Walk, depth: u32) void {
    if (depth == 0) look(walk) else deeper(walk, depth - 1);
    @as(*volatile u32, &touched).* = depth;
}

/// arg: Walk
export fn zig_backtrace(arg: ?*anyopaque) callconv(.c) void {
    const walk: *Walk = @ptrCast(@alignCast(arg.?));
    deeper(walk, walk.depth);
    @as(*volatile u32, &touched).* = walk.count;
}
