//! Faults of goroutines. A goroutine that touches the guard below its stack has overflowed it: the fault handler leaves
//! for g0 as a trap would, with code FAULT. TypeScript then ends the run, or with onStackOverflow that goroutine only.
//! Any other fault goes to the handler that was installed before this library's.
//!
//! A fault in a function that systemstack called is no overflow, because the thread is on g0's stack there. One such
//! fault is handled: an operation of gobuf.h was called there, and mcall faulted at its first store.
const body = @import("body.zig");
const m_ = @import("m.zig");
const codes = @import("codes.zig");
const layout = @import("layout.zig");
const os = @import("os.zig");
const M = os.M;

/// The second half of mcall, which leaves for g0. It is never called: the handler makes the faulting thread continue at
/// its address, with the code and the M in the registers that the assembly file names.
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

/// The same for a thread that has ended.
pub fn threadEnded(m: *M) void {
    os.faults.threadEnded(m);
}

/// Whether a fault is a goroutine's. Returns the M whose thread is to leave for g0, with the cause in the goroutine's
/// operands; null when the fault is not a goroutine's.
pub fn caught(address: usize, pc: usize) ?*M {
    const m = m_.current();
    if (m == null or m.?.trapg == null) return misused(m, pc);
    return overflowed(m.?, address);
}

/// The stack overflow of the goroutine on this thread, when the address lies in its guard.
fn overflowed(m: *M, address: usize) ?*M {
    const gp = m.trapg orelse return null;
    if (address >= gp.stack.lo or address < gp.stack.lo - layout.stack_guard_size) return null;
    gp.op[codes.op.a] = @intFromEnum(codes.Cause.overflow);
    gp.op[codes.op.v] = @truncate(address);
    gp.op[codes.op.v + 1] = @truncate(address >> 32);
    m.faulted = 1;
    return m;
}

/// An operation of gobuf.h that was called where none may be: mcall faults. In a function that systemstack called, the
/// goroutine ends. In a callback it cannot, because frames of JavaScript lie on g0's stack and cannot be skipped: then,
/// and outside a goroutine, a message is printed before the process ends.
fn misused(thread: ?*M, pc: usize) ?*M {
    if (pc < @intFromPtr(&body.gobuf_mcall) or pc >= leaveAddress()) return null;
    if (thread) |m| if (m.curg) |gp| {
        if (m.calls != 0) {
            say("called an operation of gobuf.h within a callback, on g0's stack", gp);
            return null;
        }
        gp.op[codes.op.a] = @intFromEnum(codes.Cause.on_g0);
        m.faulted = 1;
        return m;
    };
    os.impl.print("gobuf: an operation of gobuf.h was called outside a goroutine\n");
    return null;
}

/// Prints which goroutine a signal is about to end the process in, which body it has, and where it was. A body that entered
/// JavaScript ends here, too: JavaScriptCore aborts, or faults, on a stack that it does not know.
pub fn fatal(comptime what: []const u8, address: ?usize, pc: usize) void {
    const m = m_.current() orelse return;
    const gp = m.trapg orelse return;
    os.impl.print("gobuf: goroutine ");
    printNumber(gp.goid, 10);
    os.impl.print(", body 0x");
    printNumber(gp.sched.ctxt, 16);
    os.impl.print(", " ++ what ++ " on its own stack at pc 0x");
    printNumber(pc, 16);
    if (address) |at| {
        os.impl.print(", address 0x");
        printNumber(at, 16);
    }
    os.impl.print(". If it entered JavaScript there: native bodies call back by gobuf_call, with a handle of native.callback\n");
}

/// Prints which goroutine has kept its thread from JavaScript, and where it is. @param on_g0 not on its own stack
pub fn report(gp: *const os.G, had_ms: u64, pc: usize, on_g0: bool) void {
    os.impl.print("gobuf: goroutine ");
    printNumber(gp.goid, 10);
    os.impl.print(", body 0x");
    printNumber(gp.sched.ctxt, 16);
    os.impl.print(", has had its thread for ");
    printNumber(had_ms, 10);
    os.impl.print(if (on_g0) " ms, on the thread's own stack at pc 0x" else " ms, at pc 0x");
    printNumber(pc, 16);
    os.impl.print("\n");
}

fn say(comptime what: []const u8, gp: *os.G) void {
    os.impl.print("gobuf: goroutine ");
    printNumber(gp.goid, 10);
    os.impl.print(" " ++ what ++ "\n");
}

/// std.fmt would be four fifths of the library on Windows.
fn printNumber(n: u64, comptime base: u8) void {
    const digits_max = 20;
    var buffer: [digits_max]u8 = undefined;
    var start: usize = digits_max;
    var rest = n;
    while (true) {
        start -= 1;
        buffer[start] = "0123456789abcdef"[@intCast(rest % base)];
        rest /= base;
        if (rest == 0) break;
    }
    os.impl.print(buffer[start..]);
}

pub const code = @intFromEnum(codes.Trap.fault);
