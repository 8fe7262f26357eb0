//! Lanes: buffers of channels that native bodies fill and empty without a trap.
//!
//! While something is in a buffer nobody waits to receive, and while it is not full nobody waits to send, selects
//! included: then a value goes in or comes out, and the scheduler has no part in it. In every other case the operation
//! traps, and TypeScript (src/native/lane.ts, which makes lanes) carries it out, and so it does when the goroutine is to be
//! preempted. A lane that TypeScript does not use is empty,
//! so that every operation traps.
const body = @import("body.zig");
const check = @import("check.zig");
const codes = @import("codes.zig");
const layout = @import("layout.zig");
const m_ = @import("m.zig");
const preempt = @import("preempt.zig");
const Lane = layout.Lane;

/// The trap SEND, or what comes to the same.
///
/// It ends in a jump to mcall, which goes on in the body: a return of our own after a switch would be mispredicted (9 ns).
pub fn send(handle: u32, v: u64) u64 {
    const lane = usable(handle) orelse return body.gobuf_mcall(@intFromEnum(codes.Trap.send), handle, v);
    ring(lane)[lane.sendx] = switch (lane.keeps) {
        .word => v,
        .low_signed => @bitCast(@as(i64, @as(i32, @bitCast(@as(u32, @truncate(v)))))),
        .low_unsigned => @as(u32, @truncate(v)),
    };
    lane.sendx = next(lane, lane.sendx);
    lane.count += 1;
    return 0;
}

/// The trap RECV, or what comes to the same: what was received.
pub fn recv(handle: u32) u64 {
    const lane = usable(handle) orelse return body.gobuf_mcall(@intFromEnum(codes.Trap.recv), handle, 0);
    const word = ring(lane)[lane.recvx];
    lane.recvx = next(lane, lane.recvx);
    lane.count -= 1;
    return word;
}

/// The lane of a handle where nobody can wait, the goroutine's status OK; null where the operation must trap. On g0's
/// stack every operation must: mcall refuses it.
inline fn usable(handle: u32) ?*Lane {
    const m = m_.current() orelse return null;
    const gp = m.trapg orelse return null;
    // A handle below the world's own, such as one of a run that is over, wraps to one above all of them.
    const index = handle -% m.handle_base;
    if (index >= m.lane_count) return null;
    const lane = m.lanes.?[index] orelse return null;
    if (lane.count == 0 or lane.count >= lane.size) return null;
    if (preempt.isAsked(gp)) return null;
    check.invariant(lane.sendx < lane.size, "lane.usable: sendx lies outside of the ring");
    check.invariant(lane.recvx < lane.size, "lane.usable: recvx lies outside of the ring");
    gp.op[codes.op.status] = codes.status.ok;
    return lane;
}

inline fn ring(lane: *Lane) [*]u64 {
    return @ptrCast(&lane.ring);
}

inline fn next(lane: *const Lane, x: u32) u32 {
    return if (x + 1 == lane.size) 0 else x + 1;
}
