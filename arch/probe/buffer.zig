//! The buffer that TypeScript hands over: a workload, and room for what is seen of it. Words of u32; an offset counts words
//! from the buffer's start. TypeScript writes it, but for the fields marked "ours". One goroutine or g0 uses it at a time:
//! a workload runs on one M.
const std = @import("std");

pub const magic: u32 = 0x47505242; // "BRPG"
pub const version: u32 = 1;

/// A 64-bit number in two words that need not be aligned.
pub const Word64 = extern struct {
    lo: u32,
    hi: u32,

    pub fn get(w: Word64) u64 {
        return @as(u64, w.hi) << 32 | w.lo;
    }

    pub fn set(w: *Word64, to: u64) void {
        w.lo = @truncate(to);
        w.hi = @truncate(to >> 32);
    }

    pub fn add(w: *Word64, n: u64) void {
        w.set(w.get() + n);
    }
};

/// Handles of one kind of object.
const Table = extern struct { count: u32, off: u32 };

pub const Flag = struct {
    pub const join = 1;
    /// fill the registers and compare them
    pub const check = 2;
    /// operate at random depths
    pub const recurse = 4;
};

pub const Buffer = extern struct {
    magic: u32,
    version: u32,
    words: u32,
    seed: Word64,
    flags: u32,
    spawn_limit: u32,
    spawned: u32, // ours
    done: u32, // ours
    bodies: Table,
    chans: Table,
    mutexes: Table,
    rwmutexes: Table,
    waitgroups: Table,
    conds: Table,
    /// the conds' own mutexes
    cond_lockers: u32,
    onces: Table,
    join: u32,
    log_off: u32,
    log_capacity: u32,
    log_count: u32, // ours
    log_lost: u32, // ours
    blocks_off: u32,
    block_words: u32,
    reports_off: u32,
    reports_capacity: u32,
    reports_count: u32, // ours
    reports_lost: u32, // ours
    operations: Word64, // ours
    compared: Word64, // ours
    frames: Word64, // ours
    /// Addresses of libgobuf's regions 0 and 1, and this thread's M; 0 where they are unknown.
    region_m: Word64,
    region_g: Word64,
    m: u32,
    executes: Word64, // ours
    /// The operation that trapped last: what g0's side of a mismatch is attributed to.
    last: Place, // ours
    /// Calls of systemstack.
    visits: u32, // ours
    /// Address of what execute wants g0's registers to hold (registers.Values); they do so within systemstack, too. 0 on g0.
    g0_want: Word64, // ours
    reserved: [10]u32,

    pub fn at(buffer: *Buffer, off: u32) [*]u32 {
        const words: [*]u32 = @ptrCast(buffer);
        return words + off;
    }

    pub fn handle(buffer: *Buffer, table: Table, index: u32) u32 {
        if (index >= table.count) @panic("probe: a handle outside of its table");
        return buffer.at(table.off)[index];
    }

    pub fn block(buffer: *Buffer, gnum: u32) *Block {
        return @ptrCast(buffer.at(buffer.blocks_off + gnum * buffer.block_words));
    }

    /// The stack of a goroutine; empty before it has started.
    pub fn stackOf(buffer: *Buffer, gnum: u32) Range {
        const of = buffer.block(gnum);
        return .{ .lo = of.stack_lo.get(), .size = of.stack_size };
    }

    pub fn ops(buffer: *Buffer, off: u32, count: u32) []const Op {
        const first: [*]const Op = @ptrCast(buffer.at(off));
        return first[0..count];
    }

    pub fn log(buffer: *Buffer, event: Event) void {
        if (buffer.log_count >= buffer.log_capacity) {
            buffer.log_lost += 1;
            return;
        }
        const events: [*]Event = @ptrCast(buffer.at(buffer.log_off));
        events[buffer.log_count] = event;
        buffer.log_count += 1;
    }

    pub fn report(buffer: *Buffer, mismatch: Report) void {
        if (buffer.reports_count >= buffer.reports_capacity) {
            buffer.reports_lost += 1;
            return;
        }
        const reports: [*]Report = @ptrCast(buffer.at(buffer.reports_off));
        reports[buffer.reports_count] = mismatch;
        buffer.reports_count += 1;
    }
};

/// Which operation: goroutine, its index in the body, its code.
pub const Place = extern struct { gnum: u32, i: u32, code: u32 };

/// A goroutine. Followed by the bitmaps of what it holds: mutexes, rwmutexes for writing, rwmutexes for reading.
pub const Block = extern struct {
    buffer: Word64, // ours
    gnum: u32,
    body: u32,
    /// Its stack, once it has started: what other goroutines' values point into.
    stack_lo: Word64, // ours
    stack_size: u32, // ours
    /// Traps so far.
    traps: u32, // ours

    pub fn held(block: *Block) [*]u32 {
        const words: [*]u32 = @ptrCast(block);
        return words + @sizeOf(Block) / 4;
    }
};

pub const Op = extern struct { code: Code, a: u32, b: u32, c: u32, d: u32, e: u32 };

pub const Code = enum(u32) {
    go = 1,
    send,
    recv,
    close,
    select,
    lock,
    unlock,
    wlock,
    wunlock,
    rlock,
    runlock,
    wgadd,
    wgdone,
    wgwait,
    condwait,
    signal,
    broadcast,
    gosched,
    sleep,
    goexit,
    once,
    work,
    // Of events only.
    start = 100,
    once_enter = 101,
    exit = 102,
    done = 103,
};

pub const Result = enum(u32) { none = 0, value = 1, closed = 2, default = 3, panic = 4 };

pub const Event = extern struct { gnum: u32, kind: Code, i: u32, result: Result, lo: u32, hi: u32 };

/// Bytes of a stack.
pub const Range = struct { lo: u64, size: u64 };

pub const Kind = enum(u32) {
    /// a register, as the goroutine sees it after an operation
    register = 1,
    /// a local of a frame below which the operation ran; `register` is its index
    local = 2,
    /// a register, as g0 sees it after execute
    g0_register = 3,
    control = 4,
    g0_control = 5,
    /// a control or TEB word at a goroutine's first instruction
    entry_special = 6,
    /// sp there: not aligned, or outside of the stack
    entry_sp = 7,
    /// a control or TEB word within systemstack, where it should be g0's
    visit_special = 8,
    /// sp there: not aligned, or on the goroutine's stack
    visit_sp = 9,
    /// how often systemstack called its function
    visit_calls = 10,
};

pub const Report = extern struct {
    kind: Kind,
    place: Place,
    register: u32,
    depth: u32,
    expected: [4]u32,
    found: [4]u32,
    unused: [2]u32 = .{ 0, 0 },
};

/// A 64-bit value as a report has it.
pub fn split(value: u64) [4]u32 {
    return .{ @truncate(value), @truncate(value >> 32), 0, 0 };
}

comptime {
    std.debug.assert(@sizeOf(Buffer) == 64 * 4);
    std.debug.assert(@offsetOf(Buffer, "join") == 24 * 4);
    std.debug.assert(@offsetOf(Buffer, "operations") == 35 * 4);
    std.debug.assert(@offsetOf(Buffer, "region_m") == 41 * 4);
    std.debug.assert(@offsetOf(Buffer, "last") == 48 * 4);
    std.debug.assert(@sizeOf(Block) == 8 * 4);
    std.debug.assert(@sizeOf(Op) == 6 * 4);
    std.debug.assert(@sizeOf(Event) == 6 * 4);
    std.debug.assert(@sizeOf(Report) == 16 * 4);
}
