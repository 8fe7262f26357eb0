/**
 * The context of async code, in which an AsyncLocalStorage of node:async_hooks finds its store: each goroutine has the one
 * that its creator had, keeps what it enters itself, and leaves the ambient one as it was.
 *
 * A context can be taken only whole, by `AsyncLocalStorage.snapshot()`, and put in place only around a call. A turn of
 * each goroutine would have to be such a call; so that programs without a context pay nothing, contexts are carried only
 * once one has been entered, which is noticed in `run` and `enterWith` of AsyncLocalStorage. Until then all goroutines have
 * the context in which this module was loaded.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { readgstatus } from "./gstatus.ts";
import { mp } from "./m.ts";
import { Gdead } from "./runtime2.ts";
import { currentSlice, cutSlice, endedSlice } from "./slice.ts";

/** Calls a function in a context. */
export type AsyncContext = <A extends unknown[], R>(f: (...args: A) => R, ...args: A) => R;

/** The context in which this module was loaded: none, in a program that imports it as usual. The scheduler's own. */
export const rootContext: AsyncContext = AsyncLocalStorage.snapshot();

/** The contexts of goroutines that are off the M, by G. Where there is none it is the root's. */
const contexts: (AsyncContext | undefined)[] = [];

/** The context of the code that calls. */
export function callersContext(): AsyncContext {
  return mp.carries ? AsyncLocalStorage.snapshot() : rootContext;
}

/** The context that a G goes on in. */
export function contextOf(gp: number): AsyncContext {
  return contexts[gp] ?? rootContext;
}

/** A G goes on later in the context that there is now; a dead one has none. */
export function keepContext(gp: number): void {
  contexts[gp] = readgstatus(gp) === Gdead ? undefined : AsyncLocalStorage.snapshot();
}

/** Forgets the context of a G that is gone. */
export function dropContext(gp: number): void {
  if (mp.carries) contexts[gp] = undefined;
}

/** Forgets all contexts: no G is left. */
export function dropContexts(): void {
  contexts.length = 0;
}

/** The goroutine in whose turn contexts began to be carried: that turn was not in a context of its own. */
let adopted = 0;

/** A turn that began without contexts is over: its goroutine keeps what it entered, if it entered the first. */
export function keepAdopted(): void {
  if (adopted !== 0) keepContext(adopted);
  adopted = 0;
  endedSlice();
}

/** From now on contexts are carried. The turn under way, which did not begin so, is the last of its slice. */
function carry(): void {
  if (mp.carries) return;
  mp.carries = true;
  if (mp.turn) endTurn(Math.abs(mp.curg), currentSlice());
}

/** A turn that began before contexts were carried is the last of its slice. @param gp the goroutine whose turn it is */
export function endTurn(gp: number, slice: number): void {
  adopted = gp;
  cutSlice(slice);
}

/** On globalThis: a context has been entered, which another copy of this module has noticed. */
const ENTERED = Symbol.for("gobuf.asyncContextEntered");
const { prototype } = AsyncLocalStorage;
type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Puts a function in the place of a method until a context is entered. @returns what puts the method back */
function watch(name: "run" | "enterWith"): () => void {
  const before = Object.getOwnPropertyDescriptor(prototype, name) as PropertyDescriptor & { value: Method };
  const first = {
    [name](this: unknown, ...args: unknown[]): unknown {
      entered();
      return before.value.apply(this, args);
    },
  }[name] as Method;
  Object.defineProperty(prototype, name, { ...before, value: first });
  return () => {
    // Whoever has put another one there since goes on calling this one.
    if (prototype[name] === (first as unknown)) Object.defineProperty(prototype, name, before);
  };
}

/** A context is about to be entered, for the first time. */
function entered(): void {
  Reflect.set(globalThis, ENTERED, true);
  for (const restore of restores.splice(0)) restore();
  carry();
}

const restores: (() => void)[] = [];
if (Reflect.get(globalThis, ENTERED) === true) carry();
else restores.push(watch("run"), watch("enterWith"));
