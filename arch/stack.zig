//! Guarded stacks. One pool a size; a pool takes slots from slabs, and freed slots lie on its free list.
//!
//!     slab   [guard|stack][guard|stack][guard|stack]...      one mapping, hundreds of slots
//!     slot   pad | guard 128 KiB | lo ............ sp of a new goroutine .. hi
//!                                                  |- colour < 2 KiB ------|
//!
//! A slot is armed (guarded) when it is used for the first time and stays so. Its colour follows from its address.
const std = @import("std");
const check = @import("check.zig");
const layout = @import("layout.zig");
const os = @import("os.zig");
const E = layout.codes.E;
const Stack = layout.Stack;

/// A slab is at most this large unless a single slot is larger: a million default stacks take 4,500 mappings, or one
/// where the system joins neighbours, as Linux does.
const slab_bytes_max = 64 * 1024 * 1024;
/// A pool's first slab has this many slots, the next twice as many.
const slots_first = 8;
/// What a free stack may keep resident at its top; the rest of a larger one goes back to the system.
const resident_free_max = 64 * 1024;

const pool_chunk_bytes = 64 * 1024;
const bucket_count = 256;

const Pool = struct {
    size: usize,
    next: ?*Pool,
    free: ?*Free,
    /// Slots of the newest slab that were never used: from here to `fresh_end`.
    fresh: usize,
    fresh_end: usize,
    slots_next: usize,

    fn stride(pool: *const Pool) usize {
        return layout.stack_guard_size + pool.size + padOf(pool.size);
    }
};

/// Entries of a page table in a line of the cache.
const entries_a_line = 8;

/// Bytes below a guard that are nobody's. The page tables' entries for the tops of equally strided stacks would compete
/// for one in 2, 4, 8, ... sets of the cache, as the tops themselves would: the distance of the slots is an odd number of
/// lines of such entries, where it is a whole number of them.
fn padOf(size: usize) usize {
    const line = entries_a_line * os.impl.pageSize();
    return if ((layout.stack_guard_size + size) % (2 * line) == 0) line else 0;
}

/// A free stack holds the link to the next in its last word, on the page that is resident anyway.
const Free = struct { next: ?*Free };

pub const Stats = extern struct {
    live: u32,
    free: u32,
    slabs: u32,
    guard: layout.codes.Guard,
};

var lock: os.Lock = .{};
var buckets: [bucket_count]?*Pool = @splat(null);
var chunk: []u8 = &.{};
var stats_live: u32 = 0;
var stats_free: u32 = 0;
var stats_slabs: u32 = 0;

/// Why a size is refused, or ok.
pub fn checkSize(size: usize) E {
    if (size == 0) return .size_zero;
    if (size % os.impl.pageSize() != 0) return .size_odd;
    if (size > layout.stack_size_max) return .size_huge;
    return .ok;
}

/// A stack of exactly `size` bytes, a size that `checkSize` accepts. Null when memory or mappings ran out; then nothing
/// has changed.
pub fn alloc(size: usize) ?Stack {
    check.memory(checkSize(size) == .ok, "stack.alloc: a size that checkSize refuses");
    lock.acquire();
    defer lock.release();
    const pool = poolOf(size) orelse return null;
    if (pool.free) |link| {
        pool.free = link.next;
        stats_free -= 1;
        stats_live += 1;
        const hi = @intFromPtr(link) + @sizeOf(Free);
        return .{ .lo = hi - size, .hi = hi };
    }
    if (pool.fresh == pool.fresh_end and !grow(pool)) return null;
    const guard = pool.fresh + padOf(size);
    if (!os.impl.slotArm(@ptrFromInt(guard), layout.stack_guard_size, size)) return null;
    const lo = guard + layout.stack_guard_size;
    pool.fresh += pool.stride();
    stats_live += 1;
    return .{ .lo = lo, .hi = lo + size };
}

/// Takes back a stack that `alloc` gave out and nothing uses any more.
pub fn free(stack: Stack) void {
    const size = stack.hi -% stack.lo;
    const pool = blk: {
        lock.acquire();
        defer lock.release();
        break :blk poolFind(size);
    } orelse return check.stop("check failed: stack.free: no stack has this size");
    // A pool lives as long as the process. The stack is nobody's here: the system call needs no lock.
    if (size > resident_free_max) os.impl.discard(@ptrFromInt(stack.lo), size - resident_free_max);
    lock.acquire();
    defer lock.release();
    const link: *Free = @ptrFromInt(stack.hi - @sizeOf(Free));
    link.next = pool.free;
    pool.free = link;
    stats_live -= 1;
    stats_free += 1;
}

pub fn stats() Stats {
    lock.acquire();
    defer lock.release();
    return .{ .live = stats_live, .free = stats_free, .slabs = stats_slabs, .guard = os.impl.guardMethod() };
}

/// Distance of a new goroutine's sp from `hi`. Stacks lie at equal strides, so their tops would compete for one set of
/// the L1 cache. Neighbours get colours in order: goroutines started together tend to run one after the other, and a
/// constant distance from top to top is what the processor's prefetcher recognises (a ring of 10,000 takes two thirds
/// of the time that it takes with colours from a hash).
pub fn colour(stack: Stack) usize {
    const size = stack.hi - stack.lo;
    const stride_pages: u32 = @intCast((layout.stack_guard_size + size + padOf(size)) >> 12);
    const slot = @as(u32, @truncate(stack.hi >> 12)) / stride_pages;
    return slot % (layout.stack_colour_span / layout.stack_colour_step) * layout.stack_colour_step;
}

fn bucketOf(size: usize) *?*Pool {
    return &buckets[(size >> 12) % bucket_count];
}

fn poolFind(size: usize) ?*Pool {
    var found = bucketOf(size).*;
    while (found) |pool| : (found = pool.next) {
        if (pool.size == size) return pool;
    }
    return null;
}

fn poolOf(size: usize) ?*Pool {
    if (poolFind(size)) |pool| return pool;
    const bucket = bucketOf(size);
    const pool = poolCreate() orelse return null;
    pool.* = .{
        .size = size,
        .next = bucket.*,
        .free = null,
        .fresh = 0,
        .fresh_end = 0,
        .slots_next = slots_first,
    };
    bucket.* = pool;
    return pool;
}

/// Pools live as long as the process.
fn poolCreate() ?*Pool {
    if (chunk.len < @sizeOf(Pool)) {
        const start = os.impl.reserve(pool_chunk_bytes) orelse return null;
        if (!os.impl.commit(start, pool_chunk_bytes)) {
            os.impl.release(start, pool_chunk_bytes);
            return null;
        }
        chunk = start[0..pool_chunk_bytes];
    }
    const pool: *Pool = @ptrCast(@alignCast(chunk.ptr));
    chunk = chunk[@sizeOf(Pool)..];
    return pool;
}

/// Maps one more slab. When the system refuses a large one, a single slot may still fit.
fn grow(pool: *Pool) bool {
    check.memory(pool.fresh == pool.fresh_end, "stack.grow: the pool has fresh slots");
    const stride = pool.stride();
    const fits = @max(1, slab_bytes_max / stride);
    var slots = @min(pool.slots_next, fits);
    const slab = while (true) {
        if (os.impl.slabMap(slots * stride)) |slab| break slab;
        if (slots == 1) return false;
        slots = 1;
    };
    pool.fresh = @intFromPtr(slab);
    pool.fresh_end = pool.fresh + slots * stride;
    pool.slots_next = slots * 2;
    stats_slabs += 1;
    return true;
}
