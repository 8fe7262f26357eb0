//! Checks of what the library takes for granted. std.debug.assert is none at run time: a build without safety checks,
//! which is what ships, assumes that it holds. It is for compile time only.
const std = @import("std");
const os = @import("os.zig");

/// In every build: what would otherwise write or give away memory that belongs to somebody else.
pub inline fn memory(holds: bool, comptime what: []const u8) void {
    if (!holds) violated(what);
}

/// In builds with safety checks only (`bun run build --safe`): what costs too much on the way of each operation.
pub inline fn invariant(holds: bool, comptime what: []const u8) void {
    if (std.debug.runtime_safety and !holds) violated(what);
}

fn violated(comptime what: []const u8) noreturn {
    @branchHint(.cold);
    stop("check failed: " ++ what);
}

/// Ends the process with a message.
pub fn stop(what: []const u8) noreturn {
    os.impl.print("gobuf: ");
    os.impl.print(what);
    os.impl.print("\n");
    @trap();
}
