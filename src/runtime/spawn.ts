/** Goroutines that ordinary code starts, and whose end it can wait for as a promise. */
import { checkFunction, frameOf, type Go } from "./body.ts";
import { isExiting } from "./g.ts";
import { isGoexit, mp, opCall, opOwnCall } from "./m.ts";
import { currentRun, expectOutside } from "./outside.ts";
import { newprocIn } from "./proc.ts";
import type { Run } from "./world.ts";

/**
 * Starts a goroutine in the run under way, from ordinary code: an event handler, an async function. While it exists, a
 * run in which no goroutine can run is no deadlock. When several runs are under way, it is the oldest with the real
 * clock, else the oldest. The goroutine has the caller's stores of AsyncLocalStorage. Go has no counterpart.
 *
 * @param fn a generator function, which the goroutine calls with the arguments
 * @returns what the body returns. Rejects with what it throws; with Error when it ends by goexit, or when no run is
 *   under way. When the run ends first, with an Error named RunOverError
 * @example
 * ```ts
 * import { chan, type Go, hold, run, spawn } from "gobuf";
 *
 * const stop = chan<void>();
 * const done = run(function* () {
 *   using _ = hold();
 *   yield* stop.recv();
 * });
 * function* double(n: number): Go<number> {
 *   return 2 * n;
 * }
 * console.log(await spawn(double, 21)); // 42
 * await stop.sendAsync();
 * await done;
 * ```
 */
export function spawn<A extends unknown[], R>(fn: (...args: A) => Go<R>, ...args: A): Promise<R> {
  return spawnBy(opCall, fn, args);
}

/** {@link spawn} of a body of gobuf's own, whose frames are nobody else's business. */
export function spawnOwn<A extends unknown[], R>(fn: (...args: A) => Go<R>, ...args: A): Promise<R> {
  return spawnBy(opOwnCall, fn, args);
}

/** {@link spawnOwn} of a body that does nothing but send: when the run ends, what was received has been sent. */
export function spawnSend<A extends unknown[]>(fn: (...args: A) => Go, ...args: A): Promise<void> {
  return spawnBy(opOwnCall, fn, args, true);
}

function spawnBy<A extends unknown[], R>(
  callBody: typeof opCall,
  fn: (...args: A) => Go<R>,
  args: A,
  sends = false,
): Promise<R> {
  let run: Run;
  try {
    run = currentRun("spawn");
  } catch (error) {
    // Ends no goroutine: asks only whether a run is under way.
    return Promise.reject(error);
  }
  return spawnIn(run, fn, args, callBody, sends);
}

/** {@link spawn}, in a run of the caller's choice. */
export function spawnIn<A extends unknown[], R>(
  run: Run,
  fn: (...args: A) => Go<R>,
  args: A,
  callBody: typeof opCall = opCall,
  sends = false,
): Promise<R> {
  const { promise, resolve, reject } = Promise.withResolvers<R>();
  try {
    checkFunction("spawn", fn, "a generator function");
  } catch (error) {
    // Ends no goroutine: an argument is checked.
    reject(error);
    return promise;
  }
  run.waiters.add(reject);
  expectOutside(run, 1);
  let gp = 0;
  gp = newprocIn(
    run,
    (function* () {
      try {
        resolve(yield* callBody(frameOf("spawn", fn, args)));
      } catch (error) {
        if (run.failed || isGoexit(error)) throw error;
        reject(error);
      } finally {
        if (isExiting(Math.abs(mp.curg))) reject(new Error("gobuf: spawn: the goroutine ended by goexit"));
        run.waiters.delete(reject);
        if (sends) run.sends.delete(gp);
        expectOutside(run, -1);
      }
    })(),
    fn,
  );
  if (sends) run.sends.set(gp, resolve as () => void);
  return promise;
}
