//! Every interleaving of a few threads, at each shared access. A thread is a fiber made by the library's own switch: its next
//! access begins with a trap to the checker, which picks who goes on.
//!
//! The search is depth first and runs the program anew for each branch, from a list of choices. A state that was met before
//! is not gone on with: the shared memory is the same, and each thread has read the same in the same order, so that it
//! stands at the same place with the same values. (128 bits of a hash stand for both.)
const std = @import("std");
const arena = @import("../../arena.zig");
const body = @import("../../body.zig");
const chunk = @import("../../chunk.zig");
const codes = @import("../../codes.zig");
const g_ = @import("../../g.zig");
const m_ = @import("../../m.zig");
const os = @import("../../os.zig");

pub const threads_max = 6;
const steps_max = 600;
/// Far more than any model has: one that does not end is wrong.
const states_max = 1 << 21;

/// A small program and what must hold.
pub const Model = struct {
    name: []const u8,
    threads: []const *const fn () void,
    /// Makes the shared memory as it is at the start.
    reset: *const fn () void,
    /// Feeds all of the shared memory to a hash.
    hash: *const fn (*std.hash.Wyhash) void,
    /// What is wrong after a step; null: nothing.
    holds: *const fn () ?[]const u8,
    /// What is wrong when nobody can go on.
    end: *const fn () ?[]const u8,
    faults: []const Fault = &.{},
    /// How often a thread that could go on is left for another, in one run; null: as often as can be.
    switches: ?u8 = null,
    /// The search ends after so many states; null: it does not.
    states: ?u64 = null,
};

/// A deliberate fault at the shared accesses of a word.
pub const Fault = struct {
    name: []const u8,
    kind: enum {
        /// A compare-and-swap stores, whatever is there.
        blind_cas,
        /// A store is not done.
        lost_store,
        /// A read-and-write is not done.
        lost_rmw,
        /// A wake-up wakes nobody.
        lost_wake,
        /// A thread that is to sleep while the word has a value sleeps whatever it has.
        blind_sleep,
        /// A switch of the model's own: `switched`.
        harness,
    },
    /// The word. Null for the harness's.
    at: ?*const fn () usize = null,
    /// Of one thread; null: of all.
    thread: ?usize = null,
};

pub const Result = struct { states: u64, ends: u64, wrong: ?[]const u8, choices: []const u8 };

const Thread = struct {
    gp: u32 = 0,
    finished: bool = false,
    /// The word that it sleeps on, 0 for none.
    sleeps: usize = 0,
    /// What it has done and read.
    history: [2]u64 = .{ 0, 0 },
    run: *const fn () void = undefined,
};

var threads: [threads_max]Thread = @splat(.{});
var count: usize = 0;
/// The thread that goes on.
pub var current: usize = 0;
var violation: ?[]const u8 = null;
var fault: ?Fault = null;
var fault_at: usize = 0;

/// Is told of each access while `replay` runs.
var tracing: ?*const fn (thread: usize, kind: u8, at: usize, bytes: []const u8) void = null;

/// Something that must not be.
pub fn violate(what: []const u8) void {
    if (violation == null) violation = what;
}

/// Whether the fault is the model's own, by its name.
pub fn switched(name: []const u8) bool {
    const f = fault orelse return false;
    return f.kind == .harness and std.mem.eql(u8, f.name, name);
}

pub fn faulty(kind: @FieldType(Fault, "kind"), at: usize) bool {
    const f = fault orelse return false;
    return f.kind == kind and fault_at == at and (f.thread == null or f.thread.? == current);
}

/// The thread is about to make a shared access.
pub fn step() void {
    _ = body.gobuf_mcall(@intFromEnum(codes.Trap.embedder), 0, 0);
    // It has gone on: a step by which nothing is read is one, too.
    saw('.', 0, "");
}

/// What the access gave: part of the thread's state from now on.
/// @param kind a letter: load, store, cas, xchg, add, futexsleep, wakeup; '.' for a step
pub fn saw(kind: u8, at: usize, bytes: []const u8) void {
    if (tracing) |told| if (kind != '.') told(current, kind, at, bytes);
    const history = &threads[current].history;
    for (history, 0..) |*word, i| {
        var hash = std.hash.Wyhash.init(word.* +% i +% kind);
        hash.update(bytes);
        word.* = hash.final();
    }
}

/// The thread sleeps on a word until it is woken. The compare has been made in this step.
pub fn sleep(at: usize) void {
    threads[current].sleeps = at;
    step();
}

/// Wakes the first that sleeps on a word.
pub fn wake(at: usize) void {
    for (threads[0..count]) |*thread| {
        if (thread.sleeps != at) continue;
        thread.sleeps = 0;
        return;
    }
}

fn entry(arg: ?*anyopaque) callconv(.c) void {
    const thread: *Thread = @ptrCast(@alignCast(arg.?));
    step();
    thread.run();
    thread.finished = true;
}

/// Once: an M for this thread, and Gs for the fibers.
pub fn init() void {
    if (m_.init() >= codes.execute.first) @panic("no M");
    const first = chunk.takeGs(m_.current().?);
    for (&threads, 0..) |*thread, i| {
        thread.gp = first + @as(u32, @intCast(i));
        if (g_.stackAlloc(thread.gp, 64 * 1024) != .ok) @panic("no stack");
    }
}

