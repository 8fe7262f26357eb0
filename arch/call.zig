//! Calls into TypeScript: on g0's stack, where JavaScript may run.
const body = @import("body.zig");
const check = @import("check.zig");
const codes = @import("codes.zig");
const m_ = @import("m.zig");
const os = @import("os.zig");

const Call = struct {
    m: *os.M,
    handle: u32,
    word: u64,
    outcome: u32,
};

/// Sets the thread's function for callbacks. 0 or NO_M.
pub fn init(function: @FieldType(os.M, "callback")) u32 {
    const m = m_.current() orelse return codes.execute.no_m;
    m.callback = function;
    return 0;
}

/// Calls back, with a word and for a word. An outcome of codes.status; on a thread without JavaScript it is a panic.
pub fn call(handle: u32, word: u64, result: ?*u64) u32 {
    const m = m_.current() orelse return codes.status.panic;
    if (m.callback == null) return codes.status.panic;
    var c: Call = .{ .m = m, .handle = handle, .word = word, .outcome = codes.status.panic };
    // Called on g0 it stays there. The thread is the same afterwards: nothing else runs on it meanwhile.
    body.gobuf_systemstack(&onG0, &c);
    if (c.outcome != codes.status.ok and c.outcome != codes.status.panic) {
        // JavaScript gave none, because its thread is being terminated: it runs nothing more. A body that went on would
        // never let go of the thread, so that goroutine is left here. Without a goroutine TypeScript is the caller.
        if (m.trapg != null) {
            m.faulted = 1;
            _ = body.gobuf_mcall(@intFromEnum(codes.Trap.fault), @intFromEnum(codes.Cause.callback), 0);
        }
        c.outcome = codes.status.panic;
    }
    if (result) |to| to.* = c.word;
    return c.outcome;
}

fn onG0(arg: ?*anyopaque) callconv(.c) void {
    const c: *Call = @ptrCast(@alignCast(arg.?));
    const m = c.m;
    check.invariant(m.trapg == null, "call.onG0: not on g0's stack");
    m.scratch[0] = @truncate(c.word);
    m.scratch[1] = @truncate(c.word >> 32);
    m.calls += 1;
    c.outcome = m.callback.?(c.handle);
    m.calls -= 1;
    c.word = @as(u64, m.scratch[1]) << 32 | m.scratch[0];
}
