//! A vectored exception handler, in front of all others in the process. It runs on the faulting stack itself, in the
//! guard page that the fault has used up and in the slack below it. So it cannot arm that page again: it marks the
//! stack, and the next goroutine that gets the stack arms it. On Windows no message names the goroutine of an abort or
//! of another fault: an abort is no exception, and another handler may expect the fault.
const fault = @import("../fault.zig");
const os = @import("../os.zig");
const Context = @import("windows_context.zig").Context;
const E = @import("../codes.zig").E;

extern "kernel32" fn AddVectoredExceptionHandler(first: u32, handler: Handler) callconv(.winapi) ?*anyopaque;

const Handler = *const fn (*Pointers) callconv(.winapi) i32;

const continue_execution: i32 = -1;
const continue_search: i32 = 0;

const status_guard_page: u32 = 0x80000001;
const status_access_violation: u32 = 0xC0000005;
const status_stack_overflow: u32 = 0xC00000FD;

const Pointers = extern struct {
    record: *const Record,
    context: *Context,
};

const Record = extern struct {
    code: u32,
    flags: u32,
    next: ?*const Record,
    address: usize,
    parameters: u32,
    /// Of a fault: kind of access, address.
    information: [15]usize,
};

var lock: os.Lock = .{};
var installed = false;

pub fn threadInit(_: *os.M) E {
    lock.acquire();
    defer lock.release();
    if (installed) return .ok;
    if (AddVectoredExceptionHandler(1, &handle) == null) return .nomem;
    installed = true;
    return .ok;
}

pub fn threadExit(_: *os.M) void {}

pub fn threadEnded(_: *os.M) void {}

fn handle(pointers: *Pointers) callconv(.winapi) i32 {
    const record = pointers.record;
    switch (record.code) {
        status_guard_page, status_access_violation, status_stack_overflow => {},
        else => return continue_search,
    }
    if (record.parameters < 2) return continue_search;
    const m = fault.caught(record.information[1], pointers.context.rip) orelse return continue_search;
    if (m.trapg) |gp| gp.tail.stack_limit = os.impl.guard_spent;
    const direction_flag: u32 = 1 << 10;
    const alignment_check: u32 = 1 << 18;
    const context = pointers.context;
    context.rcx = fault.code;
    context.r9 = @intFromPtr(m);
    context.rsp = m.g0.?.sched.sp;
    context.rip = fault.leaveAddress();
    // The goroutine may have been anywhere, but a function begins with the flags and the x87 stack clear.
    context.eflags &= ~(direction_flag | alignment_check);
    context.fp_status = 0;
    context.fp_tags = 0;
    return continue_execution;
}
