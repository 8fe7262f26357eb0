//! A body that calls back on g0's stack: what a native goroutine does to reach TypeScript.
const api = @import("api.zig");

/// Calls its argument, a function, through systemstack.
fn callback(arg: ?*anyopaque) callconv(.c) void {
    const function: api.Body = @ptrCast(@alignCast(arg.?));
    api.api.systemstack(function, null);
}

export fn gobuf_probe_callback_body() callconv(.c) *const anyopaque {
    return @ptrCast(&callback);
}
