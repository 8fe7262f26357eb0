//! Goroutine bodies in Zig: the operations of gobuf.h, under the same names without their prefix. The comments there
//! say what each does, and its RULES hold here, too.
//!
//!     const gobuf = @import("gobuf");
//!     comptime {
//!         _ = gobuf; // exports gobuf_attach, once in each library of bodies
//!     }
//!     export fn squares(arg: ?*anyopaque) callconv(.c) void {
//!         const ch = gobuf.handleOf(arg);
//!         for (0..10) |n| {
//!             if (gobuf.send(ch, n * n) != gobuf.ok) return; // somebody closed the channel: a panic in Go
//!         }
//!         _ = gobuf.close(ch);
//!     }
//!
//! Build it by `zig build-lib -dynamic -OReleaseFast --dep gobuf -Mroot=bodies.zig -Mgobuf=PATH/gobuf.zig`.

// codes, made by scripts/codes.ts from arch/codes.toml: change it there

// Version of the contract between the library, src/ and libraries of bodies; the library's descriptor carries it.
/// grows by one with every change of a record, of an export's signature or of a code
pub const abi_version: u32 = 8;

/// Trap codes: what a goroutine asks of the runtime.
pub const Trap = enum(u32) {
    goexit = 1,
    gosched = 2,
    goyield = 3,
    go = 4,
    send = 5,
    recv = 6,
    close = 7,
    select = 8,
    sleep = 9,
    lock = 10,
    unlock = 11,
    rlock = 12,
    runlock = 13,
    wlock = 14,
    wunlock = 15,
    wgadd = 16,
    wgwait = 17,
    condwait = 18,
    signal = 19,
    broadcast = 20,
    once_begin = 21,
    once_end = 22,
    recover = 23,
    /// gobuf_execute's answer for a goroutine that a fault has ended; no body sends it
    fault = 24,
    chan_make = 25,
    chan_free = 26,
    /// the goroutine is preempted: it goes on when its turn comes
    preempt = 27,
    trylock = 28,
    tryrlock = 29,
    trywlock = 30,
    chan_len = 31,
    chan_cap = 32,
    wggo = 33,
    timer_make = 34,
    ticker_make = 35,
    timer_stop = 36,
    timer_reset = 37,
    entersyscall = 38,
    exitsyscall = 39,
    /// the first code of the embedder's own traps
    embedder = 256,
};

// Outcome of an operation.
/// a receive from a closed channel; its value is 0
pub const closed: u32 = 0;
pub const ok: u32 = 1;
/// what is a panic in Go; C cannot unwind, so the body decides
pub const panicked: u32 = 2;

// Direction of a select's case.
pub const dir_send: u32 = 1;
pub const dir_recv: u32 = 2;

// The most cases that one select may have, and the results of a select that are not the index of a case.
pub const select_max: u32 = 64;
pub const select_default: u32 = 0xFFFFFFFF;
pub const select_too_many: u32 = 0xFFFFFFFE;
pub const select_panic: u32 = 0xFFFFFFFD;

// Answer of gobuf_attach of a library of bodies that is attached to another copy of the runtime already.
pub const attached_elsewhere: u32 = 0xFFFFFFFF;

// end of the codes

pub const Fn = *const fn (arg: ?*anyopaque) callconv(.c) void;

/// Names a channel, Mutex, RWMutex, WaitGroup, Cond or Once. 0 is nil: Go's nil channel, and no other object.
pub const Handle = u32;

pub const Case = extern struct {
    dir: u32,
    channel: Handle,
    /// The word that a send sends; a receive ignores it.
    value: u64 = 0,
};

pub const Value = struct {
    value: u64,
    /// ok, closed or panicked
    ok: u32,
};

