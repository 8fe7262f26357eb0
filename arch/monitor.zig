//! The monitor: sysmon of Go's src/runtime/proc.go, one thread for the process. It tells an M that its slice is over,
//! whatever the goroutines do between two operations: no count of turns can, and a look at the clock costs a turn more
//! than the turn itself.
//!
//! An M writes the number of its slice into `M.slice` when it begins to run goroutines and 0 when it gives the thread back.
//! The monitor looks at all Ms every `tick_ns`. It writes the number of a slice that has lasted `slice_ns` into
//! `M.slice_over`, where each turn of the scheduler reads it. A number, and not a flag: what comes late for one slice ends
//! no other.
//!
//! It preempts native bodies, too: the scheduler counts their turns in `M.schedtick`, and a turn of `force_preempt_ns` is
//! asked to end (preempt.zig).
//!
//! The monitor starts with the first slice. It sleeps while no M runs: `Header.sysmonwait` (Go's sched.sysmonwait) is 1
//! then, and the next M that begins a slice wakes it. Both sides write their own word first and read the other's
//! afterwards, in one order that all threads see (seq_cst): one of them sees the other.
const std = @import("std");
const arena = @import("arena.zig");
const codes = @import("codes.zig");
const asyncpreempt = @import("asyncpreempt.zig");
const layout = @import("layout.zig");
const m_ = @import("m.zig");
const os = @import("os.zig");
const preempt = @import("preempt.zig");
const procs = @import("procs/procs.zig");
const quit = @import("quit.zig");

/// From one look at the Ms to the next.
const tick_default_ns = std.time.ns_per_ms;
var tick_ns: u64 = tick_default_ns;
/// A slice ends at the first look that finds it this old. It was found at most a tick after it began, so slices take
/// 4 to 5 ms.
const slice_ns = 7 * tick_default_ns / 2;
/// A slice this old may be that of a thread that was terminated in it: from time to time the monitor asks.
const stuck_ns = std.time.ns_per_s;
/// A native body that has had the M this long is asked to give way: Go's forcePreemptNS.
const force_preempt_default_ns = 10 * std.time.ns_per_ms;
var force_preempt_ns: u64 = force_preempt_default_ns;
/// Looks that find no slice before the monitor goes to sleep: slices that follow each other soon need not wake it.
const idle_ticks_max = 10;

/// Guards `started`, and nothing else.
var lock: os.Lock = .{};
var started = false;

/// Wakes the monitor, or starts it: an M has begun a slice and has found `sysmonwait` set. False when no thread can be had:
/// then slices end by the count of turns alone, and the next slice tries again.
pub fn wake() bool {
    const header = arena.header() orelse return false;
    lock.acquire();
    defer lock.release();
    if (!started) {
        if (!os.threads.start(&run)) return false;
        started = true;
    }
    // What the M wrote before is seen by the monitor when it sees this 0.
    @atomicStore(u32, &header.sysmonwait, 0, .seq_cst);
    os.threads.wake(&header.sysmonwait);
    return true;
}

/// Of `force_preempt_ns`: nobody is asked to give way, and no request is taken back, for a test asks by itself.
pub const force_never_ns = std.math.maxInt(u64);

/// For tests, which want many preemptions soon: how often the monitor looks, and how long a native body may have the M; 0
/// for the latter preempts whatever body a look finds, `force_never_ns` none. Null: as it is without.
pub fn hurry(look_ns: ?u64, force_ns: ?u64) void {
    @atomicStore(u64, &tick_ns, look_ns orelse tick_default_ns, .monotonic);
    @atomicStore(u64, &force_preempt_ns, force_ns orelse force_preempt_default_ns, .monotonic);
}

/// What the monitor knows of an M: Go's sysmontick.
const Seen = struct {
    slice: u32 = 0,
    since_ns: u64 = 0,
    /// Turns of native bodies, and when the last one was found to have begun.
    schedtick: u32 = 0,
    schedwhen_ns: u64 = 0,
    /// When the monitor last asked whether the thread is there.
    asked_ns: u64 = 0,
};

