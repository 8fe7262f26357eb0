//! libgobuf as a foreign library sees it: gobuf_api of arch/include/gobuf.h, and the descriptor's words by name. What is
//! probed is whatever library this table comes from, so nothing is taken from the sources but the words' order.
const std = @import("std");
const builtin = @import("builtin");
const layout = @import("layout");

pub const abi: layout.Abi = switch (builtin.cpu.arch) {
    .x86_64 => if (builtin.os.tag == .windows) .ms_x86_64 else .sysv_x86_64,
    .aarch64 => .aarch64,
    else => @compileError("no probe for this processor"),
};

pub const Body = *const fn (?*anyopaque) callconv(.c) void;

pub const Case = layout.Case;

pub const Api = extern struct {
    version: u32,
    size: u32,
    mcall: *const fn (u32, u32, u64) callconv(.c) u64,
    systemstack: *const fn (Body, ?*anyopaque) callconv(.c) void,
    status: *const fn () callconv(.c) u32,
    opa: *const fn () callconv(.c) u32,
    getg: *const fn () callconv(.c) u32,
    go: *const fn (Body, ?*anyopaque) callconv(.c) u64,
    select: *const fn (?[*]const Case, u32, u32) callconv(.c) u64,
    goexit: *const fn () callconv(.c) void,
    execute: *const fn (u32) callconv(.c) u32,
    descriptor: *const fn () callconv(.c) [*]const u32,
    call: *const fn (u32, u64, ?*u64) callconv(.c) u32,
    send: *const fn (u32, u64) callconv(.c) u64,
    recv: *const fn (u32) callconv(.c) u64,
};

pub const Attach = enum(u32) { ok = 0, no_table = 1, version = 2, size = 3, magic = 4, abi = 5 };

/// Set by attach before anything runs.
pub var api: *const Api = undefined;
var attached = false;
var words: [*]const u32 = undefined;

pub fn attach(table: ?*const Api) Attach {
    const found = table orelse return .no_table;
    if (found.version != layout.abi_version) return .version;
    if (found.size < @sizeOf(Api)) return .size;
    words = found.descriptor();
    if (word("magic") != layout.magic) return .magic;
    if (word("abi") != @intFromEnum(abi)) return .abi;
    api = found;
    attached = true;
    return .ok;
}

pub fn isAttached() bool {
    return attached;
}

/// A word of the library's descriptor.
pub fn word(comptime name: []const u8) u32 {
    const index = comptime for (layout.table(abi, .linux), 0..) |entry, i| {
        if (std.mem.eql(u8, entry.name, name)) break i;
    } else @compileError("the descriptor has no word " ++ name);
    return words[index];
}

pub const codes = layout.codes;
