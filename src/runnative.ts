/** A run whose main is a native function, to its end at once. It is apart, so that run.ts needs nothing of native bodies. */
import { newNativeG } from "./native/native.ts";
import { driven, type RunOptions } from "./run.ts";
import type { Address } from "./runtime/ffi.ts";
import type { SchedOptions } from "./runtime/schedinit.ts";

/**
 * Like {@link runSync}, with a native function as main, which has no result.
 *
 * @param prepare called when the scheduler is empty: makes the objects that the body names by handles
 */
export function runNativeSync(
  prepare: () => { fn: Address; arg: Address | null },
  options: Omit<RunOptions & SchedOptions, "clock" | "signal"> = {},
): void {
  driven({ ...options, clock: "fake" }, () => {
    const { fn, arg } = prepare();
    return [newNativeG(fn, arg), fn];
  });
}
