//! Codes that cross the C ABI, made by scripts/codes.ts from arch/codes.toml: change it there.

/// Version of the contract between the library, src/ and libraries of bodies; the library's descriptor carries it.
pub const contract = struct {
    /// grows by one with every change of a record, of an export's signature or of a code
    pub const abi_version: u32 = 8;
};

/// First word of the library's descriptor.
pub const descriptor = struct {
    /// the bytes "GOBF"
    pub const magic: u32 = 0x46424F47;
};

/// Calling conventions that there is an assembly file for.
pub const abi = struct {
    pub const sysv_x86_64: u32 = 1;
    pub const aarch64: u32 = 2;
    pub const ms_x86_64: u32 = 3;
};

/// Operating systems.
pub const os = struct {
    pub const linux: u32 = 1;
    pub const macos: u32 = 2;
    pub const windows: u32 = 3;
};

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

/// Outcome of an operation.
pub const status = struct {
    /// a receive from a closed channel; its value is 0
    pub const closed: u32 = 0;
    pub const ok: u32 = 1;
    /// what is a panic in Go; C cannot unwind, so the body decides
    pub const panic: u32 = 2;
};

/// Direction of a select's case.
pub const dir = struct {
    pub const send: u32 = 1;
    pub const recv: u32 = 2;
};

/// The most cases that one select may have, and the results of a select that are not the index of a case.
pub const select = struct {
    pub const max: u32 = 64;
    pub const default: u32 = 0xFFFFFFFF;
    pub const too_many: u32 = 0xFFFFFFFE;
    pub const panic: u32 = 0xFFFFFFFD;
};

/// Operand a of the trap select: the number of cases, and this bit when there is a default.
pub const select_operand = struct {
    pub const has_default: u32 = 0x80000000;
    /// cases were counted, but their address is null
    pub const no_cases: u32 = 0x40000000;
};

/// Answer of gobuf_attach of a library of bodies that is attached to another copy of the runtime already.
pub const attach = struct {
    pub const elsewhere: u32 = 0xFFFFFFFF;
};

/// Words of G.op, the operands and results of a goroutine's current operation.
pub const op = struct {
    /// operand a; result of a select: the index of the case
    pub const a: u32 = 0;
    /// the outcome
    pub const status: u32 = 1;
    /// operand v, low half; of a fault: the address
    pub const v: u32 = 2;
    /// operand v, high half
    pub const v_high: u32 = 3;
};

/// Operand a of the trap goexit: how a goroutine ends. main's return ends the run, its Goexit does not.
pub const Ending = enum(u32) {
    returned = 0,
    goexit = 1,
};

/// Operand a of the trap fault: what the goroutine did.
pub const Cause = enum(u32) {
    /// touched the guard below its stack; operand v is the address
    overflow = 0,
    /// called an operation on g0's stack
    on_g0 = 1,
    /// called back, and the callback has no outcome: its thread is being terminated
    callback = 2,
};

/// Answers of gobuf_execute, gobuf_minit, gobuf_gs and gobuf_sudogs in place of a trap's code or an index.
pub const execute = struct {
    /// from here on: no trap, no M, no G and no sudog has a number this high
    pub const first: u32 = 0xFFFFFF00;
    pub const no_m: u32 = 0xFFFFFF01;
    pub const reentry: u32 = 0xFFFFFF02;
    pub const bad_index: u32 = 0xFFFFFF03;
    pub const not_running: u32 = 0xFFFFFF04;
    pub const no_stack: u32 = 0xFFFFFF05;
    pub const m_full: u32 = 0xFFFFFF06;
    pub const full: u32 = 0xFFFFFF07;
    pub const arena: u32 = 0xFFFFFF08;
    pub const platform: u32 = 0xFFFFFF09;
};

/// Answers of gobuf_arena_commit, gobuf_gosetup, gobuf_stackalloc and gobuf_stackfree.
pub const E = enum(u32) {
    ok = 0,
    size_zero = 1,
    size_odd = 2,
    size_huge = 3,
    nomem = 4,
    bad_index = 5,
    no_stack = 6,
    has_stack = 7,
    running = 8,
};

