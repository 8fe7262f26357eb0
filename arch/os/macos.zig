//! macOS by libSystem, the only stable way into its kernel.
const builtin = @import("builtin");
const Guard = @import("../codes.zig").Guard;

extern "c" fn mmap(address: ?*anyopaque, bytes: usize, prot: c_int, flags: c_int, fd: c_int, offset: i64) ?*anyopaque;
extern "c" fn mprotect(address: *anyopaque, bytes: usize, prot: c_int) c_int;
extern "c" fn munmap(address: *anyopaque, bytes: usize) c_int;
extern "c" fn madvise(address: *anyopaque, bytes: usize, advice: c_int) c_int;
extern "c" fn sched_yield() c_int;
extern "c" fn write(fd: c_int, bytes: [*]const u8, count: usize) isize;

const prot_none = 0;
const prot_read_write = 3;
const map_private = 0x0002;
const map_noreserve = 0x0040;
const map_anonymous = 0x1000;
const madv_free = 5;

/// Address space without access.
pub fn reserve(bytes: usize) ?[*]u8 {
    return map(bytes, prot_none);
}

/// Gives access to whole pages of a reservation. They read as zero and cost memory when touched.
pub fn commit(start: [*]u8, bytes: usize) bool {
    return mprotect(start, bytes, prot_read_write) == 0;
}

pub fn release(start: [*]u8, bytes: usize) void {
    _ = munmap(start, bytes);
}

/// To the standard error output, from a signal handler too.
pub fn print(text: []const u8) void {
    _ = write(2, text.ptr, text.len);
}

/// Memory for stacks.
pub fn slabMap(bytes: usize) ?[*]u8 {
    return map(bytes, prot_read_write);
}

/// Makes a fresh slot of a slab usable: [guard][stack].
pub fn slotArm(guard: [*]u8, guard_bytes: usize, stack_bytes: usize) bool {
    _ = stack_bytes; // usable since slabMap
    return mprotect(guard, guard_bytes, prot_none) == 0;
}

/// Returns memory to the system; what the pages hold is undefined from here on.
pub fn discard(start: [*]u8, bytes: usize) void {
    _ = madvise(start, bytes, madv_free);
}

pub fn pause() void {
    _ = sched_yield();
}

pub fn guardMethod() Guard {
    return .protect;
}

pub fn pageSize() usize {
    return if (builtin.cpu.arch == .aarch64) 16 * 1024 else 4096;
}

fn map(bytes: usize, prot: c_int) ?[*]u8 {
    const address = mmap(null, bytes, prot, map_private | map_anonymous | map_noreserve, -1, 0).?;
    return if (@intFromPtr(address) == ~@as(usize, 0)) null else @ptrCast(address);
}

extern "c" const mach_task_self_: u32;
extern "c" fn mach_vm_region(task: u32, address: *u64, bytes: *u64, flavor: c_int, info: *[9]i32, count: *u32, object: *u32) c_int;

/// The bounds of the executable mapping that an address lies in. False when there is none.
pub fn codeAt(address: usize, lo: *usize, hi: *usize) bool {
    const vm_region_basic_info_64 = 9;
    const vm_prot_execute = 4;
    var start: u64 = address;
    var bytes: u64 = 0;
    var info: [9]i32 = undefined; // the first is the protection
    var count: u32 = info.len;
    var object: u32 = 0;
    if (mach_vm_region(mach_task_self_, &start, &bytes, vm_region_basic_info_64, &info, &count, &object) != 0) return false;
    // Without a region there it answers with the next one.
    if (start > address or info[0] & vm_prot_execute == 0) return false;
    lo.* = start;
    hi.* = start + bytes;
    return true;
}
