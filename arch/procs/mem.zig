//! Memory of a pool: channels, their buffers, sudogs. It lasts until the pool ends, and then all of it goes back to the system.
const std = @import("std");
const lock_ = @import("lock.zig");
const os = @import("../os.zig");

const chunk_bytes = 256 * 1024;
/// The smallest piece: a line of the cache, so that two objects share none.
const piece_min = 64;
const class_count = 12;
const class_max = piece_min << (class_count - 1);

pub fn Mem(comptime A: type) type {
    return struct {
        /// Guards all that follows.
        lock: lock_.Mutex(A) = .{},
        /// By class, of piece_min << class bytes.
        free_pieces: [class_count]?*Free = @splat(null),
        fresh: usize = 0,
        fresh_end: usize = 0,
        chunks: ?*Chunk = null,

        const Self = @This();
        const Free = struct { next: ?*Free };
        /// At the start of each mapping.
        const Chunk = struct { next: ?*Chunk, bytes: usize };

        /// Aligned to a line of the cache; its contents are anything. Null when the system has none.
        pub fn alloc(self: *Self, bytes: usize) ?[*]u8 {
            self.lock.lock();
            defer self.lock.unlock();
            if (bytes > class_max) return self.map(bytes);
            const class = classOf(bytes);
            if (self.free_pieces[class]) |piece| {
                self.free_pieces[class] = piece.next;
                return @ptrCast(piece);
            }
            const size = @as(usize, piece_min) << @intCast(class);
            if (self.fresh_end - self.fresh < size) {
                const start = self.map(chunk_bytes) orelse return null;
                self.fresh = @intFromPtr(start);
                self.fresh_end = self.fresh + chunk_bytes; // the mapping is larger by its header
            }
            defer self.fresh += size;
            return @ptrFromInt(self.fresh);
        }

        pub fn create(self: *Self, comptime T: type) ?*T {
            comptime std.debug.assert(@alignOf(T) <= piece_min);
            return @ptrCast(@alignCast(self.alloc(@sizeOf(T)) orelse return null));
        }

        /// A large piece stays until the end.
        pub fn free(self: *Self, start: [*]u8, bytes: usize) void {
            if (bytes > class_max) return;
            self.lock.lock();
            defer self.lock.unlock();
            const piece: *Free = @ptrCast(@alignCast(start));
            piece.next = self.free_pieces[classOf(bytes)];
            self.free_pieces[classOf(bytes)] = piece;
        }

        fn classOf(bytes: usize) usize {
            var class: usize = 0;
            while (@as(usize, piece_min) << @intCast(class) < bytes) class += 1;
            return class;
        }

        fn map(self: *Self, bytes: usize) ?[*]u8 {
            const all = std.mem.alignForward(usize, bytes + piece_min, 64 * 1024);
            const start = os.impl.reserve(all) orelse return null;
            if (!os.impl.commit(start, all)) {
                os.impl.release(start, all);
                return null;
            }
            const chunk: *Chunk = @ptrCast(@alignCast(start));
            chunk.* = .{ .next = self.chunks, .bytes = all };
            self.chunks = chunk;
            return start + piece_min;
        }

        /// All of it goes; nobody uses any of it.
        pub fn releaseAll(self: *Self) void {
            var next = self.chunks;
            while (next) |chunk| {
                next = chunk.next;
                os.impl.release(@ptrCast(chunk), chunk.bytes);
            }
            self.* = .{};
        }
    };
}
