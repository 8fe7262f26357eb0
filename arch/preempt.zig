//! Preemption of native bodies, cooperative: preemptone and gopreempt_m of Go's src/runtime/proc.go.
//!
//! The monitor asks a goroutine that has had the M for 10 ms to give way, by stack_preempt in its stackguard0. The goroutine
//! looks at that word in each operation: those that trap are looked after by TypeScript (trapLoop of src/native/native.ts),
//! which preempts it behind an operation that need not wait; lanes trap in place of taking the short way; gobuf_checkpoint
//! does nothing but look. The next execute takes the request back, whether or not it was met.
const body = @import("body.zig");
const codes = @import("codes.zig");
const layout = @import("layout.zig");
const m_ = @import("m.zig");
const os = @import("os.zig");

/// Not 0: some goroutine of the process is asked to give way. It is what gobuf_checkpoint looks at, in the bodies' own code,
/// which knows no goroutine. The monitor sets it, again at each look while there is a reason; who gives way clears it.
/// Nothing is handed over with it, so that no order is wanted.
pub var asked: u32 = 0;

/// Asks the goroutine of an M to give way, if it has one: preemptone. The monitor's. As in Go it may reach another one than
/// it means: that one has left the M, and its next execute takes it back.
/// Whether it has one.
pub fn one(m: *os.M) bool {
    const gp = @atomicLoad(?*os.G, &m.curg, .monotonic) orelse return false;
    // In a blocking call it keeps nobody from running: retake takes the P.
    if (@atomicLoad(u32, &gp.atomicstatus, .monotonic) == codes.gstatus.syscall) return false;
    ask(gp, codes.preempt.asked);
    return true;
}

/// Asks a goroutine to stop for suspendG, if an M runs it. As `one`, it may be taken back unmet: who wants it asks again.
/// The M; null when none runs it.
pub fn stop(gp: *os.G) ?*os.M {
    const m = @atomicLoad(?*os.M, &gp.m, .monotonic) orelse return null;
    if (@atomicLoad(?*os.G, &m.curg, .monotonic) != gp) return null;
    ask(gp, codes.preempt.asked | codes.preempt.stop);
    return m;
}

/// The monitor and a thread that wants it to stop may ask at once: neither takes the other's bit away.
fn ask(gp: *os.G, bits: u8) void {
    _ = @atomicRmw(u8, &gp.preempt, .Or, bits, .monotonic);
    @atomicStore(u64, &gp.stackguard0, layout.stack_preempt, .monotonic);
    @atomicStore(u32, &asked, 1, .monotonic);
}

/// The monitor has found nobody to ask.
pub fn askNobody() void {
    if (@atomicLoad(u32, &asked, .monotonic) != 0) @atomicStore(u32, &asked, 0, .monotonic);
}

/// What execute does with a request that is there when a goroutine begins or goes on.
pub fn takeBack(gp: *os.G) void {
    @branchHint(.cold);
    @atomicStore(u8, &gp.preempt, 0, .monotonic);
    @atomicStore(u64, &gp.stackguard0, gp.stack.lo + layout.stack_guard_offset, .monotonic);
    @atomicStore(u32, &asked, 0, .monotonic);
}

/// Whether the goroutine is asked to give way.
pub inline fn isAsked(gp: *const os.G) bool {
    return @atomicLoad(u64, &gp.stackguard0, .monotonic) == layout.stack_preempt;
}

/// Gives way if this goroutine is asked to. On g0's stack it does nothing.
pub fn checkpoint() void {
    const m = m_.current() orelse return;
    const gp = m.trapg orelse return;
    if (isAsked(gp)) giveWay(gp);
}

/// Leaves this goroutine, until its turn comes again.
pub fn giveWay(gp: *os.G) void {
    // It was asked before its blocking call began.
    if (@atomicLoad(u32, &gp.atomicstatus, .monotonic) == codes.gstatus.syscall) return;
    // It is no operation of the body's: the last one's outcome is still to be read.
    const op = gp.op;
    _ = body.gobuf_mcall(@intFromEnum(codes.Trap.preempt), 0, 0);
    gp.op = op;
    gp.sched.lr = 0;
}
