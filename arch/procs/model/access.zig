//! The model's shared accesses: the functions of access.zig, each a step of the checker. A fault changes what one does.
const std = @import("std");
const explore = @import("explore.zig");
const Order = std.builtin.AtomicOrder;

pub const Access = struct {
    /// To look again and again is to wait for another thread's step, which the checker tries anyway.
    pub const no_spinning = {};

    /// One round of looks at the other Ps, the one that takes runnext as well: more of them add states, and nothing new.
    pub const steal_tries = 1;

    pub fn load(comptime T: type, from: *const T, comptime order: Order) T {
        _ = order;
        explore.step();
        const value = from.*;
        explore.saw('l', @intFromPtr(from), std.mem.asBytes(&value));
        return value;
    }

    pub fn store(comptime T: type, to: *T, value: T, comptime order: Order) void {
        _ = order;
        explore.step();
        if (!explore.faulty(.lost_store, @intFromPtr(to))) to.* = value;
        explore.saw('s', @intFromPtr(to), "");
    }

    pub fn cas(comptime T: type, at: *T, old: T, new: T, comptime order: Order) bool {
        _ = order;
        explore.step();
        const done = at.* == old or explore.faulty(.blind_cas, @intFromPtr(at));
        if (done) at.* = new;
        explore.saw('c', @intFromPtr(at), &.{@intFromBool(done)});
        return done;
    }

    pub fn xchg(comptime T: type, at: *T, value: T, comptime order: Order) T {
        _ = order;
        explore.step();
        const before = at.*;
        if (!explore.faulty(.lost_rmw, @intFromPtr(at))) at.* = value;
        explore.saw('x', @intFromPtr(at), std.mem.asBytes(&before));
        return before;
    }

    pub fn add(comptime T: type, at: *T, value: T, comptime order: Order) T {
        _ = order;
        explore.step();
        const before = at.*;
        if (!explore.faulty(.lost_rmw, @intFromPtr(at))) at.* = before +% value;
        explore.saw('a', @intFromPtr(at), std.mem.asBytes(&before));
        return before;
    }

    pub fn sub(comptime T: type, at: *T, value: T, comptime order: Order) T {
        return add(T, at, 0 -% value, order);
    }

    pub fn futexsleep(word: *const u32, value: u32, ns: ?u64) void {
        if (ns != null) explore.violate("a sleep with an end: no model has a clock");
        explore.step();
        const at = @intFromPtr(word);
        const sleeps = word.* == value or explore.faulty(.blind_sleep, at);
        explore.saw('f', @intFromPtr(word), &.{@intFromBool(sleeps)});
        if (sleeps) explore.sleep(at);
    }

    pub fn futexwakeup(word: *const u32) void {
        explore.step();
        if (!explore.faulty(.lost_wake, @intFromPtr(word))) explore.wake(@intFromPtr(word));
        explore.saw('w', @intFromPtr(word), "");
    }

    pub fn procyield() void {}
    pub fn osyield() void {}
    pub fn usleep(us: u32) void {
        _ = us;
    }

    pub fn nanotime() u64 {
        return 0;
    }
};
