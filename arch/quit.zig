//! SIGQUIT: names native bodies that keep their thread from JavaScript.
//!
//! src/run.ts prints all goroutines at SIGQUIT, as Go does, when JavaScript has the thread. Behind a body that does not give
//! it back that is never. So a handler in front of JavaScript's (os/posix_quit.zig) notes the signal, and passes it on. The
//! monitor gives JavaScript `patience_ns`. Then it sends the signal to the thread of each M whose body has had it all the
//! while, and there the handler prints the goroutine, and from the interrupted context its pc.
const std = @import("std");
const fault = @import("fault.zig");
const layout = @import("layout.zig");
const m_ = @import("m.zig");
const os = @import("os.zig");

/// As long JavaScript may take to print by itself.
const patience_ns = 200 * std.time.ns_per_ms;

/// How many signals have come, added to by the handler; and of those how many JavaScript has printed for. Nothing is handed
/// over with either.
var noted: u32 = 0;
var printed: u32 = 0;
/// The monitor's own: the signal that it looks after, 0 for none, when it saw it, and whether it has named a body for it.
var open: u32 = 0;
var open_ns: u64 = 0;
var named = false;
/// The last signal that is done with.
var done: u32 = 0;
/// By M: the signal for which its body was named.
var named_for: [layout.m_max]u32 = @splat(0);
/// By M: its thread has been sent the signal, to answer for its goroutine, and how long that has had the thread. Set by the
/// monitor, taken back by the handler; release and acquire hand the time over.
var asked: [layout.m_max]u32 = @splat(0);
var had_ms: [layout.m_max]u64 = @splat(0);

/// Puts the handler in front of JavaScript's, if that is there.
pub fn install() void {
    os.quits.install();
}

/// The handler's: the signal has come from outside.
pub fn note() void {
    _ = @atomicRmw(u32, &noted, .Add, 1, .monotonic);
}

/// The handler's, on whatever thread: whether the monitor has sent the signal. Then it is answered here.
pub fn answer(pc: usize) bool {
    const m = m_.current() orelse return false;
    if (@atomicRmw(u32, &asked[m.id], .Xchg, 0, .acquire) == 0) return false;
    const gp = m.curg orelse return true; // it has given the thread back just now
    fault.report(gp, had_ms[m.id], pc, m.trapg == null);
    return true;
}

/// JavaScript has printed what it prints.
pub fn print() void {
    @atomicStore(u32, &printed, @atomicLoad(u32, &noted, .monotonic), .monotonic);
}

/// The monitor's, at each of its looks, before it looks at the Ms.
pub fn look(now_ns: u64) void {
    const last = @atomicLoad(u32, &noted, .monotonic);
    if (open != 0 or last == done) return;
    open = last;
    open_ns = now_ns;
    named = false;
}

/// The monitor's: an M whose goroutine has had the thread since `since_ns`. One that got it behind the signal is of interest
/// where JavaScript has not printed: that may be for the goroutine.
pub fn lookAt(m: *os.M, since_ns: u64, now_ns: u64) void {
    if (open == 0 or now_ns - @max(open_ns, since_ns) < patience_ns or named_for[m.id] == open) return;
    if (since_ns > open_ns and isPrinted()) return;
    if (@atomicLoad(?*os.G, &m.curg, .monotonic) == null) return;
    named_for[m.id] = open;
    named = true;
    had_ms[m.id] = (now_ns - since_ns) / std.time.ns_per_ms;
    @atomicStore(u32, &asked[m.id], 1, .release);
    os.quits.send(m_.threadOf(m));
}

/// The monitor's, behind the Ms.
pub fn looked(now_ns: u64) void {
    if (open == 0 or now_ns - open_ns < patience_ns) return;
    if (!named and !isPrinted()) return;
    done = open;
    open = 0;
}

/// Whether JavaScript has printed for the signal that is open, or for a later one.
fn isPrinted() bool {
    return @as(i32, @bitCast(@atomicLoad(u32, &printed, .monotonic) -% open)) >= 0;
}
