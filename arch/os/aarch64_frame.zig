//! The frame of an asynchronous preemption on AArch64.
const Async = @import("../codes.zig").Async;

pub fn init() Async {
    return .platform;
}

pub fn bytes() usize {
    return 0;
}

pub fn inject(comptime sys: type, context: *sys.Context) void {
    _ = context;
}
