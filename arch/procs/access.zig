//! Shared access: every load, store and swap of a word that several Ms use goes through one of these functions. The
//! product's are the processor's (`Machine`). The model checker has its own, which switch to the checker first
//! (model/access.zig), so that it runs the very code of the product.
//!
//! An access names its order and the place that calls it says why. What the model cannot show is an order that is too weak:
//! it knows sequential consistency only.
const std = @import("std");
const builtin = @import("builtin");
const os = @import("../os.zig");
const Order = std.builtin.AtomicOrder;

/// Whether this system has a futex, which parked Ms and locks wait on.
pub const supported = builtin.os.tag == .linux;

/// How often a lock was found taken: everybody's, and nothing is handed over with it.
pub var contended_count: u32 = 0;

/// What the library's own Ms access by: the processor's, and in a build for tests (delayed.zig) those of its root.
const root = @import("root");
pub const Chosen = if (@hasDecl(root, "procs_access")) root.procs_access else Machine;

pub const Machine = struct {
    pub fn contended() void {
        _ = @atomicRmw(u32, &contended_count, .Add, 1, .monotonic);
    }

    pub inline fn load(comptime T: type, from: *const T, comptime order: Order) T {
        return @atomicLoad(T, from, order);
    }

    pub inline fn store(comptime T: type, to: *T, value: T, comptime order: Order) void {
        @atomicStore(T, to, value, order);
    }

    /// Whether the word was `old`, and is `new` now.
    pub inline fn cas(comptime T: type, at: *T, old: T, new: T, comptime order: Order) bool {
        return @cmpxchgStrong(T, at, old, new, order, .monotonic) == null;
    }

    pub inline fn xchg(comptime T: type, at: *T, value: T, comptime order: Order) T {
        return @atomicRmw(T, at, .Xchg, value, order);
    }

    /// What the word was before.
    pub inline fn add(comptime T: type, at: *T, value: T, comptime order: Order) T {
        return @atomicRmw(T, at, .Add, value, order);
    }

    pub inline fn sub(comptime T: type, at: *T, value: T, comptime order: Order) T {
        return @atomicRmw(T, at, .Sub, value, order);
    }

    /// Waits while the word is `value`, for `ns` at the most; may return for no reason.
    pub fn futexsleep(word: *const u32, value: u32, ns: ?u64) void {
        if (supported) os.threads.waitFor(word, value, ns) else unreachable;
    }

    /// Wakes one that waits on the word.
    pub fn futexwakeup(word: *const u32) void {
        if (supported) os.threads.wake(word) else unreachable;
    }

    /// A moment on the processor: procyield.
    pub inline fn procyield() void {
        std.atomic.spinLoopHint();
    }

    pub fn osyield() void {
        os.impl.pause();
    }

    pub fn usleep(us: u32) void {
        os.threads.sleep(@as(u64, us) * std.time.ns_per_us);
    }

    pub fn nanotime() u64 {
        return os.threads.nanotime();
    }
};
