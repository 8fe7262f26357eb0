//! Threads on macOS: to find out whether one has ended, and one of the library's own. By libSystem. All signals are blocked on it: they belong to the program's
//! threads.
const std = @import("std");

extern "c" fn pthread_create(thread: *?*anyopaque, attributes: ?*const anyopaque, function: *const fn (?*anyopaque) callconv(.c) ?*anyopaque, arg: ?*anyopaque) c_int;
extern "c" fn pthread_detach(thread: ?*anyopaque) c_int;
extern "c" fn pthread_self() *anyopaque;
extern "c" fn pthread_kill(thread: ?*anyopaque, signal: c_int) c_int;
extern "c" fn pthread_threadid_np(thread: ?*anyopaque, id: *u64) c_int;
extern "c" fn pthread_sigmask(how: c_int, set: *const u32, before: ?*u32) c_int;
extern "c" fn clock_gettime_nsec_np(clock: c_int) u64;
extern "c" fn nanosleep(time: *const std.c.timespec, rest: ?*std.c.timespec) c_int;
extern "c" fn dispatch_semaphore_create(value: isize) ?*anyopaque;
extern "c" fn dispatch_semaphore_wait(semaphore: ?*anyopaque, timeout: u64) isize;
extern "c" fn dispatch_semaphore_signal(semaphore: ?*anyopaque) isize;

const clock_uptime_raw = 8;
const sig_setmask = 3;
const forever: u64 = ~@as(u64, 0);

/// A thread that can be asked after when it is no more: its number is never given to another.
pub const Thread = struct {
    thread: ?*anyopaque,
    id: u64,

    pub const none: Thread = .{ .thread = null, .id = 0 };
};

/// The calling thread.
pub fn self() Thread {
    var thread: Thread = .{ .thread = pthread_self(), .id = 0 };
    _ = pthread_threadid_np(thread.thread, &thread.id);
    return thread;
}

pub fn isSelf(thread: *const Thread) bool {
    return thread.id == self().id;
}

/// Whether a thread has ended. The system looks for it among those there are, and does not touch it otherwise.
pub fn ended(thread: *const Thread) bool {
    var id: u64 = 0;
    return pthread_threadid_np(thread.thread, &id) != 0 or id != thread.id;
}

/// Sends a signal to a thread. One that has ended gets none.
pub fn signal(thread: *const Thread, number: u32) void {
    if (!ended(thread)) _ = pthread_kill(thread.thread, @intCast(number));
}

pub fn forget(thread: *Thread) void {
    thread.* = .none;
}

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
