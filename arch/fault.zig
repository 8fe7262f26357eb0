//! A goroutine that touches the guard below its stack ends alone: the handler sends its thread to g0 as a trap would,
//! with code FAULT. Every other fault goes to whoever handled faults before, as if this library were not there.
//!
//! Within systemstack a thread is not on a goroutine's stack, and a fault there is never a goroutine's.
const m_ = @import("m.zig");
const layout = @import("layout.zig");
const os = @import("os.zig");
const status = @import("status.zig");
const M = os.M;

/// The second half of mcall: leaves for g0. Not a function: the handler puts its address into the faulting context,
/// with the code and the M in the registers that the assembly file names.
extern fn gobuf_leave() callconv(.c) noreturn;

pub fn leaveAddress() usize {
    return @intFromPtr(&gobuf_leave);
}

/// Once on each thread; 0 or a code.
pub fn init() u32 {
    const m = m_.current() orelse return status.no_m;
    return @intFromEnum(os.faults.threadInit(m));
}

pub fn threadExit(m: *M) void {
    os.faults.threadExit(m);
}

/// The M to leave for g0 on, when the address lies in the guard of the goroutine on this thread; its operands tell the
/// address then. Null when the fault is not a goroutine's.
pub fn caught(address: usize) ?*M {
    const m = m_.current() orelse return null;
    const gp = m.trapg orelse return null;
    if (address >= gp.stack.lo or address < gp.stack.lo - layout.stack_guard_size) return null;
    gp.op[layout.Op.v] = @truncate(address);
    gp.op[layout.Op.v + 1] = @truncate(address >> 32);
    return m;
}

pub const code = @intFromEnum(status.Trap.fault);
