//! What main's thread asks of a pool: making and ending it, its own operations on the pool's objects, the inbox. TypeScript's
//! side is src/procs/.
const access = @import("access.zig");
const arena = @import("../arena.zig");
const chunk = @import("../chunk.zig");
const codes = @import("../codes.zig");
const g_ = @import("../g.zig");
const layout = @import("../layout.zig");
const log_ = @import("log.zig");
const mstart_ = @import("mstart.zig");
const objects = @import("objects.zig");
const os = @import("../os.zig");
const pool_ = @import("pool.zig");
const report = @import("report.zig");
const sched_ = @import("sched.zig");
const status = @import("status.zig");
const traps = @import("traps.zig");
const m_ = @import("../m.zig");
const A = pool_.A;
const Pool = pool_.Pool;
const Sudog = pool_.Sudog;

const pools_max = 64;

/// Guards `pools` and `in_use`.
var lock: os.Lock = .{};
/// Pools that were made. One that has ended stays, with its Gs, for the next run of the same thread. Stored under lock
/// (release), read without it (acquire).
var pools: [pools_max]?*Pool = @splat(null);
var in_use: [pools_max]bool = @splat(false);

/// A pool's number has its place in the table, and above it how many pools were in that place before.
fn at(number: u32) ?*Pool {
    return @atomicLoad(?*Pool, &pools[number % pools_max], .acquire);
}

/// Makes a pool for the calling thread. Its index, or a code of codes.execute.
/// @param breath_ms not 0: the calling thread may be terminated, and then waits for its Ms to end: they come back this often
pub fn new(n: u32, stack_bytes: u32, notify: ?pool_.Notify, log_room: u32, breath_ms: u32) u32 {
    if (!access.supported) return codes.execute.platform;
    const owner = m_.current() orelse return codes.execute.no_m;
    if (n == 0 or n > sched_.procs_max) return codes.execute.bad_index;
    lock.acquire();
    defer lock.release();
    const index = find(owner.id) orelse return codes.execute.full;
    if (pools[index] == null) {
        const made: *Pool = @ptrCast(@alignCast(log_.map(@sizeOf(Pool)) orelse return codes.execute.arena));
        made.* = .{ .sched = undefined, .index = index, .owner = owner.id, .stack_bytes = 0, .notify = null };
        const chunks = log_.map(layout.g_max / layout.chunk_size * @sizeOf(u32)) orelse return codes.execute.arena;
        made.chunks = @ptrCast(@alignCast(chunks));
        @atomicStore(?*Pool, &pools[index], made, .release);
    }
    const pool = pools[index].?;
    if (!pool.handles.open()) return codes.execute.arena;
    pool.owner = owner.id;
    pool.sched = .{ .n = n, .all_idle = &allIdle, .timers = &traps.checkTimers, .next_timer = &traps.nextTimer };
    pool.sched.breath_ns = @as(u64, breath_ms) * 1_000_000;
    pool.sched.m_limit = n + sched_.spares_max;
    pool.sched.want = &want;
    pool.sched.init();
    pool.stack_bytes = stack_bytes;
    pool.notify = notify;
    pool.notified = 0;
    pool.failure = .{};
    pool.goidgen = pool_.goid_base;
    for (&pool.locals) |*local| local.* = .{};
    pool.entered = @splat(0);
    if (log_room != 0 and !openLog(pool, log_room)) {
        pool.handles.shut();
        return codes.execute.arena;
    }
    in_use[index] = true;
    pool.number = A.load(u32, &pool.generation, .monotonic) % (codes.execute.first / pools_max) * pools_max + index;
    A.store(u32, &pool.live, 1, .seq_cst);
    return pool.number;
}

/// One that this thread has had before, or one that nobody has had.
fn find(owner: u32) ?u32 {
    for (&pools, in_use, 0..) |pool, used, i| {
        if (!used and pool != null and pool.?.owner == owner) return @intCast(i);
    }
    for (&pools, 0..) |pool, i| if (pool == null) return @intCast(i);
    for (&pools, in_use, 0..) |pool, used, i| {
        if (!used and pool.?.chunk_count == 0) return @intCast(i);
    }
    return null;
}

fn openLog(pool: *Pool, room: u32) bool {
    const Log = log_.Log(A);
    const log = pool.mem.create(Log) orelse return false;
    const room_of_all = pool.mem.alloc(Log.bytes(room, pool.sched.m_limit)) orelse return false;
    const on = pool.mem.alloc(log_.on_bytes) orelse return false;
    log.* = .{ .room = room, .events = @ptrCast(@alignCast(room_of_all)), .on = on };
    pool.log = log;
    return true;
}

/// A thread more is wanted.
fn want(s: *pool_.Sched) void {
    Pool.of(s).tell();
}

/// An M of a pool whose thread is to be started, + 1; 0 for none.
pub fn wish(index: u32) u32 {
    const pool = at(index) orelse return 0;
    return pool.sched.wish();
}

/// The place + 1 of the pool that the monitor looks at. It stores that and looks at `live` afterwards; who ends a pool does it
/// the other way round (seq_cst), so that one of the two sees the other.
var watched: u32 = 0;