/// Which part of a sent word the codec of a lane's channel keeps.
pub const Keeps = enum(u32) {
    word = 0,
    low_signed = 1,
    low_unsigned = 2,
};

/// What G.stackguard0 holds in place of a bound.
pub const stackguard = struct {
    /// in both halves: the goroutine is to be preempted (stackPreempt; the seed's STACK_PREEMPT)
    pub const preempt: u32 = 0xFFFFFFFF;
};

/// Bits of G.preempt, Go's g.preempt and g.preemptStop.
pub const preempt = struct {
    /// the goroutine is to give way
    pub const asked: u32 = 1;
    /// and to stop for suspendG: preempted in place of runnable
    pub const stop: u32 = 2;
};

/// Answers of gobuf_preempt_allow: why the bodies of a library cannot be preempted between two operations.
pub const Async = enum(u32) {
    ok = 0,
    platform = 1,
    processor = 2,
    signal = 3,
    text = 4,
    full = 5,
};

/// Counts of asynchronous preemption, by their word in M.preemptions: what became of requests.
pub const preemption = struct {
    /// requests to the thread
    pub const sent: u32 = 0;
    /// a body was preempted
    pub const taken: u32 = 1;
    /// refused: the thread was on its own stack, in JavaScript or below gobuf_systemstack
    pub const g0: u32 = 2;
    /// refused: it was in gobuf's own code, within an operation
    pub const runtime: u32 = 3;
    /// refused: it was outside of the libraries that ask for it, in libc for instance
    pub const library: u32 = 4;
    /// refused: too little of the stack was left, or the body was on a stack of its own
    pub const guard: u32 = 5;
    /// refused: the turn that it was meant for is over
    pub const late: u32 = 6;
    /// not sent: SIGURG has got another handler
    pub const handler: u32 = 7;
};

/// How a stack's guard refuses access: the fourth word of gobuf_stackstats.
pub const Guard = enum(u32) {
    unknown = 0,
    /// MADV_GUARD_INSTALL: page-table entries, no mapping of their own
    madvise = 1,
    /// a mapping of its own without access
    protect = 2,
    /// Windows: a one-shot PAGE_GUARD above uncommitted memory
    one_shot = 3,
};

/// Regions of records.
pub const region = struct {
    /// the header, Ms and Ps
    pub const header: u32 = 0;
    pub const g: u32 = 1;
    pub const sudog: u32 = 2;
};

/// Words at the start of region 0.
pub const header = struct {
    /// index of the next G that was in no chunk yet
    pub const g_next: u32 = 0;
    /// index of the next sudog that was in no chunk yet
    pub const sudog_next: u32 = 1;
    /// Ms that were ever used
    pub const m_count: u32 = 2;
    /// not 0: the monitor sleeps, and an M that begins a slice wakes it
    pub const sysmonwait: u32 = 3;
};

/// What M.slice_over says besides the number of a slice.
pub const slice = struct {
    /// the M ends, by itself, what has no slice: the monitor leaves it there
    pub const none: u32 = 0xFFFFFFFF;
};

/// What a pool of Ps says of its end: the first that went wrong. 0: nothing did.
pub const procs = struct {
    /// a goroutine overflowed its stack
    pub const overflow: u32 = 1;
    /// a goroutine called an operation on g0's stack
    pub const on_g0: u32 = 2;
    /// a callback has no outcome
    pub const callback: u32 = 3;
    /// a goroutine had another status than its owner thought
    pub const status: u32 = 4;
    /// an operation on a handle that names no such object
    pub const handle: u32 = 5;
    /// an operation that a run with several Ps does not have
    pub const trap: u32 = 6;
    /// unlock of what is not locked: a Mutex, an RWMutex, a Once
    pub const unlock: u32 = 7;
    /// no memory for a stack, a channel or another record
    pub const memory: u32 = 8;
    /// gobuf_execute refused a goroutine
    pub const execute: u32 = 9;
    /// a goroutine was on two run queues
    pub const twice: u32 = 10;
    /// a select whose cases are not there, or too many, or have no direction
    pub const select: u32 = 11;
    /// an operation within a blocking call, or the end of one that was not begun
    pub const syscall: u32 = 12;
};

