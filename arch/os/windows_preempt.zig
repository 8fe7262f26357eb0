//! Interrupts threads by suspending them, as Go does on Windows. By kernel32. Where a thread is in the system, its pc is in
//! ntdll, so that it is refused.
const asyncpreempt = @import("../asyncpreempt.zig");
const frame = @import("x86_64_frame.zig");
const os = @import("../os.zig");
const Registers = @import("windows_context.zig").Context;
const Async = @import("../codes.zig").Async;

const Handle = ?*anyopaque;
extern "kernel32" fn SuspendThread(thread: Handle) callconv(.winapi) u32;
extern "kernel32" fn ResumeThread(thread: Handle) callconv(.winapi) u32;
extern "kernel32" fn GetThreadContext(thread: Handle, context: *Registers) callconv(.winapi) c_int;
extern "kernel32" fn SetThreadContext(thread: Handle, context: *const Registers) callconv(.winapi) c_int;
extern "kernel32" fn VirtualQuery(address: usize, to: *Region, bytes: usize) callconv(.winapi) usize;

const failed: u32 = 0xFFFF_FFFF;
const context_control = 0x10_0001;
const context_integer = 0x10_0002;

/// MEMORY_BASIC_INFORMATION.
const Region = extern struct {
    base: usize,
    allocation_base: usize,
    allocation_protect: u32,
    partition: u32,
    bytes: usize,
    state: u32,
    protect: u32,
    kind: u32,
    fill: u32,
};

pub fn init() Async {
    return frame.init();
}

pub fn isReady() bool {
    return true;
}

pub fn frameBytes() usize {
    return frame.bytes();
}

pub fn interrupt(m: *os.M, thread: *const os.threads.Thread) void {
    if (thread.handle == null or SuspendThread(thread.handle) == failed) return;
    defer _ = ResumeThread(thread.handle);
    var registers: Registers align(16) = undefined;
    registers.flags = context_control | context_integer;
    if (GetThreadContext(thread.handle, &registers) == 0) return;
    var context: Suspended.Context = .{ .registers = &registers, .thread = thread.handle };
    asyncpreempt.meet(m, registers.rip, registers.rsp, Suspended, &context, frame);
}

/// A thread that is suspended, as os/x86_64_frame.zig wants it.
const Suspended = struct {
    pub const Context = struct { registers: *Registers, thread: Handle };

    pub fn programCounter(context: *const Suspended.Context) usize {
        return context.registers.rip;
    }

    pub fn stackPointer(context: *const Suspended.Context) usize {
        return context.registers.rsp;
    }

    /// Whether the thread goes on there.
    pub fn divert(context: *const Suspended.Context, pc: usize, sp: usize) bool {
        context.registers.rip = pc;
        context.registers.rsp = sp;
        return SetThreadContext(context.thread, context.registers) != 0;
    }
};

/// The bounds of the executable pages that an address lies in.
pub fn textOf(address: usize, lo: *usize, hi: *usize) bool {
    const executable = 0xF0;
    var region: Region = undefined;
    if (VirtualQuery(address, &region, @sizeOf(Region)) == 0 or region.protect & executable == 0) return false;
    hi.* = region.base + region.bytes;
    // What the system tells begins at the page of the address. So from the module's start on, the executable pages that lead
    // there without a gap.
    const page = region.base;
    var at = region.allocation_base;
    lo.* = page;
    var first: usize = 0;
    while (at < page) {
        if (VirtualQuery(at, &region, @sizeOf(Region)) == 0 or region.bytes == 0) return true;
        if (region.protect & executable == 0) first = 0 else if (first == 0) first = region.base;
        at = region.base + region.bytes;
    }
    if (first != 0) lo.* = first;
    return true;
}
