/** Codes that arch/ and src/ share, made by scripts/codes.ts from arch/codes.toml: change it there. */

// Version of the contract between the library, src/ and libraries of bodies; the library's descriptor carries it.
/** grows by one with every change of a record, of an export's signature or of a code */
export const CONTRACT_ABI_VERSION = 8;

// First word of the library's descriptor.
/** the bytes "GOBF" */
export const DESCRIPTOR_MAGIC = 0x46424f47;

// Calling conventions that there is an assembly file for.
export const ABI_SYSV_X86_64 = 1;
export const ABI_AARCH64 = 2;
export const ABI_MS_X86_64 = 3;
/** What each code means. */
export const ABI_TEXTS: Readonly<Record<number, string>> = {
  [ABI_SYSV_X86_64]: "System V x86-64",
  [ABI_AARCH64]: "AArch64 (AAPCS64)",
  [ABI_MS_X86_64]: "Microsoft x64",
};

// Operating systems.
export const OS_LINUX = 1;
export const OS_MACOS = 2;
export const OS_WINDOWS = 3;
/** What each code means. */
export const OS_TEXTS: Readonly<Record<number, string>> = {
  [OS_LINUX]: "linux",
  [OS_MACOS]: "macos",
  [OS_WINDOWS]: "windows",
};

// Trap codes: what a goroutine asks of the runtime.
export const TRAP_GOEXIT = 1;
export const TRAP_GOSCHED = 2;
export const TRAP_GOYIELD = 3;
export const TRAP_GO = 4;
export const TRAP_SEND = 5;
export const TRAP_RECV = 6;
export const TRAP_CLOSE = 7;
export const TRAP_SELECT = 8;
export const TRAP_SLEEP = 9;
export const TRAP_LOCK = 10;
export const TRAP_UNLOCK = 11;
export const TRAP_RLOCK = 12;
export const TRAP_RUNLOCK = 13;
export const TRAP_WLOCK = 14;
export const TRAP_WUNLOCK = 15;
export const TRAP_WGADD = 16;
export const TRAP_WGWAIT = 17;
export const TRAP_CONDWAIT = 18;
export const TRAP_SIGNAL = 19;
export const TRAP_BROADCAST = 20;
export const TRAP_ONCE_BEGIN = 21;
export const TRAP_ONCE_END = 22;
export const TRAP_RECOVER = 23;
/** gobuf_execute's answer for a goroutine that a fault has ended; no body sends it */
export const TRAP_FAULT = 24;
export const TRAP_CHAN_MAKE = 25;
export const TRAP_CHAN_FREE = 26;
/** the goroutine is preempted: it goes on when its turn comes */
export const TRAP_PREEMPT = 27;
export const TRAP_TRYLOCK = 28;
export const TRAP_TRYRLOCK = 29;
export const TRAP_TRYWLOCK = 30;
export const TRAP_CHAN_LEN = 31;
export const TRAP_CHAN_CAP = 32;
export const TRAP_WGGO = 33;
export const TRAP_TIMER_MAKE = 34;
export const TRAP_TICKER_MAKE = 35;
export const TRAP_TIMER_STOP = 36;
export const TRAP_TIMER_RESET = 37;
export const TRAP_ENTERSYSCALL = 38;
export const TRAP_EXITSYSCALL = 39;
/** the first code of the embedder's own traps */
export const TRAP_EMBEDDER = 256;
/** The functions of gobuf.h, by the code that each uses. */
export const TRAP_CALLS: Readonly<Record<number, string>> = {
  [TRAP_GOEXIT]: "gobuf_goexit",
  [TRAP_GOSCHED]: "gobuf_gosched",
  [TRAP_GOYIELD]: "gobuf_goyield",
  [TRAP_GO]: "gobuf_go",
  [TRAP_SEND]: "gobuf_send",
  [TRAP_RECV]: "gobuf_recv",
  [TRAP_CLOSE]: "gobuf_close",
  [TRAP_SELECT]: "gobuf_select",
  [TRAP_SLEEP]: "gobuf_sleep",
  [TRAP_LOCK]: "gobuf_lock",
  [TRAP_UNLOCK]: "gobuf_unlock",
  [TRAP_RLOCK]: "gobuf_rlock",
  [TRAP_RUNLOCK]: "gobuf_runlock",
  [TRAP_WLOCK]: "gobuf_wlock",
  [TRAP_WUNLOCK]: "gobuf_wunlock",
  [TRAP_WGADD]: "gobuf_wg_add",
  [TRAP_WGWAIT]: "gobuf_wg_wait",
  [TRAP_CONDWAIT]: "gobuf_cond_wait",
  [TRAP_SIGNAL]: "gobuf_cond_signal",
  [TRAP_BROADCAST]: "gobuf_cond_broadcast",
  [TRAP_ONCE_BEGIN]: "gobuf_once_begin",
  [TRAP_ONCE_END]: "gobuf_once_end",
  [TRAP_RECOVER]: "gobuf_recover",
  [TRAP_CHAN_MAKE]: "gobuf_chan_make",
  [TRAP_CHAN_FREE]: "gobuf_chan_free",
  [TRAP_TRYLOCK]: "gobuf_trylock",
  [TRAP_TRYRLOCK]: "gobuf_tryrlock",
  [TRAP_TRYWLOCK]: "gobuf_trywlock",
  [TRAP_CHAN_LEN]: "gobuf_chan_len",
  [TRAP_CHAN_CAP]: "gobuf_chan_cap",
  [TRAP_WGGO]: "gobuf_wg_go",
  [TRAP_TIMER_MAKE]: "gobuf_timer_make",
  [TRAP_TICKER_MAKE]: "gobuf_ticker_make",
  [TRAP_TIMER_STOP]: "gobuf_timer_stop",
  [TRAP_TIMER_RESET]: "gobuf_timer_reset",
  [TRAP_ENTERSYSCALL]: "gobuf_entersyscall",
  [TRAP_EXITSYSCALL]: "gobuf_exitsyscall",
  [TRAP_EMBEDDER]: "gobuf_trap",
};

