//! Models of lock.zig: one at a time is in a critical section, nobody sleeps for ever, a note's wake-up is not lost.
const std = @import("std");
const Access = @import("access.zig").Access;
const explore = @import("explore.zig");
const lock = @import("../lock.zig");

var mutex: lock.Mutex(Access) = .{};
var note: lock.Note(Access) = .{};
var inside: u32 = 0;
var rounds: u32 = 0;

fn reset() void {
    mutex = .{};
    note = .{};
    inside = 0;
    rounds = 0;
}

fn hash(h: *std.hash.Wyhash) void {
    h.update(std.mem.asBytes(&mutex));
    h.update(std.mem.asBytes(&note));
    h.update(std.mem.asBytes(&inside));
    h.update(std.mem.asBytes(&rounds));
}

fn holds() ?[]const u8 {
    return if (inside > 1) "two are in the critical section" else null;
}

fn critical() void {
    mutex.lock();
    inside += 1;
    explore.step();
    explore.saw('i', 0, "");
    inside -= 1;
    rounds += 1;
    mutex.unlock();
}

fn twice() void {
    critical();
    critical();
}

fn endMutex() ?[]const u8 {
    if (!explore.allFinished()) return "somebody sleeps, and nobody holds the lock";
    return if (mutex.key != 0) "the lock is held" else null;
}

fn onceSleeper() void {
    _ = note.sleep(null);
    rounds += 1;
}

fn onceWaker() void {
    note.wakeup();
}

fn endNote() ?[]const u8 {
    return if (explore.allFinished()) null else "the wake-up is lost";
}

fn key() usize {
    return @intFromPtr(&mutex.key);
}

fn noteKey() usize {
    return @intFromPtr(&note.key);
}

pub const models = [_]explore.Model{
    .{
        .name = "lock: two threads, twice each",
        .threads = &.{ &twice, &twice },
        .reset = &reset,
        .hash = &hash,
        .holds = &holds,
        .end = &endMutex,
        .faults = &.{
            .{ .name = "the lock is taken blindly", .kind = .blind_cas, .at = &key, .thread = 1 },
            .{ .name = "unlock wakes nobody", .kind = .lost_wake, .at = &key },
            .{ .name = "the sleeper does not look before it sleeps", .kind = .blind_sleep, .at = &key },
        },
    },
    .{
        .name = "lock: three threads",
        .threads = &.{ &critical, &critical, &critical },
        .reset = &reset,
        .hash = &hash,
        .holds = &holds,
        .end = &endMutex,
        .faults = &.{.{ .name = "unlock wakes nobody, of three", .kind = .lost_wake, .at = &key }},
    },
    .{
        .name = "note: a wake-up in front of the sleep, and behind it",
        .threads = &.{ &onceSleeper, &onceWaker },
        .reset = &reset,
        .hash = &hash,
        .holds = &holds,
        .end = &endNote,
        .faults = &.{
            .{ .name = "the note's wake-up wakes nobody", .kind = .lost_wake, .at = &noteKey },
            .{ .name = "the note is not set", .kind = .lost_rmw, .at = &noteKey },
            .{ .name = "the note's owner sleeps whatever it says", .kind = .blind_sleep, .at = &noteKey },
        },
    },
};
