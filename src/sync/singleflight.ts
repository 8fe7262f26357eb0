/**
 * Calls that are made once for all that ask at the same time: golang.org/x/sync/singleflight.
 */
import { bodyIfAny, type Go } from "../runtime/body.ts";
import { trySend } from "../runtime/chan.ts";
import { type Chan, chan, type RecvChan } from "../runtime/channel.ts";
import {
  callDone,
  checkFatal,
  getg,
  isGoexit,
  MCALL_GOEXIT,
  type Op,
  opCall,
  opMcall,
  opOwnCall,
} from "../runtime/m.ts";
import { FatalError, isA, PanicError } from "../runtime/panic.ts";
import { newproc } from "../runtime/proc.ts";
import { select } from "../runtime/select.ts";
import { WaitGroup } from "./waitgroup.ts";

/**
 * What {@link SingleFlight.do} gives.
 *
 * @example
 * ```ts
 * const group = new SingleFlight<number>();
 * const r: Shared<number> = yield* group.do("answer", () => 42);
 * console.log(r.value, r.shared); // 42 false
 * ```
 */
export interface Shared<out T> {
  /** What the function returned. */
  readonly value: T;
  /** Whether it was given to several callers. */
  readonly shared: boolean;
}

/**
 * What comes on the channel of {@link SingleFlight.doChan}: `ok` tells whether the function returned a value or threw an
 * error. Go's singleflight.Result.
 *
 * @example
 * ```ts
 * const group = new SingleFlight<number>();
 * const ch: RecvChan<FlightResult<number>> = group.doChan("answer", function* () {
 *   throw new Error("no luck");
 * });
 * const r = yield* ch.recv();
 * if (r?.ok === false) console.log(String(r.error), r.shared); // Error: no luck false
 * ```
 */
export type FlightResult<T> =
  | { readonly ok: true; readonly value: T; readonly shared: boolean }
  | { readonly ok: false; readonly error: unknown; readonly shared: boolean };

/** A call under way, or over. */
class Flight<T> {
  readonly wg = new WaitGroup();
  /** Callers but the first. */
  dups = 0;
  readonly chans: Chan<FlightResult<T>>[] = [];
  /** How it ended; null for one that ended its goroutine, and before the end. */
  end: { readonly value: T } | { readonly error: unknown } | null = null;
}

/** A panic in Go's sense, and no error that the function returned. */
function isPanic(error: unknown): boolean {
  return isA(error, PanicError) || isA(error, FatalError);
}

/**
 * Makes a call once for all goroutines that ask for the same key while it is under way: Go's singleflight.Group
 * (golang.org/x/sync/singleflight). When the call is over, the next one that asks makes a new call: nothing is kept.
 *
 * @typeParam T what the functions return
 * @typeParam K the keys, told apart as those of a Map
 * @example
 * ```ts
 * const pages = new SingleFlight<string>();
 * function* load(url: string): Go<string> {
 *   console.log("loading", url); // loading /index
 *   yield* sleep(10);
 *   return `page of ${url}`;
 * }
 * const wg = new WaitGroup();
 * const got: Shared<string>[] = [];
 * for (let i = 0; i < 3; i++) {
 *   wg.go(function* () {
 *     got.push(yield* pages.do("/index", () => load("/index")));
 *   });
 * }
 * yield* wg.wait();
 * console.log(got.length, got.every((r) => r.shared && r.value === "page of /index")); // 3 true
 * ```
 */
export class SingleFlight<T = unknown, K = string> {
  private readonly flights = new Map<K, Flight<T>>();

  /**
   * Calls `fn`, or waits for the call of the same key that is under way, and gives its outcome: Go's Do.
   *
   * @param fn a generator function, or a plain one, without parameters
   * @throws what the function throws, to every caller. When it ends its goroutine by `goexit`, the goroutines of all
   *   callers end so. TypeError when `fn` is no function; Error outside a goroutine
   */
  do(key: K, fn: () => Go<T> | T): Op<Shared<T>> {
    getg("SingleFlight.do");
    checkFlight("SingleFlight.do", fn);
    const under = this.flights.get(key);
    if (under !== undefined) {
      under.dups++;
      return opOwnCall(this.join(under));
    }
    return opOwnCall(this.first(this.begin(key), key, fn));
  }

