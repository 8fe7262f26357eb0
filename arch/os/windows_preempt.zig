//! Interrupts threads on Windows.
const os = @import("../os.zig");
const Async = @import("../codes.zig").Async;

pub fn init() Async {
    return .platform;
}

pub fn isReady() bool {
    return false;
}

pub fn interrupt(_: *os.M, _: *const os.threads.Thread) void {}

pub fn frameBytes() usize {
    return 0;
}

pub fn textOf(_: usize, _: *usize, _: *usize) bool {
    return false;
}
