//! A thread of the library's own on Windows, by kernel32.
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
