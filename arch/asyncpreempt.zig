//! Asynchronous preemption: preemptM, wantAsyncPreempt and asyncPreempt2 of Go's src/runtime/preempt.go. A native body is
//! interrupted between two instructions, made to call into this library, and goes on there when its turn comes again.
//!
//! It is for libraries of bodies that ask for it (`allow`). The thread is interrupted by a signal, on Windows by suspending
//! it (os/). `refusal` says whether the place where it was is one where that can be: on the goroutine's stack, in code of such
//! a library. Elsewhere it may hold a lock that everybody wants (in libc), or be in the middle of an operation; then the
//! request stays, and the monitor tries again, or the next operation of the body sees it.
//!
//! The whole of the processor's state is kept on the goroutine's stack: a preempted body has made no call, so that no register
//! is free. So are the words of G.op: the body may be about to read them.
const builtin = @import("builtin");
const arena = @import("arena.zig");
const body = @import("body.zig");
const codes = @import("codes.zig");
const m_ = @import("m.zig");
const os = @import("os.zig");
const preempt = @import("preempt.zig");

/// A range of code.
const Text = struct {
    lo: usize,
    hi: usize,
    /// The M whose thread has asked: what it has not taken back goes with it.
    m: u32 = 0,
    /// Where its code may throw exceptions of C++: gives the thread's, which are the goroutine's over a preemption.
    exceptions: ?*const Exceptions = null,
};

/// __cxa_eh_globals of the Itanium C++ ABI (2.2.2): what is caught and not handled yet, and how many are in flight.
const CxxList = extern struct { caught: usize, uncaught: u32 };
pub const Exceptions = fn () callconv(.c) *CxxList;

const texts_max = 64;
/// Code of the libraries that ask for it. Slots up to `texts_used` were ever used; an empty one has hi = 0. Written under
/// `lock`, hi last when one comes and first when one goes; read without it, in signal handlers.
var texts: [texts_max]Text = @splat(.{ .lo = 0, .hi = 0 });
var texts_used: u32 = 0;
/// This library's own code. Written under `lock`, hi last.
var own: Text = .{ .lo = 0, .hi = 0 };
var lock: os.Lock = .{};

/// Lets the bodies of a library be preempted between two operations. @param address of something in its code
pub fn allow(address: usize, exceptions: ?*const Exceptions) codes.Async {
    // A thread's first call allocates: not on a goroutine's stack.
    if (exceptions) |globals| _ = globals();
    const ready = os.preempts.init();
    if (ready != .ok) return ready;
    lock.acquire();
    defer lock.release();
    if (own.hi == 0) {
        const text = textOf(@intFromPtr(&body.gobuf_mcall)) orelse return .text;
        own.lo = text.lo;
        @atomicStore(usize, &own.hi, text.hi, .release);
    }
    const text = textOf(address) orelse return .text;
    const slot = for (0..texts_max) |i| {
        if (texts[i].hi == 0) break i;
    } else return .full;
    texts[slot].lo = text.lo;
    texts[slot].exceptions = exceptions;
    texts[slot].m = if (m_.current()) |m| m.id else 0;
    @atomicStore(usize, &texts[slot].hi, text.hi, .release);
    if (slot >= texts_used) @atomicStore(u32, &texts_used, @intCast(slot + 1), .release);
    return .ok;
}

/// The library is about to be unloaded: none of its bodies is there any more.
pub fn disallow(address: usize) void {
    lock.acquire();
    defer lock.release();
    for (texts[0..texts_used]) |*text| {
        if (address < text.lo or address >= text.hi) continue;
        @atomicStore(usize, &text.hi, 0, .release);
        return; // a library that was opened twice is there twice
    }
}

/// The thread of an M has ended, and with it all that it had opened.
pub fn threadEnded(m: *const os.M) void {
    lock.acquire();
    defer lock.release();
    for (texts[0..texts_used]) |*text| {
        if (text.m == m.id) @atomicStore(usize, &text.hi, 0, .release);
    }
}

fn textOf(address: usize) ?Text {
    var text: Text = .{ .lo = 0, .hi = 0 };
    return if (os.preempts.textOf(address, &text.lo, &text.hi)) text else null;
}

