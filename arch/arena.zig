//! Three regions of records that never move: 0 the header, Ms and Ps; 1 the Gs; 2 the sudogs. Each is reserved whole
//! and committed from its start as it grows. A record is named by its index; index 0 of a region means none.
const std = @import("std");
const check = @import("check.zig");
const layout = @import("layout.zig");
const os = @import("os.zig");
const codes = layout.codes;
const G = os.G;
const M = os.M;

const region = codes.region;
const region_count = 3;

/// The first G that is no g0; before it lie record 0, which is none, and one g0 for each M.
const g_first = std.mem.alignForward(u32, 1 + layout.m_max, layout.chunk_size);

/// Regions grow by at least this much, so that a system call and a new view in TypeScript are rare.
const commit_step = 64 * 1024;

/// Words at the start of region 0, codes.header. The first two are written by chunk.zig alone, and read by all.
pub const Header = extern struct {
    g_next: u32,
    sudog_next: u32,
    m_count: u32,
    /// 1 while the monitor sleeps, or before it has started: see monitor.zig.
    sysmonwait: u32,

    comptime {
        std.debug.assert(@offsetOf(Header, "g_next") == 4 * codes.header.g_next);
        std.debug.assert(@offsetOf(Header, "sudog_next") == 4 * codes.header.sudog_next);
        std.debug.assert(@offsetOf(Header, "m_count") == 4 * codes.header.m_count);
        std.debug.assert(@offsetOf(Header, "sysmonwait") == 4 * codes.header.sysmonwait);
    }
};

var lock: os.Lock = .{};
var bases: [region_count]?[*]u8 = @splat(null);
var committed: [region_count]usize = @splat(0);
/// Number of G records there are; the reserved index 0 counts from the start, so it is never zero (see gAt).
var g_count: u32 = 1;

/// Start of a region, reserved at the first call. Null when there is no address space left.
pub fn base(which: u32) ?[*]u8 {
    if (which >= region_count) return null;
    if (@atomicLoad(?[*]u8, &bases[which], .acquire)) |start| return start;
    lock.acquire();
    defer lock.release();
    return reserveLocked(which);
}

fn reserveLocked(which: u32) ?[*]u8 {
    if (bases[which]) |start| return start;
    const start = os.impl.reserve(sizeOf(which)) orelse return null;
    if (which == region.header) {
        // Ms and Ps are few: all are there from the start. The counts skip what is no chunk: see chunk.zig.
        if (!os.impl.commit(start, sizeOf(which))) {
            os.impl.release(start, sizeOf(which));
            return null;
        }
        committed[which] = sizeOf(which);
        const words: *Header = @ptrCast(@alignCast(start));
        words.* = .{ .g_next = g_first, .sudog_next = layout.chunk_size, .m_count = 0, .sysmonwait = 1 };
    }
    @atomicStore(?[*]u8, &bases[which], start, .release);
    return start;
}

/// Makes at least the first `bytes` of a region usable. Never shrinks, never moves.
pub fn commit(which: u32, bytes: usize) codes.E {
    if (which >= region_count) return .bad_index;
    if (bytes > sizeOf(which)) return .size_huge;
    lock.acquire();
    defer lock.release();
    const start = reserveLocked(which) orelse return .nomem;
    if (bytes <= committed[which]) return .ok;
    const size = std.mem.alignForward(usize, bytes, @max(commit_step, os.impl.pageSize()));
    const end = @min(size, sizeOf(which));
    if (!os.impl.commit(start + committed[which], end - committed[which])) return .nomem;
    committed[which] = end;
    if (which == region.g) @atomicStore(u32, &g_count, @intCast(end / @sizeOf(G)), .release);
    return .ok;
}

fn sizeOf(which: u32) usize {
    return std.mem.alignForward(usize, os.records.region_sizes[which], commit_step);
}

pub fn header() ?*Header {
    return @ptrCast(@alignCast(base(region.header) orelse return null));
}

pub fn mAt(index: u32) *M {
    check.memory(index < layout.m_max, "arena.mAt: no such M");
    const start = bases[region.header].?;
    return @ptrCast(@alignCast(start + os.records.m_base + @as(usize, index) * @sizeOf(M)));
}

/// The record of a G, or null for 0 and for what lies outside of the committed part.
pub inline fn gAt(index: u32) ?*G {
    // 0 wraps to the largest value: one comparison refuses both ends
    if (index -% 1 >= @atomicLoad(u32, &g_count, .monotonic) -% 1) return null;
    return @ptrCast(@alignCast(bases[region.g].? + @as(usize, index) * @sizeOf(G)));
}

/// The g0 of an M. Null when there is no memory for it.
pub fn g0At(mid: u32) ?*G {
    if (commit(region.g, g_first * @sizeOf(G)) != .ok) return null;
    return gAt(1 + mid);
}

/// Makes words zero. Volatile, or this would become a call of memset, which is much of the DLL.
pub fn clear(start: [*]u8, bytes: usize) void {
    const words: [*]volatile u64 = @ptrCast(@alignCast(start));
    for (0..bytes / @sizeOf(u64)) |i| words[i] = 0;
}

pub fn indexOf(gp: *G) u32 {
    return @intCast((@intFromPtr(gp) - @intFromPtr(bases[region.g].?)) / @sizeOf(G));
}
