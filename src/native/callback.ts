/**
 * Callbacks: functions of TypeScript that native bodies call, by gobuf_call of arch/include/gobuf.h. They run on g0,
 * where no operation can wait. What a callback throws is a panic of the calling goroutine.
 */

import { STATUS_OK, STATUS_PANIC } from "../runtime/codes.ts";
import { M_SCRATCH, mmem, setCallback } from "../runtime/ffi.ts";
import { isNative } from "../runtime/g.ts";
import { goidOf } from "../runtime/gstatus.ts";
import { fatal, mp } from "../runtime/m.ts";
import { type Codec, plain, word } from "../runtime/word.ts";
import { hasThrown, setThrown } from "./nativestate.ts";

/** Callbacks that are open, by handle. */
const callbacks = new Map<number, Callback>();
/** The next one's handle. They lie above those of channels and the like, so that one is never taken for another. */
let next = 0x8000_0000;

/**
 * A function of TypeScript that native bodies can call. {@link callback} makes it. Close it when no body needs it any
 * longer; `using` does.
 *
 * @example
 * ```ts
 * using same: native.Callback = native.callback((n) => n);
 * console.log(same.handle > 0); // true
 * ```
 */
export class Callback implements Disposable {
  /** The handle that a native body passes to gobuf_call: an integer from 2^31 to 2^32-1. */
  readonly handle: number = next++;
  /** @internal */
  readonly fn: (value: unknown) => unknown;
  /** @internal */
  readonly codec: Codec<unknown>;

  /** @internal */
  constructor(fn: (value: unknown) => unknown, codec: Codec<unknown>) {
    this.fn = fn;
    this.codec = codec;
    callbacks.set(this.handle, this);
  }

  /** Takes the handle back: a body that calls it later ends the run with a FatalError. */
  close(): void {
    callbacks.delete(this.handle);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Makes a function that native bodies can call: by `gobuf_call(handle, word)` in C, by `gobuf.call` in Zig.
 *
 * The function runs on g0, and the body goes on when it returns; no other goroutine runs meanwhile. It cannot wait: it
 * may call operations without `yield*` (`close`, `add`) and functions for ordinary async code (`sendAsync`, `spawn`).
 * Any other operation throws an Error.
 *
 * What it throws is a panic of the calling goroutine. The body sees GOBUF_PANIC, and may clear it with
 * `gobuf_recover()`; without that the run ends with the error when the body ends.
 *
 * @param fn a plain function. Its argument is the word that the body passes; its result is the word that the body gets,
 *   0 for undefined
 * @param codec how argument and result are words. Without one they are as on a plain channel: numbers, BigInts from
 *   2^53
 * @throws TypeError when `fn` is a generator function, an async function, or no function
 * @example
 * ```ts
 * // bodies.c: void caller(void *arg) { gobuf_call(gobuf_handle_of(arg), gobuf_from_f64(0.5)); }
 * const source = new URL("./bodies.c", import.meta.url);
 * const { symbols } = native.cc({ source, symbols: { caller: native.body } });
 * using show = native.callback((x) => {
 *   console.log(x + 1); // 1.5
 * }, native.f64);
 * go.native(symbols.caller, show);
 * yield* gosched();
 * yield* gosched();
 * ```
 */
export function callback(fn: (value: number | bigint) => number | bigint | boolean | undefined | void): Callback;
export function callback<T>(fn: (value: T) => T | undefined | void, codec: Codec<T>): Callback;
export function callback<T>(fn: (value: T) => unknown, codec: Codec<T> = plain as Codec<T>): Callback {
  const kind = typeof fn === "function" ? fn.constructor.name : typeof fn;
  if (kind !== "Function") {
    throw new TypeError(`gobuf: native.callback: expected a plain function, got a ${kind}: a callback cannot wait`);
  }
  initCallbacks();
  return new Callback(fn as (value: unknown) => unknown, codec as Codec<unknown>);
}

let initialized = false;

/** Lets gobuf_call work on this thread; once. */
export function initCallbacks(): void {
  if (initialized) return;
  initialized = true;
  setCallback(dispatch);
}

/** What gobuf_call calls, on g0; the word lies in the M's scratch. @returns its outcome */
function dispatch(handle: number): number {
  const curg = mp.curg;
  const gp = curg < 0 ? -curg : curg;
  // A panicking goroutine runs nothing but what recovers.
  if (hasThrown(gp)) return STATUS_PANIC;
  if (curg > 0) mp.curg = -curg;
  try {
    const found = callbacks.get(handle) ?? unknown(gp, handle);
    const result = found.fn(found.codec.fromWord(mmem[M_SCRATCH], mmem[M_SCRATCH + 1]));
    if (result === undefined) word.fill(0);
    else found.codec.toWord(result, word);
    mmem[M_SCRATCH] = word[0];
    mmem[M_SCRATCH + 1] = word[1];
    return STATUS_OK;
  } catch (error) {
    // Ends no goroutine: a callback runs on g0, where no goroutine can be left.
    // Called by a function that TypeScript called: the exception goes there.
    if (gp === 0 || !isNative(gp)) throw error;
    setThrown(gp, error);
    return STATUS_PANIC;
  } finally {
    mp.curg = curg;
  }
}

function unknown(gp: number, handle: number): never {
  const who = gp === 0 ? "outside a goroutine" : `goroutine ${goidOf(gp)}`;
  return fatal(
    `${who}: gobuf_call on handle ${handle >>> 0}: no callback has it: it was closed, or never made by native.callback`,
  );
}
