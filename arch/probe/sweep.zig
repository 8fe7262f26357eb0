//! Every value of MXCSR's control bits on both sides of a switch: the switch compares two contexts' words, and loads one only
//! where they differ (LOAD_MXCSR of the assembly). A comparison with anything else than the other's word goes wrong for a
//! few values, of which random ones may meet none.
const builtin = @import("builtin");
const api = @import("api.zig");

/// DAZ, the six masks, rounding, FTZ: bits 6 to 15. Nothing here does floating-point arithmetic, which an unmasked exception
/// would end.
const shift = 6;
const values = 1 << (16 - shift);
const control: u32 = (values - 1) << shift;

const gosched: u32 = 2;
const goexit: u32 = 1;

const Place = enum(u32) { none, goroutine, g0, in_systemstack, behind_systemstack, code };

/// What both sides know. Its layout is that of props/probe.test.ts.
const Sweep = extern struct {
    /// What the goroutine is to have; g0 has another.
    own: u32,
    over: u32,
    checked: u32,
    wrong: u32,
    /// The first that was wrong: where, what was expected and what was there.
    place: Place,
    expected: u32,
    found: u32,

    fn check(s: *Sweep, place: Place, expected: u32, found: u32) void {
        s.checked += 1;
        if (expected == found) return;
        if (s.wrong == 0) {
            s.place = place;
            s.expected = expected;
            s.found = found;
        }
        s.wrong += 1;
    }

    fn others(s: *const Sweep) u32 {
        return s.own ^ 1 << shift;
    }
};

inline fn load(word: u32) void {
    if (builtin.cpu.arch != .x86_64) return;
    var mxcsr = word;
    asm volatile ("ldmxcsr (%[word])"
        :
        : [word] "r" (&mxcsr),
        : .{ .memory = true });
}

inline fn read() u32 {
    if (builtin.cpu.arch != .x86_64) return 0;
    var mxcsr: u32 = 0;
    asm volatile ("stmxcsr (%[word])"
        :
        : [word] "r" (&mxcsr),
        : .{ .memory = true });
    return mxcsr & control;
}

fn body(arg: ?*anyopaque) callconv(.c) void {
    const s: *volatile Sweep = @ptrCast(@alignCast(arg.?));
    const plain: *Sweep = @volatileCast(s);
    while (s.over == 0) {
        load(s.own);
        _ = api.api.mcall(gosched, 0, 0);
        if (s.over != 0) break;
        plain.check(.goroutine, s.own, read());
        api.api.systemstack(&onG0, plain);
        plain.check(.behind_systemstack, s.own, read());
        _ = api.api.mcall(gosched, 0, 0);
    }
}

fn onG0(arg: ?*anyopaque) callconv(.c) void {
    const s: *Sweep = @ptrCast(@alignCast(arg.?));
    s.check(.in_systemstack, s.others(), read());
    if (builtin.cpu.arch != .x86_64) return;
    // What a function without a result leaves in eax is anything: here no word that was compared.
    asm volatile ("movl $0x5540, %%eax" ::: .{ .rax = true });
}

export fn gobuf_probe_sweep_body() callconv(.c) *const anyopaque {
    return @ptrCast(&body);
}

/// Runs goroutine g, which was started on the body with `s`, until every value was there. Returns whether this processor has
/// such words.
export fn gobuf_probe_sweep(g: u32, s: *Sweep) callconv(.c) u32 {
    if (builtin.cpu.arch != .x86_64) return 0;
    const before = read();
    defer load(before);
    for (0..values) |value| {
        s.own = @as(u32, @intCast(value)) << shift;
        // The first has the goroutine take its word; the second comes back to it.
        for (0..2) |_| {
            load(s.others());
            const code = api.api.execute(g);
            const found = read();
            s.check(.g0, s.others(), found);
            s.check(.code, gosched, code);
        }
    }
    s.over = 1;
    load(before);
    s.check(.code, goexit, api.api.execute(g));
    return 1;
}
