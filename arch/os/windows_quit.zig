//! There is no SIGQUIT on Windows.
const os = @import("../os.zig");

pub fn install() void {}

pub fn send(_: *const os.threads.Thread) void {}