/// The table of the runtime's functions, gobuf_api of gobuf.h.
pub const Api = extern struct {
    version: u32,
    size: u32,
    mcall: *const fn (code: u32, a: u32, v: u64) callconv(.c) u64,
    systemstack: *const fn (func: Fn, arg: ?*anyopaque) callconv(.c) void,
    status: *const fn () callconv(.c) u32,
    opa: *const fn () callconv(.c) u32,
    getg: *const fn () callconv(.c) u32,
    go: *const fn (func: Fn, arg: ?*anyopaque) callconv(.c) u64,
    /// Returns what was received; opa returns the index of the case.
    select: *const fn (cases: ?[*]const Case, n: u32, has_default: u32) callconv(.c) u64,
    goexit: *const fn () callconv(.c) void,
    execute: *const fn (g: u32) callconv(.c) u32,
    descriptor: *const fn () callconv(.c) [*]const u32,
    call: *const fn (callback: Handle, word: u64, result: ?*u64) callconv(.c) u32,
    send: *const fn (ch: Handle, word: u64) callconv(.c) u64,
    recv: *const fn (ch: Handle) callconv(.c) u64,
    checkpoint: *const fn () callconv(.c) void,
    asked: *const volatile u32,
    wg_go: *const fn (wg: Handle, func: Fn, arg: ?*anyopaque) callconv(.c) u64,
    entersyscall: *const fn () callconv(.c) void,
    exitsyscall: *const fn () callconv(.c) void,
    lock_thread: *const fn () callconv(.c) u32,
    unlock_thread: *const fn () callconv(.c) void,
};

/// gobuf_attach sets it before any body runs. It is gobuf_runtime of gobuf.h, too: C files in the same library use it,
/// and must not say GOBUF_RUNTIME again.
pub export var gobuf_runtime: *const Api = undefined;

var attached: ?*const Api = null;

/// Returns 0; or, when the runtime has another version of the table, the version that this file needs; or
/// attached_elsewhere, when the library is attached to another copy of the runtime in this process.
export fn gobuf_attach(api: *const Api) callconv(.c) u32 {
    if (api.version != abi_version or api.size < @sizeOf(Api)) return abi_version;
    if (attached) |other| if (other != api) return attached_elsewhere;
    attached = api;
    gobuf_runtime = api;
    return 0;
}

inline fn mcall(code: Trap, a: u32, v: u64) u64 {
    return gobuf_runtime.mcall(@intFromEnum(code), a, v);
}

/// An operation that returns its outcome.
inline fn operation(code: Trap, a: u32, v: u64) u32 {
    _ = mcall(code, a, v);
    return gobuf_runtime.status();
}

/// The handle in a body's argument, when go.native was given one object.
pub inline fn handleOf(arg: ?*anyopaque) Handle {
    return @truncate(@intFromPtr(arg));
}

/// Starts a goroutine that calls func(arg), Go's go statement. Returns its number (goid).
pub inline fn go(func: Fn, arg: ?*anyopaque) u64 {
    return gobuf_runtime.go(func, arg);
}

/// Lets others run first, runtime.Gosched: this goroutine goes to the end of the global run queue.
pub inline fn gosched() void {
    _ = mcall(.gosched, 0, 0);
}

/// Lets others run first: this goroutine goes to the end of the local run queue, before those of the global one.
pub inline fn goyield() void {
    _ = mcall(.goyield, 0, 0);
}

/// Ends the goroutine, runtime.Goexit. Nothing is unwound: no `defer` runs.
pub inline fn goexit() noreturn {
    gobuf_runtime.goexit();
    @trap(); // it does not return
}

/// Waits for at least `ns` nanoseconds, time.Sleep; for 0 and less it returns at once.
pub inline fn sleep(ns: i64) void {
    _ = mcall(.sleep, 0, @bitCast(ns));
}

/// time.NewTimer, time.After: a channel from which the time is received, nanoseconds since 1970, once, `ns` from now. See
/// gobuf_timer_make in gobuf.h. Free it by chanFree.
pub inline fn timerMake(ns: i64) Handle {
    return @truncate(mcall(.timer_make, 0, @bitCast(ns)));
}

pub const after = timerMake;

