//! Threads on Windows: to find out whether one has ended, and one of the library's own. By kernel32.
const std = @import("std");

const Handle = ?*anyopaque;
extern "kernel32" fn CreateThread(security: Handle, stack_bytes: usize, function: *const fn (?*anyopaque) callconv(.winapi) u32, arg: ?*anyopaque, flags: u32, id: ?*u32) callconv(.winapi) Handle;
extern "kernel32" fn CloseHandle(handle: Handle) callconv(.winapi) c_int;
extern "kernel32" fn CreateEventW(security: Handle, manual: c_int, state: c_int, name: ?[*:0]const u16) callconv(.winapi) Handle;
extern "kernel32" fn SetEvent(event: Handle) callconv(.winapi) c_int;
extern "kernel32" fn WaitForSingleObject(handle: Handle, ms: u32) callconv(.winapi) u32;
extern "kernel32" fn CreateWaitableTimerExW(security: Handle, name: ?[*:0]const u16, flags: u32, access: u32) callconv(.winapi) Handle;
extern "kernel32" fn SetWaitableTimer(timer: Handle, due: *const i64, period: i32, routine: ?*anyopaque, arg: ?*anyopaque, wakes: c_int) callconv(.winapi) c_int;
extern "kernel32" fn QueryPerformanceCounter(count: *i64) callconv(.winapi) c_int;
extern "kernel32" fn QueryPerformanceFrequency(count: *i64) callconv(.winapi) c_int;
extern "kernel32" fn Sleep(ms: u32) callconv(.winapi) void;

extern "kernel32" fn GetCurrentProcess() callconv(.winapi) Handle;
extern "kernel32" fn GetCurrentThread() callconv(.winapi) Handle;
extern "kernel32" fn GetCurrentThreadId() callconv(.winapi) u32;
extern "kernel32" fn DuplicateHandle(from: Handle, handle: Handle, to: Handle, copy: *Handle, access: u32, inherit: c_int, options: u32) callconv(.winapi) c_int;

const synchronize = 0x10_0000;
const suspend_resume = 0x2;
const get_context = 0x8;
const set_context = 0x10;

/// A thread that can be asked after when it is no more: as long as there is a handle of it, its number is no other's.
pub const Thread = struct {
    /// Null where none could be had: such a thread is never found to have ended.
    handle: Handle,
    id: u32,

    pub const none: Thread = .{ .handle = null, .id = 0 };
};

/// The calling thread.
pub fn self() Thread {
    var copy: Handle = null;
    const rights = synchronize | suspend_resume | get_context | set_context;
    const process = GetCurrentProcess();
    if (DuplicateHandle(process, GetCurrentThread(), process, &copy, rights, 0, 0) == 0) copy = null;
    return .{ .handle = copy, .id = GetCurrentThreadId() };
}

pub fn isSelf(thread: *const Thread) bool {
    return thread.handle != null and thread.id == GetCurrentThreadId();
}

/// Whether a thread has ended: then its handle is signaled.
pub fn ended(thread: *const Thread) bool {
    return thread.handle != null and WaitForSingleObject(thread.handle, 0) == 0;
}

pub fn forget(thread: *Thread) void {
    _ = CloseHandle(thread.handle);
    thread.* = .none;
}

const infinite: u32 = 0xFFFF_FFFF;
const timer_high_resolution = 2; // Windows 10 1803
const timer_all_access = 0x1F_0003;
const ns_per_due = 100;

/// What `wait` waits on: there is one thread, and one word.
var event: Handle = null;
/// The thread's own. Without it a pause takes until the next tick of Windows's clock, 15.6 ms.
var timer: Handle = null;
var frequency: i64 = 0;

/// Starts a thread that never ends. False when the system refuses.
pub fn start(comptime function: *const fn () void) bool {
    const entry = struct {
        fn run(_: ?*anyopaque) callconv(.winapi) u32 {
            function();
            return 0;
        }
    }.run;
    if (event == null) event = CreateEventW(null, 0, 0, null) orelse return false;
    if (timer == null) timer = CreateWaitableTimerExW(null, null, timer_high_resolution, timer_all_access);
    _ = QueryPerformanceFrequency(&frequency);
    _ = CloseHandle(CreateThread(null, 64 * 1024, &entry, null, 0, null) orelse return false);
    return true;
}

/// Nanoseconds of the monotonic clock.
pub fn nanotime() u64 {
    var count: i64 = 0;
    _ = QueryPerformanceCounter(&count);
    // In two steps, or a product of a month's count would not fit.
    const seconds = @divTrunc(count, frequency);
    const rest = @rem(count, frequency);
    return @intCast(seconds * std.time.ns_per_s + @divTrunc(rest * std.time.ns_per_s, frequency));
}

pub fn sleep(ns: u64) void {
    const due = -@as(i64, @intCast(ns / ns_per_due)); // negative: from now on
    if (timer != null and SetWaitableTimer(timer, &due, 0, null, null, 0) != 0) {
        _ = WaitForSingleObject(timer, infinite);
    } else Sleep(@intCast(ns / std.time.ns_per_ms));
}

/// Waits while the word is `value`; may return for no reason.
pub fn wait(word: *const u32, value: u32) void {
    // A wake that came before is kept by the event, so none is lost between this look and the wait.
    if (@atomicLoad(u32, word, .seq_cst) == value) _ = WaitForSingleObject(event, infinite);
}

/// Wakes the thread that waits.
pub fn wake(word: *const u32) void {
    _ = word;
    _ = SetEvent(event);
}
