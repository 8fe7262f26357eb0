//! A thread of the library's own on macOS, by libSystem. All signals are blocked on it: they belong to the program's
//! threads.
const std = @import("std");

extern "c" fn pthread_create(thread: *?*anyopaque, attributes: ?*const anyopaque, function: *const fn (?*anyopaque) callconv(.c) ?*anyopaque, arg: ?*anyopaque) c_int;
extern "c" fn pthread_detach(thread: ?*anyopaque) c_int;
extern "c" fn pthread_sigmask(how: c_int, set: *const u32, before: ?*u32) c_int;
extern "c" fn clock_gettime_nsec_np(clock: c_int) u64;
extern "c" fn nanosleep(time: *const std.c.timespec, rest: ?*std.c.timespec) c_int;
extern "c" fn dispatch_semaphore_create(value: isize) ?*anyopaque;
extern "c" fn dispatch_semaphore_wait(semaphore: ?*anyopaque, timeout: u64) isize;
extern "c" fn dispatch_semaphore_signal(semaphore: ?*anyopaque) isize;

const clock_uptime_raw = 8;
const sig_setmask = 3;
const forever: u64 = ~@as(u64, 0);

/// What `wait` waits on: there is one thread, and one word.
var semaphore: ?*anyopaque = null;

/// Starts a thread that never ends. False when the system refuses.
pub fn start(comptime function: *const fn () void) bool {
    const entry = struct {
        fn run(_: ?*anyopaque) callconv(.c) ?*anyopaque {
            function();
            return null;
        }
    }.run;
    if (semaphore == null) semaphore = dispatch_semaphore_create(0) orelse return false;
    // The thread inherits the mask.
    const every: u32 = ~@as(u32, 0);
    var before: u32 = 0;
    _ = pthread_sigmask(sig_setmask, &every, &before);
    defer _ = pthread_sigmask(sig_setmask, &before, null);
    var thread: ?*anyopaque = null;
    if (pthread_create(&thread, null, &entry, null) != 0) return false;
    _ = pthread_detach(thread);
    return true;
}

/// Nanoseconds of the monotonic clock.
pub fn nanotime() u64 {
    return clock_gettime_nsec_np(clock_uptime_raw);
}

pub fn sleep(ns: u64) void {
    const time: std.c.timespec = .{ .sec = @intCast(ns / std.time.ns_per_s), .nsec = @intCast(ns % std.time.ns_per_s) };
    _ = nanosleep(&time, null);
}

/// Waits while the word is `value`; may return for no reason.
pub fn wait(word: *const u32, value: u32) void {
    // A signal that came before is kept by the semaphore, so none is lost between this look and the wait.
    if (@atomicLoad(u32, word, .seq_cst) == value) _ = dispatch_semaphore_wait(semaphore, forever);
}

/// Wakes the thread that waits.
pub fn wake(word: *const u32) void {
    _ = word;
    _ = dispatch_semaphore_signal(semaphore);
}
