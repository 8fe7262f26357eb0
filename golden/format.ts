/**
 * Format 1 of a golden trace: what a corpus file holds, as types and limits. See README.md beside this file.
 * Nothing is imported here, so that every other part may import it.
 */

/** The only version of the format. */
export const FORMAT = 1;
/** The Go release whose behaviour the corpora record. */
export const GO_VERSION = "go1.26.8";
/** `go` starts at most this many goroutines in one case; later ones give `go 0`. */
export const GOROUTINES_MAX = 400;
/** Most cases of one `select`. */
export const SELECT_CASES_MAX = 3;
/** Exclusive bound of a case's seed. */
export const SEED_LIMIT = 2 ** 53;
/** Op i of goroutine g sends the value `g * VALUE_STRIDE + i`. */
export const VALUE_STRIDE = 100;
/** Op j of a once body has the index `ONCE_INDEX_BASE + j`, at every depth of nesting. */
export const ONCE_INDEX_BASE = 1000;

/** After this many ops of a case that set a timer, further ones do nothing: a goroutine may reset the timer that starts it. */
export const TIMER_SETS_MAX = 400;

/**
 * What this project adds to format 1. A file that uses one names it in its header.
 * `nil-chan`: a capacity of `null` is a nil channel. `select-none`: a select may have no cases. `timers`: a workload may
 * have timers, the ops on them, and select cases that receive from them.
 */
export const EXTENSIONS = ["nil-chan", "select-none", "timers"] as const;
export type Extension = (typeof EXTENSIONS)[number];

export type SelectDir = "send" | "recv";
/** Direction and channel of one case of a select, or the timer whose channel it receives from. */
export type SelectCase = readonly [dir: SelectDir, chan: number] | readonly [dir: "timer", timer: number];

/** Ops whose one operand is an index, with the workload field that it indexes. */
export const INDEXED_OPS = {
  go: "bodies",
  send: "chans",
  recv: "chans",
  close: "chans",
  lock: "mutexes",
  unlock: "mutexes",
  wlock: "rwmutexes",
  wunlock: "rwmutexes",
  rlock: "rwmutexes",
  runlock: "rwmutexes",
  wgadd: "waitgroups",
  wgdone: "waitgroups",
  wgwait: "waitgroups",
  condwait: "conds",
  signal: "conds",
  broadcast: "conds",
} as const;
export type IndexedOpName = keyof typeof INDEXED_OPS;

export type PlainOp =
  | readonly [name: IndexedOpName, index: number]
  | readonly [name: "select", cases: readonly SelectCase[], hasDefault: boolean]
  | readonly [name: "gosched" | "goexit"]
  /** Microseconds; 0 or less returns at once. */
  | readonly [name: "sleep", us: number]
  | readonly [name: "once", once: number, body: readonly Op[]]
  /** Thousands of additions; never a scheduling point. */
  | readonly [name: "work", thousands: number];

/** The ops of the extension `timers`; each names the slot of a timer. */
export type TimerOp =
  /** A timer that starts a goroutine on a body. */
  | readonly [name: "afterfunc", timer: number, us: number, body: number]
  /** A timer, a ticker, the channel of a timer that nobody can stop; and a new time for the timer of the slot. */
  | readonly [name: "newtimer" | "newticker" | "after" | "treset", timer: number, us: number]
  | readonly [name: "tstop" | "trecv", timer: number];

export type Op = PlainOp | TimerOp;
export type PlainOpName = PlainOp[0];
export type TimerOpName = TimerOp[0];
export type OpName = Op[0];

/** The operands of each op of the extension `timers`, after the slot. */
export const TIMER_OPS = {
  afterfunc: ["us", "body"],
  newtimer: ["us"],
  newticker: ["us"],
  after: ["us"],
  treset: ["us"],
  tstop: [],
  trecv: [],
} as const satisfies Readonly<Record<TimerOpName, readonly ("us" | "body")[]>>;

/** Whether an op is one of the extension `timers`. */
export function isTimerOp(op: Op): op is TimerOp {
  return Object.hasOwn(TIMER_OPS, op[0]);
}

/** Every op name of format 1 itself. */
export const OP_NAMES = [
  "go",
  "send",
  "recv",
  "close",
  "select",
  "lock",
  "unlock",
  "wlock",
  "wunlock",
  "rlock",
  "runlock",
  "wgadd",
  "wgdone",
  "wgwait",
  "condwait",
  "signal",
  "broadcast",
  "gosched",
  "sleep",
  "goexit",
  "once",
  "work",
] as const satisfies readonly PlainOpName[];

export interface Workload {
  /** Capacity of each channel; `null` is a nil channel (extension `nil-chan`). */
  readonly chans: readonly (number | null)[];
  readonly mutexes: number;
  readonly rwmutexes: number;
  readonly waitgroups: number;
  readonly conds: number;
  readonly onces: number;
  /** Slots for timers, empty at first (extension `timers`). */
  readonly timers?: number;
  /** Whether main waits for every goroutine after its own body. */
  readonly join: boolean;
  /** Main runs body 0. */
  readonly bodies: readonly (readonly Op[])[];
}

/** What can be recorded. */
export interface CaseInput {
  readonly name: string;
  /** Seed of the select draw, an integer in 0..SEED_LIMIT-1. */
  readonly seed: number;
  readonly workload: Workload;
}

/** How a case ended. */
export const OUTCOMES = ["return", "deadlock", "nogoroutines"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** One line of a corpus after the header. */
export interface Case extends CaseInput {
  readonly outcome: Outcome;
  /** `G start B`, `G.I OP RESULT`, `G.I once enter`, `G exit`, `0 done`, in total order. */
  readonly ops: readonly string[];
  /** `G from>to`, with ` REASON` after `running>waiting`, in total order. */
  readonly status: readonly string[];
}

/** The first line of a corpus. */
export interface Header {
  readonly format: typeof FORMAT;
  readonly go: string;
  readonly goos: string;
  readonly goarch: string;
  readonly gomaxprocs: 1;
  readonly corpus: string;
  /** Extensions that the file uses; absent when it uses none. */
  readonly extensions?: readonly Extension[];
}

/** The wait reasons that can follow `running>waiting`, in Go's own words (waitReasonStrings of runtime2.go). */
export const WAIT_REASONS = [
  "chan receive (nil chan)",
  "chan send (nil chan)",
  "select",
  "select (no cases)",
  "chan receive",
  "chan send",
  "sleep",
  "sync.Cond.Wait",
  "sync.Mutex.Lock",
  "sync.RWMutex.RLock",
  "sync.RWMutex.Lock",
  "sync.WaitGroup.Wait",
] as const;
export type WaitReason = (typeof WAIT_REASONS)[number];

/** The status changes that a trace can hold. */
export const TRANSITIONS = [
  "idle>runnable",
  "runnable>running",
  "running>runnable",
  "running>waiting",
  "waiting>runnable",
  "running>dead",
] as const;
export type Transition = (typeof TRANSITIONS)[number];