// Outcome of an operation.
/** a receive from a closed channel; its value is 0 */
export const STATUS_CLOSED = 0;
export const STATUS_OK = 1;
/** what is a panic in Go; C cannot unwind, so the body decides */
export const STATUS_PANIC = 2;

// Direction of a select's case.
export const DIR_SEND = 1;
export const DIR_RECV = 2;

// The most cases that one select may have, and the results of a select that are not the index of a case.
export const SELECT_MAX = 64;
export const SELECT_DEFAULT = 0xffffffff;
export const SELECT_TOO_MANY = 0xfffffffe;
export const SELECT_PANIC = 0xfffffffd;

// Operand a of the trap select: the number of cases, and this bit when there is a default.
export const SELECT_OPERAND_HAS_DEFAULT = 0x80000000;
/** cases were counted, but their address is null */
export const SELECT_OPERAND_NO_CASES = 0x40000000;

// Answer of gobuf_attach of a library of bodies that is attached to another copy of the runtime already.
export const ATTACH_ELSEWHERE = 0xffffffff;

// Words of G.op, the operands and results of a goroutine's current operation.
/** operand a; result of a select: the index of the case */
export const OP_A = 0;
/** the outcome */
export const OP_STATUS = 1;
/** operand v, low half; of a fault: the address */
export const OP_V = 2;
/** operand v, high half */
export const OP_V_HIGH = 3;

// Operand a of the trap goexit: how a goroutine ends. main's return ends the run, its Goexit does not.
export const ENDING_RETURNED = 0;
export const ENDING_GOEXIT = 1;

