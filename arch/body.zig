//! What a native goroutine body calls. include/gobuf.h is the same in C.
const m_ = @import("m.zig");
const arena = @import("arena.zig");
const g_ = @import("g.zig");
const layout = @import("layout.zig");
const os = @import("os.zig");
const codes = layout.codes;

pub extern fn gobuf_mcall(code: u32, a: u32, v: u64) callconv(.c) u64;
pub extern fn gobuf_systemstack(func: g_.Fn, arg: ?*anyopaque) callconv(.c) void;

/// The goroutine on this thread, found afresh at each call: after a switch it may be another thread.
inline fn curg() ?*os.G {
    const m = m_.current() orelse return null;
    return m.curg;
}

/// Outcome of the last operation of the current goroutine.
pub fn opStatus() u32 {
    const gp = curg() orelse return 0;
    return gp.op[codes.op.status];
}

pub fn opA() u32 {
    const gp = curg() orelse return 0;
    return gp.op[codes.op.a];
}

pub fn getg() u32 {
    return arena.indexOf(curg() orelse return 0);
}

pub fn end(how: codes.Ending) noreturn {
    _ = gobuf_mcall(@intFromEnum(codes.Trap.goexit), @intFromEnum(how), 0);
    @trap(); // a goroutine that has ended was resumed
}

/// Starts a goroutine; its goid.
pub fn go(func: g_.Fn, arg: ?*anyopaque) u64 {
    return start(.go, 0, func, arg);
}

/// The same in a WaitGroup, by its handle.
pub fn wgGo(wg: u32, func: g_.Fn, arg: ?*anyopaque) u64 {
    return start(.wggo, wg, func, arg);
}

inline fn start(code: codes.Trap, a: u32, func: g_.Fn, arg: ?*anyopaque) u64 {
    const words: u64 = @intFromPtr(arg);
    if (scratch()) |to| {
        to[0] = @truncate(words);
        to[1] = @truncate(words >> 32);
    }
    return gobuf_mcall(@intFromEnum(code), a, @intFromPtr(func));
}

/// Carries out one of the cases: what was received. Which one it was is in `opA`, all ones for the default.
///
/// It ends in a jump to mcall, as a lane's operations do. Too many cases are refused behind the trap.
pub fn select(cases: ?[*]const layout.Case, n: u32, has_default: u32) u64 {
    var missing: u32 = 0;
    if (cases) |list| if (n <= layout.select_max) if (scratch()) |words| {
        // Volatile, or this would become a call of memcpy, which is 60 kB of the DLL.
        const to: [*]volatile u64 = @ptrCast(@alignCast(words));
        const from: [*]const u64 = @ptrCast(@alignCast(list));
        for (0..n * @sizeOf(layout.Case) / @sizeOf(u64)) |i| to[i] = from[i];
    };
    if (cases == null and n != 0 and n <= layout.select_max) missing = codes.select_operand.no_cases;
    const default: u32 = if (has_default != 0) codes.select_operand.has_default else 0;
    return gobuf_mcall(@intFromEnum(codes.Trap.select), @min(n, codes.select_operand.no_cases - 1) | default | missing, 0);
}

/// What carries that which does not fit the operands of a trap. TypeScript reads it before anything else runs on this M;
/// behind the trap it is another's. Null on a thread that runs no goroutines: the trap says so.
inline fn scratch() ?*[layout.scratch_words]u32 {
    const m = m_.current() orelse return null;
    return &m.scratch;
}
