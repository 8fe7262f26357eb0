//! A thread of the library's own on Linux, by system calls: the library has no libc. The thread has no TLS of its own (its
//! TLS register is its maker's), so what runs on it must touch no thread-local variable and call nothing but this file and
//! plain memory. All signals are blocked on it: they belong to the program's threads.
const std = @import("std");
const linux = std.os.linux;
const impl = @import("linux.zig");

const stack_bytes = 64 * 1024;
const ns_per_s = std.time.ns_per_s;

/// Starts a thread that never ends. False when the system refuses.
pub fn start(comptime function: *const fn () void) bool {
    const entry = struct {
        fn run(_: usize) callconv(.c) u8 {
            function();
            return 0;
        }
    }.run;
    const stack = impl.slabMap(stack_bytes) orelse return false;
    const flags = linux.CLONE.VM | linux.CLONE.FS | linux.CLONE.FILES | linux.CLONE.SIGHAND | linux.CLONE.THREAD |
        linux.CLONE.SYSVSEM;
    var tid: i32 = 0;
    // The thread inherits the mask: no signal may arrive on it before it could block it by itself.
    const every: linux.sigset_t = @splat(~@as(@typeInfo(linux.sigset_t).array.child, 0));
    var before: linux.sigset_t = undefined;
    _ = linux.sigprocmask(linux.SIG.BLOCK, &every, &before);
    defer _ = linux.sigprocmask(linux.SIG.SETMASK, &before, null);
    const result = linux.clone(&entry, @intFromPtr(stack) + stack_bytes, flags, 0, &tid, 0, &tid);
    if (impl.ok(result)) return true;
    impl.release(stack, stack_bytes);
    return false;
}

/// Nanoseconds of the monotonic clock.
pub fn nanotime() u64 {
    var now: linux.timespec = undefined;
    _ = linux.clock_gettime(.MONOTONIC, &now);
    return @as(u64, @intCast(now.sec)) * ns_per_s + @as(u64, @intCast(now.nsec));
}

pub fn sleep(ns: u64) void {
    const time: linux.timespec = .{ .sec = @intCast(ns / ns_per_s), .nsec = @intCast(ns % ns_per_s) };
    _ = linux.nanosleep(&time, null);
}

/// Waits while the word is `value`; may return for no reason.
pub fn wait(word: *const u32, value: u32) void {
    _ = linux.futex_4arg(word, .{ .cmd = .WAIT, .private = true }, value, null);
}

/// Wakes the thread that waits on the word.
pub fn wake(word: *const u32) void {
    _ = linux.futex_3arg(word, .{ .cmd = .WAKE, .private = true }, 1);
}
