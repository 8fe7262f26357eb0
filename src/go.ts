/**
 * What a goroutine asks of the scheduler itself: go, runtime.Gosched, runtime.Goexit, runtime.NumGoroutine.
 */

import { type Argument, type Body, startNative } from "./native/nativelib.ts";
import { bodyOf, type Go } from "./runtime/body.ts";
import { goidOf } from "./runtime/gstatus.ts";
import { getg, MCALL_GOEXIT, MCALL_GOSCHED, type Op, opCall, opMcall } from "./runtime/m.ts";
import { newproc, sched } from "./runtime/proc.ts";

/** The go statement, of both kinds of body. */
interface GoStatement {
  <A extends unknown[]>(fn: (...args: A) => Go<unknown>, ...args: A): number;
  /**
   * Starts a goroutine on a body in C or Zig, on a guarded stack of its own. It runs when the calling one gives way, like
   * any other: it is the same scheduler's, and shares channels, mutexes and the like.
   *
   * @param fn a symbol of `native.cc` or `native.dlopen`, or an address that a function of such a library returned
   * @param arg what the body gets: the handle of a channel, callback or object of sync; or the address of a typed array,
   *   which is kept until the goroutine ends; or a number
   * @returns the goroutine's number
   * @throws TypeError for a body or an argument that is none; Error for a body of a closed library, and outside a
   *   goroutine; FatalError when there is no memory for a stack
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
}

/**
 * Starts a goroutine: `go f(x, y)`. It runs when the calling one gives way. `go.native` starts one on a body in C or Zig.
 *
 * @param fn a generator function, called at once with the arguments: its body runs later
 * @returns the goroutine's number
 * @throws TypeError when `fn` does not make a generator; Error outside a goroutine
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
    return goidOf(newproc(bodyOf("go", fn, args), fn));
  },
  { native: startNative },
);

/**
 * Lets others run: runtime.Gosched.
 *
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
 * Ends the goroutine, after the finally blocks it is in: runtime.Goexit.
 *
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
 * Calls a generator function on the goroutine's own stack of generators: a resume costs the same at every depth, where
 * a plain `yield* f()` costs each resume some 8 ns a level (the bench's rows "8 deep": 28 ns against 107).
 *
 * @throws TypeError when `fn` does not make a generator
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
  return opCall(bodyOf("call", fn, args));
}

/**
 * Goroutines that exist: runtime.NumGoroutine.
 *
 * @example
 * ```ts
 * go(function* () {});
 * console.log(numGoroutine()); // 2
 * ```
 */
export function numGoroutine(): number {
  return sched.gcount;
}

/**
 * How many goroutines run at the same time: runtime.GOMAXPROCS(0). One: a thread has one M and one P.
 *
 * @example
 * ```ts
 * console.log(gomaxprocs()); // 1
 * ```
 */
export function gomaxprocs(): number {
  return 1;
}
