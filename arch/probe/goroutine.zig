//! A goroutine of a workload: an interpreter of its ops, on its own guarded stack, whose every operation is a trap, but
//! for sends and receives that need none.
//!
//! What an op means is said in golden/README.md; golden/recorder/routine.go is the same program in Go.
const std = @import("std");
const api = @import("api.zig");
const buffer_ = @import("buffer.zig");
const call = @import("call.zig");
const entry = @import("entry.zig");
const systemstack = @import("systemstack.zig");
const Random = @import("random.zig").Random;
const Buffer = buffer_.Buffer;
const Block = buffer_.Block;
const Op = buffer_.Op;
const Place = buffer_.Place;
const Flag = buffer_.Flag;

pub const Goroutine = struct {
    buffer: *Buffer,
    block: *Block,

    pub fn live(self: *Goroutine) void {
        const buffer = self.buffer;
        const gnum = self.block.gnum;
        const body = buffer.at(buffer.bodies.off)[2 * self.block.body ..][0..2];
        self.log(.start, 0, .none, self.block.body);
        const returned = self.run(buffer.ops(body[0], body[1]), 0);
        if (returned) self.letGo();
        self.log(.exit, 0, .none, 0);
        const joins = buffer.flags & Flag.join != 0;
        if (gnum != 0) {
            if (joins) _ = self.trap(self.at(.exit, 0), .wgadd, buffer.join, minus_one);
        } else if (returned) {
            if (joins) _ = self.trap(self.at(.done, 0), .wgwait, buffer.join, 0);
            self.log(.done, 0, .none, 0);
            buffer.done = 1;
        }
        if (!returned) _ = self.operate(self.at(.goexit, 0), api.api.goexit, .{ 0, 0, 0, 0 });
    }

    const minus_one: u64 = std.math.maxInt(u64);

    /// False when the goroutine is to end here.
    fn run(self: *Goroutine, ops: []const Op, base: u32) bool {
        for (ops, base..) |*op, i| {
            if (!self.step(op, @intCast(i))) return false;
        }
        return true;
    }

    fn step(self: *Goroutine, op: *const Op, i: u32) bool {
        const b = self.buffer;
        const place = self.at(op.code, i);
        var result: buffer_.Result = .none;
        var value: u64 = 0;
        switch (op.code) {
            .go => {
                result = .value;
                value = self.spawn(place, op.a);
            },
            .send => {
                _ = self.operate(place, api.api.send, .{ call.word(b.handle(b.chans, op.a)), self.ownValue(i), 0, 0 });
                result = panicked();
            },
            .recv => {
                value = self.operate(place, api.api.recv, .{ call.word(b.handle(b.chans, op.a)), 0, 0, 0 });
                result = if (api.api.status() == api.codes.status.closed) .closed else .value;
                if (result == .closed) value = 0;
            },
            .close => {
                _ = self.trap(place, .close, b.handle(b.chans, op.a), 0);
                result = panicked();
            },
            .select => result = self.choose(place, op, &value),
            .lock, .unlock, .wlock, .wunlock, .rlock, .runlock => self.lockOp(place, op.a),
            .wgadd, .wgdone => {
                const delta: u64 = if (op.code == .wgadd) 1 else minus_one;
                _ = self.trap(place, .wgadd, b.handle(b.waitgroups, op.a), delta);
                result = panicked();
            },
            .wgwait => {
                _ = self.trap(place, .wgwait, b.handle(b.waitgroups, op.a), 0);
                result = panicked();
            },
            .condwait => {
                const locker = b.at(b.cond_lockers)[op.a];
                _ = self.trap(place, .lock, locker, 0);
                _ = self.trap(place, .condwait, b.handle(b.conds, op.a), 0);
                _ = self.trap(place, .unlock, locker, 0);
            },
            .signal => _ = self.trap(place, .signal, b.handle(b.conds, op.a), 0),
            .broadcast => _ = self.trap(place, .broadcast, b.handle(b.conds, op.a), 0),
            .gosched => _ = self.trap(place, .gosched, 0, 0),
            .sleep => _ = self.trap(place, .sleep, 0, @as(u64, op.b) << 32 | op.a),
            .goexit => {
                self.log(.goexit, i, .none, 0);
                return false;
            },
            .once => return self.once(place, op),
            .work => work(op.a),
            .start, .once_enter, .exit, .done => unreachable,
        }
        self.log(op.code, i, result, value);
        return true;
    }

    /// Op i of goroutine g sends this value; the recorder does, too.
    fn ownValue(self: *const Goroutine, i: u32) u64 {
        return @as(u64, self.block.gnum) * 100 + i;
    }

    /// The new goroutine's number, or 0 past the limit.
    fn spawn(self: *Goroutine, place: Place, body: u32) u64 {
        const b = self.buffer;
        if (b.spawned >= b.spawn_limit) return 0;
        b.spawned += 1;
        const gnum = b.spawned;
        const block = b.block(gnum);
        block.buffer.set(@intFromPtr(b));
        block.gnum = gnum;
        block.body = body;
        if (b.flags & Flag.join != 0) _ = self.trap(place, .wgadd, b.join, 1);
        _ = self.operate(place, api.api.go, .{ @intFromPtr(entry.address), @intFromPtr(block), 0, 0 });
        return gnum;
    }

    fn choose(self: *Goroutine, place: Place, op: *const Op, value: *u64) buffer_.Result {
        const b = self.buffer;
        const send_bit: u32 = 1 << 31;
        const default_bit: u32 = 1 << 31;
        const operands = [_]u32{ op.b, op.c, op.d };
        var cases: [operands.len]api.Case = undefined;
        const count = op.a & ~default_bit;
        for (cases[0..count], operands[0..count]) |*case, operand| {
            case.* = .{
                .dir = if (operand & send_bit != 0) api.codes.dir.send else api.codes.dir.recv,
                .handle = b.handle(b.chans, operand & ~send_bit),
                .value = self.ownValue(place.i),
            };
        }
        const default: u32 = @intFromBool(op.a & default_bit != 0);
        const args = .{ @intFromPtr(&cases), call.word(count), call.word(default), 0 };
        _ = self.operate(place, api.api.select, args);
        if (panicked() == .panic) return .panic;
        const index = api.api.opa();
        if (index == api.codes.select.default) return .default;
        value.* = index;
        return .value;
    }

    /// Does nothing where the goroutine could only deadlock on itself or end the process.
    fn lockOp(self: *Goroutine, place: Place, index: u32) void {
        const code: buffer_.Code = @enumFromInt(place.code);
        switch (code) {
            .lock, .unlock => {
                const held = code == .unlock;
                if (self.holds(.mutex, index) != held) return;
                self.lockTrap(place, if (held) .unlock else .lock, .mutex, index, !held);
            },
            .wlock, .rlock => {
                if (self.holds(.write, index) or self.holds(.read, index)) return;
                if (code == .wlock) return self.lockTrap(place, .wlock, .write, index, true);
                self.lockTrap(place, .rlock, .read, index, true);
            },
            .wunlock => if (self.holds(.write, index)) self.lockTrap(place, .wunlock, .write, index, false),
            .runlock => if (self.holds(.read, index)) self.lockTrap(place, .runlock, .read, index, false),
            else => unreachable,
        }
    }

    const Held = enum { mutex, write, read };

    fn lockTrap(self: *Goroutine, place: Place, code: api.codes.Trap, held: Held, index: u32, locks: bool) void {
        const b = self.buffer;
        const table = if (held == .mutex) b.mutexes else b.rwmutexes;
        _ = self.trap(place, code, b.handle(table, index), 0);
        const bit = self.bitOf(held, index);
        if (locks) bit.word.* |= bit.mask else bit.word.* &= ~bit.mask;
    }

    const Bit = struct { word: *u32, mask: u32 };

    fn bitOf(self: *Goroutine, held: Held, index: u32) Bit {
        const b = self.buffer;
        const mutex_words = (b.mutexes.count + 31) / 32;
        const rw_words = (b.rwmutexes.count + 31) / 32;
        const first = switch (held) {
            .mutex => 0,
            .write => mutex_words,
            .read => mutex_words + rw_words,
        };
        return .{ .word = &self.block.held()[first + index / 32], .mask = @as(u32, 1) << @intCast(index % 32) };
    }

    fn holds(self: *Goroutine, held: Held, index: u32) bool {
        const bit = self.bitOf(held, index);
        return bit.word.* & bit.mask != 0;
    }

    /// Unlocks what is held: mutexes by index, then of each rwmutex what is held for writing and for reading.
    fn letGo(self: *Goroutine) void {
        const place = self.at(.exit, 0);
        for (0..self.buffer.mutexes.count) |i| {
            const index: u32 = @intCast(i);
            if (self.holds(.mutex, index)) self.lockTrap(place, .unlock, .mutex, index, false);
        }
        for (0..self.buffer.rwmutexes.count) |i| {
            const index: u32 = @intCast(i);
            if (self.holds(.write, index)) self.lockTrap(place, .wunlock, .write, index, false);
            if (self.holds(.read, index)) self.lockTrap(place, .runlock, .read, index, false);
        }
    }

    /// A goexit within it ends it in order, as a deferred call would.
    fn once(self: *Goroutine, place: Place, op: *const Op) bool {
        const handle = self.buffer.handle(self.buffer.onces, op.a);
        var goes_on = true;
        if (self.trap(place, .once_begin, handle, 0) == 1) {
            self.log(.once_enter, place.i, .none, 0);
            goes_on = self.run(self.buffer.ops(op.b, op.c), once_base);
            _ = self.trap(place, .once_end, handle, 0);
        }
        self.log(.once, place.i, .none, 0);
        return goes_on;
    }

    /// Ops within a once count from here.
    const once_base = 1000;

    fn at(self: *const Goroutine, code: buffer_.Code, i: u32) Place {
        return .{ .gnum = self.block.gnum, .i = i, .code = @intFromEnum(code) };
    }

    fn log(self: *Goroutine, kind: buffer_.Code, i: u32, result: buffer_.Result, value: u64) void {
        self.buffer.log(.{
            .gnum = self.block.gnum,
            .kind = kind,
            .i = i,
            .result = result,
            .lo = @truncate(value),
            .hi = @truncate(value >> 32),
        });
    }

    fn trap(self: *Goroutine, place: Place, code: api.codes.Trap, a: u32, v: u64) u64 {
        return self.operate(place, api.api.mcall, .{ call.word(@intFromEnum(code)), call.word(a), v, 0 });
    }

    /// Calls into libgobuf with everything under observation.
    noinline fn operate(self: *Goroutine, place: Place, func: call.Target, args: [4]u64) u64 {
        const b = self.buffer;
        const n = self.block.traps;
        self.block.traps += 1;
        b.operations.add(1);
        b.last = place;
        var random: Random = .init(b.seed.get(), .operation, self.block.gnum, n);
        const own = b.stackOf(self.block.gnum);
        const other = b.stackOf(@intCast(random.below(b.spawned + 1)));
        const context: call.Context = .{
            .buffer = b,
            .side = .goroutine,
            .ranges = .{ own, if (other.size == 0) own else other },
        };
        const depth = if (b.flags & Flag.recurse != 0) random.below(call.depth_max + 1) else 0;
        const checks = b.flags & Flag.check != 0;
        if (checks and b.g0_want.get() != 0 and random.below(systemstack.share) == 0) systemstack.visit(&context, place, n);
        var watch: call.Watch = .{ .context = &context, .place = place, .n = n, .random = random, .checks = checks };
        if (checks) watch.prepare();
        return watch.run(func, args, @intCast(depth));
    }
};

fn panicked() buffer_.Result {
    return if (api.api.status() == api.codes.status.panic) .panic else .none;
}

var sink: u64 = 0;

fn work(thousands: u32) void {
    const total: *volatile u64 = &sink;
    for (0..@as(u64, thousands) * 1000) |i| total.* +%= i;
}
