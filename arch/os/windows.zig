//! Windows by kernel32. Memory of stacks is committed when a slot is armed: Windows counts what is committed, and a
//! whole slab of it would be refused long before it is used.
const std = @import("std");
const check = @import("../check.zig");
const Guard = @import("../codes.zig").Guard;

extern "kernel32" fn VirtualAlloc(start: ?*anyopaque, bytes: usize, kind: u32, protect: u32) callconv(.winapi) ?[*]u8;
extern "kernel32" fn VirtualProtect(start: *anyopaque, bytes: usize, protect: u32, old: *u32) callconv(.winapi) c_int;
extern "kernel32" fn VirtualFree(start: *anyopaque, bytes: usize, kind: u32) callconv(.winapi) c_int;
extern "kernel32" fn SwitchToThread() callconv(.winapi) c_int;
extern "kernel32" fn GetStdHandle(which: u32) callconv(.winapi) ?*anyopaque;
extern "kernel32" fn WriteFile(
    file: ?*anyopaque,
    bytes: [*]const u8,
    count: u32,
    written: *u32,
    overlapped: ?*anyopaque,
) callconv(.winapi) c_int;

const mem_commit = 0x1000;
const mem_reserve = 0x2000;
const mem_decommit = 0x4000;
const mem_release = 0x8000;
const mem_reset = 0x80000;
const page_noaccess = 0x01;
const page_readwrite = 0x04;
const page_guard = 0x100;

const page_bytes = 4096;
/// Windows writes the record of an exception to the stack that faults: room for it, and for the handlers that run
/// there.
const slack_bytes = 32 * 1024;

/// Distance of a stack's end from what the TEB calls DeallocationStack. Windows grows a stack when its guard page is
/// touched, by one page at a time, and reports an overflow when there are not two whole pages left below the new one.
/// With the guard page and two pages more there never are: the first touch is reported, and nothing grows.
pub const overflow_bytes = 3 * page_bytes;

/// Address space without access.
pub fn reserve(bytes: usize) ?[*]u8 {
    return VirtualAlloc(null, bytes, mem_reserve, page_noaccess);
}

/// Gives access to whole pages of a reservation. They read as zero.
pub fn commit(start: [*]u8, bytes: usize) bool {
    return VirtualAlloc(start, bytes, mem_commit, page_readwrite) != null;
}

/// To the standard error output, from an exception handler too.
pub fn print(text: []const u8) void {
    const std_error_handle: u32 = @bitCast(@as(i32, -12));
    var written: u32 = undefined;
    _ = WriteFile(GetStdHandle(std_error_handle), text.ptr, @intCast(text.len), &written, null);
}

pub fn release(start: [*]u8, bytes: usize) void {
    _ = bytes; // the whole reservation
    _ = VirtualFree(start, 0, mem_release);
}

/// Memory for stacks.
pub fn slabMap(bytes: usize) ?[*]u8 {
    return reserve(bytes);
}

/// Makes a fresh slot of a slab usable: [uncommitted | slack | guard page][stack]. The page is what a stack runs into;
/// it gives way at the first touch, and the exception's record lies in the slack below.
pub fn slotArm(guard: [*]u8, guard_bytes: usize, stack_bytes: usize) bool {
    comptime std.debug.assert(overflow_bytes <= slack_bytes + page_bytes);
    check.memory(guard_bytes > slack_bytes + page_bytes, "windows.slotArm: the guard is too small");
    const slack = guard + guard_bytes - page_bytes - slack_bytes;
    const bytes = slack_bytes + page_bytes + stack_bytes;
    if (!commit(slack, bytes)) return false;
    if (slotRearm(guard + guard_bytes)) return true;
    _ = VirtualFree(slack, bytes, mem_decommit);
    return false;
}

/// A G's StackLimit after its guard page was spent; no stack ends there.
pub const guard_spent = 1;

/// Arms the guard page below a stack again.
pub fn slotRearm(stack_lo: [*]u8) bool {
    var old: u32 = undefined;
    return VirtualProtect(stack_lo - page_bytes, page_bytes, page_readwrite | page_guard, &old) != 0;
}

/// Returns memory to the system; what the pages hold is undefined from here on.
pub fn discard(start: [*]u8, bytes: usize) void {
    _ = VirtualAlloc(start, bytes, mem_reset, page_readwrite);
}

pub fn pause() void {
    _ = SwitchToThread();
}

pub fn guardMethod() Guard {
    return .one_shot;
}

pub fn pageSize() usize {
    return page_bytes;
}
