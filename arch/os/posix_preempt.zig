//! Interrupts threads by SIGURG, as Go does: programs hardly use it, its default is to be ignored, and debuggers pass it on.
//! The handler runs on the thread's signal stack, because a goroutine's may have no room.
const std = @import("std");
const builtin = @import("builtin");
const asyncpreempt = @import("../asyncpreempt.zig");
const m_ = @import("../m.zig");
const os = @import("../os.zig");
const Async = @import("../codes.zig").Async;
const sys = if (builtin.os.tag == .linux) @import("linux_signal.zig") else @import("macos_signal.zig");
const frame = switch (builtin.cpu.arch) {
    .x86_64 => @import("x86_64_frame.zig"),
    .aarch64 => @import("aarch64_frame.zig"),
    else => unreachable,
};

var lock: os.Lock = .{};

/// Once in the process; a handler that somebody else has installed stays.
pub fn init() Async {
    const fit = frame.init();
    if (fit != .ok) return fit;
    lock.acquire();
    defer lock.release();
    const now = sys.getAction(sys.sigurg);
    const handler = sys.handlerOf(now);
    if (handler == @intFromPtr(&handle)) return .ok;
    if (handler != sys.sig_default and handler != sys.sig_ignore) return .signal;
    sys.setAction(sys.sigurg, sys.restarting(@intFromPtr(&handle)));
    return .ok;
}

/// Whether the handler is there still.
pub fn isReady() bool {
    return sys.handlerOf(sys.getAction(sys.sigurg)) == @intFromPtr(&handle);
}

pub fn interrupt(_: *os.M, thread: *const os.threads.Thread) void {
    os.threads.signal(thread, sys.sigurg);
}

/// Bytes below the sp of a body that a preemption needs, those of a signal handler on the goroutine's stack included:
/// JavaScriptCore suspends threads by a signal that uses no signal stack.
pub fn frameBytes() usize {
    return frame.bytes();
}

pub fn textOf(address: usize, lo: *usize, hi: *usize) bool {
    return os.impl.codeAt(address, lo, hi);
}

fn handle(_: i32, info: *const sys.Info, context: *sys.Context) callconv(.c) void {
    // Anybody's SIGURG is ignored, as by default.
    if (!sys.isOwn(info)) return;
    const m = m_.current() orelse return;
    asyncpreempt.meet(m, sys.programCounter(context), sys.stackPointer(context), sys, context, frame);
}
