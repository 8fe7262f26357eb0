/**
 * The one table through which fidelity reaches what it tests. Another port, or another switch below the same scheduler,
 * is another table of these functions and sizes; nothing else of fidelity would change.
 */

/** What `yield*` takes in a generator body. */
export type Wait<T> = Iterable<unknown, T, unknown>;
/** A generator body, or a part of one. */
export type Part<T = void> = Generator<unknown, T, true>;

export interface Channel {
  send(value: number): Wait<unknown>;
  /** Value, and whether there was one. */
  recvOk(): Wait<readonly [value: unknown, ok: boolean]>;
  close(): void;
}
export interface Lock {
  lock(): Wait<unknown>;
  unlock(): Wait<unknown>;
}
export interface ReadWriteLock extends Lock {
  rlock(): Wait<unknown>;
  runlock(): void;
}
export interface Group {
  add(delta: number): void;
  done(): void;
  wait(): Wait<unknown>;
}
export interface Condition {
  readonly L: Lock;
  wait(): Wait<unknown>;
  signal(): void;
  broadcast(): void;
}
export interface OnceOnly {
  do(f: () => Part): Wait<unknown>;
}

/** The port's timers, times in microseconds. A timer that starts goroutines has no channel. */
export interface TimerPort {
  afterFunc(us: number, body: () => Part): ClockObject;
  newTimer(us: number): ClockObject;
  newTicker(us: number): ClockObject;
  after(us: number): ClockObject;
  /** The clock that the channels of timers tell, microseconds. */
  now(): number;
}
/** What a slot of a workload holds. */
export interface ClockObject {
  readonly channel?: TimeChannel;
  /** Absent where nobody can stop it. A ticker's gives nothing. */
  stop?(): boolean | undefined;
  reset?(us: number): boolean | undefined;
}
/** The channel of a timer. */
export interface TimeChannel {
  /** The time received, microseconds. */
  recv(): Wait<number>;
  /** As a select takes it. */
  readonly channel: unknown;
}

/** One case of a select. */
export interface Choice {
  /** A channel of the workload, or what {@link TimeChannel} has. */
  readonly channel: unknown;
  /** Sends this value; absent, it receives. */
  readonly send?: number;
}

/** Sees a status change of a G, after it was made. */
export type OnTransition = (g: number, from: string, to: string) => void;

/** How a run on the fake clock is started. */
export interface RunSettings {
  /** Of select's draws. */
  readonly seed: number;
  readonly onTransition: OnTransition;
}

/** The port as generator bodies use it. */
export interface GeneratorPort {
  /** Runs to the end. @throws what ended it, when main did not return */
  run(main: () => Part, settings: RunSettings): void;
  go(body: () => Part): void;
  gosched(): Wait<unknown>;
  goexit(): Wait<unknown>;
  sleepMicros(us: number): Wait<unknown>;
  /** @returns index of the case that was carried out, -1 for the default */
  select(choices: readonly Choice[], hasDefault: boolean): Wait<{ readonly index: number }>;
  chan(capacity: number | null): Channel;
  mutex(): Lock;
  rwmutex(): ReadWriteLock;
  waitgroup(): Group;
  cond(): Condition;
  once(): OnceOnly;
  readonly timers: TimerPort;
  /** Whether an error is a panic of Go's runtime, which an op recovers. */
  isPanic(error: unknown): boolean;
  /** Whether the run is over, and the goroutine only leaves its frames. A port that drops them has no such thing. */
  leaving?(): boolean;
}

/** Objects that a native body names by handles. */
export type HandleOf = (object: Channel | Lock | ReadWriteLock | Group | Condition | OnceOnly) => number;

/** The port as native bodies use it. */
export interface NativePort {
  /** Table of functions that a probe library attaches to. */
  readonly api: unknown;
  /** Address of the library's region of Ms (0) or of Gs (1). */
  region(index: 0 | 1): number;
  /** Index of this thread's M. */
  readonly m: number;
  readonly handleOf: HandleOf;
  /** Runs a native main to the end. @param prepare makes the objects, once the scheduler is empty */
  run(prepare: () => { fn: unknown; arg: unknown }, settings: RunSettings): void;
  /** Puts another function in the place of the one that resumes a native G; null puts it back. */
  setExecute(execute: ((g: number) => number) | null): void;
}

/** The status machine, as numbers. */
export interface StatusMachine {
  readonly scanBit: number;
  /** Every status by its name in a trace. */
  readonly byName: Readonly<Record<string, number>>;
  /** A G that nothing else uses. */
  scratchG(): number;
  /** Gives it back. */
  release(g: number): void;
  read(g: number): number;
  /** Sets the word past the machine, to begin a check. */
  write(g: number, status: number): void;
  casgstatus(g: number, from: number, to: number): void;
  castogscanstatus(g: number, from: number, to: number): boolean;
  casfromgscanstatus(g: number, from: number, to: number): void;
}

/** Sizes and offsets in bytes, by the descriptor's names. */
export type LayoutTable = Readonly<Record<string, number>>;

/** Everything fidelity needs. */
export interface Target {
  readonly name: string;
  /** The library under test. */
  readonly library: string;
  readonly generator: GeneratorPort;
  readonly native: NativePort;
  readonly status: StatusMachine;
  readonly layout: LayoutTable;
  /** Text of the wait reason of a G that just began to wait. */
  waitReason(g: number): string;
}
