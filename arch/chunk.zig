//! Chunks: 64 Gs, or 64 sudogs, that lie side by side and are one M's. An M takes them one at a time, and they come back
//! when its thread has ended (m.zig): whatever the thread was doing, nothing of it runs any more.
//!
//!     region of Gs       | none | g0 of M 0 | ... | g0 of M 255 | chunk | chunk | ...   up to Header.g_next
//!     region of sudogs   | none and 63 that nobody has          | chunk | chunk | ...   up to Header.sudog_next
const std = @import("std");
const arena = @import("arena.zig");
const codes = @import("codes.zig");
const g_ = @import("g.zig");
const layout = @import("layout.zig");
const os = @import("os.zig");
const G = os.G;
const M = os.M;

const chunk_size = layout.chunk_size;

/// Guards the owners, and both counts of arena.Header: TypeScript only reads those.
var lock: os.Lock = .{};
var gs: Kind = .{ .region = codes.region.g, .record_bytes = @sizeOf(G), .max = layout.g_max, .owners = &g_owners };
var sudogs: Kind = .{
    .region = codes.region.sudog,
    .record_bytes = layout.sudog_stride,
    .max = layout.sudog_max,
    .owners = &sudog_owners,
};

/// By chunk: the M's index + 1, or 0 for nobody's. Zero pages until they are used.
var g_owners: [layout.g_max / chunk_size]u16 = @splat(0);
var sudog_owners: [layout.sudog_max / chunk_size]u16 = @splat(0);

const Kind = struct {
    region: u32,
    record_bytes: usize,
    max: u32,
    owners: []u16,
    /// Chunks below the region's count that are nobody's, and a number that none of them is below.
    free_count: u32 = 0,
    free_from: u32 = 0,

    fn next(kind: *const Kind, header: *arena.Header) *u32 {
        return if (kind.region == codes.region.g) &header.g_next else &header.sudog_next;
    }
};

/// Takes 64 Gs for an M; the first one's index, or a code of codes.execute.
pub fn takeGs(m: *const M) u32 {
    return take(&gs, m);
}

/// Takes 64 sudogs.
pub fn takeSudogs(m: *const M) u32 {
    return take(&sudogs, m);
}

fn take(kind: *Kind, m: *const M) u32 {
    const header = arena.header() orelse return codes.execute.arena;
    lock.acquire();
    defer lock.release();
    const next = kind.next(header);
    if (kind.free_count != 0) {
        while (kind.owners[kind.free_from] != 0) kind.free_from += 1;
        const chunk = kind.free_from;
        kind.free_count -= 1;
        kind.free_from += 1;
        kind.owners[chunk] = @intCast(m.id + 1);
        return chunk * chunk_size;
    }
    const first = next.*;
    if (first == kind.max) return codes.execute.full;
    // Whoever takes the chunk back writes all of it, used or not.
    if (arena.commit(kind.region, (@as(usize, first) + chunk_size) * kind.record_bytes) != .ok) return codes.execute.arena;
    kind.owners[first / chunk_size] = @intCast(m.id + 1);
    @atomicStore(u32, next, first + chunk_size, .release);
    return first;
}

/// Takes back all chunks of an M whose thread has ended: their records are as new ones, the Gs' stacks free.
pub fn giveBack(m: *const M) void {
    const header = arena.header() orelse return;
    lock.acquire();
    defer lock.release();
    for ([_]*Kind{ &gs, &sudogs }) |kind| {
        for (kind.owners[0 .. kind.next(header).* / chunk_size], 0..) |*owner, i| {
            if (owner.* != m.id + 1) continue;
            const chunk: u32 = @intCast(i);
            renew(kind, chunk * chunk_size);
            owner.* = 0;
            kind.free_from = if (kind.free_count == 0) chunk else @min(kind.free_from, chunk);
            kind.free_count += 1;
        }
    }
}

fn renew(kind: *const Kind, first: u32) void {
    if (kind.region == codes.region.g) {
        for (first..first + chunk_size) |index| g_.renew(arena.gAt(@intCast(index)).?);
        return;
    }
    const start = arena.base(kind.region).? + @as(usize, first) * layout.sudog_stride;
    arena.clear(start, chunk_size * layout.sudog_stride);
}