fn inside(text: *const Text, pc: usize) bool {
    const hi = @atomicLoad(usize, &text.hi, .acquire);
    return pc < hi and pc >= @atomicLoad(usize, &text.lo, .monotonic);
}

fn isAllowed(pc: usize) bool {
    for (texts[0..@atomicLoad(u32, &texts_used, .acquire)]) |*text| {
        if (inside(text, pc)) return true;
    }
    return false;
}

/// The monitor has asked the goroutine of an M to give way: interrupts it, if its body is of a library that asks for that.
pub fn interrupt(m: *os.M) void {
    if (@atomicLoad(u32, &texts_used, .monotonic) == 0) return;
    const gp = @atomicLoad(?*os.G, &m.curg, .monotonic) orelse return;
    // The function that it was started on; whatever is there, it is compared and no more.
    if (!isAllowed(@atomicLoad(u64, &gp.sched.ctxt, .monotonic))) return;
    if (!os.preempts.isReady()) return count(m, codes.preemption.handler);
    count(m, codes.preemption.sent);
    os.preempts.interrupt(m, m_.threadOf(m));
}

/// A thread was interrupted: preempts its goroutine there, or counts why not.
pub fn meet(m: *os.M, pc: usize, sp: usize, comptime sys: type, context: *sys.Context, comptime frame: type) void {
    const gp = @atomicLoad(?*os.G, &m.trapg, .monotonic);
    const why = refusal(gp, pc, sp);
    if (why != codes.preemption.taken) return count(m, why);
    if (!frame.inject(sys, context)) return count(m, codes.preemption.guard);
    gp.?.sched.lr = pc;
    count(m, why);
}

/// Why a goroutine is not preempted at a pc with an sp; codes.preemption.taken when it is. @param on null on g0's stack
pub fn refusal(on: ?*os.G, pc: usize, sp: usize) u32 {
    const gp = on orelse return codes.preemption.g0;
    if (!preempt.isAsked(gp)) return codes.preemption.late;
    if (@atomicLoad(u32, &gp.atomicstatus, .monotonic) == codes.gstatus.syscall) return codes.preemption.late;
    if (inside(&own, pc)) return codes.preemption.runtime;
    if (!isAllowed(pc)) return codes.preemption.library;
    if (sp > gp.stack.hi or sp < gp.stack.lo + os.preempts.frameBytes()) return codes.preemption.guard;
    return codes.preemption.taken;
}

fn count(m: *os.M, which: u32) void {
    // The monitor, and who suspends a goroutine, count from their threads.
    _ = @atomicRmw(u32, &m.preemptions[which], .Add, 1, .monotonic);
}

/// Whether a preemption of G `index` at a place would be taken, or why not: for tests.
pub fn ask(index: u32, pc: usize, sp: usize) u32 {
    return refusal(arena.gAt(index), pc, sp);
}

/// What the monitor does to an M, done to the one of this thread, whoever has it: for tests that choose the instruction.
pub fn now() void {
    if (builtin.os.tag == .windows) return; // a thread that suspends itself never goes on
    const m = m_.current() orelse return;
    _ = preempt.one(m);
    count(m, codes.preemption.sent);
    os.preempts.interrupt(m, m_.threadOf(m));
}

/// Asks a goroutine to stop, and interrupts its thread if its body may be interrupted. Whether an M runs it.
pub fn stop(index: u32) bool {
    const m = preempt.stop(arena.gAt(index) orelse return false) orelse return false;
    interrupt(m);
    return true;
}

/// What the injected call calls, once all registers are kept.
pub fn preempted() void {
    const m = m_.current() orelse return;
    const gp = m.trapg orelse return;
    const globals = exceptionsAt(gp.sched.lr) orelse return preempt.giveWay(gp);
    // Others find none, and leave none.
    const list = globals();
    const kept = list.*;
    list.* = .{ .caught = 0, .uncaught = 0 };
    preempt.giveWay(gp);
    globals().* = kept;
}

fn exceptionsAt(pc: usize) ?*const Exceptions {
    for (texts[0..@atomicLoad(u32, &texts_used, .acquire)]) |*text| {
        if (inside(text, pc)) return text.exceptions;
    }
    return null;
}
