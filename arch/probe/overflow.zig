//! Bodies that leave their stack: what the guard must catch.

/// Recurses until the stack is at its end.
fn recurse(arg: ?*anyopaque) callconv(.c) void {
    _ = deeper(@intFromPtr(arg));
}

noinline fn deeper(n: usize) usize {
    var frame: [256]u8 = undefined;
    const bytes: *volatile [256]u8 = &frame;
    bytes[n & 255] = @truncate(n);
    return deeper(n +% 1) +% bytes[0];
}

/// Writes to the address that is its argument.
fn touch(arg: ?*anyopaque) callconv(.c) void {
    const byte: *volatile u8 = @ptrCast(arg.?);
    byte.* = 1;
}

/// Has one frame larger than the stack, and writes at its far end first: a narrow guard would be jumped.
fn jump(arg: ?*anyopaque) callconv(.c) void {
    var frame: [176 * 1024]u8 = undefined;
    const bytes: *volatile [176 * 1024]u8 = &frame;
    // An index that the compiler does not know, or it makes the frame no larger than what is touched: null is byte 0.
    bytes[@intFromPtr(arg)] = 1;
}

const bodies = [_]*const fn (?*anyopaque) callconv(.c) void{ &recurse, &touch, &jump };

/// The address of body k: 0 recurses, 1 touches its argument, 2 jumps; null past the end.
export fn gobuf_probe_overflow_body(k: u32) callconv(.c) ?*const anyopaque {
    return if (k < bodies.len) @ptrCast(bodies[k]) else null;
}
