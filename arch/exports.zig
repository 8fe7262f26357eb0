//! The C ABI of libgobuf: root of the library, and the one place where names are exported. `mcall` and `systemstack`
//! are exported by the assembly file of the ABI.
const std = @import("std");
const arena = @import("arena.zig");
const asyncpreempt = @import("asyncpreempt.zig");
const body = @import("body.zig");
const call = @import("call.zig");
const check = @import("check.zig");
const chunk = @import("chunk.zig");
const descriptor = @import("descriptor.zig");
const fault = @import("fault.zig");
const g = @import("g.zig");
const lane = @import("lane.zig");
const layout = @import("layout.zig");
const m = @import("m.zig");
const monitor = @import("monitor.zig");
const os = @import("os.zig");
const preempt = @import("preempt.zig");
const procs = @import("procs/procs.zig");
const quit = @import("quit.zig");
const rand = @import("rand.zig");
const share = @import("workers/group.zig");
const share_ops = @import("workers/ops.zig");
const stack = @import("stack.zig");
const syscall = @import("procs/syscall.zig");

/// Only a build with safety checks panics. It says why and stops where it stands: there is no libc to say more.
pub const panic = std.debug.FullPanic(struct {
    fn stop(what: []const u8, _: ?usize) noreturn {
        check.stop(what);
    }
}.stop);

/// The words of layout.table.
export fn gobuf_descriptor() callconv(.c) [*]const u32 {
    return descriptor.get();
}

/// Start of region 0 (header, Ms, Ps), 1 (Gs) or 2 (sudogs); null when it cannot be reserved.
export fn gobuf_arena(region: u32) callconv(.c) ?*anyopaque {
    return arena.base(region);
}

/// Makes the first `bytes` of a region usable. 0 or an E code.
export fn gobuf_arena_commit(region: u32, bytes: u32) callconv(.c) u32 {
    return @intFromEnum(arena.commit(region, bytes));
}

/// Index of this thread's M, or an error code of execute.
export fn gobuf_minit() callconv(.c) u32 {
    return m.init();
}

/// Gives this thread one more M, for another instance of src/ on it. Its index, or an error code of execute.
export fn gobuf_manother() callconv(.c) u32 {
    return m.another();
}

/// Makes another M that this thread has the thread's. The index of the one before, or an error code of execute.
export fn gobuf_muse(id: u32) callconv(.c) u32 {
    return m.use(id);
}

/// Makes this thread an M no longer: 0, NO_M, or REENTRY while a goroutine runs on it. What the thread took comes back
/// when it ends, and it gets the same M again if it asks for one before.
export fn gobuf_mexit() callconv(.c) u32 {
    return m.exit();
}

/// Takes 64 Gs for this thread, which has them until it ends. The first one's index, or an error code of execute.
export fn gobuf_gs() callconv(.c) u32 {
    return m.take(&chunk.takeGs);
}

/// The same for 64 sudogs.
export fn gobuf_sudogs() callconv(.c) u32 {
    return m.take(&chunk.takeSudogs);
}

/// Wakes the monitor, or starts it: wanted by an M that has begun a slice and found `sysmonwait` set. 1, or 0 when no
/// thread can be had.
export fn gobuf_sysmon_wake() callconv(.c) u32 {
    return @intFromBool(monitor.wake());
}

/// Puts a handler of SIGQUIT in front of JavaScript's, which has just been installed: native bodies that keep their thread from
/// JavaScript are named by it. Nothing on Windows.
export fn gobuf_quit_init() callconv(.c) void {
    quit.install();
}

/// JavaScript has printed all goroutines at a SIGQUIT.
export fn gobuf_quit_printed() callconv(.c) void {
    quit.print();
}

/// For tests: makes the monitor look every `look_us` microseconds, and preempt native bodies that have run for `force_us`,
/// none with 0xFFFFFFFF; 0 for `look_us` is the end of that.
export fn gobuf_sysmon_hurry(look_us: u32, force_us: u32) callconv(.c) void {
    const us: u64 = std.time.ns_per_us;
    if (look_us == 0) return monitor.hurry(null, null);
    monitor.hurry(look_us * us, if (force_us == std.math.maxInt(u32)) monitor.force_never_ns else force_us * us);
}

/// 0 or an E code.
export fn gobuf_gosetup(index: u32, func: g.Fn, arg: ?*anyopaque) callconv(.c) u32 {
    return @intFromEnum(g.setup(index, func, arg));
}

/// Gives a goroutine a guarded stack of `size` bytes. 0 or an E code.
export fn gobuf_stackalloc(index: u32, size: u32) callconv(.c) u32 {
    return @intFromEnum(g.stackAlloc(index, size));
}

/// 0 or an E code.
export fn gobuf_stackfree(index: u32) callconv(.c) u32 {
    return @intFromEnum(g.stackFree(index));
}

