//! The frame of an asynchronous preemption on AArch64. No register is free for a jump there, so that only the kernel can put
//! all of them back: the signal's frame is copied to the goroutine's stack, whole, with whatever records there are in it
//! (vectors, SVE, what is to come). The handler returns to gobuf_async_preempt (the assembly file), with the copy at sp; when
//! the goroutine's turn comes again, that asks the kernel to return from the copy.
const std = @import("std");
const builtin = @import("builtin");
const impl = @import("linux.zig");
const Async = @import("../codes.zig").Async;

extern fn gobuf_async_preempt() callconv(.c) noreturn;

/// struct siginfo, which lies below the context in a frame.
const info_bytes = 128;
/// From the context's start to its records, each of which begins with its kind and its size in bytes. The last has kind 0.
const records_offset = 464;
const head_bytes = 8;
/// A record that says where more of them lie: behind the last one of the frame.
const extra_kind = 0x45585401;
const extra_address_offset = 8;
const extra_size_offset = 16;

/// What is called from there: gobuf_mcall in the end.
const calls_bytes = 512;
/// A signal handler that runs on the goroutine's stack, beside its frame.
const handler_bytes = 2048;
/// The frame of a kernel that does not say how large it is.
const frame_default = 5 * 1024;

var frame_bytes: usize = 0;

pub fn init() Async {
    if (builtin.os.tag != .linux) return .platform;
    const at_minsigstksz = 51;
    @atomicStore(usize, &frame_bytes, impl.auxiliary(at_minsigstksz) orelse frame_default, .monotonic);
    return .ok;
}

/// See os/posix_preempt.zig.
pub fn bytes() usize {
    return 2 * @atomicLoad(usize, &frame_bytes, .monotonic) + calls_bytes + handler_bytes;
}

/// Makes the return of a signal handler call gobuf_async_preempt. False when the frame does not fit after all.
pub fn inject(comptime sys: type, context: *sys.Context) bool {
    if (builtin.os.tag != .linux) return false;
    const from = @intFromPtr(context) - info_bytes;
    var extra: ?usize = null;
    var at = @intFromPtr(context) + records_offset;
    while (word(at) != 0) : (at += word(at + 4)) {
        if (word(at) == extra_kind) extra = at;
    }
    at += head_bytes;
    if (extra) |record| at = long(record + extra_address_offset).* + word(record + extra_size_offset);
    const size = std.mem.alignForward(usize, at - from, 16);
    if (size > @atomicLoad(usize, &frame_bytes, .monotonic)) return false;
    const to = (sys.stackPointer(context) - size) & ~@as(usize, 15);
    var i: usize = 0;
    while (i < size) : (i += 8) long(to + i).* = long(from + i).*;
    if (extra) |record| long(record - from + to + extra_address_offset).* +%= to -% from;
    return sys.divert(context, @intFromPtr(&gobuf_async_preempt), to);
}

fn word(at: usize) u32 {
    return @as(*volatile u32, @ptrFromInt(at)).*;
}

fn long(at: usize) *volatile u64 {
    return @ptrFromInt(at);
}
