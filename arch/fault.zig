//! A goroutine that touches the guard below its stack ends alone: the handler sends its thread to g0 as a trap would,
//! with code FAULT. Every other fault goes to whoever handled faults before, as if this library were not there.
//!
//! Within systemstack a thread is not on a goroutine's stack, and a fault there is never a goroutine's; but for one: an
//! operation cannot be had there, and mcall faults at its first store.
const body = @import("body.zig");
const m_ = @import("m.zig");
const codes = @import("codes.zig");
const layout = @import("layout.zig");
const os = @import("os.zig");
const M = os.M;

/// The second half of mcall: leaves for g0. Not a function: the handler puts its address into the faulting context,
/// with the code and the M in the registers that the assembly file names.
extern fn gobuf_leave() callconv(.c) noreturn;

pub fn leaveAddress() usize {
    return @intFromPtr(&gobuf_leave);
}

/// Once on each thread; 0 or a code.
pub fn init() u32 {
    const m = m_.current() orelse return codes.execute.no_m;
    return @intFromEnum(os.faults.threadInit(m));
}

pub fn threadExit(m: *M) void {
    os.faults.threadExit(m);
}

/// The M to leave for g0 on, when the fault is a goroutine's; its operands tell which. Null when it is not.
pub fn caught(address: usize, pc: usize) ?*M {
    const m = m_.current();
    if (m == null or m.?.trapg == null) return misused(m, pc);
    return overflowed(m.?, address);
}

/// The address lies in the guard of the goroutine on this thread.
fn overflowed(m: *M, address: usize) ?*M {
    const gp = m.trapg orelse return null;
    if (address >= gp.stack.lo or address < gp.stack.lo - layout.stack_guard_size) return null;
    gp.op[codes.op.a] = @intFromEnum(codes.Cause.overflow);
    gp.op[codes.op.v] = @truncate(address);
    gp.op[codes.op.v + 1] = @truncate(address >> 32);
    return m;
}

/// mcall found no goroutine that may trap. Within systemstack the goroutine ends; with JavaScript on g0's stack, which
/// cannot be left behind, or without a goroutine, all that can be done is to say so before the process ends.
fn misused(thread: ?*M, pc: usize) ?*M {
    if (pc < @intFromPtr(&body.gobuf_mcall) or pc >= leaveAddress()) return null;
    if (thread) |m| if (m.curg) |gp| {
        if (m.calls != 0) {
            say("called an operation of gobuf.h within a callback, on g0's stack", gp);
            return null;
        }
        gp.op[codes.op.a] = @intFromEnum(codes.Cause.on_g0);
        return m;
    };
    os.impl.print("gobuf: an operation of gobuf.h was called outside a goroutine\n");
    return null;
}

/// The process is about to end by a signal, and the thread runs a goroutine. JavaScriptCore aborts, or faults with the
/// stack pointer anywhere, when it finds itself on a stack that it does not know, so this is where it shows that a body
/// entered JavaScript.
pub fn fatal(comptime what: []const u8) void {
    const m = m_.current() orelse return;
    const gp = m.trapg orelse return;
    say(what ++ " on its own stack. If it entered JavaScript there: native bodies call back by gobuf_call, " ++
        "with a handle of native.callback", gp);
}

fn say(comptime what: []const u8, gp: *os.G) void {
    const digits_max = 20;
    var buffer: [digits_max]u8 = undefined;
    // std.fmt would be four fifths of the library on Windows.
    var start: usize = digits_max;
    var rest = gp.goid;
    while (true) {
        start -= 1;
        buffer[start] = @intCast('0' + rest % 10);
        rest /= 10;
        if (rest == 0) break;
    }
    os.impl.print("gobuf: goroutine ");
    os.impl.print(buffer[start..]);
    os.impl.print(" " ++ what ++ "\n");
}

pub const code = @intFromEnum(codes.Trap.fault);