/// Draws from the stream of an M by its index, an integer of 0 to n-1: cheaprandn in src/runtime/rand.go, on 64 bits.
/// 0 where there is no such M. Only the M's own thread may draw.
export fn gobuf_cheaprandn(mid: u32, n: u32) callconv(.c) u32 {
    return rand.cheaprandn(mid, n);
}

/// Writes four words: stacks in use, stacks on free lists, slabs, guard method (codes.Guard).
export fn gobuf_stackstats(to: *stack.Stats) callconv(.c) void {
    to.* = stack.stats();
}

/// Runs a goroutine until it traps. The trap's code, or an error code, all of them from 0xFFFFFF01 on.
export fn gobuf_execute(index: u32) callconv(.c) u32 {
    return g.execute(index, .begins);
}

/// The same for one whose turn goes on: its operation was one that need not wait.
export fn gobuf_goon(index: u32) callconv(.c) u32 {
    return g.execute(index, .goes_on);
}

/// Lets the bodies of a library be preempted between two operations. @param address of something in its code @param exceptions
/// its gobuf_cxx, if it has one. 0 or a code of codes.Async.
export fn gobuf_preempt_allow(address: usize, exceptions: ?*const asyncpreempt.Exceptions) callconv(.c) u32 {
    return @intFromEnum(asyncpreempt.allow(address, exceptions));
}

/// The library is about to be unloaded.
export fn gobuf_preempt_disallow(address: usize) callconv(.c) void {
    asyncpreempt.disallow(address);
}

/// What would become of a preemption of a goroutine at a place: a code of codes.preemption. For tests of the bounds.
export fn gobuf_preempt_ask(index: u32, pc: usize, sp: usize) callconv(.c) u32 {
    return asyncpreempt.ask(index, pc, sp);
}

/// Asks a goroutine that runs on another thread to stop for suspendG: preempted, in place of runnable. 1 if an M runs it.
export fn gobuf_preempt_stop(index: u32) callconv(.c) u32 {
    return @intFromBool(asyncpreempt.stop(index));
}

/// Asks the goroutine on this thread to give way, as the monitor does. For the bench, whose body interrupts itself.
export fn gobuf_preempt_one() callconv(.c) void {
    if (m.current()) |this| _ = preempt.one(this);
}

/// Asks the goroutine on this thread to give way and interrupts the thread, as the monitor does. For tests, which choose the
/// instruction at which: it may be called in a signal handler, and not on Windows.
export fn gobuf_preempt_now() callconv(.c) void {
    asyncpreempt.now();
}

/// Bytes of a stack that a preemption needs below sp. For tests of the bounds.
export fn gobuf_preempt_frame() callconv(.c) u32 {
    return @intCast(os.preempts.frameBytes());
}

/// What the call that is injected into a preempted body calls.
fn gobuf_preempted() callconv(.c) void {
    asyncpreempt.preempted();
}

comptime {
    @export(&gobuf_preempted, .{ .name = "gobuf_preempted", .visibility = .hidden });
}

/// Lets the goroutine be preempted, if it is to be.
export fn gobuf_checkpoint() callconv(.c) void {
    preempt.checkpoint();
}

/// Lets goroutines of this thread end by touching their guard: execute answers FAULT, and op[2..3] is the address.
/// Wanted once on each M. 0, NO_M, or an E code.
export fn gobuf_fault_init() callconv(.c) u32 {
    return fault.init();
}

/// The goroutine is about to block its thread: the P that it runs on may be given to another.
export fn gobuf_entersyscall() callconv(.c) void {
    syscall.enter();
}

/// It goes on, with a P.
export fn gobuf_exitsyscall() callconv(.c) void {
    syscall.exit();
}

/// Keeps the goroutine on its thread. An outcome of codes.status.
export fn gobuf_lock_thread() callconv(.c) u32 {
    return syscall.lockThread();
}

export fn gobuf_unlock_thread() callconv(.c) void {
    syscall.unlockThread();
}

export fn gobuf_status() callconv(.c) u32 {
    return body.opStatus();
}

export fn gobuf_opa() callconv(.c) u32 {
    return body.opA();
}

/// Index of the goroutine on this thread, also within systemstack; 0 when there is none.
export fn gobuf_getg() callconv(.c) u32 {
    return body.getg();
}

export fn gobuf_goexit() callconv(.c) noreturn {
    body.end(.goexit);
}

/// What the entry thunk calls when a body has returned.
fn gobuf_returned() callconv(.c) noreturn {
    body.end(.returned);
}

comptime {
    @export(&gobuf_returned, .{ .name = "gobuf_returned", .visibility = .hidden });
}

export fn gobuf_go(func: g.Fn, arg: ?*anyopaque) callconv(.c) u64 {
    return body.go(func, arg);
}

