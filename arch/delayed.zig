//! The library for tests of several Ms in which each shared access may come late: the same names as exports.zig, and the
//! functions of procs/ with other accesses. By how much is drawn by a seed, the place and a count of all accesses: most
//! come at once, some after a spin, some after others had the processor, few after a sleep.
const std = @import("std");
const access = @import("procs/access.zig");
const exports = @import("exports.zig");
const Order = std.builtin.AtomicOrder;
const Machine = access.Machine;

pub const panic = exports.panic;
/// What procs/ accesses shared memory by: access.zig looks here.
pub const procs_access = Delayed;

comptime {
    _ = exports;
}

/// 0: nothing is late.
var seed: u64 = 0;
/// Accesses so far, and those that came late. Everybody's, and nothing is handed over with them.
var count: u64 = 0;
var late: u64 = 0;

/// From now on accesses are late as the seed has it; 0: none is. How many were late so far.
export fn gobuf_delays(from: u64) callconv(.c) u64 {
    @atomicStore(u64, &seed, from, .monotonic);
    return @atomicLoad(u64, &late, .monotonic);
}

/// Of so many accesses one is followed by a sleep, by another's turn on the processor, by a spin.
const sleeps_in = 8192;
const yields_in = 256;
const spins_in = 8;
const sleep_us = 50;
const spins_max = 255;

fn delay(at: usize) void {
    const from = @atomicLoad(u64, &seed, .monotonic);
    if (from == 0) return;
    const n = @atomicRmw(u64, &count, .Add, 1, .monotonic);
    const drawn = mix(from ^ mix(n ^ at << 20));
    if (drawn % spins_in != 0) return;
    _ = @atomicRmw(u64, &late, .Add, 1, .monotonic);
    if (drawn % sleeps_in == 0) return Machine.usleep(sleep_us);
    if (drawn % yields_in == 0) return Machine.osyield();
    for (0..drawn >> 32 & spins_max) |_| Machine.procyield();
}

/// Stafford's thirteenth finaliser, as SplitMix64's.
fn mix(from: u64) u64 {
    var z = from +% 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) *% 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) *% 0x94D049BB133111EB;
    return z ^ (z >> 31);
}

const Delayed = struct {
    pub fn load(comptime T: type, from: *const T, comptime order: Order) T {
        delay(@intFromPtr(from));
        const value = Machine.load(T, from, order);
        delay(@intFromPtr(from));
        return value;
    }

    pub fn store(comptime T: type, to: *T, value: T, comptime order: Order) void {
        delay(@intFromPtr(to));
        Machine.store(T, to, value, order);
        delay(@intFromPtr(to));
    }

    pub fn cas(comptime T: type, at: *T, old: T, new: T, comptime order: Order) bool {
        delay(@intFromPtr(at));
        const done = Machine.cas(T, at, old, new, order);
        delay(@intFromPtr(at));
        return done;
    }

    pub fn xchg(comptime T: type, at: *T, value: T, comptime order: Order) T {
        delay(@intFromPtr(at));
        const before = Machine.xchg(T, at, value, order);
        delay(@intFromPtr(at));
        return before;
    }

    pub fn add(comptime T: type, at: *T, value: T, comptime order: Order) T {
        delay(@intFromPtr(at));
        const before = Machine.add(T, at, value, order);
        delay(@intFromPtr(at));
        return before;
    }

    pub fn sub(comptime T: type, at: *T, value: T, comptime order: Order) T {
        delay(@intFromPtr(at));
        const before = Machine.sub(T, at, value, order);
        delay(@intFromPtr(at));
        return before;
    }

    pub const contended = Machine.contended;
    pub const futexsleep = Machine.futexsleep;
    pub const futexwakeup = Machine.futexwakeup;
    pub const procyield = Machine.procyield;
    pub const osyield = Machine.osyield;
    pub const usleep = Machine.usleep;
    pub const nanotime = Machine.nanotime;
};
