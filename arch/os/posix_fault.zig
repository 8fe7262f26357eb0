//! Handlers of SIGSEGV and SIGBUS, which run on a signal stack because the faulting stack has no room left, and of
//! SIGABRT, SIGFPE, SIGILL and SIGTRAP, which print the goroutine that they come from.
//!
//! A handler passes on signals that are not this library's to the handler that was installed before (Bun's crash
//! report). Another library (an engine for WebAssembly, say) may install its handler later, which passes signals on to
//! this one; then the next thread's init installs another handler in front of it. Each of these levels has a handler
//! function of its own, so that the chain never has a cycle.
const std = @import("std");
const builtin = @import("builtin");
const fault = @import("../fault.zig");
const os = @import("../os.zig");
const E = @import("../codes.zig").E;
const sys = if (builtin.os.tag == .linux) @import("linux_signal.zig") else @import("macos_signal.zig");

const levels_max = 4;
/// The first two may be a goroutine's; the others are handed on, with a message before.
const signals = [_]u32{ sys.sigsegv, sys.sigbus, sys.sigabrt, sys.sigfpe, sys.sigill, sys.sigtrap };

/// The size of Bun's own signal stack, because the previous handler (Bun's crash report) runs on this one, too.
const signal_stack_bytes = 512 * 1024;
const signal_stack_guard_bytes = 64 * 1024;

var lock: os.Lock = .{};
var previous: [signals.len][levels_max]sys.Action = undefined;
var levels: [signals.len]u32 = @splat(0);

pub fn threadInit(m: *os.M) E {
    if (!giveSignalStack(m)) return .nomem;
    lock.acquire();
    defer lock.release();
    for (signals, 0..) |signal, i| installFirst(signal, i);
    return .ok;
}

pub fn threadExit(m: *os.M) void {
    if (m.signal_stack != null) sys.signalStackDisable();
    threadEnded(m);
}

/// For a thread that is no more: nothing uses its signal stack.
pub fn threadEnded(m: *os.M) void {
    const start = m.signal_stack orelse return;
    m.signal_stack = null;
    os.impl.release(start, signal_stack_bytes);
}

/// A thread that has a signal stack keeps it.
fn giveSignalStack(m: *os.M) bool {
    if (sys.signalStackPresent()) return true;
    const start = os.impl.reserve(signal_stack_bytes) orelse return false;
    const usable = signal_stack_bytes - signal_stack_guard_bytes;
    const lo = start + signal_stack_guard_bytes;
    if (!os.impl.commit(lo, usable) or !sys.signalStackEnable(lo, usable)) {
        os.impl.release(start, signal_stack_bytes);
        return false;
    }
    m.signal_stack = start;
    return true;
}

fn installFirst(signal: u32, i: usize) void {
    const now = sys.getAction(signal);
    for (handlers) |handler| {
        if (sys.handlerOf(now) == @intFromPtr(handler)) return; // in front already
    }
    const level = levels[i];
    if (level == levels_max) return; // a handler that was installed in front so often stays there
    previous[i][level] = now; // before the handler that reads it can run
    levels[i] = level + 1;
    // What the previous handler asked the kernel for holds for this one, which may call it.
    sys.setAction(signal, sys.inFront(now, @intFromPtr(handlers[level])));
}

const Handler = *const fn (i32, *sys.Info, *sys.Context) callconv(.c) void;

const handlers: [levels_max]Handler = blk: {
    var all: [levels_max]Handler = undefined;
    for (&all, 0..) |*handler, level| handler.* = &Level(level).handle;
    break :blk all;
};

fn Level(comptime level: usize) type {
    return struct {
        fn handle(signal: i32, info: *sys.Info, context: *sys.Context) callconv(.c) void {
            clearAlignmentCheck();
            const pc = sys.programCounter(context);
            if (signal == sys.sigabrt) {
                fault.fatal("aborted (SIGABRT)", null, pc);
            } else if (sys.isFault(info)) switch (@as(u32, @intCast(signal))) {
                sys.sigfpe => fault.fatal("faulted (SIGFPE)", null, pc),
                sys.sigill => fault.fatal("faulted (SIGILL)", null, pc),
                sys.sigtrap => fault.fatal("faulted (SIGTRAP)", null, pc),
                else => {
                    const address = sys.address(info);
                    if (fault.caught(address, pc)) |m| return sys.redirect(context, m);
                    if (signal == sys.sigbus) {
                        fault.fatal("faulted (SIGBUS)", address, pc);
                    } else fault.fatal("faulted (SIGSEGV)", address, pc);
                },
            };
            for (signals, &previous) |one, *actions| {
                if (one == signal) handOn(&actions[level], signal, info, context);
            }
        }
    };
}

/// A goroutine may have set the flag of alignment checks, and the kernel leaves it set in a handler, whose code, this one's
/// and that of others behind it, moves words to where they need not be aligned.
inline fn clearAlignmentCheck() void {
    if (builtin.cpu.arch != .x86_64) return;
    asm volatile (
        \\leaq -128(%%rsp), %%rsp
        \\pushfq
        \\andl $0xFFFBFFFF, (%%rsp)
        \\popfq
        \\leaq 128(%%rsp), %%rsp
        ::: .{ .memory = true });
}

/// Does what the kernel would have done if this library had installed no handler.
fn handOn(action: *const sys.Action, signal: i32, info: *sys.Info, context: *sys.Context) void {
    const handler = sys.handlerOf(action.*);
    switch (handler) {
        sys.sig_default, sys.sig_ignore => {
            const asked_for = !sys.isFault(info); // by kill, not by an instruction
            if (handler == sys.sig_ignore and asked_for) return;
            // The instruction faults again, now without a handler. What was sent by kill is sent again.
            sys.setDefault(@intCast(signal));
            if (asked_for) sys.raise(@intCast(signal));
        },
        else => {
            if (sys.isOneShot(action.*)) sys.setDefault(@intCast(signal));
            const function: Handler = @ptrFromInt(handler);
            function(signal, info, context);
        },
    }
}
