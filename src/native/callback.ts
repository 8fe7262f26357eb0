/**
 * Callbacks: functions of TypeScript that native bodies call, by gobuf_call of arch/include/gobuf.h. They run on g0, where
 * nothing can wait; what they throw is their goroutine's, as a panic is.
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
 * A function of TypeScript that native bodies can call, made by {@link callback}.
 *
 * @example
 * ```ts
 * using same: native.Callback = native.callback((n) => n);
 * console.log(same.handle > 0); // true
 * ```
 */
export class Callback implements Disposable {
  /** What a native body passes to gobuf_call: a u32. */
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

  /** Forgets the function: a call of the handle ends the run from now on. */
  close(): void {
    callbacks.delete(this.handle);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Makes a function callable for native bodies: `gobuf_call(handle, word)` in C, `gobuf.call` in Zig.
 *
 * It runs at once, on g0, before the body goes on: no operation of gobuf may be called in it, but for those that never
 * wait and need no goroutine (`close`, `add`), and those of ordinary async code. What it throws is the goroutine's own
 * panic: the body sees GOBUF_PANIC, may clear it with `gobuf_recover()`, and else the run ends with it when the body ends.
 *
 * @param fn a plain function; it gets a value, and gives one (undefined is 0)
 * @param codec of both; without one, whole numbers and BigInts as with a plain channel
 * @throws TypeError when `fn` is a generator or an async function, or none at all
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
    throw new TypeError(`gobuf: native.callback: expected a plain function, got a ${kind}: nothing can wait on g0`);
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