export fn gobuf_wg_go(wg: u32, func: g.Fn, arg: ?*anyopaque) callconv(.c) u64 {
    return body.wgGo(wg, func, arg);
}

export fn gobuf_select(cases: ?[*]const layout.Case, n: u32, has_default: u32) callconv(.c) u64 {
    return body.select(cases, n, has_default);
}

export fn gobuf_send(handle: u32, v: u64) callconv(.c) u64 {
    return lane.send(handle, v);
}

export fn gobuf_recv(handle: u32) callconv(.c) u64 {
    return lane.recv(handle);
}

/// Sets what gobuf_call of this thread calls: gets the callback's handle, and the word in M.scratch. 0 or NO_M.
export fn gobuf_callback_init(function: ?*const fn (u32) callconv(.c) u32) callconv(.c) u32 {
    return call.init(function);
}

export fn gobuf_call(handle: u32, word: u64, result: ?*u64) callconv(.c) u32 {
    return call.call(handle, word, result);
}

// Runs with several Ps: procs/procs.zig says what each does.

export fn gobuf_procs_new(n: u32, stack_bytes: u32, notify: ?*const fn (u32) callconv(.c) void, log_room: u32, breath_ms: u32) callconv(.c) u32 {
    return procs.new(n, stack_bytes, notify, log_room, breath_ms);
}

export fn gobuf_procs_came(pool: u32, id: u32) callconv(.c) u32 {
    return @intFromBool(procs.came(pool, id));
}

/// Makes this thread an M of a pool, until the pool ends: 0, codes.procs_again when it is to call again, or an error code of
/// execute.
export fn gobuf_mstart(pool: u32, id: u32) callconv(.c) u32 {
    return procs.mstart(pool, id);
}

export fn gobuf_procs_stop(pool: u32) callconv(.c) void {
    procs.stop(pool);
}

export fn gobuf_procs_inside(pool: u32) callconv(.c) u32 {
    return procs.inside(pool);
}

export fn gobuf_procs_free(pool: u32) callconv(.c) u32 {
    return @intFromBool(procs.free(pool));
}

export fn gobuf_procs_go(pool: u32, func: g.Fn, arg: ?*anyopaque) callconv(.c) u32 {
    return procs.go(pool, func, arg);
}

export fn gobuf_procs_make(pool: u32, kind: u32, n: u32) callconv(.c) u32 {
    return procs.make(pool, kind, n);
}

export fn gobuf_procs_op(pool: u32, code: u32, handle: u32, lo: u32, hi: u32, token: u32) callconv(.c) u32 {
    return procs.op(pool, code, handle, lo, hi, token);
}

export fn gobuf_procs_looks(pool: u32) callconv(.c) void {
    procs.looks(pool);
}

export fn gobuf_procs_drain(pool: u32) callconv(.c) u32 {
    return procs.drain(pool);
}

export fn gobuf_procs_dead(pool: u32) callconv(.c) u32 {
    return @intFromBool(procs.dead(pool));
}

export fn gobuf_procs_wish(pool: u32) callconv(.c) u32 {
    return procs.wish(pool);
}

export fn gobuf_procs_gcount(pool: u32) callconv(.c) u32 {
    return procs.gcount(pool);
}

/// @param to `room` records of four words: report.Seen of procs/report.zig
export fn gobuf_procs_goroutines(pool: u32, to: [*]u32, room: u32) callconv(.c) u32 {
    return procs.goroutines(pool, @ptrCast(to), room);
}

export fn gobuf_procs_failure(pool: u32, to: *[4]u32) callconv(.c) void {
    procs.failure(pool, @ptrCast(to));
}

export fn gobuf_procs_stats(pool: u32, id: u32, to: *[11]u64) callconv(.c) void {
    procs.stats(pool, id, @ptrCast(to));
}

export fn gobuf_procs_contended() callconv(.c) u32 {
    return procs.contended();
}

export fn gobuf_procs_events(pool: u32, who: u32, counts: *[2]u32) callconv(.c) ?*const anyopaque {
    return procs.events(pool, who, counts);
}

// Goroutines in TypeScript on several threads: workers/ says what each does.

export fn gobuf_share_new() callconv(.c) u32 {
    return share.new();
}

export fn gobuf_share_join(number: u32) callconv(.c) u32 {
    return share.join(number);
}

export fn gobuf_share_invite(number: u32) callconv(.c) u32 {
    return share.invite(number);
}

export fn gobuf_share_come(me: u32) callconv(.c) u32 {
    return @intFromBool(share.come(me));
}

/// As the next two, it leaves in M.scratch which threads are to be called.
export fn gobuf_share_leave(me: u32) callconv(.c) void {
    share.tell(share.leave(me));
}

