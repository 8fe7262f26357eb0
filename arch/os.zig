//! The operating system as far as the library needs it: memory, guards, a pause. One file each, the same functions.
const std = @import("std");
const builtin = @import("builtin");
const layout = @import("layout.zig");

pub const id: layout.Os = switch (builtin.os.tag) {
    .linux => .linux,
    .macos => .macos,
    .windows => .windows,
    else => @compileError("no port for this operating system"),
};

pub const abi: layout.Abi = switch (builtin.cpu.arch) {
    .x86_64 => if (id == .windows) .ms_x86_64 else .sysv_x86_64,
    .aarch64 => if (id == .windows) @compileError("no port for Windows on AArch64") else .aarch64,
    else => @compileError("no port for this processor"),
};

pub const impl = switch (id) {
    .linux => @import("os/linux.zig"),
    .macos => @import("os/macos.zig"),
    .windows => @import("os/windows.zig"),
};

/// How the operating system tells of a fault.
pub const faults = switch (id) {
    .linux, .macos => @import("os/posix_fault.zig"),
    .windows => @import("os/windows_fault.zig"),
};

/// How a thread is interrupted, to preempt its goroutine.
pub const preempts = switch (id) {
    .linux, .macos => @import("os/posix_preempt.zig"),
    .windows => @import("os/windows_preempt.zig"),
};

/// SIGQUIT, where there is one.
pub const quits = switch (id) {
    .linux, .macos => @import("os/posix_quit.zig"),
    .windows => @import("os/windows_quit.zig"),
};

/// A thread of the library's own: the monitor's.
pub const threads = switch (id) {
    .linux => @import("os/linux_thread.zig"),
    .macos => @import("os/macos_thread.zig"),
    .windows => @import("os/windows_thread.zig"),
};

pub const records = layout.Records(abi);
pub const G = records.G;
pub const M = records.M;

pub const Guard = layout.codes.Guard;

/// A lock for what happens rarely: no libc, and a critical section of at most one system call.
pub const Lock = struct {
    held: u32 = 0,

    const spins_max = 64;

    pub fn acquire(lock: *Lock) void {
        var spins: u32 = 0;
        while (@atomicRmw(u32, &lock.held, .Xchg, 1, .acquire) != 0) {
            spins += 1;
            if (spins % spins_max == 0) impl.pause() else std.atomic.spinLoopHint();
        }
    }

    pub fn release(lock: *Lock) void {
        @atomicStore(u32, &lock.held, 0, .release);
    }
};
