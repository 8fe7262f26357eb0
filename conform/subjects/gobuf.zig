//! gobuf's own switch as a subject: a context is a G on a guarded stack, resume is gobuf_execute, yield is the trap gosched.
//! There is no scheduler: the G's status stays running.
const std = @import("std");
const layout = @import("layout");

const builtin = @import("builtin");
const abi: layout.Abi = if (builtin.os.tag == .windows) .ms_x86_64 else if (builtin.cpu.arch == .x86_64) .sysv_x86_64 else .aarch64;
const G = layout.Records(abi).G;

extern fn gobuf_minit() callconv(.c) u32;
extern fn gobuf_mexit() callconv(.c) u32;
extern fn gobuf_gs() callconv(.c) u32;
extern fn gobuf_arena(region: u32) callconv(.c) [*]G;
extern fn gobuf_arena_commit(region: u32, bytes: u32) callconv(.c) u32;
extern fn gobuf_stackalloc(index: u32, size: u32) callconv(.c) u32;
extern fn gobuf_stackfree(index: u32) callconv(.c) u32;
extern fn gobuf_gosetup(index: u32, func: *const Body, arg: ?*anyopaque) callconv(.c) u32;
extern fn gobuf_execute(index: u32) callconv(.c) u32;
extern fn gobuf_mcall(code: u32, a: u32, v: u64) callconv(.c) u64;

const Body = fn (?*anyopaque) callconv(.c) void;

/// conform_ctx: nobody looks into it; its address is the G's number.
const Ctx = opaque {};

/// conform_raw.
const Raw = extern struct { func: *const anyopaque, args: [4]u64 };

/// conform_subject.
const Subject = extern struct {
    abi: u32,
    size: u32,
    name: [*:0]const u8,
    version: [*:0]const u8,
    claims: u64,
    stack_min: usize,
    stack_align: usize,
    thread_enter: ?*const fn () callconv(.c) c_int,
    thread_leave: ?*const fn () callconv(.c) void,
    create: *const fn (?*anyopaque, usize, *const Body, ?*anyopaque) callconv(.c) ?*Ctx,
    resume_: *const fn (*Ctx) callconv(.c) c_int,
    yield: *const fn (*Ctx) callconv(.c) void,
    destroy: *const fn (*Ctx) callconv(.c) void,
    raw_resume: ?*const fn (*Ctx, *Raw) callconv(.c) c_int,
    raw_yield: ?*const fn (*Ctx, *Raw) callconv(.c) c_int,
};

/// Bits of conform.h.
const Claim = struct {
    const fp_body = 1 << 0;
    const fp_resumer = 1 << 1;
    const fp_default = 1 << 2;
    const own_stack = 1 << 3;
    const guard = 1 << 4;
    const migrates = 1 << 5;
    const returns = 1 << 7;
    const destroys = 1 << 8;
    const backtrace = 1 << 9;
    const sizes = 1 << 11;
    const bounds = 1 << 12;
};

const region_g = 1;
const Trap = layout.codes.Trap;

/// Gs that nobody uses: the kit makes contexts on one thread at a time.
var free: [layout.chunk_size * 64]u32 = undefined;
var free_count: usize = 0;

fn gOf(index: u32) *G {
    return &gobuf_arena(region_g)[index];
}

fn enter() callconv(.c) c_int {
    return if (gobuf_minit() < layout.codes.execute.first) 0 else 1;
}

fn leave() callconv(.c) void {
    _ = gobuf_mexit();
}

fn take() ?u32 {
    if (free_count == 0) {
        const first = gobuf_gs();
        if (first >= layout.codes.execute.first) return null;
        const bytes = (first + layout.chunk_size) * @sizeOf(G);
        if (gobuf_arena_commit(region_g, bytes) != 0) return null;
        while (free_count < layout.chunk_size) : (free_count += 1) free[free_count] = first + @as(u32, @intCast(free_count));
    }
    free_count -= 1;
    return free[free_count];
}

fn create(memory: ?*anyopaque, size: usize, body: *const Body, arg: ?*anyopaque) callconv(.c) ?*Ctx {
    _ = memory;
    const wanted = std.math.cast(u32, size) orelse return null;
    const index = take() orelse return null;
    if (gobuf_stackalloc(index, wanted) != 0 or gobuf_gosetup(index, body, arg) != 0) {
        _ = gobuf_stackfree(index);
        give(index);
        return null;
    }
    @atomicStore(u32, &gOf(index).atomicstatus, layout.codes.gstatus.running, .release);
    return @ptrFromInt(index);
}

fn give(index: u32) void {
    free[free_count] = index;
    free_count += 1;
}

fn number(c: *Ctx) u32 {
    return @intCast(@intFromPtr(c));
}

fn resume_(c: *Ctx) callconv(.c) c_int {
    return @intFromBool(gobuf_execute(number(c)) != @intFromEnum(Trap.goexit));
}

fn yield(c: *Ctx) callconv(.c) void {
    _ = c;
    _ = gobuf_mcall(@intFromEnum(Trap.gosched), 0, 0);
}

fn destroy(c: *Ctx) callconv(.c) void {
    @atomicStore(u32, &gOf(number(c)).atomicstatus, layout.codes.gstatus.dead, .release);
    _ = gobuf_stackfree(number(c));
    give(number(c));
}

fn rawResume(c: *Ctx, raw: *Raw) callconv(.c) c_int {
    raw.* = .{ .func = &gobuf_execute, .args = .{ number(c), 0, 0, 0 } };
    return 1;
}

fn rawYield(c: *Ctx, raw: *Raw) callconv(.c) c_int {
    _ = c;
    raw.* = .{ .func = &gobuf_mcall, .args = .{ @intFromEnum(Trap.gosched), 0, 0, 0 } };
    return 1;
}

const subject: Subject = .{
    .abi = 1,
    .size = @sizeOf(Subject),
    .name = "gobuf",
    .version = std.fmt.comptimePrint("ABI {d}", .{layout.abi_version}),
    .claims = Claim.fp_body | Claim.fp_resumer | Claim.fp_default | Claim.own_stack | Claim.guard | Claim.migrates | Claim.returns |
        Claim.destroys | Claim.backtrace | Claim.sizes | Claim.bounds,
    .stack_min = 4096,
    .stack_align = 4096,
    .thread_enter = &enter,
    .thread_leave = &leave,
    .create = &create,
    .resume_ = &resume_,
    .yield = &yield,
    .destroy = &destroy,
    .raw_resume = &rawResume,
    .raw_yield = &rawYield,
};

export fn conform_subject_at(k: c_uint) callconv(.c) ?*const Subject {
    return if (k == 0) &subject else null;
}