// Operand a of the trap fault: what the goroutine did.
/** touched the guard below its stack; operand v is the address */
export const FAULT_OVERFLOW = 0;
/** called an operation on g0's stack */
export const FAULT_ON_G0 = 1;
/** called back, and the callback has no outcome: its thread is being terminated */
export const FAULT_CALLBACK = 2;

// Answers of gobuf_execute, gobuf_minit, gobuf_gs and gobuf_sudogs in place of a trap's code or an index.
/** from here on: no trap, no M, no G and no sudog has a number this high */
export const EXECUTE_FIRST = 0xffffff00;
export const EXECUTE_NO_M = 0xffffff01;
export const EXECUTE_REENTRY = 0xffffff02;
export const EXECUTE_BAD_INDEX = 0xffffff03;
export const EXECUTE_NOT_RUNNING = 0xffffff04;
export const EXECUTE_NO_STACK = 0xffffff05;
export const EXECUTE_M_FULL = 0xffffff06;
export const EXECUTE_FULL = 0xffffff07;
export const EXECUTE_ARENA = 0xffffff08;
export const EXECUTE_PLATFORM = 0xffffff09;
/** What each code means. */
export const EXECUTE_TEXTS: Readonly<Record<number, string>> = {
  [EXECUTE_NO_M]: "this thread has no M (gobuf_minit was not called)",
  [EXECUTE_REENTRY]: "re-entry: a goroutine of this thread is running already",
  [EXECUTE_BAD_INDEX]: "no such G",
  [EXECUTE_NOT_RUNNING]: "the G is not in status running",
  [EXECUTE_NO_STACK]: "the G has no stack",
  [EXECUTE_M_FULL]: "no free M: too many threads",
  [EXECUTE_FULL]: "the arena is full",
  [EXECUTE_ARENA]: "no memory for the arena",
  [EXECUTE_PLATFORM]: "not on this platform",
};

// Answers of gobuf_arena_commit, gobuf_gosetup, gobuf_stackalloc and gobuf_stackfree.
export const MEMORY_OK = 0;
export const MEMORY_SIZE_ZERO = 1;
export const MEMORY_SIZE_ODD = 2;
export const MEMORY_SIZE_HUGE = 3;
export const MEMORY_NOMEM = 4;
export const MEMORY_BAD_INDEX = 5;
export const MEMORY_NO_STACK = 6;
export const MEMORY_HAS_STACK = 7;
export const MEMORY_RUNNING = 8;
/** What each code means. */
export const MEMORY_TEXTS: Readonly<Record<number, string>> = {
  [MEMORY_OK]: "no error",
  [MEMORY_SIZE_ZERO]: "its size is 0",
  [MEMORY_SIZE_ODD]: "its size is not a multiple of the page size",
  [MEMORY_SIZE_HUGE]: "its size is too large (more than 1 GiB)",
  [MEMORY_NOMEM]: "out of memory",
  [MEMORY_BAD_INDEX]: "no such G",
  [MEMORY_NO_STACK]: "the G has no stack",
  [MEMORY_HAS_STACK]: "the G has a stack already",
  [MEMORY_RUNNING]: "the G is running",
};

// Which part of a sent word the codec of a lane's channel keeps.
export const KEEPS_WORD = 0;
export const KEEPS_LOW_SIGNED = 1;
export const KEEPS_LOW_UNSIGNED = 2;

// What G.stackguard0 holds in place of a bound.
/** in both halves: the goroutine is to be preempted (stackPreempt; the seed's STACK_PREEMPT) */
export const STACKGUARD_PREEMPT = 0xffffffff;

// Bits of G.preempt, Go's g.preempt and g.preemptStop.
/** the goroutine is to give way */
export const PREEMPT_ASKED = 1;
/** and to stop for suspendG: preempted in place of runnable */
export const PREEMPT_STOP = 2;

