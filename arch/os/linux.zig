//! Linux by its system calls: a library without libc loads into a glibc Bun and a musl Bun alike.
const std = @import("std");
const builtin = @import("builtin");
const linux = std.os.linux;
const layout = @import("../layout.zig");
const Guard = @import("../codes.zig").Guard;

const madv_dontneed = 4;
const madv_nohugepage = 15;
const madv_guard_install = 102; // Linux 6.13

const prot_none = 0;
const prot_read_write = 3;
const map_private = 0x02;
const map_anonymous = 0x20;
const map_noreserve = 0x4000;
const map_stack = 0x20000;

/// Address space without access.
pub fn reserve(bytes: usize) ?[*]u8 {
    return map(bytes, prot_none, 0);
}

/// Gives access to whole pages of a reservation. They read as zero and cost memory when touched.
pub fn commit(start: [*]u8, bytes: usize) bool {
    return ok(linux.syscall3(.mprotect, @intFromPtr(start), bytes, prot_read_write));
}

pub fn release(start: [*]u8, bytes: usize) void {
    _ = linux.syscall2(.munmap, @intFromPtr(start), bytes);
}

/// To the standard error output, from a signal handler too.
pub fn print(text: []const u8) void {
    _ = linux.syscall3(.write, 2, @intFromPtr(text.ptr), text.len);
}

/// Memory for stacks. Huge pages are refused: a parked goroutine would cost 2 MiB instead of a page.
pub fn slabMap(bytes: usize) ?[*]u8 {
    const slab = map(bytes, prot_read_write, map_stack) orelse return null;
    _ = linux.syscall3(.madvise, @intFromPtr(slab), bytes, madv_nohugepage);
    return slab;
}

/// Makes a fresh slot of a slab usable: [guard][stack].
pub fn slotArm(guard: [*]u8, guard_bytes: usize, stack_bytes: usize) bool {
    _ = stack_bytes; // usable since slabMap
    if (guardMethod() == .madvise) {
        // Refused in a process that called mlockall; mprotect works there.
        if (ok(linux.syscall3(.madvise, @intFromPtr(guard), guard_bytes, madv_guard_install))) return true;
    }
    // A process whose mappings ran out dies in the next malloc: stacks are refused before that.
    if (@atomicRmw(u32, &protected, .Add, 1, .monotonic) < protectedMax() and
        ok(linux.syscall3(.mprotect, @intFromPtr(guard), guard_bytes, prot_none))) return true;
    _ = @atomicRmw(u32, &protected, .Sub, 1, .monotonic);
    return false;
}

/// Guards that are mappings. Each divides one in three, so it costs two of the process's.
var protected: u32 = 0;
var protected_max: u32 = 0;

/// A quarter of the mappings stays for everybody else.
fn protectedMax() u32 {
    const known = @atomicLoad(u32, &protected_max, .monotonic);
    if (known != 0) return known;
    const mappings_default = 65530;
    var text: [20]u8 = undefined;
    const bytes = readFile("/proc/sys/vm/max_map_count", &text) orelse 0;
    const digits = std.mem.trimEnd(u8, text[0..bytes], "\n");
    const mappings = std.fmt.parseInt(u32, digits, 10) catch mappings_default;
    const found = @max(1, mappings / 4 * 3 / 2);
    @atomicStore(u32, &protected_max, found, .monotonic);
    return found;
}

/// Returns memory to the system; the pages read as zero when touched again.
pub fn discard(start: [*]u8, bytes: usize) void {
    _ = linux.syscall3(.madvise, @intFromPtr(start), bytes, madv_dontneed);
}

pub const codeAt = @import("linux_maps.zig").codeAt;

pub fn pause() void {
    _ = linux.syscall0(.sched_yield);
}

var guard_method: u32 = @intFromEnum(Guard.unknown);

pub fn guardMethod() Guard {
    const known: Guard = @enumFromInt(@atomicLoad(u32, &guard_method, .monotonic));
    if (known != .unknown) return known;
    // Two threads may both find out; they find the same.
    const found: Guard = if (guardInstallWorks()) .madvise else .protect;
    @atomicStore(u32, &guard_method, @intFromEnum(found), .monotonic);
    return found;
}

/// Old kernels refuse the advice, but qemu-user says yes to any advice and does nothing: only the effect is believed.
/// The kernel answers EFAULT for a buffer that cannot be read, so no signal is needed to find out.
fn guardInstallWorks() bool {
    const page = pageSize();
    const probe = map(page, prot_read_write, 0) orelse return false;
    defer release(probe, page);
    if (!ok(linux.syscall3(.madvise, @intFromPtr(probe), page, madv_guard_install))) return false;

    var ends: [2]i32 = undefined;
    const flags: linux.O = .{ .CLOEXEC = true, .NONBLOCK = true };
    if (!ok(linux.syscall2(.pipe2, @intFromPtr(&ends), @as(u32, @bitCast(flags))))) return false;
    defer for (ends) |end| {
        _ = linux.syscall1(.close, @intCast(end));
    };
    const written = linux.syscall3(.write, @intCast(ends[1]), @intFromPtr(probe), 1);
    return errno(written) == @intFromEnum(linux.E.FAULT);
}

var page_size: usize = 0;

pub fn pageSize() usize {
    if (builtin.cpu.arch == .x86_64) return 4096;
    const known = @atomicLoad(usize, &page_size, .monotonic);
    if (known != 0) return known;
    const found = pageSizeFromAuxv() orelse 64 * 1024; // the largest there is suits every smaller one
    @atomicStore(usize, &page_size, found, .monotonic);
    return found;
}

fn pageSizeFromAuxv() ?usize {
    const at_pagesz = 6;
    const found = auxiliary(at_pagesz) orelse return null;
    return if (std.math.isPowerOfTwo(found) and found >= 4096) found else null;
}

/// A value of the auxiliary vector: a shared library is not handed it, and libc's getauxval is not there to ask.
pub fn auxiliary(kind: usize) ?usize {
    var pairs: [64][2]usize = undefined;
    const bytes = readFile("/proc/self/auxv", std.mem.asBytes(&pairs)) orelse return null;
    for (pairs[0 .. bytes / @sizeOf([2]usize)]) |pair| {
        if (pair[0] == kind) return pair[1];
    }
    return null;
}

/// The start of a file; how many bytes there were.
pub fn readFile(path: [*:0]const u8, to: []u8) ?usize {
    const dirfd_cwd: usize = @bitCast(@as(isize, -100));
    const read_only_close_on_exec = @as(u32, @bitCast(linux.O{ .CLOEXEC = true }));
    const fd = linux.syscall4(.openat, dirfd_cwd, @intFromPtr(path), read_only_close_on_exec, 0);
    if (!ok(fd)) return null;
    defer _ = linux.syscall1(.close, fd);
    const bytes = linux.syscall3(.read, fd, @intFromPtr(to.ptr), to.len);
    return if (ok(bytes)) bytes else null;
}

fn map(bytes: usize, prot: usize, extra: usize) ?[*]u8 {
    const no_fd: usize = @bitCast(@as(isize, -1));
    const flags = map_private | map_anonymous | map_noreserve | extra;
    const address = linux.syscall6(.mmap, 0, bytes, prot, flags, no_fd, 0);
    return if (ok(address)) @ptrFromInt(address) else null;
}

pub fn ok(result: usize) bool {
    return errno(result) == 0;
}

fn errno(result: usize) usize {
    const signed: isize = @bitCast(result);
    return if (signed > -4096 and signed < 0) @intCast(-signed) else 0;
}
