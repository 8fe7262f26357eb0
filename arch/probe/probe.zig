//! libgobuf_probe: native goroutines that run a golden workload and look, around every operation, whether what a callee
//! preserves was preserved, on both sides of the switch. Test code, in a library of its own; it knows libgobuf by its table
//! of functions alone, so that any build of it can be probed.
//!
//! How a run goes: `attach` to the library under test, `bind` a buffer (buffer.zig) with a workload, start main on
//! `entry` with the buffer's first block, and let the scheduler call `execute` of this library for goroutines.
const std = @import("std");
const builtin = @import("builtin");
const api = @import("api.zig");
const buffer = @import("buffer.zig");
const entry = @import("entry.zig");
const execute = @import("execute.zig");
const registers = @import("registers.zig");
const selftest = @import("selftest.zig");

comptime {
    _ = @import("async.zig");
    _ = @import("backtrace.zig");
    _ = @import("bench.zig");
    _ = @import("bodies.zig");
    _ = @import("callback.zig");
    _ = @import("dirty.zig");
    _ = @import("migrate.zig");
    _ = @import("overflow.zig");
    if (builtin.cpu.arch == .x86_64) _ = @import("sweep.zig"); // of MXCSR
    if (builtin.cpu.arch == .x86_64 and builtin.os.tag == .linux) _ = @import("steps.zig"); // by the trap flag
    _ = @import("switch.zig");
}

/// Only a build with safety checks panics: it stops where it stands, for there is no libc to say more.
pub const panic = std.debug.FullPanic(struct {
    fn stop(_: []const u8, _: ?usize) noreturn {
        @trap();
    }
}.stop);

/// What execute reports into; null when nothing is to be looked at. One at a time in a process.
var bound: ?*buffer.Buffer = null;

/// Takes the table that gobuf_api returns. 0, or why it is refused (api.Attach).
export fn gobuf_probe_attach(table: ?*const api.Api) callconv(.c) u32 {
    return @intFromEnum(api.attach(table));
}

/// Sets the buffer of execute and of the self-test; null takes it away. 0, or 1 when it is not a buffer of this version.
export fn gobuf_probe_bind(to: ?*buffer.Buffer) callconv(.c) u32 {
    if (to) |b| {
        if (b.magic != buffer.magic or b.version != buffer.version) return 1;
    }
    bound = to;
    return 0;
}

/// The function that a goroutine of a workload is started on, with its block as the argument.
export fn gobuf_probe_entry_address() callconv(.c) *const anyopaque {
    return @ptrCast(entry.address);
}

/// gobuf_execute, watched when a buffer is bound and wants it.
export fn gobuf_probe_execute(g: u32) callconv(.c) u32 {
    const b = bound orelse return api.api.execute(g);
    if (b.flags & buffer.Flag.check == 0) return api.api.execute(g);
    return execute.execute(b, api.api.execute, g).code;
}

/// Registers of this ABI that are looked at; their numbers are below it.
export fn gobuf_probe_register_count() callconv(.c) u32 {
    return @intCast(registers.all().len);
}

/// Null past the end.
export fn gobuf_probe_register_name(id: u32) callconv(.c) ?[*:0]const u8 {
    const entries = registers.all();
    return if (id < entries.len) @ptrCast(&entries[id].name) else null;
}

/// How many self-tests an eye has (selftest.Eye).
export fn gobuf_probe_selftest_count(eye: u32) callconv(.c) u32 {
    return selftest.count(@enumFromInt(eye));
}

/// The register that self-test k breaks, for the eyes 0 and 1.
export fn gobuf_probe_selftest_register(k: u32) callconv(.c) u32 {
    return selftest.register(k);
}

/// What of that register it breaks; null past the end.
export fn gobuf_probe_selftest_what(k: u32) callconv(.c) ?[*:0]const u8 {
    return selftest.what(k);
}

/// Mismatches that an eye sees when thing k is broken before it: 1 is right, or 0 for k = 0xFFFFFFFF, which breaks only
/// what a callee may. They are in the bound buffer's reports, too. 0xFFFFFFFF when there is no such test or no buffer.
export fn gobuf_probe_selftest(eye: u32, k: u32) callconv(.c) u32 {
    const b = bound orelse return selftest.refused;
    return selftest.run(b, @enumFromInt(eye), k);
}
