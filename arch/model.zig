//! The model checker of runs with several Ms (`bun run model`): the functions of procs/ themselves, with their shared accesses
//! in the hands of a checker that tries every interleaving (procs/model/). Prints one line for each model and each fault;
//! exits with 1 where a model is wrong, or a fault is not found.
const std = @import("std");
const asyncpreempt = @import("asyncpreempt.zig");
const body = @import("body.zig");
const chan = @import("procs/model/chan.zig");
const explore = @import("procs/model/explore.zig");
const lock = @import("procs/model/lock.zig");
const os = @import("os.zig");
const park = @import("procs/model/park.zig");
const runq = @import("procs/model/runq.zig");
const syncs = @import("procs/model/syncs.zig");
const sys = @import("procs/model/sys.zig");

const models = lock.models ++ runq.models ++ park.models ++ sys.models ++ chan.models ++ syncs.models;

// What the assembly calls, as exports.zig has it in the library.

fn gobuf_returned() callconv(.c) noreturn {
    body.end(.returned);
}

fn gobuf_preempted() callconv(.c) void {
    asyncpreempt.preempted();
}

comptime {
    @export(&gobuf_returned, .{ .name = "gobuf_returned", .visibility = .hidden });
    @export(&gobuf_preempted, .{ .name = "gobuf_preempted", .visibility = .hidden });
}

fn print(comptime format: []const u8, arguments: anytype) void {
    var buffer: [2048]u8 = undefined;
    os.impl.print(std.fmt.bufPrint(&buffer, format, arguments) catch "(a line too long)\n");
}

fn tell(thread: usize, kind: u8, at: usize, bytes: []const u8) void {
    var value: u64 = 0;
    for (bytes, 0..) |byte, i| value |= @as(u64, byte) << @intCast(8 * i);
    print("    thread {d}: {c} {s} {d}\n", .{ thread, kind, park.nameOf(at), value });
}

/// The first argument where the models are to hold, and no fault is to be tried.
const holds_only = "--holds";

/// Those models whose names begin as an argument does; all without one.
fn wanted(name: []const u8, arguments: []const [*:0]const u8) bool {
    if (arguments.len == 0) return true;
    for (arguments) |argument| if (std.mem.startsWith(u8, name, std.mem.span(argument))) return true;
    return false;
}

pub fn main(process: std.process.Init.Minimal) u8 {
    var arguments = process.args.vector[1..];
    const no_faults = arguments.len != 0 and std.mem.eql(u8, std.mem.span(arguments[0]), holds_only);
    if (no_faults) arguments = arguments[1..];
    var count: u32 = 0;
    explore.init();
    park.init();
    sys.init();
    chan.init();
    var bad: u8 = 0;
    var states: u64 = 0;
    var ends: u64 = 0;
    var found: u32 = 0;
    for (&models) |*model| {
        if (!wanted(model.name, arguments)) continue;
        count += 1;
        const result = explore.explore(model, null);
        states += result.states;
        ends += result.ends;
        print("{s}: {d} states, {d} ends{s}: {s}{s}{s}\n", .{
            model.name,
            result.states,
            result.ends,
            if (model.switches != null) " (2 switches at the most)" else if (model.states != null) " (the first ones)" else "",
            result.wrong orelse "holds",
            if (result.wrong == null) "" else ", by the choices ",
            result.choices,
        });
        if (result.wrong != null) {
            bad = 1;
            _ = explore.replay(model, null, result.choices, &tell);
        }
        if (no_faults) continue;
        for (model.faults) |fault| {
            const broken = explore.explore(model, fault);
            if (broken.wrong) |what| {
                found += 1;
                print("  {s}: found after {d} states: {s}\n", .{ fault.name, broken.states, what });
            } else {
                bad = 1;
                print("  {s}: NOT FOUND in {d} states\n", .{ fault.name, broken.states });
            }
        }
    }
    if (count == 0) {
        print("model: no model begins so; without an argument all run\n", .{});
        return 2;
    }
    print("model: {d} models, {d} states, {d} ends, {d} faults found: {s}\n", .{ count, states, ends, found, if (bad == 0) "ok" else "WRONG" });
    return bad;
}
