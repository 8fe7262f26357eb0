//! Threads. An M is a thread that runs goroutines; its g0 is the thread's own stack. The M of a thread lies in TLS,
//! written by minit and mexit alone; the assembly file of the ABI holds the TLS word.
const arena = @import("arena.zig");
const asyncpreempt = @import("asyncpreempt.zig");
const chunk = @import("chunk.zig");
const codes = @import("codes.zig");
const fault = @import("fault.zig");
const layout = @import("layout.zig");
const os = @import("os.zig");
const procs = @import("procs/procs.zig");
const share = @import("workers/group.zig");
const G = os.G;
const M = os.M;

/// Address of this thread's TLS word.
extern fn gobuf_tls() callconv(.c) *?*M;
/// Stores into g0 what of the calling thread is stored once: on Windows the bounds of its stack.
extern fn gobuf_g0save(g0: *G) callconv(.c) void;

/// The M of this thread. Read it anew after a switch, and keep it in no register across one.
pub inline fn current() ?*M {
    return gobuf_tls().*;
}

/// Guards `threads` and M.used.
var lock: os.Lock = .{};
/// By M: its thread, by which it can be found to have ended.
var threads: [layout.m_max]os.threads.Thread = @splat(.none);

// M.used.
const free = 0;
const in_use = 1;
/// mexit was called: the thread has what it took, and nobody else gets the slot until it ends.
const left = 2;

/// Makes the calling thread an M. Its index, or a code of codes.execute. A thread that is one already keeps its index.
pub fn init() u32 {
    if (current()) |m| return m.id;
    const header = arena.header() orelse return codes.execute.arena;
    lock.acquire();
    defer lock.release();
    reclaimLocked(header);
    const m = claim(header) orelse return codes.execute.m_full;
    if (m.g0 == null) m.g0 = arena.g0At(m.id) orelse return codes.execute.arena;
    const g0 = m.g0.?;
    g0.m = m;
    if (os.abi == .ms_x86_64) gobuf_g0save(g0);
    if (m.used == free) threads[m.id] = os.threads.self();
    m.used = in_use;
    gobuf_tls().* = m;
    return m.id;
}

/// Gives the calling thread one more M, for another instance of TypeScript's side, and makes it the thread's. Its index, or
/// a code of codes.execute.
pub fn another() u32 {
    const before = current();
    gobuf_tls().* = null;
    const id = init();
    if (current() == null) gobuf_tls().* = before;
    return id;
}

/// Makes an M that `init` or `another` gave this thread the thread's. The index of the one before, or a code of
/// codes.execute.
pub fn use(id: u32) u32 {
    const before = current() orelse return codes.execute.no_m;
    if (id >= layout.m_max) return codes.execute.bad_index;
    gobuf_tls().* = arena.mAt(id);
    return before.id;
}

/// Makes the thread an M no longer. Refused on a thread that is none and while a goroutine runs on it.
pub fn exit() u32 {
    const m = current() orelse return codes.execute.no_m;
    if (m.curg != null) return codes.execute.reentry;
    lock.acquire();
    defer lock.release();
    fault.threadExit(m);
    m.callback = null;
    m.handle_base = 0;
    m.lane_count = 0;
    m.lanes = null;
    gobuf_tls().* = null;
    m.used = left;
    return 0;
}

/// The thread of an M, for the monitor. It may be another's by the time that it is used.
pub fn threadOf(m: *const M) *const os.threads.Thread {
    return &threads[m.id];
}

/// The slot that this thread had before, or a free one. The count is of slots ever used: whoever walks the Ms walks these.
fn claim(header: *arena.Header) ?*M {
    for (0..header.m_count) |i| {
        const m = arena.mAt(@intCast(i));
        if (m.used == left and os.threads.isSelf(&threads[i])) return m;
    }
    for (0..layout.m_max) |i| {
        const m = arena.mAt(@intCast(i));
        if (m.used != free) continue;
        m.id = @intCast(i);
        if (m.id >= header.m_count) @atomicStore(u32, &header.m_count, m.id + 1, .release);
        return m;
    }
    return null;
}

/// Takes a chunk for this thread, if need be one that a thread left which has ended since.
pub fn take(from: *const fn (*const M) u32) u32 {
    const m = current() orelse return codes.execute.no_m;
    const first = from(m);
    if (first != codes.execute.full) return first;
    reclaim();
    return from(m);
}

/// Takes back the Ms of threads that have ended, in whatever way, and all that those took: Gs and their stacks, sudogs,
/// the signal stack, the slot itself.
///
/// The system says of each thread whether it is there. One that is not runs nothing, and held none of this library's
/// locks when it ended: JavaScript, which alone can be terminated, runs only outside of calls into the library and in
/// callbacks, where no lock is held. A native body is never ended inside, for no system thread is killed here.
pub fn reclaim() void {
    const header = arena.header() orelse return;
    lock.acquire();
    defer lock.release();
    reclaimLocked(header);
}

fn reclaimLocked(header: *arena.Header) void {
    for (0..header.m_count) |i| {
        const m = arena.mAt(@intCast(i));
        if (m.used == free or !os.threads.ended(&threads[i])) continue;
        // Other threads run goroutines of its: they leave first.
        if (!procs.mayReclaim(@intCast(i))) continue;
        share.threadEnded(@intCast(i));
        chunk.giveBack(m);
        fault.threadEnded(m);
        asyncpreempt.threadEnded(m);
        m.curg = null;
        m.trapg = null;
        m.calls = 0;
        m.faulted = 0;
        // Both point into memory of JavaScript, which is gone.
        m.callback = null;
        m.handle_base = 0;
        m.lane_count = 0;
        m.lanes = null;
        // The monitor would take a slice that nothing ends for one that is under way.
        @atomicStore(u32, &m.slice, 0, .seq_cst);
        @atomicStore(u32, &m.slice_over, 0, .monotonic);
        os.threads.forget(&threads[i]);
        m.used = free;
    }
}
