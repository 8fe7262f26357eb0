//! Handles of a pool's objects: u32 numbers with the top bit set, so that none is one of main's thread (src/native/handles.ts).
const lock_ = @import("lock.zig");
const log = @import("log.zig");
const os = @import("../os.zig");
const waitq = @import("waitq.zig");

/// A pool has so many at a time.
pub const handles_max = 1 << 20;
const first_of_all: u32 = 1 << 31;
const ranges = (1 << 31) / handles_max;
/// Freed handles that are not given out again yet: a body that still uses one gets an error, not another object.
const freed_kept = 1024;

/// How many pools there were: the ranges of handles go round. Everybody's, and nothing is handed over with it.
var serial: u32 = 0;

pub fn Handles(comptime A: type) type {
    return struct {
        base: u32 = 0,
        /// Guards giving out and taking back.
        lock: lock_.Mutex(A) = .{},
        /// By handle less the base: what it names, null for nothing. Stored under lock (release), read without it (acquire).
        slots: [*]?*waitq.Kind = undefined,
        /// Slots that were ever used: written under lock (release), read without it (acquire).
        count: u32 = 0,
        /// Freed ones, oldest first: a ring, with what they named.
        freed: [*]Freed = undefined,
        freed_first: u32 = 0,
        freed_count: u32 = 0,

        const Self = @This();
        const Freed = struct { index: u32, object: *waitq.Kind };
        const bytes = handles_max * (@sizeOf(?*waitq.Kind) + @sizeOf(Freed));

        pub fn open(h: *Self) bool {
            const start = log.map(bytes) orelse return false;
            h.slots = @ptrCast(@alignCast(start));
            h.freed = @ptrCast(@alignCast(start + handles_max * @sizeOf(?*waitq.Kind)));
            h.base = first_of_all + handles_max * (A.add(u32, &serial, 1, .monotonic) % ranges);
            return true;
        }

        pub fn shut(h: *Self) void {
            os.impl.release(@ptrCast(h.slots), bytes);
            h.* = .{};
        }

        /// A handle for an object; 0 when there is none left. @param old an object whose handle is no more: its memory is free
        pub fn give(h: *Self, object: *waitq.Kind, old: *?*waitq.Kind) u32 {
            old.* = null;
            h.lock.lock();
            defer h.lock.unlock();
            var index = h.count;
            if (h.freed_count > freed_kept or (index == handles_max and h.freed_count != 0)) {
                const freed = h.freed[h.freed_first % handles_max];
                h.freed_first +%= 1;
                h.freed_count -= 1;
                index = freed.index;
                old.* = freed.object;
            } else if (index == handles_max) return 0;
            A.store(?*waitq.Kind, &h.slots[index], object, .release);
            if (index == h.count) A.store(u32, &h.count, index + 1, .release);
            return h.base + index;
        }

        /// Takes a handle back. False when it names no object of the kind.
        pub fn take(h: *Self, handle: u32, kind: waitq.Kind) bool {
            h.lock.lock();
            defer h.lock.unlock();
            const object = h.find(handle, kind) orelse return false;
            const index = handle - h.base;
            A.store(?*waitq.Kind, &h.slots[index], null, .release);
            h.freed[(h.freed_first +% h.freed_count) % handles_max] = .{ .index = index, .object = object };
            h.freed_count += 1;
            return true;
        }

        /// The object of a handle, if it is of the kind.
        pub fn find(h: *const Self, handle: u32, kind: waitq.Kind) ?*waitq.Kind {
            const index = handle -% h.base;
            if (index >= A.load(u32, &h.count, .acquire)) return null;
            const object = A.load(?*waitq.Kind, &h.slots[index], .acquire) orelse return null;
            return if (object.* == kind) object else null;
        }
    };
}
