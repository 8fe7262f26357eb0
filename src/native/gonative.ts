/**
 * `go.native`, before the library of native bodies is there: nativelib.ts puts its function here when it is loaded. So a
 * bundle of a program that never names `native` has nothing of native bodies, and no other program sees a difference.
 */
import { refuse } from "../runtime/expect.ts";
import { getg } from "../runtime/m.ts";

/** Starts a goroutine on a body with an argument, whatever untyped code gives. @returns its number */
type Start = (fn: unknown, arg: unknown) => number;

let start: Start = (fn) => {
  getg("go.native");
  return refuse("go.native", fn, "a symbol of native.cc or native.dlopen");
};

/** Says how a goroutine on a native body is started. */
export function setNativeStart(f: Start): void {
  start = f;
}

/** `go.native`. */
export function startNative(fn: unknown, arg?: unknown): number {
  return start(fn, arg);
}