/// The monitor's own: no other thread touches it.
var seen: [layout.m_max]Seen = @splat(.{});

fn run() void {
    const header = arena.header().?; // there since the first M
    var idle: u32 = 0;
    var pace: Pace = .{};
    while (true) {
        os.threads.sleep(pace.next(@atomicLoad(u64, &tick_ns, .monotonic), procs.retakeAll(os.threads.nanotime())));
        if (look(header)) {
            idle = 0;
            continue;
        }
        idle += 1;
        if (idle < idle_ticks_max) continue;
        idle = 0;
        @atomicStore(u32, &header.sysmonwait, 1, .seq_cst);
        if (look(header)) {
            @atomicStore(u32, &header.sysmonwait, 0, .seq_cst);
            continue;
        }
        while (@atomicLoad(u32, &header.sysmonwait, .seq_cst) == 1) os.threads.wait(&header.sysmonwait, 1);
    }
}

/// How long the monitor sleeps while Ps are retaken out of blocking calls: as Go's, from 20 us on, twice as long each time after
/// 50 looks that found nothing to retake, up to a tick.
const Pace = struct {
    ns: u64 = std.math.maxInt(u64),
    idle: u32 = 0,

    const least_ns = 20 * std.time.ns_per_us;
    const idle_max = 50;

    fn next(pace: *Pace, tick: u64, retaken: bool) u64 {
        if (retaken) {
            pace.* = .{ .ns = least_ns };
        } else if (pace.ns < tick) {
            pace.idle += 1;
            if (pace.idle > idle_max) pace.ns *= 2;
        }
        return @min(pace.ns, tick);
    }
};

/// One look at all Ms. Whether any is in a slice.
fn look(header: *arena.Header) bool {
    const now_ns = os.threads.nanotime();
    var busy = false;
    var asks = false;
    quit.look(now_ns);
    for (0..@atomicLoad(u32, &header.m_count, .acquire)) |i| {
        const m = arena.mAt(@intCast(i));
        // Before the slice: what the M says of a later one is not taken for what it said before.
        const told = @atomicLoad(u32, &m.slice_over, .seq_cst);
        const slice = @atomicLoad(u32, &m.slice, .seq_cst);
        const schedtick = @atomicLoad(u32, &m.schedtick, .monotonic);
        if (slice != 0) busy = true;
        if (slice != seen[i].slice) {
            seen[i] = .{ .slice = slice, .since_ns = now_ns, .asked_ns = now_ns, .schedtick = schedtick, .schedwhen_ns = now_ns };
        } else if (slice != 0 and now_ns - seen[i].since_ns >= slice_ns) {
            // Nothing else is handed over with the number, and a turn that sees it late is one turn late. What the M has
            // written itself stays: this comes again at the next look.
            if (told != codes.slice.none) _ = @cmpxchgStrong(u32, &m.slice_over, told, slice, .seq_cst, .monotonic);
            if (now_ns - seen[i].asked_ns >= stuck_ns) {
                seen[i].asked_ns = now_ns;
                m_.reclaim();
            }
        }
        if (slice != 0 and retake(m, &seen[i], schedtick, now_ns)) asks = true;
        if (slice != 0) quit.lookAt(m, seen[i].schedwhen_ns, now_ns);
    }
    quit.looked(now_ns);
    // One that was asked and gave way by itself has not cleared it.
    if (!asks and @atomicLoad(u64, &force_preempt_ns, .monotonic) != force_never_ns) preempt.askNobody();
    return busy;
}

/// Preempts the native body of an M whose turn takes too long, and asks again at each look until the turn is over: retake.
/// Whether it has.
fn retake(m: *os.M, of: *Seen, schedtick: u32, now_ns: u64) bool {
    const force_ns = @atomicLoad(u64, &force_preempt_ns, .monotonic);
    if (schedtick != of.schedtick and force_ns != 0) {
        of.schedtick = schedtick;
        of.schedwhen_ns = now_ns;
        return false;
    }
    if (force_ns == force_never_ns or now_ns - of.schedwhen_ns < force_ns or !preempt.one(m)) return false;
    asyncpreempt.interrupt(m);
    return true;
}
