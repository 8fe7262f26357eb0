/**
 * Profiles: runtime/pprof. Exported as the namespace `pprof`.
 *
 * They are of goroutines, and of nothing that JavaScriptCore knows better: for the processor's time and for memory there
 * are `bun --cpu-prof` and `--heap-prof`.
 */
import { refuse } from "../runtime/expect.ts";
import { goroutines } from "../runtime/traceback.ts";
import { Profile, type Sum } from "./profile.ts";
import { Recorder, recording } from "./recorder.ts";
import { frameOf } from "./stacks.ts";
import { Waits } from "./waits.ts";

export type { Profile, Sample } from "./profile.ts";

let recorder: Recorder | null = null;
let waits = new Waits();

/**
 * Begins to count waits of this thread's goroutines, from nothing, for the profiles "block" and "mutex": Go's
 * runtime.SetBlockProfileRate(1) and SetMutexProfileFraction(1).
 *
 * Every wait is counted. That takes what a trace takes, 50 to 70 ns for each status change, so that it is nothing for
 * always. Stacks have source lines with the run's option `traceback: "all"`; else a stack is the one function that the
 * goroutine was started with.
 *
 * @throws Error when waits are counted already, or while a trace is being written: there is one recorder
 * @example
 * ```ts
 * pprof.start();
 * const mu = new Mutex();
 * yield* mu.lock();
 * go(function* wants() {
 *   yield* mu.lock();
 *   mu.unlock();
 * });
 * yield* sleep(3); // others wait meanwhile
 * mu.unlock();
 * yield* gosched();
 * pprof.stop();
 * console.log(pprof.lookup("block").samples[0]?.stack); // [ 'wants' ]
 * ```
 */
export function start(): void {
  if (recording !== null) throw new Error(`gobuf: pprof.start: ${recording}`);
  waits = new Waits();
  recorder = new Recorder(waits, "waits are being counted already: call pprof.stop() first");
}

/**
 * No longer counts waits. What was counted stays there for {@link lookup}. Without a {@link start} it does nothing.
 *
 * @example
 * ```ts
 * pprof.start();
 * yield* gosched();
 * pprof.stop();
 * console.log(pprof.lookup("block").samples); // []
 * ```
 */
export function stop(): void {
  recorder?.stop();
  recorder = null;
}

/**
 * A profile by its name: Go's pprof.Lookup (runtime/pprof/pprof.go).
 *
 * "goroutine": the goroutines that there are now, by their stacks. "block": where goroutines waited for others, and how
 * long. "mutex": who kept others waiting for a Mutex or an RWMutex, and how long they waited. The last two count what
 * ended between {@link start} and {@link stop}.
 *
 * @throws TypeError for another name
 * @example
 * ```ts
 * for (let i = 0; i < 3; i++) {
 *   go(function* worker() {
 *     yield* chan().recv();
 *   });
 * }
 * yield* gosched();
 * const [most] = pprof.lookup("goroutine").samples;
 * console.log(most?.count, most?.stack); // 3 [ 'worker' ]
 * ```
 */
export function lookup(name: "goroutine" | "block" | "mutex"): Profile {
  if (name === "block" || name === "mutex") return waits.profile(name);
  if (name !== "goroutine") refuse("pprof.lookup", name, '"goroutine", "block" or "mutex"');
  const sums = new Map<string, Sum>();
  for (const { name: entry, frames } of goroutines()) {
    const key = JSON.stringify([entry, frames]);
    const stack =
      frames.length === 0 ? [{ pc: 0, func: entry, file: "", line: 0 }] : frames.map((text) => frameOf(text, entry));
    const sum = sums.get(key) ?? { frames: stack, count: 0, nanoseconds: 0 };
    sum.count++;
    sums.set(key, sum);
  }
  return new Profile(name, [...sums.values()]);
}