/// Takes Ps out of blocking calls, in all pools. The monitor's. Whether it has taken one.
pub fn retakeAll(now: u64) bool {
    if (!access.supported) return false;
    var retaken = false;
    for (0..pools_max) |i| {
        const pool = at(@intCast(i)) orelse continue;
        @atomicStore(u32, &watched, @intCast(i + 1), .seq_cst);
        if (A.load(u32, &pool.live, .seq_cst) != 0 and !pool.sched.stops()) {
            for (pool.sched.ps[0..pool.sched.n]) |*p| {
                if (pool.sched.retake(p, now) == .retaken) retaken = true;
            }
        }
        @atomicStore(u32, &watched, 0, .seq_cst);
    }
    return retaken;
}

/// From here on the monitor looks at the pool no more.
fn unwatch(pool: *Pool) void {
    A.store(u32, &pool.live, 0, .seq_cst);
    while (@atomicLoad(u32, &watched, .seq_cst) == pool.index + 1) os.impl.pause();
}

/// All Ps have become idle: main's thread is to see whether that is the end. Under sched.lock.
fn allIdle(s: *pool_.Sched) void {
    if (traps.nextTimer(s) == null) Pool.of(s).tell();
}

/// Whether the thread of an M has come.
pub fn came(index: u32, id: u32) bool {
    return A.load(u32, &at(index).?.entered[id], .acquire) != 0;
}

/// An M of the pool, until the pool ends. 0 or a code of codes.execute.
pub fn mstart(number: u32, id: u32) u32 {
    const pool = at(number) orelse return codes.execute.bad_index;
    // First counted, then looked: `shut` does it the other way round (seq_cst), so that one of the two sees the other.
    _ = A.add(u32, &pool.inside, 1, .seq_cst);
    if (number != A.load(u32, &pool.generation, .seq_cst) % (codes.execute.first / pools_max) * pools_max + number % pools_max) {
        _ = A.sub(u32, &pool.inside, 1, .seq_cst);
        return 0; // it has come too late
    }
    return mstart_.mstart(pool, id);
}

/// Lets no more threads in. Whether none is inside.
fn shut(pool: *Pool) bool {
    _ = A.add(u32, &pool.generation, 1, .seq_cst);
    return A.load(u32, &pool.inside, .seq_cst) == 0;
}

pub fn stop(index: u32) void {
    if (at(index)) |pool| pool.sched.stopAll();
}

/// Ms that have not left.
pub fn inside(index: u32) u32 {
    const pool = at(index) orelse return 0;
    return A.load(u32, &pool.inside, .acquire);
}

/// The pool has stopped and all Ms have left: its Gs are dead and free, all its memory goes back. False where one is inside.
pub fn free(number: u32) bool {
    const pool = at(number) orelse return false;
    const index = number % pools_max;
    if (!shut(pool)) return false;
    unwatch(pool);
    pool.gfree = 0;
    var i = pool.chunk_count;
    while (i > 0) {
        i -= 1;
        const first = pool.chunks[i];
        const end = if (first + layout.chunk_size == pool.fresh_end) pool.fresh else first + layout.chunk_size;
        var gp = end;
        while (gp > first) {
            gp -= 1;
            const g = status.gOf(gp);
            // What it was running is gone. It stands outside the relation, as at the end of other runs.
            A.store(u32, &g.atomicstatus, status.dead, .seq_cst);
            g.param = 0;
            g.m = null;
            g.sched.lr = 0;
            g.schedlink = pool.gfree;
            pool.gfree = gp;
        }
    }
    A.store(u32, &pool.gcount, 0, .monotonic);
    pool.inbox = .{};
    pool.timers = .{};
    pool.log = null;
    pool.handles.shut();
    pool.mem.releaseAll();
    lock.acquire();
    defer lock.release();
    in_use[index] = false;
    return true;
}

/// The thread of an M has ended, and what it took is about to be taken back: the pools that it owns stop. False while a
/// thread is inside of one, which runs Gs of its.
pub fn mayReclaim(mid: u32) bool {
    var may = true;
    for (0..pools_max) |i| {
        const pool = at(@intCast(i)) orelse continue;
        if (pool.owner != mid) continue;
        if (@atomicLoad(bool, &in_use[i], .acquire)) {
            // Its function for calls is gone with the thread.
            pool.notify = null;
            pool.sched.stopAll();
            if (!free(@intCast(i))) {
                may = false;
                continue;
            }
        }
        pool.gfree = 0;
        pool.fresh = 0;
        pool.fresh_end = 0;
        pool.chunk_count = 0;
    }
    return may;
}

/// Starts a goroutine. Its G, or 0 when there is no memory.
pub fn go(index: u32, func: g_.Fn, arg: ?*anyopaque) u32 {
    const pool = at(index) orelse return 0;
    return pool.newproc(null, func, arg);
}