/// time.NewTicker: the same every `ns`. Returns null for 0 and less, where Go panics.
pub inline fn tickerMake(ns: i64) ?Handle {
    const ch: Handle = @truncate(mcall(.ticker_make, 0, @bitCast(ns)));
    return if (ch == 0) null else ch;
}

/// Stop of a timer or ticker, by its channel: whether it was set and its time was not received yet.
pub inline fn timerStop(timer: Handle) bool {
    return mcall(.timer_stop, timer, 0) != 0;
}

/// Reset: a timer fires `ns` from now, a ticker every `ns` (status() is `panicked` for 0 and less). Returns as timerStop.
pub inline fn timerReset(timer: Handle, ns: i64) bool {
    return mcall(.timer_reset, timer, @bitCast(ns)) != 0;
}

/// Sends, c <- word. Returns its outcome: `panicked` for a closed channel.
pub inline fn send(ch: Handle, word: u64) u32 {
    _ = gobuf_runtime.send(ch, word);
    return gobuf_runtime.status();
}

/// Closes, close(c). Returns its outcome: `panicked` for a closed channel and for nil.
pub inline fn close(ch: Handle) u32 {
    return operation(.close, ch, 0);
}

/// Receives, <-c.
pub inline fn recv(ch: Handle) Value {
    const word = gobuf_runtime.recv(ch);
    return .{ .value = word, .ok = gobuf_runtime.status() };
}

/// Makes a channel of words; `capacity` is 0 (unbuffered) to 2^31-1. Returns null for any other, where Go panics. Free
/// it by chanFree; gobuf.h (gobuf_chan_make) says what becomes of one that is not freed.
pub inline fn chanMake(capacity: u64) ?Handle {
    const ch: Handle = @truncate(mcall(.chan_make, 0, capacity));
    return if (ch == 0) null else ch;
}

/// Frees the handle of a channel; does nothing for nil. Using the handle later is a fatal error.
pub inline fn chanFree(ch: Handle) void {
    _ = mcall(.chan_free, ch, 0);
}

/// len(c): how many values the buffer holds. 0 for nil.
pub inline fn chanLen(ch: Handle) u64 {
    return mcall(.chan_len, ch, 0);
}

/// cap(c): the size of the buffer. 0 for nil.
pub inline fn chanCap(ch: Handle) u64 {
    return mcall(.chan_cap, ch, 0);
}

/// Go's select statement, on up to select_max cases. Returns the index of the case that was carried out, select_default
/// or select_too_many. status() is the outcome, and `value` gets what was received: see gobuf_select in gobuf.h.
pub inline fn select(cases: []const Case, has_default: bool, value: ?*u64) u32 {
    if (cases.len > select_max) return select_too_many;
    const received = gobuf_runtime.select(cases.ptr, @intCast(cases.len), @intFromBool(has_default));
    if (value) |to| to.* = received;
    return gobuf_runtime.opa();
}

/// The outcome of this goroutine's last operation.
pub inline fn status() u32 {
    return gobuf_runtime.status();
}

/// sync.Mutex, Lock.
pub inline fn lock(m: Handle) void {
    _ = mcall(.lock, m, 0);
}

/// sync.Mutex, Unlock. Unlocking what is not locked is a fatal error.
pub inline fn unlock(m: Handle) void {
    _ = mcall(.unlock, m, 0);
}

/// sync.RWMutex, RLock.
pub inline fn rlock(m: Handle) void {
    _ = mcall(.rlock, m, 0);
}

/// sync.RWMutex, RUnlock.
pub inline fn runlock(m: Handle) void {
    _ = mcall(.runlock, m, 0);
}

/// sync.RWMutex, Lock.
pub inline fn wlock(m: Handle) void {
    _ = mcall(.wlock, m, 0);
}

/// sync.RWMutex, Unlock.
pub inline fn wunlock(m: Handle) void {
    _ = mcall(.wunlock, m, 0);
}

