//! Threads on Linux: to find out whether one has ended, and one of the library's own. By system calls: the library has no libc. The thread has no TLS of its own (its
//! TLS register is its maker's), so what runs on it must touch no thread-local variable and call nothing but this file and
//! plain memory. All signals are blocked on it: they belong to the program's threads.
const std = @import("std");
const linux = std.os.linux;
const impl = @import("linux.zig");

/// A thread that can be asked after when it is no more. Its number may be another's by then, but not with the same start.
pub const Thread = struct {
    /// 0 for none.
    tid: u32,
    /// When it started, in ticks since the machine did; 0 where the system does not say (no /proc).
    start: u64,

    pub const none: Thread = .{ .tid = 0, .start = 0 };
};

/// The calling thread.
pub fn self() Thread {
    const tid: u32 = @intCast(linux.gettid());
    return .{ .tid = tid, .start = startOf(tid) orelse 0 };
}

pub fn isSelf(thread: *const Thread) bool {
    return thread.tid == @as(u32, @intCast(linux.gettid())) and thread.start == startOf(thread.tid) orelse 0;
}

/// Whether a thread has ended. The kernel knows its number no longer, or for another.
pub fn ended(thread: *const Thread) bool {
    const no_signal = 0;
    const esrch = @as(isize, @intFromEnum(linux.E.SRCH));
    const answer = linux.syscall3(.tgkill, @intCast(linux.getpid()), thread.tid, no_signal);
    if (@as(isize, @bitCast(answer)) == -esrch) return true;
    if (thread.start == 0) return false;
    // A thread that ends just now has no file: the next look finds it gone.
    return thread.start != startOf(thread.tid) orelse thread.start;
}

pub fn forget(thread: *Thread) void {
    thread.* = .none;
}

/// Sends a signal to a thread. One that has ended gets none.
pub fn signal(thread: *const Thread, number: u32) void {
    _ = linux.syscall3(.tgkill, @intCast(linux.getpid()), thread.tid, number);
}

/// Field 22 of a thread's stat file. The second, its name, lies in parentheses and may hold anything.
fn startOf(tid: u32) ?u64 {
    var path: [48]u8 = undefined;
    var at: usize = 0;
    for ("/proc/self/task/") |c| put(&path, &at, c);
    var divisor: u32 = 1_000_000_000;
    while (divisor > 1 and tid / divisor == 0) divisor /= 10;
    while (divisor != 0) : (divisor /= 10) put(&path, &at, @intCast('0' + tid / divisor % 10));
    for ("/stat\x00") |c| put(&path, &at, c);
    var text: [512]u8 = undefined;
    const bytes = impl.readFile(@ptrCast(&path), &text) orelse return null;
    const stat = text[0..bytes];
    var i = std.mem.lastIndexOfScalar(u8, stat, ')') orelse return null;
    const fields_between = 20;
    for (0..fields_between) |_| i = std.mem.indexOfScalarPos(u8, stat, i + 1, ' ') orelse return null;
    var ticks: u64 = 0;
    for (stat[i + 1 ..]) |c| {
        if (c < '0' or c > '9') break;
        ticks = 10 * ticks + (c - '0');
    }
    return ticks;
}

fn put(to: []u8, at: *usize, c: u8) void {
    to[at.*] = c;
    at.* += 1;
}

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

/// The same, for `ns` at the most.
pub fn waitFor(word: *const u32, value: u32, ns: ?u64) void {
    const time: linux.timespec = if (ns) |n| .{ .sec = @intCast(n / ns_per_s), .nsec = @intCast(n % ns_per_s) } else undefined;
    _ = linux.futex_4arg(word, .{ .cmd = .WAIT, .private = true }, value, if (ns == null) null else &time);
}

/// Wakes the thread that waits on the word.
pub fn wake(word: *const u32) void {
    _ = linux.futex_3arg(word, .{ .cmd = .WAKE, .private = true }, 1);
}