/// Makes an object: codes.procs_kind. Its handle, or 0. @param n a channel's capacity; the handle of a Cond's lock
pub fn make(index: u32, kind: u32, n: u32) u32 {
    const pool = at(index) orelse return 0;
    return switch (kind) {
        codes.procs_kind.channel => objects.makeChannel(pool, n) catch 0,
        codes.procs_kind.mutex => objects.makeObject(pool, pool_.SyncMutex) catch 0,
        codes.procs_kind.waitgroup => objects.makeObject(pool, pool_.WaitGroup) catch 0,
        codes.procs_kind.rwmutex => objects.makeObject(pool, pool_.RWMutex) catch 0,
        codes.procs_kind.once => objects.makeObject(pool, pool_.Once) catch 0,
        codes.procs_kind.cond => objects.makeCond(pool, n) catch 0,
        else => 0,
    };
}

/// An operation of a generator goroutine. A code of codes.procs_op; the word that was received is in M.scratch. Where it must
/// wait its answer comes through the inbox, under `token`.
pub fn op(index: u32, code: u32, handle: u32, lo: u32, hi: u32, token: u32) u32 {
    const pool = at(index) orelse return codes.procs_op.handle;
    const sg = pool.acquireSudog(null, 0, token) orelse return codes.procs_op.memory;
    const done = objects.operate(pool, code, handle, @as(u64, hi) << 32 | lo, sg);
    if (done.outcome == .park) {
        // The goroutine is main's own: nobody but main's thread, which is here, changes its status.
        done.lock.?.unlock();
        return codes.procs_op.parked;
    }
    pool.releaseSudog(null, sg);
    const woke: u32 = if (anyNative(done.woken)) codes.procs_op.woke else 0;
    pool.readyAll(null, done.woken);
    say(done.word);
    return woke | switch (done.outcome) {
        .done => @as(u32, codes.procs_op.ok),
        .closed => codes.procs_op.closed,
        .handle => codes.procs_op.handle,
        else => codes.procs_op.panic,
    };
}

/// Whether a list has a native G: then the pool is idle no longer.
fn anyNative(first: ?*Sudog) bool {
    var each = first;
    while (each) |sg| : (each = sg.next) if (sg.g != 0) return true;
    return false;
}

fn say(word: u64) void {
    const m = m_.current() orelse return;
    m.scratch[0] = @truncate(word);
    m.scratch[1] = @truncate(word >> 32);
}

/// Main's thread is about to look at the inbox: what comes from now on is told again.
pub fn looks(index: u32) void {
    const pool = at(index) orelse return;
    _ = A.xchg(u32, &pool.notified, 0, .acq_rel);
}

/// The next goroutine of main's thread whose wait is over: its token, 0 for none. M.scratch has the word, then the outcome:
/// codes.status.
pub fn drain(index: u32) u32 {
    const pool = at(index) orelse return 0;
    pool.inbox_lock.lock();
    const first = pool.inbox.first;
    if (first) |sg| pool.inbox.remove(sg);
    pool.inbox_lock.unlock();
    const sg = first orelse return 0;
    const token = sg.token;
    say(sg.elem);
    if (m_.current()) |m| m.scratch[2] = pool_.outcomeOf(sg);
    pool.releaseSudog(null, sg);
    return token;
}

/// Whether nothing of the pool will ever run again unless main's thread sees to it: checkdead.
pub fn dead(index: u32) bool {
    const pool = at(index) orelse return true;
    pool.sched.lock.lock();
    defer pool.sched.lock.unlock();
    return pool.sched.allIdle() and traps.nextTimer(&pool.sched) == null;
}

/// Goroutines that are not dead.
pub fn gcount(index: u32) u32 {
    const pool = at(index) orelse return 0;
    return A.load(u32, &pool.gcount, .monotonic);
}

/// Writes what goroutines there are, for a report: how many.
pub fn goroutines(index: u32, to: [*]report.Seen, room: u32) u32 {
    const pool = at(index) orelse return 0;
    return report.goroutines(pool, to, room);
}

/// Writes what went wrong first.
pub fn failure(index: u32, to: *pool_.Failure) void {
    const pool = at(index) orelse return;
    pool.failure_lock.lock();
    defer pool.failure_lock.unlock();
    to.* = pool.failure;
}

/// Writes the counts of a P.
pub fn stats(index: u32, id: u32, to: *pool_.Sched.Stats) void {
    const pool = at(index) orelse return;
    if (id < pool.sched.n) to.* = pool.sched.ps[id].stats;
}

/// How often a lock was found taken, by all pools since the process began.
pub fn contended() u32 {
    return A.load(u32, &access.contended_count, .monotonic);
}

/// The events of a writer, an M or (log.main) main's thread: where they are. @param counts gets how many there are, and how many
/// were lost
pub fn events(index: u32, who: u32, counts: *[2]u32) ?[*]const log_.Event {
    const pool = at(index) orelse return null;
    const log = pool.log orelse return null;
    const writer = log_.slot(who);
    if (writer > pool.sched.m_limit) return null;
    counts.* = .{ log.counts[writer], log.lost[writer] };
    return log.events + @as(usize, writer) * log.room;
}