// Answers of gobuf_preempt_allow: why the bodies of a library cannot be preempted between two operations.
export const ASYNC_OK = 0;
export const ASYNC_PLATFORM = 1;
export const ASYNC_PROCESSOR = 2;
export const ASYNC_SIGNAL = 3;
export const ASYNC_TEXT = 4;
export const ASYNC_FULL = 5;
/** What each code means. */
export const ASYNC_TEXTS: Readonly<Record<number, string>> = {
  [ASYNC_OK]: "no error",
  [ASYNC_PLATFORM]: "not on this platform",
  [ASYNC_PROCESSOR]: "this processor has no XSAVE, or its system does not use it",
  [ASYNC_SIGNAL]: "the signal SIGURG, by which threads are interrupted, has another handler",
  [ASYNC_TEXT]: "the system does not say where the library's code lies",
  [ASYNC_FULL]: "too many libraries ask for it",
};

// Counts of asynchronous preemption, by their word in M.preemptions: what became of requests.
/** requests to the thread */
export const PREEMPTION_SENT = 0;
/** a body was preempted */
export const PREEMPTION_TAKEN = 1;
/** refused: the thread was on its own stack, in JavaScript or below gobuf_systemstack */
export const PREEMPTION_G0 = 2;
/** refused: it was in gobuf's own code, within an operation */
export const PREEMPTION_RUNTIME = 3;
/** refused: it was outside of the libraries that ask for it, in libc for instance */
export const PREEMPTION_LIBRARY = 4;
/** refused: too little of the stack was left, or the body was on a stack of its own */
export const PREEMPTION_GUARD = 5;
/** refused: the turn that it was meant for is over */
export const PREEMPTION_LATE = 6;
/** not sent: SIGURG has got another handler */
export const PREEMPTION_HANDLER = 7;

// How a stack's guard refuses access: the fourth word of gobuf_stackstats.
export const GUARD_UNKNOWN = 0;
/** MADV_GUARD_INSTALL: page-table entries, no mapping of their own */
export const GUARD_MADVISE = 1;
/** a mapping of its own without access */
export const GUARD_PROTECT = 2;
/** Windows: a one-shot PAGE_GUARD above uncommitted memory */
export const GUARD_ONE_SHOT = 3;

// Regions of records.
/** the header, Ms and Ps */
export const REGION_HEADER = 0;
export const REGION_G = 1;
export const REGION_SUDOG = 2;

// Words at the start of region 0.
/** index of the next G that was in no chunk yet */
export const HEADER_G_NEXT = 0;
/** index of the next sudog that was in no chunk yet */
export const HEADER_SUDOG_NEXT = 1;
/** Ms that were ever used */
export const HEADER_M_COUNT = 2;
/** not 0: the monitor sleeps, and an M that begins a slice wakes it */
export const HEADER_SYSMONWAIT = 3;

// What M.slice_over says besides the number of a slice.
/** the M ends, by itself, what has no slice: the monitor leaves it there */
export const SLICE_NONE = 0xffffffff;

// What a pool of Ps says of its end: the first that went wrong. 0: nothing did.
/** a goroutine overflowed its stack */
export const PROCS_OVERFLOW = 1;
/** a goroutine called an operation on g0's stack */
export const PROCS_ON_G0 = 2;
/** a callback has no outcome */
export const PROCS_CALLBACK = 3;
/** a goroutine had another status than its owner thought */
export const PROCS_STATUS = 4;
/** an operation on a handle that names no such object */
export const PROCS_HANDLE = 5;
/** an operation that a run with several Ps does not have */
export const PROCS_TRAP = 6;
/** unlock of what is not locked: a Mutex, an RWMutex, a Once */
export const PROCS_UNLOCK = 7;
/** no memory for a stack, a channel or another record */
export const PROCS_MEMORY = 8;
/** gobuf_execute refused a goroutine */
export const PROCS_EXECUTE = 9;
/** a goroutine was on two run queues */
export const PROCS_TWICE = 10;
/** a select whose cases are not there, or too many, or have no direction */
export const PROCS_SELECT = 11;
/** an operation within a blocking call, or the end of one that was not begun */
export const PROCS_SYSCALL = 12;

