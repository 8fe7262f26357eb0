//! A body that looks at every register a callee preserves while it goes from one M to another, and, between two of its
//! operations, at every register there is while it is interrupted: for props/fidelity/procs. Each has a record of its own;
//! nothing of it is anybody else's, so that any number of them may run on any number of Ms.
const std = @import("std");
const async = @import("async.zig");
const call = @import("call.zig");
const gobuf = @import("gobuf");
const registers = @import("registers.zig");
const Random = @import("random.zig").Random;
const Range = @import("buffer.zig").Range;

/// The body's argument: Migrant of props/fidelity/procs/registers.ts.
const Migrant = extern struct {
    /// Operations that it makes.
    count: u64,
    seed: u64,
    /// Channels: what it receives from and sends to. 0: it only gives way.
    in: u32,
    out: u32,
    wg: u32,
    /// 0; else it has an operation in 256 break thing `fault - 1` of the self-test before it looks.
    fault: u32,
    /// One in so many operations is followed by a wait with all registers filled; 0: none.
    waits: u32,
    /// The first register that was wrong, by its number in the table of the ABI.
    register: u32,
    // What was seen.
    operations: u64,
    compared: u64,
    bad: u64,
    want: u64,
    got: u64,
    /// Operations behind which the thread-local storage named another goroutine.
    astray: u64,
    /// What was seen between two instructions.
    async: async.Watch,
};

extern fn gobuf_probe_call(of: *call.Call) callconv(.c) void;
extern fn gobuf_probe_clobber_code() callconv(.c) void;
const clobber_size = 32; // CLOBBER_SIZE in table.h

export fn gobuf_probe_migrate(arg: ?*anyopaque) callconv(.c) void {
    const m: *Migrant = @ptrCast(@alignCast(arg.?));
    const me = gobuf.getg();
    m.async.level = async.avxLevel();
    var random: Random = .init(m.seed, .execute, me, 0);
    var waiting: Random = .init(m.seed, .locals, me, 0);
    while (m.operations < m.count) {
        operate(m, &random);
        if (gobuf.getg() != me) m.astray += 1;
        m.operations += 1;
        if (m.waits != 0 and m.operations % m.waits == 0) async.round(&m.async, &waiting);
    }
    if (m.wg != 0) _ = gobuf.wgDone(m.wg);
}

/// One operation in so many is a blocking call; one of so many of those is long enough for the monitor to take the P meanwhile.
const calls_in = 128;
const long_in = 32;
const long_spins = 200_000;

/// A blocking call.
fn blocks(n: u64) callconv(.c) void {
    gobuf.entersyscall();
    const spins: u64 = if (n / calls_in % long_in == 0) long_spins else 1;
    for (0..spins) |_| std.atomic.spinLoopHint();
    gobuf.exitsyscall();
}

/// One operation, with every preserved register filled.
fn operate(m: *Migrant, random: *Random) void {
    const api = gobuf.gobuf_runtime;
    var of: call.Call = undefined;
    const none: Range = .{ .lo = 0, .size = 0 };
    registers.fill(&of.want, random, .goroutine, m.operations, .{ none, none });
    of.args = .{ 0, 0, 0, 0 };
    const breaks = m.fault != 0 and m.operations % 256 == 254; // in place of a turn for others
    // One in four receives and one in four sends; the others give way, to the tail of the global queue or of the P's own.
    const turn = if (m.out == 0) m.operations % 4 & ~@as(u64, 1) else m.operations % 4;
    if (breaks) {
        of.func = @intFromPtr(&gobuf_probe_clobber_code) + clobber_size * (m.fault - 1);
    } else if (m.operations % calls_in == 6) {
        of.func = @intFromPtr(&blocks);
        of.args[0] = m.operations;
    } else if (turn == 1) {
        of.func = @intFromPtr(api.recv);
        of.args[0] = call.word(m.in);
    } else if (turn == 3) {
        of.func = @intFromPtr(api.send);
        of.args[0] = call.word(m.out);
        of.args[1] = m.operations;
    } else {
        of.func = @intFromPtr(api.mcall);
        of.args[0] = call.word(@intFromEnum(if (turn == 0) gobuf.Trap.gosched else gobuf.Trap.goyield));
    }
    gobuf_probe_call(&of);
    for (registers.all(), 0..) |*entry, id| {
        m.compared += 1;
        if (registers.same(entry, &of.want, &of.found)) continue;
        if (m.bad == 0) {
            m.register = @intCast(id);
            m.want = of.want[entry.slot];
            m.got = of.found[entry.slot];
        }
        m.bad += 1;
    }
}
