//! Signals by Linux's system calls: structures as the kernel has them, which are not libc's.
const std = @import("std");
const builtin = @import("builtin");
const linux = std.os.linux;
const fault = @import("../fault.zig");
const os = @import("../os.zig");

pub const sigsegv = 11;
pub const sigbus = 7;
pub const sigabrt = 6;
pub const sigquit = 3;
pub const sigfpe = 8;
pub const sigill = 4;
pub const sigtrap = 5;
/// What threads are interrupted by: os/posix_preempt.zig.
pub const sigurg = 23;
pub const sig_default = 0;
pub const sig_ignore = 1;

const sa_siginfo: usize = 4;
const sa_restorer: usize = 0x04000000;
const sa_onstack: usize = 0x08000000;
const sa_restart: usize = 0x10000000;
const sa_nodefer: usize = 0x40000000;
const sa_resethand: usize = 0x80000000;

const ss_disable = 2;

/// The kernel's struct sigaction.
pub const Action = extern struct {
    handler: usize,
    flags: usize,
    restorer: usize,
    mask: u64,
};

pub const Info = extern struct {
    signo: i32,
    errno: i32,
    code: i32,
    fill: i32,
    address: usize,
};

const SignalStack = extern struct {
    sp: ?[*]u8,
    flags: i32,
    size: usize,
};

/// Without libc a handler returns through a stub of this library.
extern fn gobuf_sigreturn() callconv(.c) noreturn;

pub fn getAction(signal: u32) Action {
    var action: Action = undefined;
    sigaction(signal, null, &action);
    return action;
}

pub fn setAction(signal: u32, action: Action) void {
    sigaction(signal, &action, null);
}

pub fn setDefault(signal: u32) void {
    setAction(signal, .{ .handler = sig_default, .flags = 0, .restorer = 0, .mask = 0 });
}

/// An action for a handler that may call another's: that one's mask and flags, on the signal stack. One-shot it is not.
pub fn inFront(other: Action, handler: usize) Action {
    return .{
        .handler = handler,
        .flags = sa_siginfo | sa_onstack | sa_restorer | (other.flags & (sa_restart | sa_nodefer)),
        .restorer = @intFromPtr(&gobuf_sigreturn),
        .mask = other.mask,
    };
}

/// An action for a handler of this library's own, with which calls of the system go on; nothing interrupts it.
pub fn restarting(handler: usize) Action {
    return .{
        .handler = handler,
        .flags = sa_siginfo | sa_onstack | sa_restorer | sa_restart,
        .restorer = @intFromPtr(&gobuf_sigreturn),
        .mask = ~@as(@FieldType(Action, "mask"), 0),
    };
}

pub fn handlerOf(action: Action) usize {
    return action.handler;
}

pub fn isOneShot(action: Action) bool {
    return action.flags & sa_resethand != 0;
}

/// By an instruction; kill and its like have codes from 0 down.
pub fn isFault(info: *const Info) bool {
    return info.code > 0;
}

pub fn address(info: *const Info) usize {
    return info.address;
}

/// Whether this process has sent it to one thread: tgkill. The sender's number lies where a fault has its address.
pub fn isOwn(info: *const Info) bool {
    const si_tkill = -6;
    return info.code == si_tkill and @as(u32, @truncate(info.address)) == @as(u32, @intCast(linux.getpid()));
}

pub fn raise(signal: u32) void {
    _ = linux.syscall2(.tkill, linux.syscall0(.gettid), signal);
}

pub fn signalStackPresent() bool {
    var now: SignalStack = undefined;
    _ = linux.syscall2(.sigaltstack, 0, @intFromPtr(&now));
    return now.flags & ss_disable == 0;
}

pub fn signalStackEnable(lo: [*]u8, bytes: usize) bool {
    const stack: SignalStack = .{ .sp = lo, .flags = 0, .size = bytes };
    return linux.syscall2(.sigaltstack, @intFromPtr(&stack), 0) == 0;
}

pub fn signalStackDisable() void {
    const stack: SignalStack = .{ .sp = null, .flags = ss_disable, .size = 0 };
    _ = linux.syscall2(.sigaltstack, @intFromPtr(&stack), 0);
}

fn sigaction(signal: u32, new: ?*const Action, old: ?*Action) void {
    _ = linux.syscall4(.rt_sigaction, signal, @intFromPtr(new), @intFromPtr(old), @sizeOf(u64));
}

pub const Context = switch (builtin.cpu.arch) {
    .x86_64 => extern struct {
        flags: u64,
        link: u64,
        stack: SignalStack,
        r8: u64,
        r9: u64,
        r10_r15: [6]u64,
        rdi: u64,
        rsi: u64,
        rbp: u64,
        rbx: u64,
        rdx: u64,
        rax: u64,
        rcx: u64,
        rsp: u64,
        rip: u64,
        rflags: u64,
        segments_error_trap_mask_cr2: [5]u64,
        fpstate: ?*FpState,
    },
    .aarch64 => extern struct {
        flags: u64,
        link: u64,
        stack: SignalStack,
        mask: [128]u8,
        fill: u64,
        fault_address: u64,
        x: [31]u64,
        sp: u64,
        pc: u64,
        pstate: u64,
    },
    else => unreachable,
};

/// The start of an FXSAVE image.
const FpState = extern struct {
    control: u16,
    status: u16,
    /// One bit a register: in use.
    tags: u8,
};

comptime {
    switch (builtin.cpu.arch) {
        .x86_64 => {
            std.debug.assert(@offsetOf(Context, "rip") == 168);
            std.debug.assert(@offsetOf(Context, "fpstate") == 224);
        },
        .aarch64 => std.debug.assert(@offsetOf(Context, "x") == 184),
        else => unreachable,
    }
}

pub fn programCounter(context: *const Context) usize {
    return if (builtin.cpu.arch == .x86_64) context.rip else context.pc;
}

pub fn stackPointer(context: *const Context) usize {
    return if (builtin.cpu.arch == .x86_64) context.rsp else context.sp;
}

/// Makes the handler's return go on elsewhere, on the same stack.
pub fn divert(context: *Context, pc: usize, sp: usize) bool {
    switch (builtin.cpu.arch) {
        .x86_64 => {
            context.rip = pc;
            context.rsp = sp;
        },
        .aarch64 => {
            context.pc = pc;
            context.sp = sp;
        },
        else => unreachable,
    }
    return true;
}

/// Makes the handler's return go on at gobuf_leave. The stack is g0's from there on: a signal that arrives before
/// gobuf_leave loads it must not find the one that overflowed.
pub fn redirect(context: *Context, m: *os.M) void {
    const g0_sp = m.g0.?.sched.sp;
    switch (builtin.cpu.arch) {
        .x86_64 => {
            const direction_flag: u64 = 1 << 10;
            const alignment_check: u64 = 1 << 18;
            context.rdi = fault.code;
            context.r8 = @intFromPtr(m);
            context.rsp = g0_sp;
            context.rip = fault.leaveAddress();
            // The goroutine may have been anywhere, but a function begins with the flags and the x87 stack clear.
            context.rflags &= ~(direction_flag | alignment_check);
            if (context.fpstate) |fpstate| {
                fpstate.status = 0;
                fpstate.tags = 0;
            }
        },
        .aarch64 => {
            const branch_type: u64 = 3 << 10;
            context.x[10] = fault.code;
            context.x[3] = @intFromPtr(m);
            context.sp = g0_sp;
            context.pc = fault.leaveAddress();
            context.pstate &= ~branch_type; // gobuf_leave has no landing pad
        },
        else => unreachable,
    }
}
