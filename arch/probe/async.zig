//! A body whose registers are all known while it waits to be preempted between two instructions: for props/preempt. The
//! assembly file beside it (async_x86_64.S, async_aarch64.S) fills and stores them; this file draws them and compares.
const std = @import("std");
const builtin = @import("builtin");
const gobuf = @import("gobuf");
const Random = @import("random.zig").Random;

/// All registers, as the assembly has them: name, place and bytes of each that is compared.
const Record = switch (builtin.cpu.arch) {
    .x86_64 => extern struct {
        vector: [32][8]u64,
        mask: [8]u64,
        /// rax rbx rcx rdx rsi rdi rbp r8-r15
        general: [15]u64,
        /// Carry is set; direction as drawn.
        rflags: u64,
        mxcsr: u32,
        x87_control: u16,
        fill: [10]u8,
        x87: [8][2]u64,
        red_zone: [16]u64,
    },
    .aarch64 => extern struct {
        vector: [32][2]u64,
        /// x0-x30 without x18, which is the platform's
        general: [30]u64,
        /// NZCV, FPCR, FPSR
        flags: u64,
        fpcr: u64,
        fpsr: u64,
    },
    else => unreachable,
};

comptime {
    if (builtin.cpu.arch == .x86_64) {
        std.debug.assert(@offsetOf(Record, "mask") == 2048 and @offsetOf(Record, "general") == 2112);
        std.debug.assert(@offsetOf(Record, "rflags") == 2232 and @offsetOf(Record, "mxcsr") == 2240);
        std.debug.assert(@offsetOf(Record, "x87") == 2256 and @offsetOf(Record, "red_zone") == 2384);
    }
}

extern fn gobuf_async_fill(want: *const Record, got: *Record, spins: u64, level: u32) callconv(.c) void;

/// The body's argument. Written by the body, but for `stop`, `spins` and `seed`.
pub const Watch = extern struct {
    stop: u32,
    /// What was filled: 0 the baseline, 1 AVX, 2 AVX-512.
    level: u32,
    rounds: u64,
    bad: u64,
    /// Byte of Record that was wrong first, and what was wanted and found there.
    where: u64,
    want: u64,
    got: u64,
    spins: u64,
    seed: u64,
    /// Words that were compared.
    compared: u64,
};

pub fn avxLevel() u32 {
    if (comptime builtin.cpu.arch != .x86_64) return 0;
    const one = cpuid(1, 0);
    const osxsave_avx = 1 << 27 | 1 << 28;
    if (one.ecx & osxsave_avx != osxsave_avx) return 0;
    const enabled = asm volatile ("xgetbv"
        : [low] "={eax}" (-> u32),
        : [register] "{ecx}" (@as(u32, 0)),
        : .{ .rdx = true });
    const ymm = 0x6;
    const zmm = 0xE6;
    const foundation_and_words = 1 << 16 | 1 << 30;
    if (enabled & ymm != ymm) return 0;
    if (enabled & zmm != zmm or cpuid(7, 0).ebx & foundation_and_words != foundation_and_words) return 1;
    return 2;
}

fn cpuid(leaf: u32, part: u32) struct { ebx: u32, ecx: u32 } {
    var ebx: u32 = undefined;
    var ecx: u32 = undefined;
    asm volatile ("cpuid"
        : [ebx] "={ebx}" (ebx),
          [ecx] "={ecx}" (ecx),
        : [leaf] "{eax}" (leaf),
          [part] "{ecx}" (part),
        : .{ .rax = true, .rdx = true });
    return .{ .ebx = ebx, .ecx = ecx };
}

/// Waits in rounds, all registers filled, until it is told to stop.
export fn gobuf_probe_async(arg: ?*anyopaque) callconv(.c) void {
    const watch: *volatile Watch = @ptrCast(@alignCast(arg.?));
    watch.level = avxLevel();
    var random: Random = .init(watch.seed, .execute, 0, 0);
    while (@atomicLoad(u32, @volatileCast(&watch.stop), .monotonic) == 0) round(watch, &random);
}

/// Fills all registers, waits and compares, once. `level` of the watch has been set.
pub fn round(watch: *volatile Watch, random: *Random) void {
    var want: Record align(64) = undefined;
    var got: Record align(64) = undefined;
    // On AArch64 it says which register counts.
    const level: u32 = if (builtin.cpu.arch == .x86_64) watch.level else @truncate(watch.rounds & 1);
    for (words(&want)) |*word| word.* = random.next();
    if (builtin.cpu.arch == .aarch64) want.general[level] = 0;
    for (words(&got)) |*word| word.* = ~@as(u64, 0);
    legal(&want, random.next());
    dirty();
    gobuf_async_fill(&want, &got, watch.spins, level);
    compare(watch, &want, &got, level);
    watch.rounds += 1;
}

/// Leaves ones below sp, where the frame of a preemption will lie: what it wants zero it has to make so.
noinline fn dirty() void {
    var ones: [1024]u64 = undefined;
    for (&ones) |*word| @as(*volatile u64, word).* = ~@as(u64, 0);
}

