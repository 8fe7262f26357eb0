//! Threads. An M is a thread that runs goroutines; its g0 is the thread's own stack. The M of a thread lies in TLS,
//! written by minit and mexit alone; the assembly file of the ABI holds the TLS word.
const std = @import("std");
const arena = @import("arena.zig");
const check = @import("check.zig");
const codes = @import("codes.zig");
const fault = @import("fault.zig");
const layout = @import("layout.zig");
const os = @import("os.zig");
const G = os.G;
const M = os.M;

/// Address of this thread's TLS word.
extern fn gobuf_tls() callconv(.c) *?*M;
/// Stores into g0 what of the calling thread is stored once: FP control words, and on Windows the bounds of its stack.
extern fn gobuf_g0save(g0: *G) callconv(.c) void;

/// The M of this thread. Read it anew after a switch, and keep it in no register across one.
pub inline fn current() ?*M {
    return gobuf_tls().*;
}

/// Makes the calling thread an M. Its index, or a code of codes.execute. A thread that is one already keeps its index.
pub fn init() u32 {
    if (current()) |m| return m.id;
    const header = arena.header() orelse return codes.execute.arena;
    const m = claim(header) orelse return codes.execute.m_full;
    // A slot that had a thread before keeps its g0.
    if (m.g0 == null) {
        m.g0 = allotG0(header) catch |err| {
            @atomicStore(u32, &m.used, 0, .release);
            return if (err == error.Full) codes.execute.g_full else codes.execute.arena;
        };
    }
    const g0 = m.g0.?;
    g0.m = m;
    gobuf_g0save(g0);
    gobuf_tls().* = m;
    return m.id;
}

/// Gives the thread's M back. Refused on a thread without one and while a goroutine runs on it.
pub fn exit() u32 {
    const m = current() orelse return codes.execute.no_m;
    if (m.curg != null) return codes.execute.reentry;
    fault.threadExit(m);
    m.callback = null;
    m.lane_count = 0;
    m.lanes = null;
    gobuf_tls().* = null;
    @atomicStore(u32, &m.used, 0, .release);
    return 0;
}

fn claim(header: *arena.Header) ?*M {
    for (0..layout.m_max) |i| {
        const m = arena.mAt(@intCast(i));
        if (@cmpxchgStrong(u32, &m.used, 0, 1, .acq_rel, .monotonic) != null) continue;
        m.id = @intCast(i);
        // The count is of slots ever used: whoever walks the Ms walks these.
        _ = @atomicRmw(u32, &header.m_count, .Max, m.id + 1, .acq_rel);
        return m;
    }
    return null;
}

fn allotG0(header: *arena.Header) error{ Full, Memory }!*G {
    const index = @atomicRmw(u32, &header.g_next, .Add, 1, .acq_rel);
    if (index >= layout.g_max) {
        // Undone, so that repeated attempts do not wrap the count.
        _ = @atomicRmw(u32, &header.g_next, .Sub, 1, .acq_rel);
        return error.Full;
    }
    if (arena.commit(codes.region.g, (@as(usize, index) + 1) * @sizeOf(G)) != .ok) return error.Memory;
    const g0 = arena.gAt(index);
    check.memory(g0 != null, "m.allotG0: the arena lacks a G that was just committed");
    return g0.?;
}
