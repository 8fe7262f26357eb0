/**
 * What the files of this folder share. Each file stands for one test file of Go's own tree and names every test function of
 * it: those that are told here, as programs over gobuf's public API, and those that cannot be, with the reason.
 *
 * A told test expects what Go's test expects. Where the port gives something else, the test stays as Go's and is marked
 * `fails`, with the fault and the words of the failure: it turns red when it passes, and when it fails in another way.
 */
import {
  type Body,
  type Context,
  chan,
  type ErrGroup,
  type Go,
  type RecvChan,
  type RunOptions,
  recvCase,
  run,
  select,
} from "gobuf";
import { synctest } from "gobuf/testing";

/** A difference from Go that is known: the test must fail, with these words in its failure. */
export interface Fails {
  /** The fault's number, and what is wrong in a few words. */
  readonly fault: string;
  /** Part of the failure's message. */
  readonly says: string | RegExp;
}

/** A test function of Go that is told here. */
export interface Told {
  /** Go's name. */
  readonly name: string;
  /** Runs the program. Rejects when the port differs from Go. */
  readonly program: () => Promise<void>;
  readonly fails?: Fails;
}

/** A test function of Go that is not told. */
export interface Untold {
  readonly name: string;
  readonly reason: string;
  /** What of the public API is not there yet, and would let it be told: "Class.method" or a name. */
  readonly absent?: string;
}

/** What goes with a told test. */
export interface Options extends RunOptions {
  readonly fails?: Fails;
}

/** A run that hangs is ended, so that the tests behind it have the thread: before bun:test gives the test up. */
const HANG_MS = 50_000;

/** A test file of Go. */
export class GoFile {
  readonly told: Told[] = [];
  readonly untold: Untold[] = [];

  constructor(
    /** Its path under GOROOT/src, or in its module. */
    readonly file: string,
    /** The module, for a file that is not of Go's own tree. */
    readonly module?: string,
  ) {}

  /** The import path of its package. */
  get pkg(): string {
    const folder = this.file.slice(0, this.file.lastIndexOf("/"));
    return this.module === undefined ? folder : `${this.module}/${folder}`;
  }

  /** A test whose program runs whole runs of its own. */
  whole(name: string, program: () => Promise<void>, { fails }: Options = {}): void {
    this.told.push({ name, program, ...(fails === undefined ? {} : { fails }) });
  }

  /** A test that is one run. The clock is the fake one by default: what waits for ever is found at once. */
  run(name: string, main: Body<void>, { fails, ...options }: Options = {}): void {
    const named = Object.defineProperty(main, "name", { value: name });
    const program = () => run(named, { clock: "fake", seed: 1, signal: AbortSignal.timeout(HANG_MS), ...options });
    this.whole(name, program, fails === undefined ? {} : { fails });
  }

  /** A test that is one bubble. */
  bubble(name: string, main: Body<void>, { fails, clock: _clock, ...options }: Options = {}): void {
    const program = () => synctest.test(main, { seed: 1, signal: AbortSignal.timeout(HANG_MS), ...options });
    this.whole(name, program, fails === undefined ? {} : { fails });
  }

  /** Tests that cannot be told. */
  not(reason: string, ...names: string[]): void {
    for (const name of names) this.untold.push({ name, reason });
  }

  /** Tests of what the port does not have yet. */
  absent(what: string, ...names: string[]): void {
    for (const name of names) this.untold.push({ name, reason: `not there yet: ${what}`, absent: what });
  }
}

/** Fails the test. @throws Error when `ok` is false */
export function must(ok: boolean, otherwise: string): asserts ok {
  if (!ok) throw new Error(otherwise);
}

/** Fails the test when two values are not the same. */
export function same<T>(got: T, want: T, what: string): void {
  must(Object.is(got, want), `${what}: ${String(got)}, Go's: ${String(want)}`);
}

/** What a body throws. Fails the test when it throws nothing. */
export function* thrownBy(body: () => Go<unknown>, what: string): Go<unknown> {
  try {
    yield* body();
  } catch (error) {
    return error;
  }
  throw new Error(`${what}: no panic`);
}

/** What a plain function throws. Fails the test when it throws nothing. */
export function thrown(f: () => unknown, what: string): unknown {
  try {
    f();
  } catch (error) {
    return error;
  }
  throw new Error(`${what}: no panic`);
}

/** The text of what was thrown. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A receive that does not wait: whether there was one, and its value. */
export function* poll<T>(c: RecvChan<T>): Go<{ ready: boolean; value: T | undefined }> {
  const r = yield* select([recvCase(c)], { default: true });
  return r.index === 0 ? { ready: true, value: r.value } : { ready: false, value: undefined };
}

/** Whether a context is over, as its channel tells. */
export function* isDone(ctx: Context): Go<boolean> {
  return (yield* poll(ctx.done())).ready;
}

/** A variable that goroutines share, and that a body's own flow does not narrow. */
export function flag(): { value: boolean } {
  return { value: false };
}

/** Receives so many values. */
export function* drain(c: RecvChan<unknown>, n: number): Go {
  for (let i = 0; i < n; i++) yield* c.recv();
}

/** What a run rejects with. Fails the test when it does not. */
export async function failureOf(promise: Promise<unknown>, what: string): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`${what}: the program ends without a failure`);
}

/** Waits for ever: Go's `select {}`. */
export function* forever(): Go {
  yield* select([]);
}

/** A channel that is never ready. */
export function never(): RecvChan<never> {
  return chan<never>();
}

/** What a group's wait throws; undefined when it does not. */
export function* waitFor(group: ErrGroup): Go<unknown> {
  try {
    yield* group.wait();
  } catch (error) {
    return error;
  }
  return undefined;
}
