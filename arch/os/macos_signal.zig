//! Signals of macOS. A write to a protected page is a SIGBUS here.
const std = @import("std");
const builtin = @import("builtin");
const fault = @import("../fault.zig");
const os = @import("../os.zig");

pub const sigsegv = 11;
pub const sigbus = 10;
pub const sigabrt = 6;
pub const sigquit = 3;
pub const sigfpe = 8;
pub const sigill = 4;
pub const sigtrap = 5;
/// What threads are interrupted by: os/posix_preempt.zig.
pub const sigurg = 16;
pub const sig_default = 0;
pub const sig_ignore = 1;

const sa_onstack = 0x0001;
const sa_restart = 0x0002;
const sa_resethand = 0x0004;
const sa_nodefer = 0x0010;
const sa_siginfo = 0x0040;

const ss_disable = 4;

pub const Action = extern struct {
    handler: usize,
    mask: u32,
    flags: i32,
};

pub const Info = extern struct {
    signo: i32,
    errno: i32,
    code: i32,
    pid: i32,
    uid: u32,
    status: i32,
    address: usize,
};

const SignalStack = extern struct {
    sp: ?[*]u8,
    size: usize,
    flags: i32,
};

extern "c" fn sigaction(signal: c_int, new: ?*const Action, old: ?*Action) c_int;
extern "c" fn sigaltstack(new: ?*const SignalStack, old: ?*SignalStack) c_int;
extern "c" fn getpid() i32;
extern "c" fn pthread_self() ?*anyopaque;
extern "c" fn pthread_kill(thread: ?*anyopaque, signal: c_int) c_int;

pub fn getAction(signal: u32) Action {
    var action: Action = undefined;
    _ = sigaction(@intCast(signal), null, &action);
    return action;
}

pub fn setAction(signal: u32, action: Action) void {
    _ = sigaction(@intCast(signal), &action, null);
}

pub fn setDefault(signal: u32) void {
    setAction(signal, .{ .handler = sig_default, .flags = 0, .mask = 0 });
}

/// An action for a handler that may call another's: that one's mask and flags, on the signal stack. One-shot it is not.
pub fn inFront(other: Action, handler: usize) Action {
    return .{
        .handler = handler,
        .flags = sa_siginfo | sa_onstack | (other.flags & (sa_restart | sa_nodefer)),
        .mask = other.mask,
    };
}

/// An action for a handler of this library's own, with which calls of the system go on; nothing interrupts it.
pub fn restarting(handler: usize) Action {
    return .{ .handler = handler, .flags = sa_siginfo | sa_onstack | sa_restart, .mask = ~@as(u32, 0) };
}

pub fn handlerOf(action: Action) usize {
    return action.handler;
}

pub fn isOneShot(action: Action) bool {
    return action.flags & sa_resethand != 0;
}

/// By an instruction; kill has code 0 or SI_USER (0x10001).
pub fn isFault(info: *const Info) bool {
    return info.code > 0 and info.code < 0x10001;
}

pub fn address(info: *const Info) usize {
    return info.address;
}

/// Whether this process has sent it: the system names the sender.
pub fn isOwn(info: *const Info) bool {
    return info.pid == getpid();
}

pub fn raise(signal: u32) void {
    _ = pthread_kill(pthread_self(), @intCast(signal));
}

pub fn signalStackPresent() bool {
    var now: SignalStack = undefined;
    _ = sigaltstack(null, &now);
    return now.flags & ss_disable == 0;
}

pub fn signalStackEnable(lo: [*]u8, bytes: usize) bool {
    return sigaltstack(&.{ .sp = lo, .size = bytes, .flags = 0 }, null) == 0;
}

pub fn signalStackDisable() void {
    // A size is checked even here.
    _ = sigaltstack(&.{ .sp = null, .size = 64 * 1024, .flags = ss_disable }, null);
}

pub const Context = extern struct {
    onstack: i32,
    mask: u32,
    stack: SignalStack,
    link: ?*Context,
    machine_size: usize,
    machine: *Machine,
};

/// struct mcontext64: exception state (16 bytes), thread state, and on x86-64 the floating-point state.
const Machine = switch (builtin.cpu.arch) {
    .x86_64 => extern struct {
        exception: [2]u64,
        rax: u64,
        rbx: u64,
        rcx: u64,
        rdx: u64,
        rdi: u64,
        rsi: u64,
        rbp: u64,
        rsp: u64,
        r8: u64,
        r9_r15: [7]u64,
        rip: u64,
        rflags: u64,
        segments: [3]u64,
        fp_reserved: [2]u32,
        fp_control: u16,
        fp_status: u16,
        fp_tags: u8,
    },
    .aarch64 => extern struct {
        exception: [2]u64,
        x: [29]u64,
        fp: u64,
        lr: u64,
        sp: u64,
        pc: u64,
        cpsr: u32,
    },
    else => unreachable,
};

comptime {
    std.debug.assert(@offsetOf(Context, "machine") == 48);
    if (builtin.cpu.arch == .x86_64) std.debug.assert(@offsetOf(Machine, "fp_reserved") == 16 + 21 * 8);
    if (builtin.cpu.arch == .aarch64) std.debug.assert(@offsetOf(Machine, "cpsr") == 16 + 33 * 8);
}

pub fn programCounter(context: *const Context) usize {
    return if (builtin.cpu.arch == .x86_64) context.machine.rip else context.machine.pc;
}

pub fn stackPointer(context: *const Context) usize {
    return if (builtin.cpu.arch == .x86_64) context.machine.rsp else context.machine.sp;
}

/// Makes the handler's return go on elsewhere, on the same stack.
pub fn divert(context: *Context, pc: usize, sp: usize) bool {
    switch (builtin.cpu.arch) {
        .x86_64 => {
            context.machine.rip = pc;
            context.machine.rsp = sp;
        },
        .aarch64 => {
            context.machine.pc = pc;
            context.machine.sp = sp;
        },
        else => unreachable,
    }
    return true;
}

/// Makes the handler's return go on at gobuf_leave. The stack is g0's from there on: a signal that arrives before
/// gobuf_leave loads it must not find the one that overflowed.
pub fn redirect(context: *Context, m: *os.M) void {
    const machine = context.machine;
    const g0_sp = m.g0.?.sched.sp;
    switch (builtin.cpu.arch) {
        .x86_64 => {
            const direction_flag: u64 = 1 << 10;
            const alignment_check: u64 = 1 << 18;
            machine.rdi = fault.code;
            machine.r8 = @intFromPtr(m);
            machine.rsp = g0_sp;
            machine.rip = fault.leaveAddress();
            // The goroutine may have been anywhere, but a function begins with the flags and the x87 stack clear.
            machine.rflags &= ~(direction_flag | alignment_check);
            machine.fp_status = 0;
            machine.fp_tags = 0;
        },
        .aarch64 => {
            const branch_type: u32 = 3 << 10;
            machine.x[10] = fault.code;
            machine.x[3] = @intFromPtr(m);
            machine.sp = g0_sp;
            machine.pc = fault.leaveAddress();
            machine.cpsr &= ~branch_type; // gobuf_leave has no landing pad
        },
        else => unreachable,
    }
}