export fn gobuf_share_close(me: u32) callconv(.c) void {
    share.tell(share.close(me));
}

export fn gobuf_share_reap(me: u32) callconv(.c) void {
    share.tell(share.reap(me));
}

export fn gobuf_share_closed(me: u32) callconv(.c) u32 {
    return @intFromBool(share.isClosed(me));
}

export fn gobuf_share_live() callconv(.c) u32 {
    return share.live();
}

export fn gobuf_share_park(me: u32, idle: u32) callconv(.c) u32 {
    return share.park(me, idle != 0);
}

export fn gobuf_share_unpark(me: u32) callconv(.c) void {
    share.unpark(me);
}

export fn gobuf_share_inbox(me: u32) callconv(.c) ?*const u32 {
    return share.inboxWord(me);
}

export fn gobuf_share_make(me: u32, kind: u32, n: u32) callconv(.c) u32 {
    return share_ops.make(me, kind, n);
}

export fn gobuf_share_op(me: u32, code: u32, handle: u32, lo: u32, hi: u32, gp: u32, ticket: u32) callconv(.c) u32 {
    return share_ops.op(me, code, handle, lo, hi, gp, ticket);
}

export fn gobuf_share_select(me: u32, n: u32, first: u32, gp: u32, ticket: u32) callconv(.c) u32 {
    return share_ops.select(me, n, first, gp, ticket);
}

export fn gobuf_share_finish(me: u32, lo: u32, hi: u32) callconv(.c) void {
    share_ops.finish(me, lo, hi);
}

export fn gobuf_share_drain(me: u32) callconv(.c) u32 {
    return @intFromBool(share_ops.drain(me));
}

export fn gobuf_share_cancel(me: u32, lo: u32, hi: u32) callconv(.c) u32 {
    return @intFromBool(share_ops.cancel(me, lo, hi));
}

export fn gobuf_share_stat(me: u32, handle: u32) callconv(.c) u32 {
    return @intFromBool(share_ops.stat(me, handle));
}

export fn gobuf_share_put(me: u32, from: [*]const u8, bytes: u32, flags: u32) callconv(.c) u32 {
    return @intFromBool(share_ops.put(me, from, bytes, flags));
}

export fn gobuf_share_take(me: u32, lo: u32, hi: u32, to: [*]u8, room: u32) callconv(.c) u32 {
    return share_ops.take(me, lo, hi, to, room);
}

/// Functions for a body that is not linked with the library; gobuf_api in include/gobuf.h.
const Api = extern struct {
    version: u32,
    size: u32,
    mcall: *const @TypeOf(body.gobuf_mcall),
    systemstack: *const @TypeOf(body.gobuf_systemstack),
    status: *const @TypeOf(gobuf_status),
    opa: *const @TypeOf(gobuf_opa),
    getg: *const @TypeOf(gobuf_getg),
    go: *const @TypeOf(gobuf_go),
    select: *const @TypeOf(gobuf_select),
    goexit: *const @TypeOf(gobuf_goexit),
    execute: *const @TypeOf(gobuf_execute),
    descriptor: *const @TypeOf(gobuf_descriptor),
    call: *const @TypeOf(gobuf_call),
    send: *const @TypeOf(gobuf_send),
    recv: *const @TypeOf(gobuf_recv),
    checkpoint: *const @TypeOf(gobuf_checkpoint),
    asked: *const u32,
    wg_go: *const @TypeOf(gobuf_wg_go),
    entersyscall: *const @TypeOf(gobuf_entersyscall),
    exitsyscall: *const @TypeOf(gobuf_exitsyscall),
    lock_thread: *const @TypeOf(gobuf_lock_thread),
    unlock_thread: *const @TypeOf(gobuf_unlock_thread),
};

const api: Api = .{
    .version = layout.abi_version,
    .size = @sizeOf(Api),
    .mcall = &body.gobuf_mcall,
    .systemstack = &body.gobuf_systemstack,
    .status = &gobuf_status,
    .opa = &gobuf_opa,
    .getg = &gobuf_getg,
    .go = &gobuf_go,
    .select = &gobuf_select,
    .goexit = &gobuf_goexit,
    .execute = &gobuf_execute,
    .descriptor = &gobuf_descriptor,
    .call = &gobuf_call,
    .send = &gobuf_send,
    .recv = &gobuf_recv,
    .checkpoint = &gobuf_checkpoint,
    .asked = &preempt.asked,
    .wg_go = &gobuf_wg_go,
    .entersyscall = &gobuf_entersyscall,
    .exitsyscall = &gobuf_exitsyscall,
    .lock_thread = &gobuf_lock_thread,
    .unlock_thread = &gobuf_unlock_thread,
};

export fn gobuf_api() callconv(.c) *const Api {
    return &api;
}