fn start(model: *const Model) void {
    count = model.threads.len;
    violation = null;
    model.reset();
    fault_at = if (fault) |f| (if (f.at) |at| at() else 0) else 0;
    for (threads[0..count], model.threads, 0..) |*thread, run, i| {
        thread.finished = false;
        thread.sleeps = 0;
        thread.history = .{ i, i };
        thread.run = run;
        const gp = arena.gAt(thread.gp).?;
        gp.atomicstatus = codes.gstatus.dead;
        if (g_.setup(thread.gp, &entry, thread) != .ok) @panic("setup");
        gp.atomicstatus = codes.gstatus.running;
        current = i;
        _ = g_.execute(thread.gp, .begins);
    }
    current = 0;
}

fn enabled() u32 {
    var mask: u32 = 0;
    for (threads[0..count], 0..) |*thread, i| {
        if (!thread.finished and thread.sleeps == 0) mask |= @as(u32, 1) << @intCast(i);
    }
    return mask;
}

fn go(i: usize) void {
    current = i;
    _ = g_.execute(threads[i].gp, .begins);
}

/// Whether all threads have finished; else somebody sleeps.
pub fn allFinished() bool {
    for (threads[0..count]) |*thread| if (!thread.finished) return false;
    return true;
}

pub fn finished(i: usize) bool {
    return threads[i].finished;
}

var seen: []u128 = &.{};
var choices: [steps_max]u8 = undefined;
var others: [steps_max]u32 = undefined;
var text: [steps_max]u8 = undefined;

/// Who may go on: with a bound on switches, once it is reached, the one that went on last.
fn allowed(model: *const Model, switches: u8) u32 {
    const can = enabled();
    const bound = model.switches orelse return can;
    const last = @as(u32, 1) << @intCast(current);
    return if (switches == bound and can & last != 0) last else can;
}

/// Whether the state is new.
fn enter(model: *const Model, switches: u8) bool {
    var key: [2]u64 = undefined;
    for (&key, 0..) |*word, i| {
        var hash = std.hash.Wyhash.init(i);
        if (model.switches != null) hash.update(&.{ switches, @intCast(current) });
        for (threads[0..count]) |*thread| {
            hash.update(std.mem.asBytes(&thread.history[i]));
            hash.update(std.mem.asBytes(&thread.sleeps));
            hash.update(&.{@intFromBool(thread.finished)});
        }
        model.hash(&hash);
        word.* = hash.final();
    }
    const id: u128 = (@as(u128, key[1]) << 64 | key[0]) | 1;
    var at: usize = @intCast(id >> 1 & (seen.len - 1));
    while (seen[at] != 0) : (at = (at + 1) & (seen.len - 1)) if (seen[at] == id) return false;
    seen[at] = id;
    return true;
}

/// Looks at all interleavings, until something is wrong.
pub fn explore(model: *const Model, with: ?Fault) Result {
    fault = with;
    if (seen.len == 0) seen = std.heap.page_allocator.alloc(u128, states_max * 2) catch @panic("no memory");
    @memset(seen, 0);
    var states: u64 = 0;
    var ends: u64 = 0;
    var depth_max: usize = 0;
    while (true) {
        start(model);
        var depth: usize = 0;
        var switches: u8 = 0;
        const wrong: ?[]const u8 = while (true) {
            if (violation) |what| break what;
            if (model.holds()) |what| break what;
            const can = enabled();
            if (can == 0) {
                ends += 1;
                break model.end();
            }
            if (depth == steps_max) break "it does not end";
            if (depth >= depth_max) {
                if (!enter(model, switches)) break null;
                states += 1;
                if (states == states_max) break "too many states";
                if (states == model.states) return .{ .states = states, .ends = ends, .wrong = null, .choices = "" };
                const may = allowed(model, switches);
                choices[depth] = @ctz(may);
                others[depth] = may & (may - 1);
                depth_max = depth + 1;
            }
            if (choices[depth] != current and can >> @intCast(current) & 1 != 0) switches += 1;
            go(choices[depth]);
            depth += 1;
        };
        if (wrong) |what| {
            for (choices[0..depth], 0..) |choice, i| text[i] = '0' + choice;
            return .{ .states = states, .ends = ends, .wrong = what, .choices = text[0..depth] };
        }
        while (depth_max > 0 and others[depth_max - 1] == 0) depth_max -= 1;
        if (depth_max == 0) return .{ .states = states, .ends = ends, .wrong = null, .choices = "" };
        const last = depth_max - 1;
        choices[last] = @ctz(others[last]);
        others[last] &= others[last] - 1;
    }
}

/// Runs a model by choices that `explore` has answered, and tells of each access.
pub fn replay(model: *const Model, with: ?Fault, by: []const u8, told: *const fn (usize, u8, usize, []const u8) void) ?[]const u8 {
    fault = with;
    start(model);
    tracing = told;
    defer tracing = null;
    for (by) |choice| {
        if (enabled() >> @intCast(choice - '0') & 1 == 0) return "the choices are not this model's";
        go(choice - '0');
    }
    return violation orelse model.holds() orelse if (enabled() == 0) model.end() else null;
}
