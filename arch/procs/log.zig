//! What the judge of runs with several Ms sees: each status change with a number that all Ms draw, and whether a G is on one
//! run queue at most. A pool without a judge has none of it.
const std = @import("std");
const layout = @import("../layout.zig");
const os = @import("../os.zig");
const sched_ = @import("sched.zig");

/// One change, by an M or by main's thread (`main`), which had a P or none (`no_p`).
pub const Event = extern struct { number: u64, gp: u32, old: u8, new: u8, who: u8, p: u8 };
pub const main = 255;
pub const no_p = 255;

/// The Ms, and main's thread, which is the first.
const writers_max = sched_.ms_max + 1;

/// The place of a writer.
pub fn slot(who: u32) u32 {
    return if (who == main) 0 else who + 1;
}

pub fn Log(comptime A: type) type {
    return struct {
        /// The last number drawn: everybody's. Sequentially consistent, for the numbers order changes of different words.
        number: u64 = 0,
        /// Events that a writer has room for.
        room: u32,
        /// Of each: its own.
        counts: [writers_max]u32 = @splat(0),
        lost: [writers_max]u32 = @splat(0),
        events: [*]Event,
        /// On how many run queues each G is. Swapped by who puts it there and who takes it.
        on: [*]u8,

        const Self = @This();

        /// @param ms how many Ms there may be
        pub fn bytes(room: u32, ms: u32) usize {
            return @as(usize, ms + 1) * room * @sizeOf(Event);
        }

        pub fn draw(self: *Self) u64 {
            return A.add(u64, &self.number, 1, .seq_cst);
        }

        pub fn note(self: *Self, who: u32, p: u32, number: u64, gp: u32, old: u32, new: u32) void {
            const writer = slot(who);
            const at = self.counts[writer];
            if (at == self.room) {
                self.lost[writer] += 1;
                return;
            }
            self.counts[writer] = at + 1;
            self.events[@as(usize, writer) * self.room + at] = .{
                .number = number,
                .gp = gp,
                .old = @intCast(old),
                .new = @intCast(new),
                .who = @intCast(who),
                .p = @intCast(p),
            };
        }

        /// False when it is on one already.
        pub fn queued(self: *Self, gp: u32) bool {
            return A.add(u8, &self.on[gp], 1, .seq_cst) == 0;
        }

        /// False when it was on none.
        pub fn dequeued(self: *Self, gp: u32) bool {
            return A.sub(u8, &self.on[gp], 1, .seq_cst) == 1;
        }
    };
}

comptime {
    std.debug.assert(@sizeOf(Event) == 16);
}

pub fn map(bytes: usize) ?[*]u8 {
    const start = os.impl.reserve(bytes) orelse return null;
    if (os.impl.commit(start, bytes)) return start;
    os.impl.release(start, bytes);
    return null;
}

pub const on_bytes = layout.g_max;
