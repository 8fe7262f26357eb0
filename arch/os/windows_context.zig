//! CONTEXT of x86-64 in winnt.h: a thread's registers, as an exception handler gets them and GetThreadContext gives them.
const std = @import("std");

pub const Context = extern struct {
    homes: [6]u64,
    flags: u32,
    mxcsr: u32,
    segments: [6]u16,
    eflags: u32,
    debug: [6]u64,
    rax: u64,
    rcx: u64,
    rdx: u64,
    rbx: u64,
    rsp: u64,
    rbp: u64,
    rsi: u64,
    rdi: u64,
    r8: u64,
    r9: u64,
    r10_r15: [6]u64,
    rip: u64,
    fp_control: u16,
    fp_status: u16,
    fp_tags: u8,
    /// The rest of the XMM_SAVE_AREA32, the vector registers, and those of debugging: nobody here looks at them.
    rest: [971]u8,

    comptime {
        std.debug.assert(@offsetOf(Context, "rax") == 0x78);
        std.debug.assert(@offsetOf(Context, "rsp") == 0x98);
        std.debug.assert(@offsetOf(Context, "rip") == 0xF8);
        std.debug.assert(@offsetOf(Context, "fp_control") == 0x100);
        std.debug.assert(@sizeOf(Context) == 1232);
    }
};
