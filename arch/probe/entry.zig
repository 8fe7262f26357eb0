//! A goroutine's first instruction: what the switch gave it to begin with.
const std = @import("std");
const api = @import("api.zig");
const buffer_ = @import("buffer.zig");
const registers = @import("registers.zig");
const Goroutine = @import("goroutine.zig").Goroutine;
const Buffer = buffer_.Buffer;
const Block = buffer_.Block;

extern fn gobuf_probe_entry(block: ?*anyopaque) callconv(.c) void;

/// What a goroutine is started on; its argument is its block.
pub const address: api.Body = &gobuf_probe_entry;

comptime {
    @export(&start, .{ .name = "gobuf_probe_goroutine", .visibility = .hidden });
}

/// Called by gobuf_probe_entry with sp as it was before the call, and all preserved registers.
fn start(block: *Block, sp: u64, values: *const registers.Values) callconv(.c) void {
    const buffer: *Buffer = @ptrFromInt(block.buffer.get());
    locate(buffer, block);
    if (buffer.flags & buffer_.Flag.check != 0) check(buffer, block.gnum, sp, values);
    var goroutine: Goroutine = .{ .buffer = buffer, .block = block };
    goroutine.live();
}

/// Notes where its stack is, for values that are to look like addresses.
fn locate(buffer: *Buffer, block: *Block) void {
    const base = buffer.region_g.get();
    if (base == 0) return;
    const record = base + @as(u64, api.api.getg()) * api.word("g_stride");
    const lo: *const u64 = @ptrFromInt(record + api.word("g_stack_lo"));
    const hi: *const u64 = @ptrFromInt(record + api.word("g_stack_hi"));
    block.stack_lo.set(lo.*);
    block.stack_size = @intCast(hi.* - lo.*);
}

/// A new goroutine has its ABI's control words, its own stack's words in the TEB, and an aligned sp within its stack.
fn check(buffer: *Buffer, gnum: u32, sp: u64, values: *const registers.Values) void {
    const defaults = comptime fpDefaults(api.abi);
    const stack = buffer.stackOf(gnum);
    const hi = stack.lo + stack.size;
    var control: usize = 0;
    for (registers.all(), 0..) |*register, id| {
        if (register.class != .control and stack.size == 0) continue;
        var want = values.*;
        const word = &want[register.slot];
        switch (register.class) {
            .plain => continue,
            .control => {
                word.* = defaults[control];
                control += 1;
            },
            .stack_base => word.* = hi,
            .stack_limit => word.* = stack.lo,
            // Somewhere in the guard: how the fault handler wants it.
            .stack_reserve => word.* = std.math.clamp(word.*, stack.lo - api.word("stack_guard_size"), stack.lo - 1),
        }
        if (registers.same(register, &want, values)) continue;
        const expected = registers.words(register, &want);
        report(buffer, .entry_special, gnum, @intCast(id), expected, registers.words(register, values));
    }
    const aligned = sp & ~@as(u64, 15);
    const want = if (stack.size == 0) aligned else std.math.clamp(aligned, stack.lo, hi);
    if (sp != want) report(buffer, .entry_sp, gnum, 0, buffer_.split(want), buffer_.split(sp));
}

fn report(buffer: *Buffer, kind: buffer_.Kind, gnum: u32, register: u32, expected: [4]u32, found: [4]u32) void {
    buffer.report(.{
        .kind = kind,
        .place = .{ .gnum = gnum, .i = 0, .code = @intFromEnum(buffer_.Code.start) },
        .register = register,
        .depth = 0,
        .expected = expected,
        .found = found,
    });
}

/// What each ABI's document says of a new thread's control words; stated here once more, for the library's own table is
/// what is looked at. psABI 1.0, 3.4.1: MXCSR 0x1F80, x87 CW 0x037F. Microsoft x64: 0x1F80, 0x027F. AAPCS64 6.1.2: FPCR 0.
fn fpDefaults(abi: @TypeOf(api.abi)) [2]u32 {
    return switch (abi) {
        .sysv_x86_64 => .{ 0x1F80, 0x037F },
        .ms_x86_64 => .{ 0x1F80, 0x027F },
        .aarch64 => .{ 0, 0 },
    };
}
