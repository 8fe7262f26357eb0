//! SIGQUIT in front of JavaScript's handler: quit.zig.
const builtin = @import("builtin");
const os = @import("../os.zig");
const quit = @import("../quit.zig");
const sys = if (builtin.os.tag == .linux) @import("linux_signal.zig") else @import("macos_signal.zig");

const Handler = *const fn (i32, *sys.Info, *sys.Context) callconv(.c) void;

var lock: os.Lock = .{};
/// JavaScript's. Written before the handler that reads it can run.
var previous: sys.Action = undefined;

/// Wanted each time that JavaScript has installed its handler. Without one of JavaScript's there is nothing to be in front of.
pub fn install() void {
    lock.acquire();
    defer lock.release();
    const now = sys.getAction(sys.sigquit);
    const handler = sys.handlerOf(now);
    if (handler == sys.sig_default or handler == sys.sig_ignore or handler == @intFromPtr(&handle)) return;
    previous = now;
    sys.setAction(sys.sigquit, sys.inFront(now, @intFromPtr(&handle)));
}

pub fn send(thread: *const os.threads.Thread) void {
    if (sys.handlerOf(sys.getAction(sys.sigquit)) != @intFromPtr(&handle)) return; // the process would end
    os.threads.signal(thread, sys.sigquit);
}

fn handle(signal: i32, info: *sys.Info, context: *sys.Context) callconv(.c) void {
    if (sys.isOwn(info) and quit.answer(sys.programCounter(context))) return;
    quit.note();
    const function: Handler = @ptrFromInt(sys.handlerOf(previous));
    function(signal, info, context);
}