/// sync.Mutex, TryLock: true when it locked it. It never waits.
pub inline fn trylock(m: Handle) bool {
    return mcall(.trylock, m, 0) != 0;
}

/// sync.RWMutex, TryRLock: as trylock.
pub inline fn tryrlock(m: Handle) bool {
    return mcall(.tryrlock, m, 0) != 0;
}

/// sync.RWMutex, TryLock: as trylock.
pub inline fn trywlock(m: Handle) bool {
    return mcall(.trywlock, m, 0) != 0;
}

/// sync.WaitGroup, Add. Returns its outcome: `panicked` where Go panics, for a counter below 0 and for misuse.
pub inline fn wgAdd(wg: Handle, delta: i64) u32 {
    return operation(.wgadd, wg, @bitCast(delta));
}

/// sync.WaitGroup, Done. Returns its outcome, as wgAdd.
pub inline fn wgDone(wg: Handle) u32 {
    return wgAdd(wg, -1);
}

/// sync.WaitGroup, Wait. Returns its outcome.
pub inline fn wgWait(wg: Handle) u32 {
    return operation(.wgwait, wg, 0);
}

/// sync.WaitGroup, Go: starts a goroutine that calls func(arg), and that the group waits for. Returns its outcome, as wgAdd.
pub inline fn wgGo(wg: Handle, func: Fn, arg: ?*anyopaque) u32 {
    _ = gobuf_runtime.wg_go(wg, func, arg);
    return gobuf_runtime.status();
}

/// sync.Cond, Wait. The caller holds the Cond's lock, and holds it again afterwards.
pub inline fn condWait(c: Handle) void {
    _ = mcall(.condwait, c, 0);
}

/// sync.Cond, Signal.
pub inline fn condSignal(c: Handle) void {
    _ = mcall(.signal, c, 0);
}

/// sync.Cond, Broadcast.
pub inline fn condBroadcast(c: Handle) void {
    _ = mcall(.broadcast, c, 0);
}

/// sync.Once, its first half: true for the first caller, which does the work and then calls onceEnd. False for any
/// other, after that call.
pub inline fn onceBegin(o: Handle) bool {
    return mcall(.once_begin, o, 0) != 0;
}

/// sync.Once, its second half.
pub inline fn onceEnd(o: Handle) void {
    _ = mcall(.once_end, o, 0);
}

/// Lets others run if this goroutine has had the thread for long. For loops that call no operation.
pub inline fn checkpoint() void {
    if (gobuf_runtime.asked.* != 0) gobuf_runtime.checkpoint();
}

/// Around a call that blocks the thread, in a run with several Ps: gobuf.h says what may stand between the two.
pub inline fn entersyscall() void {
    gobuf_runtime.entersyscall();
}
pub inline fn exitsyscall() void {
    gobuf_runtime.exitsyscall();
}

/// runtime.LockOSThread; false when too many have a thread to themselves.
pub inline fn lockThread() bool {
    return gobuf_runtime.lock_thread() == ok;
}
pub inline fn unlockThread() void {
    gobuf_runtime.unlock_thread();
}

/// Calls a function of TypeScript, on g0: `callback` is the handle of a native.callback. `panicked` when it threw: see
/// gobuf_call in gobuf.h.
pub inline fn call(callback: Handle, word: u64) Value {
    var result: u64 = 0;
    const outcome = gobuf_runtime.call(callback, word, &result);
    return .{ .value = result, .ok = outcome };
}

/// Ends the panic that a callback's error began, as recover does in Go. Returns false when there was none.
pub inline fn recover() bool {
    return mcall(.recover, 0, 0) != 0;
}

/// Calls func(arg) on g0, the thread's own stack, with the thread's floating-point control words.
pub inline fn systemstack(func: Fn, arg: ?*anyopaque) void {
    checkpoint();
    gobuf_runtime.systemstack(func, arg);
}

/// The index of this goroutine's record, the G. It is not the goid: a later goroutine gets the same index again.
pub inline fn getg() u32 {
    return gobuf_runtime.getg();
}
