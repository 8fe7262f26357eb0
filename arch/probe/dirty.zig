//! What a fault may leave behind on a thread: flags, floating-point state, signal mask, signal stack, handlers. A function
//! that reads it, and a body that changes what a callee must not leave changed and then overflows its stack.
const std = @import("std");
const builtin = @import("builtin");

const linux = std.os.linux;
const is_linux = builtin.os.tag == .linux;
const is_x86 = builtin.cpu.arch == .x86_64;

/// The words of gobuf_probe_state; their names are in props/teeth/after-fault.test.ts.
const State = extern struct {
    flags: u64,
    float_control: u64,
    x87_control: u64,
    x87_tags: u64,
    x87_top: u64,
    mask: u64,
    stack_start: u64,
    stack_flags: u64,
    stack_bytes: u64,
    handlers: [6]u64,
};

/// Direction and alignment check: a function begins with both clear.
const flags_watched: u64 = 1 << 10 | 1 << 18;
/// The exceptions that have happened are no control.
const mxcsr_control: u32 = 0xFFC0;
/// SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGTRAP
const signals = [_]usize{ 11, 7, 6, 8, 4, 5 };

/// The kernel's struct sigaction, of which the handler is read.
const Action = extern struct { handler: usize, flags: usize, restorer: usize, mask: u64 };

export fn gobuf_probe_state(state: *State) callconv(.c) void {
    state.* = std.mem.zeroes(State);
    if (is_x86) {
        var flags: u64 = 0;
        asm volatile (
            \\leaq -128(%%rsp), %%rsp
            \\pushfq
            \\popq %[flags]
            \\leaq 128(%%rsp), %%rsp
            : [flags] "=r" (flags),
        );
        state.flags = flags & flags_watched;
        var mxcsr: u32 = 0;
        var environment: [7]u32 = @splat(0);
        asm volatile (
            \\stmxcsr (%[mxcsr])
            \\fnstenv (%[environment])
            \\fldenv (%[environment])
            :
            : [mxcsr] "r" (&mxcsr),
              [environment] "r" (&environment),
            : .{ .memory = true });
        state.float_control = mxcsr & mxcsr_control;
        state.x87_control = environment[0] & 0xFFFF;
        state.x87_tags = environment[2] & 0xFFFF;
        state.x87_top = environment[1] >> 11 & 7;
    } else {
        state.float_control = asm volatile ("mrs %[word], fpcr"
            : [word] "=r" (-> u64),
        );
    }
    if (!is_linux) return;
    _ = linux.syscall4(.rt_sigprocmask, 0, 0, @intFromPtr(&state.mask), 8);
    var stack: extern struct { sp: u64, flags: i32, size: u64 } = undefined;
    _ = linux.syscall2(.sigaltstack, 0, @intFromPtr(&stack));
    state.stack_start = stack.sp;
    state.stack_flags = @intCast(stack.flags);
    state.stack_bytes = stack.size;
    for (signals, &state.handlers) |signal, *handler| {
        var action: Action = undefined;
        _ = linux.syscall4(.rt_sigaction, signal, 0, @intFromPtr(&action), 8);
        handler.* = action.handler;
    }
}

/// Bits of zig_dirties' argument: what it changes before it overflows.
const Change = struct {
    const direction = 1;
    const alignment = 2;
    const x87_stack = 4;
    const x87_control = 8;
    const rounding = 16;
};

/// arg: a u32 of bits. Overflows its stack.
export fn zig_dirties(arg: ?*anyopaque) callconv(.c) void {
    const change = @as(*const u32, @ptrCast(@alignCast(arg.?))).*;
    if (is_x86) {
        if (change & Change.rounding != 0) loadMxcsr(0x1F80 | 2 << 13);
        if (change & Change.x87_control != 0) {
            var control: u16 = 0x0C7F;
            asm volatile ("fldcw (%[word])"
                :
                : [word] "r" (&control),
                : .{ .memory = true });
        }
        if (change & Change.x87_stack != 0) asm volatile (
            \\fld1
            \\fldz
            \\fld1
            \\fldz
            \\fld1
            \\fldz
            \\fld1
        );
        if (change & Change.direction != 0) asm volatile ("std");
        if (change & Change.alignment != 0) asm volatile (
            \\leaq -128(%%rsp), %%rsp
            \\pushfq
            \\orl $0x40000, (%%rsp)
            \\popfq
            \\leaq 128(%%rsp), %%rsp
            ::: .{ .memory = true });
    } else if (change & Change.rounding != 0) asm volatile ("msr fpcr, %[word]"
        :
        : [word] "r" (@as(u64, 1 << 22)),
    );
    _ = deeper(1);
}

fn loadMxcsr(word: u32) void {
    var mxcsr = word;
    asm volatile ("ldmxcsr (%[word])"
        :
        : [word] "r" (&mxcsr),
        : .{ .memory = true });
}

noinline fn deeper(n: usize) usize {
    var frame: [256]u8 = undefined;
    const bytes: *volatile [256]u8 = &frame;
    bytes[n & 255] = @truncate(n);
    return deeper(n +% 1) +% bytes[0];
}
