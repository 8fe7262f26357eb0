//! What goroutines a pool has, for reports (tracebackothers of Go's src/runtime/traceback.go): which M and P each is on, what it
//! waits for. Nothing stops for it: of goroutines that go on meanwhile it says what was so at some moment of the look.
const codes = @import("../codes.zig");
const layout = @import("../layout.zig");
const os = @import("../os.zig");
const pool_ = @import("pool.zig");
const status = @import("status.zig");
const A = pool_.A;
const Pool = pool_.Pool;
const Trap = codes.Trap;

/// One goroutine. `m` and `p` are the number + 1 of what it is on, 0 for none.
pub const Seen = extern struct { gp: u32, status: u32, m: u32, p: u32 };

/// Writes those that are not dead. How many: `room` at the most. Main's thread.
pub fn goroutines(pool: *Pool, to: [*]Seen, room: u32) u32 {
    pool.gflock.lock();
    const chunk_count = pool.chunk_count;
    const fresh = pool.fresh;
    const fresh_end = pool.fresh_end;
    pool.gflock.unlock();
    var count: u32 = 0;
    for (pool.chunks[0..chunk_count]) |first| {
        const end = if (first + layout.chunk_size == fresh_end) fresh else first + layout.chunk_size;
        for (first..end) |i| {
            const gp = status.gOf(@intCast(i));
            // Acquire: the words of a goroutine that waits were written before.
            const now = A.load(u32, &gp.atomicstatus, .acquire);
            if (now == status.dead or now == status.idle) continue;
            if (count == room) return count;
            var seen: Seen = .{ .gp = @intCast(i), .status = now, .m = 0, .p = 0 };
            if (now == status.running or now == status.syscall) onWhat(pool, gp, &seen);
            to[count] = seen;
            count += 1;
        }
    }
    return count;
}

/// The M that runs it, or ran it last, is found by its record; the P is that M's.
fn onWhat(pool: *Pool, gp: *const os.G, seen: *Seen) void {
    const m = A.load(?*os.M, &gp.m, .monotonic) orelse return;
    for (pool.sched.ms[0..pool.sched.m_limit]) |*own| {
        if (A.load(u32, &own.os_m, .monotonic) != m.id + 1) continue;
        seen.m = own.id + 1;
        // Ps are never freed while the pool is there.
        if (A.load(?*pool_.P, &own.p, .monotonic)) |p| seen.p = p.id + 1;
        return;
    }
}

/// Notes what a goroutine is about to wait for: its owner's, before its status is waiting.
pub fn waitsFor(gp: *os.G, code: u32) void {
    gp.waitreason = switch (code) {
        @intFromEnum(Trap.send) => codes.waitreason.chan_send,
        @intFromEnum(Trap.recv) => codes.waitreason.chan_receive,
        @intFromEnum(Trap.select) => codes.waitreason.select,
        @intFromEnum(Trap.sleep) => codes.waitreason.sleep,
        @intFromEnum(Trap.lock), @intFromEnum(Trap.once_begin) => codes.waitreason.mutex_lock,
        @intFromEnum(Trap.rlock) => codes.waitreason.rwmutex_rlock,
        @intFromEnum(Trap.wlock) => codes.waitreason.rwmutex_lock,
        @intFromEnum(Trap.wgwait) => codes.waitreason.waitgroup_wait,
        @intFromEnum(Trap.condwait) => codes.waitreason.cond_wait,
        else => 0,
    };
}