  /**
   * {@link do} that does not wait: gives a channel on which the outcome comes, once. It is not closed. Go's DoChan.
   *
   * A PanicError of the function ends the run, also when another caller would catch it: a channel cannot carry it, as in
   * Go. After a `goexit` of the function nothing comes.
   *
   * @param fn as for {@link do}; it runs in a goroutine of its own
   * @throws TypeError when `fn` is no function; Error outside a goroutine
   * @example
   * ```ts
   * const pages = new SingleFlight<string>();
   * const page = pages.doChan("/index", function* () {
   *   yield* sleep(1000);
   *   return "late";
   * });
   * const r = yield* select([recvCase(page), recvCase(after(50))]);
   * console.log(r.index === 1 ? "no page yet" : r.value); // no page yet
   * ```
   */
  doChan(key: K, fn: () => Go<T> | T): RecvChan<FlightResult<T>> {
    getg("SingleFlight.doChan");
    checkFlight("SingleFlight.doChan", fn);
    const ch = chan<FlightResult<T>>(1);
    const under = this.flights.get(key);
    if (under !== undefined) {
      under.dups++;
      under.chans.push(ch);
      return ch;
    }
    const flight = this.begin(key);
    flight.chans.push(ch);
    newproc(this.fly(flight, key, fn), fn);
    callDone();
    return ch;
  }

  /**
   * Forgets the call of a key: the next `do` calls its function, also while that call is under way. Go's Forget.
   *
   * @example
   * ```ts
   * const group = new SingleFlight<number>();
   * const old = group.doChan("n", function* () {
   *   yield* sleep(10);
   *   return 1;
   * });
   * group.forget("n");
   * console.log((yield* group.do("n", () => 2)).value, (yield* old.recv())?.shared); // 2 false
   * ```
   */
  forget(key: K): void {
    checkFatal();
    this.flights.delete(key);
  }

  private begin(key: K): Flight<T> {
    const flight = new Flight<T>();
    flight.wg.add(1);
    this.flights.set(key, flight);
    return flight;
  }

  private *first(flight: Flight<T>, key: K, fn: () => Go<T> | T): Generator<unknown, Shared<T>, true> {
    yield* this.fly(flight, key, fn);
    return outcome(flight, flight.dups > 0);
  }

  private *join(flight: Flight<T>): Generator<unknown, Shared<T>, true> {
    yield* flight.wg.wait();
    if (flight.end === null) yield* opMcall<never>(MCALL_GOEXIT);
    return outcome(flight, true);
  }

  /** Makes the call, and tells all that wait for it. */
  private *fly(flight: Flight<T>, key: K, fn: () => Go<T> | T): Generator<unknown, void, true> {
    try {
      const made = fn();
      const body = bodyIfAny("SingleFlight", fn, made);
      flight.end = { value: (body === null ? made : yield* opCall(body)) as T };
    } catch (error) {
      if (isGoexit(error)) throw error;
      flight.end = { error };
    } finally {
      // First: who comes while done lets others run begins a new call.
      if (this.flights.get(key) === flight) this.flights.delete(key);
      flight.wg.done();
    }
    const { end, chans } = flight;
    if (chans.length === 0 || end === null) return;
    if ("error" in end && isPanic(end.error)) yield* crash(end.error);
    const shared = flight.dups > 0;
    for (const ch of chans) {
      trySend(ch, "error" in end ? { ok: false, error: end.error, shared } : { ok: true, value: end.value, shared });
    }
  }
}

/** Ends the run with a panic that nobody can catch; the goroutine stays for the report. */
function* crash(error: unknown): Generator<unknown, void, true> {
  const body = (function* () {
    throw error;
  })();
  newproc(body, crash);
  yield* select([]);
}

function outcome<T>({ end }: Flight<T>, shared: boolean): Shared<T> {
  if (end === null) throw new Error("SingleFlight: a call without an end");
  if ("error" in end) throw end.error;
  return { value: end.value, shared };
}

function checkFlight(what: string, fn: unknown): void {
  if (typeof fn !== "function") throw new TypeError(`gobuf: ${what}: expected a function, got ${String(fn)}`);
}
