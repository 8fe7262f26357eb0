/**
 * The go statement, and the functions of package runtime that a goroutine calls: Gosched, Goexit, NumGoroutine,
 * GOMAXPROCS.
 */

import { startNative } from "./native/gonative.ts";
import type { Argument, Body } from "./native/nativelib.ts";
import { pooledGoroutines, procsOf, severalProcs } from "./procs/wish.ts";
import { frameOf, type Go } from "./runtime/body.ts";
import { goidOf } from "./runtime/gstatus.ts";
import { callDone, getg, MCALL_GOEXIT, MCALL_GOSCHED, type Op, opCall, opMcall, runNow } from "./runtime/m.ts";
import { newproc } from "./runtime/proc.ts";
import { type WorkerStatement, worker } from "./worker.ts";

/** The go statement, of both kinds of body. */
interface GoStatement {
  <A extends unknown[]>(fn: (...args: A) => Go<unknown>, ...args: A): number;
  /**
   * Starts a goroutine whose body is a function in C or Zig, on a guarded stack of its own. The same scheduler runs it;
   * it shares channels, mutexes and the rest with TypeScript.
   *
   * A body that overflows its stack ends the run with {@link StackOverflowError}; with `run`'s option
   * `onStackOverflow` it ends that goroutine only.
   *
   * @param fn a symbol of `native.cc` or `native.dlopen`, or an address that a function of such a library returned
   * @param arg the body's argument: of a channel, a callback or an object of sync its handle; of a typed array the
   *   address of its bytes, which are kept until the goroutine ends; or a number; without it a null pointer
   * @returns the goroutine's number
   * @throws TypeError for something else than a body or an argument; Error for a body of a closed library, and outside
   *   a goroutine; FatalError when there is no memory for a stack
   * @example
   * ```ts
   * // bodies.c: void doubler(void *arg) {
   * //   gobuf_handle ch = gobuf_handle_of(arg);
   * //   gobuf_send(ch, 2 * gobuf_recv(ch).value);
   * // }
   * const source = new URL("./bodies.c", import.meta.url);
   * const { symbols } = native.cc({ source, symbols: { doubler: native.body } });
   * const ch = chan<number>();
   * go.native(symbols.doubler, ch);
   * yield* ch.send(4);
   * console.log(yield* ch.recv()); // 8
   * ```
   */
  readonly native: (fn: Body, arg?: Argument) => number;
  /** Starts a goroutine on another thread. {@link WorkerStatement} says how. */
  readonly worker: WorkerStatement;
}

/**
 * Starts a goroutine: Go's `go f(x, y)` (newproc in runtime/proc.go). It first runs when the calling goroutine gives
 * way. `go.native` starts one whose body is in C or Zig.
 *
 * @param fn a generator function. It is called at once with the arguments, which makes the generator; its body runs
 *   later
 * @returns the goroutine's number, by which reports name it: main has 1
 * @throws TypeError when `fn` does not make a generator; FatalError "go of nil func value", which ends the run, for undefined
 *   and null; Error outside a goroutine
 * @example
 * ```ts
 * function* greet(name: string): Go {
 *   console.log(`hello ${name}`); // hello ant
 * }
 * go(greet, "ant");
 * yield* gosched();
 * ```
 */
export const go: GoStatement = Object.assign(
  function go<A extends unknown[]>(fn: (...args: A) => Go<unknown>, ...args: A): number {
    getg("go");
    const goid = goidOf(newproc(frameOf("go", fn, args), fn));
    callDone();
    return goid;
  },
  { native: startNative, worker },
);

/**
 * Lets other goroutines run: Go's runtime.Gosched (runtime/proc.go). The caller goes to the end of the global run
 * queue.
 *
 * @throws Error outside a goroutine
 * @example
 * ```ts
 * go(function* () {
 *   console.log("first"); // first
 * });
 * yield* gosched();
 * console.log("second"); // second
 * ```
 */
export function gosched(): Op<void> {
  getg("gosched");
  return opMcall(MCALL_GOSCHED);
}

/**
 * Ends the goroutine: Go's runtime.Goexit (runtime/panic.go). The `finally` blocks around the call run first. In main
 * it ends main, and the run goes on until all other goroutines have ended; then it fails with "no goroutines (main
 * called runtime.Goexit) - deadlock!".
 *
 * It unwinds by a thrown {@link Goexit}, so that a `finally` block may wait, throw or leave by `break` or `return`: the
 * goroutine ends all the same, at the latest when its body, or the function that it is in by {@link call}, returns. What a
 * `finally` block throws is a panic, as in Go. A `catch` block sees the Goexit, as nothing in Go does, and is to throw it
 * again.
 *
 * @throws Error outside a goroutine
 * @example
 * ```ts
 * go(function* () {
 *   try {
 *     yield* goexit();
 *   } finally {
 *     console.log("on the way out"); // on the way out
 *   }
 * });
 * yield* gosched();
 * ```
 */
export function goexit(): Op<never> {
  getg("goexit");
  return opMcall(MCALL_GOEXIT);
}

/**
 * Calls a generator function and gives its result, like a plain `yield* f()`, but faster for deep calls: the goroutine
 * keeps its own stack of generators, so that it is resumed at the same cost at every depth. A plain `yield* f()` makes
 * each resume some 8 ns slower a level (the bench's rows "8 deep": 28 ns against 95). Go has no counterpart.
 *
 * @param fn a generator function, called at once with the arguments
 * @throws what `fn` throws; TypeError when `fn` does not make a generator; Error outside a goroutine
 * @example
 * ```ts
 * function* depth(n: number): Go<number> {
 *   yield* gosched();
 *   return n === 0 ? 0 : 1 + (yield* call(depth, n - 1));
 * }
 * console.log(yield* call(depth, 100)); // 100
 * ```
 */
export function call<A extends unknown[], R>(fn: (...args: A) => Go<R>, ...args: A): Op<R> {
  getg("call");
  return opCall(frameOf("call", fn, args));
}

/**
 * How many goroutines exist, main included: Go's runtime.NumGoroutine (runtime/debug.go). Outside a run it is the last
 * run's number.
 *
 * @example
 * ```ts
 * go(function* () {});
 * console.log(numGoroutine()); // 2
 * ```
 */
export function numGoroutine(): number {
  const run = runNow();
  if (run === undefined) return 0;
  return severalProcs === 0 ? run.gcount : run.gcount + pooledGoroutines(run);
}

/**
 * How many goroutines can run at the same time: Go's runtime.GOMAXPROCS(0) (runtime/debug.go): 1, or what the option `procs`
 * of the run says. That counts native goroutines; generator goroutines have one thread in any case.
 *
 * @example
 * ```ts
 * console.log(gomaxprocs()); // 1
 * ```
 */
export function gomaxprocs(): number {
  const run = runNow();
  return run === undefined ? 1 : procsOf(run);
}