/// 1 when the x87 stack is empty, as a function finds it.
extern fn gobuf_async_x87() callconv(.c) u32;

/// Gives way, and looks whether the x87 stack is a function's, whatever the goroutine before had in it. Counts in `rounds`
/// and `bad`.
export fn gobuf_probe_async_x87(arg: ?*anyopaque) callconv(.c) void {
    const watch: *volatile Watch = @ptrCast(@alignCast(arg.?));
    while (@atomicLoad(u32, @volatileCast(&watch.stop), .monotonic) == 0) {
        gobuf.gosched();
        if (builtin.cpu.arch == .x86_64 and gobuf_async_x87() != 1) watch.bad += 1;
        watch.compared += 1;
        watch.rounds += 1;
    }
}

fn words(record: *Record) []volatile u64 {
    const all: [*]volatile u64 = @ptrCast(record);
    return all[0 .. @sizeOf(Record) / 8];
}

/// Makes a drawn record one that can be loaded.
fn legal(want: *Record, drawn: u64) void {
    switch (builtin.cpu.arch) {
        .x86_64 => {
            const carry = 1;
            const direction = 0x400;
            want.rflags = carry | (drawn & direction);
            want.mxcsr = 0x1F80 | (@as(u32, @truncate(drawn)) & 0xE03F); // all masked; rounding, flush to zero, sticky flags
            want.x87_control = 0x007F | (@as(u16, @truncate(drawn >> 16)) & 0xF00);
            if (want.x87_control & 0x300 == 0x100) want.x87_control |= 0x300; // a reserved precision
            for (&want.x87, 0..) |*register, i| {
                register[0] |= 1 << 63;
                register[1] = 0x3FF0 + i;
            }
        },
        .aarch64 => {
            want.flags = drawn & 0xF0000000;
            want.fpcr = drawn & 0x00C00000; // rounding
            want.fpsr = drawn >> 8 & 0x1F;
        },
        else => unreachable,
    }
}

fn compare(watch: *volatile Watch, want: *Record, got: *Record, level: u32) void {
    switch (builtin.cpu.arch) {
        .x86_64 => {
            const lanes: usize = ([_]usize{ 2, 4, 8 })[level];
            const vectors: usize = if (level == 2) 32 else 16;
            for (0..vectors) |i| check(watch, want, got, &want.vector[i], lanes);
            if (level == 2) check(watch, want, got, &want.mask, want.mask.len);
            check(watch, want, got, &want.general, want.general.len);
            check(watch, want, got, @ptrCast(&want.rflags), 1);
            got.fill = want.fill;
            check(watch, want, got, @ptrCast(&want.mxcsr), 1);
            for (0..want.x87.len) |i| {
                got.x87[i][1] &= 0xFFFF;
                check(watch, want, got, &want.x87[i], 2);
            }
            if (builtin.os.tag != .windows) check(watch, want, got, &want.red_zone, want.red_zone.len);
        },
        .aarch64 => {
            for (words(want), words(got), 0..) |a, b, i| note(watch, i, a, b);
        },
        else => unreachable,
    }
}

fn check(watch: *volatile Watch, want: *Record, got: *Record, from: [*]const u64, count: usize) void {
    const first = (@intFromPtr(from) - @intFromPtr(want)) / 8;
    for (first..first + count) |i| note(watch, i, words(want)[i], words(got)[i]);
}

fn note(watch: *volatile Watch, i: usize, want: u64, got: u64) void {
    watch.compared += 1;
    if (want == got) return;
    if (watch.bad == 0) {
        watch.where = i * 8;
        watch.want = want;
        watch.got = got;
    }
    watch.bad += 1;
}

/// For each word of a record, whether `compare` sees a change of it, and that alone. How many it does not; 0 is right.
/// Words that are filled on some levels only are looked at on the highest.
export fn gobuf_probe_async_selftest() callconv(.c) u32 {
    var want: Record align(64) = undefined;
    var got: Record align(64) = undefined;
    var missed: u32 = 0;
    const level: u32 = 2;
    const used = switch (builtin.cpu.arch) {
        .x86_64 => @offsetOf(Record, "red_zone") / 8 + @as(usize, if (builtin.os.tag == .windows) 0 else 16),
        else => @sizeOf(Record) / 8,
    };
    for (0..used) |i| {
        for (words(&want), words(&got)) |*a, *b| {
            a.* = 0x1111;
            b.* = 0x1111;
        }
        words(&got)[i] ^= 1;
        var watch: Watch = std.mem.zeroes(Watch);
        compare(&watch, &want, &got, level);
        // Some bytes between the x87 control word and its registers are nobody's.
        const nobodys = builtin.cpu.arch == .x86_64 and i * 8 > @offsetOf(Record, "mxcsr") and i * 8 < @offsetOf(Record, "x87");
        if (watch.bad != @intFromBool(!nobodys) or (watch.bad == 1 and watch.where != i * 8)) missed += 1;
    }
    return missed;
}
