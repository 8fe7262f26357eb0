//! Codes that cross the C ABI.

/// Answers of arena_commit, gosetup, stackalloc and stackfree.
pub const E = enum(u32) {
    ok = 0,
    size_zero = 1,
    /// not a multiple of the page
    size_odd = 2,
    /// above 1 GiB, or above what a region holds
    size_huge = 3,
    nomem = 4,
    bad_index = 5,
    no_stack = 6,
    has_stack = 7,
    running = 8,
};

/// What execute and minit answer instead of a trap's code or an M's index. No trap has a code this high.
pub const no_m: u32 = 0xFFFFFF01;
pub const reentry: u32 = 0xFFFFFF02;
pub const bad_index: u32 = 0xFFFFFF03;
pub const not_running: u32 = 0xFFFFFF04;
pub const no_stack: u32 = 0xFFFFFF05;
pub const m_full: u32 = 0xFFFFFF06;
pub const g_full: u32 = 0xFFFFFF07;
pub const arena: u32 = 0xFFFFFF08;

/// Outcomes of an operation: GOBUF_OK of gobuf.h, and GOBUF_PANIC for what is a panic in Go.
pub const op_ok: u32 = 1;
pub const op_panic: u32 = 2;

pub const Trap = enum(u32) { goexit = 1, go = 4, send = 5, recv = 6, select = 8, fault = 24 };

/// Go's _Grunning
pub const grunning: u32 = 2;