// Answers of gobuf_procs_op.
export const PROCS_OP_CLOSED = 0;
export const PROCS_OP_OK = 1;
export const PROCS_OP_PANIC = 2;
/** the answer comes through the inbox */
export const PROCS_OP_PARKED = 3;
/** the handle names no such object */
export const PROCS_OP_HANDLE = 4;
/** no memory */
export const PROCS_OP_MEMORY = 5;
/** a bit beside the others: a native goroutine was made runnable */
export const PROCS_OP_WOKE = 256;

// Answer of gobuf_mstart to a thread that is to call it again.
export const PROCS_AGAIN_AGAIN = 1;

// What gobuf_procs_make makes.
export const PROCS_KIND_CHANNEL = 1;
export const PROCS_KIND_MUTEX = 2;
export const PROCS_KIND_WAITGROUP = 3;
export const PROCS_KIND_RWMUTEX = 4;
export const PROCS_KIND_COND = 5;
export const PROCS_KIND_ONCE = 6;

// Answers of gobuf_share_op and gobuf_share_select.
export const SHARE_OP_CLOSED = 0;
export const SHARE_OP_OK = 1;
export const SHARE_OP_PANIC = 2;
/** the answer comes through the inbox */
export const SHARE_OP_PARKED = 3;
/** the handle names no such object */
export const SHARE_OP_HANDLE = 4;
/** no memory */
export const SHARE_OP_MEMORY = 5;
/** it would have to wait */
export const SHARE_OP_BUSY = 6;
/** the run that the object belongs to is over */
export const SHARE_OP_OVER = 7;
/** a bit beside the others: M.scratch says which threads are to be called */
export const SHARE_OP_CALLS = 256;
/** in place of a goroutine: it does not wait */
export const SHARE_OP_NOWAIT = 0xffffffff;

// Answers of gobuf_share_park.
export const SHARE_PARK_PARKED = 0;
/** the inbox is not empty */
export const SHARE_PARK_LOOK = 1;
/** no goroutine of the group will ever run again, and this thread is to say so */
export const SHARE_PARK_DEAD = 2;
/** the same, and M.scratch says that the run's thread is to be called */
export const SHARE_PARK_TELLS = 3;

// Where answers of gobuf_share_... lie in M.scratch: two words each.
/** the word that was received, or len and cap, or a value's flags */
export const SHARE_SCRATCH_WORD = 0;
/** what names a wait, or a value */
export const SHARE_SCRATCH_SUDOG = 2;
/** the threads that are to be called, a bit each */
export const SHARE_SCRATCH_CALLED = 4;
/** the ticket of a wait that is over, and what came of it */
export const SHARE_SCRATCH_TICKET = 6;
/** the case of a select */
export const SHARE_SCRATCH_CASE = 8;

// Those of Go's wait reasons (runtime2.ts has them all) that native code writes.
export const WAITREASON_SLEEP = 14;
export const WAITREASON_CHAN_RECEIVE_NIL = 15;
export const WAITREASON_CHAN_SEND_NIL = 16;
export const WAITREASON_SELECT_NO_CASES = 17;
export const WAITREASON_SELECT = 18;
export const WAITREASON_CHAN_RECEIVE = 19;
export const WAITREASON_CHAN_SEND = 20;
export const WAITREASON_COND_WAIT = 21;
export const WAITREASON_MUTEX_LOCK = 22;
export const WAITREASON_RWMUTEX_RLOCK = 23;
export const WAITREASON_RWMUTEX_LOCK = 24;
export const WAITREASON_WAITGROUP_WAIT = 25;

// Those of Go's statuses of a goroutine (runtime2.ts has them all) that native code reads or writes.
export const GSTATUS_RUNNING = 2;
export const GSTATUS_SYSCALL = 3;
export const GSTATUS_DEAD = 6;
