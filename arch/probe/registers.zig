//! What is in the registers that a callee preserves: filling them with values that can be told apart, and comparing.
//!
//! The registers themselves are in the assembly file of the ABI, which makes the table here from its one list.
const std = @import("std");
const Random = @import("random.zig").Random;
const Range = @import("buffer.zig").Range;

/// Room for the registers of every ABI.
pub const values_max = 40;
pub const Values = [values_max]u64;

/// What values a register may take.
pub const Class = enum(u32) {
    /// any
    plain = 0,
    /// a floating-point control word
    control = 1,
    // Words of Windows' TEB, which belong to the stack. A thread's own are left as they are.
    /// the stack's end
    stack_base = 2,
    /// how far down it has been used
    stack_limit = 3,
    /// where what was reserved for it starts
    stack_reserve = 4,
};

pub const Entry = extern struct {
    name: [8]u8,
    /// where its value is in Values
    slot: u32,
    /// 64-bit words of it: 1, or 2 for a whole vector
    words: u32,
    class: Class,
    /// Of a control word: the bits it always has, those that are drawn, those that are compared.
    base: u32,
    random: u32,
    compare: u32,
    /// Bits that are drawn only where the next higher bit was: of x87's two bits of precision, 01 means nothing.
    below: u32,
    unused: u32,
};

/// How a register can be broken, for the self-test.
pub const Clobber = extern struct {
    register: u32,
    what: [12]u8,
};

extern const gobuf_probe_registers: [values_max + 1]Entry;
extern const gobuf_probe_clobbers: [values_max * 3 + 1]Clobber;

/// Up to the entry without a name.
pub fn all() []const Entry {
    for (&gobuf_probe_registers, 0..) |*entry, i| {
        if (entry.name[0] == 0) return gobuf_probe_registers[0..i];
    }
    unreachable;
}

pub fn clobbers() []const Clobber {
    for (&gobuf_probe_clobbers, 0..) |*clobber, i| {
        if (clobber.what[0] == 0) return gobuf_probe_clobbers[0..i];
    }
    unreachable;
}

pub const Side = enum(u1) { goroutine = 0, g0 = 1 };

/// A value of 64 bits, in half of the cases an address in the first or the second range. Its low six bits are `slot` and
/// `side`: values of one operation differ from each other, and from those of the other side, whatever is drawn. An address
/// moves on by 64 bytes with `n`: those of one operation and the next differ as well.
pub fn value(r: *Random, slot: u32, side: Side, n: u64, ranges: [2]Range) u64 {
    if (slot >= 32) @panic("probe: no such slot");
    const tag: u64 = slot | @as(u32, @intFromEnum(side)) << 5;
    const kind = r.next();
    const range = ranges[kind & 1];
    const blocks = range.size >> 6;
    // A stack that is not known has no addresses.
    const raw = if (kind & 2 == 0 or blocks == 0) r.next() else blk: {
        const at = (range.lo >> 6) + slot * spread + n;
        break :blk range.lo + (at % blocks << 6);
    };
    return raw & ~@as(u64, 63) | tag;
}

/// Neighbouring slots' addresses lie this many blocks apart.
const spread = 17;

/// A control word with random rounding and so on, every exception masked. At one switch in four or so the two sides' words
/// agree, which is a way of its own through a switch. At the others they do not, for the parity of the bits drawn is the
/// side.
fn control(r: *Random, entry: *const Entry, side: Side) u64 {
    if (r.below(2) == 0) return entry.base;
    const drawn = r.next();
    var bits = @as(u32, @truncate(drawn)) & entry.random;
    if (@popCount(bits) & 1 != @intFromEnum(side)) bits ^= entry.random & (~entry.random + 1);
    bits |= entry.below & (bits >> 1) & @as(u32, @truncate(drawn >> 32));
    return entry.base | bits;
}

/// A goroutine's StackLimit is any page near the stack's lower end, for Windows may move it.
fn stackLimit(r: *Random, stack: Range) u64 {
    const page = 4096;
    return stack.lo + page * r.below(4);
}

/// Stores what is in them now.
extern fn gobuf_probe_look(to: *Values) callconv(.c) void;

/// The registers that the compiler does not use are as they are on this thread; the others are whatever it has there.
pub fn look() Values {
    var values: Values = undefined;
    gobuf_probe_look(&values);
    return values;
}

/// What the registers are to hold around one operation. The first range is the own stack.
pub fn fill(to: *Values, r: *Random, side: Side, n: u64, ranges: [2]Range) void {
    const now = look();
    const own: ?Range = if (side == .goroutine and ranges[0].size != 0) ranges[0] else null;
    for (all()) |*entry| {
        const first = entry.slot;
        switch (entry.class) {
            .plain => for (to[first..][0..entry.words], first..) |*word, slot| {
                word.* = value(r, @intCast(slot), side, n, ranges);
            },
            .control => to[first] = control(r, entry, side),
            .stack_base => to[first] = if (own) |stack| stack.lo + stack.size else now[first],
            .stack_limit => to[first] = if (own) |stack| stackLimit(r, stack) else now[first],
            .stack_reserve => to[first] = now[first],
        }
    }
}

/// Whether a register holds what it should.
pub fn same(entry: *const Entry, want: *const Values, found: *const Values) bool {
    for (entry.slot..entry.slot + entry.words) |slot| {
        const differs = want[slot] ^ found[slot];
        const seen = if (entry.class == .control) differs & entry.compare else differs;
        if (seen != 0) return false;
    }
    return true;
}

/// Its value as words for a report.
pub fn words(entry: *const Entry, from: *const Values) [4]u32 {
    var result: [4]u32 = @splat(0);
    for (0..entry.words) |i| {
        const word = from[entry.slot + i];
        result[2 * i] = @truncate(word);
        result[2 * i + 1] = @truncate(word >> 32);
    }
    return result;
}