/// Answers of gobuf_procs_op.
pub const procs_op = struct {
    pub const closed: u32 = 0;
    pub const ok: u32 = 1;
    pub const panic: u32 = 2;
    /// the answer comes through the inbox
    pub const parked: u32 = 3;
    /// the handle names no such object
    pub const handle: u32 = 4;
    /// no memory
    pub const memory: u32 = 5;
    /// a bit beside the others: a native goroutine was made runnable
    pub const woke: u32 = 256;
};

/// Answer of gobuf_mstart to a thread that is to call it again.
pub const procs_again = struct {
    pub const again: u32 = 1;
};

/// What gobuf_procs_make makes.
pub const procs_kind = struct {
    pub const channel: u32 = 1;
    pub const mutex: u32 = 2;
    pub const waitgroup: u32 = 3;
    pub const rwmutex: u32 = 4;
    pub const cond: u32 = 5;
    pub const once: u32 = 6;
};

/// Answers of gobuf_share_op and gobuf_share_select.
pub const share_op = struct {
    pub const closed: u32 = 0;
    pub const ok: u32 = 1;
    pub const panic: u32 = 2;
    /// the answer comes through the inbox
    pub const parked: u32 = 3;
    /// the handle names no such object
    pub const handle: u32 = 4;
    /// no memory
    pub const memory: u32 = 5;
    /// it would have to wait
    pub const busy: u32 = 6;
    /// the run that the object belongs to is over
    pub const over: u32 = 7;
    /// a bit beside the others: M.scratch says which threads are to be called
    pub const calls: u32 = 256;
    /// in place of a goroutine: it does not wait
    pub const nowait: u32 = 0xFFFFFFFF;
};

/// Answers of gobuf_share_park.
pub const share_park = struct {
    pub const parked: u32 = 0;
    /// the inbox is not empty
    pub const look: u32 = 1;
    /// no goroutine of the group will ever run again, and this thread is to say so
    pub const dead: u32 = 2;
    /// the same, and M.scratch says that the run's thread is to be called
    pub const tells: u32 = 3;
};

/// Where answers of gobuf_share_... lie in M.scratch: two words each.
pub const share_scratch = struct {
    /// the word that was received, or len and cap, or a value's flags
    pub const word: u32 = 0;
    /// what names a wait, or a value
    pub const sudog: u32 = 2;
    /// the threads that are to be called, a bit each
    pub const called: u32 = 4;
    /// the ticket of a wait that is over, and what came of it
    pub const ticket: u32 = 6;
    /// the case of a select
    pub const case: u32 = 8;
};

/// Those of Go's wait reasons (runtime2.ts has them all) that native code writes.
pub const waitreason = struct {
    pub const sleep: u32 = 14;
    pub const chan_receive_nil: u32 = 15;
    pub const chan_send_nil: u32 = 16;
    pub const select_no_cases: u32 = 17;
    pub const select: u32 = 18;
    pub const chan_receive: u32 = 19;
    pub const chan_send: u32 = 20;
    pub const cond_wait: u32 = 21;
    pub const mutex_lock: u32 = 22;
    pub const rwmutex_rlock: u32 = 23;
    pub const rwmutex_lock: u32 = 24;
    pub const waitgroup_wait: u32 = 25;
};

/// Those of Go's statuses of a goroutine (runtime2.ts has them all) that native code reads or writes.
pub const gstatus = struct {
    pub const running: u32 = 2;
    pub const syscall: u32 = 3;
    pub const dead: u32 = 6;
};
