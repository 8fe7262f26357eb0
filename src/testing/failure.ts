/**
 * The message of a run that failed under a schedule: what failed, where the schedule deviates from Go's order, the
 * replay.
 */
import { textOfValue } from "../runtime/printpanics.ts";
import { reportOf } from "../runtime/report.ts";
import { goroutines } from "../runtime/traceback.ts";
import type { DeviationHook } from "./steer.ts";

/**
 * What {@link explore} and {@link replay} throw when a run failed: by an error, a deadlock, goroutines left behind, or
 * too many steps.
 *
 * Its message says what failed, where the schedule deviates from Go's order, and which call replays it. `cause` is what
 * the run failed with.
 *
 * @example
 * ```ts
 * import { go } from "gobuf";
 * import { ExploreError, explore, replay } from "gobuf/testing";
 *
 * function* program() {
 *   const log: string[] = [];
 *   for (const name of ["ant", "bee"]) {
 *     go(function* () {
 *       log.push(name);
 *       if (log.length === 2 && name === "ant") throw new Error(log.join());
 *     });
 *   }
 * }
 * try {
 *   explore(program, { seed: 1 });
 * } catch (error) {
 *   if (!(error instanceof ExploreError)) throw error;
 *   console.log(error.schedule); // g1:
 * }
 * ```
 */
export class ExploreError extends Error {
  override readonly name = "ExploreError";
  /** The failing schedule, shrunk: {@link replay} runs it again. */
  readonly schedule: string;
  /** The failing schedule as it was found, before it was shrunk. */
  readonly found: string;
  /** The number of the run that failed, from 1; 0 for a replay. */
  readonly run: number;
  /** The seed of the exploration; 0 for a replay. */
  readonly seed: number;

  /** @param caller whose caller the stack is to begin with @internal */
  constructor(
    message: string,
    details: { schedule: string; found: string; run: number; seed: number; cause: unknown },
    caller: (...args: never[]) => unknown,
  ) {
    super(message, { cause: details.cause });
    Error.captureStackTrace(this, caller);
    this.schedule = details.schedule;
    this.found = details.found;
    this.run = details.run;
    this.seed = details.seed;
  }
}

/** Writes down where a run leaves Go's order. @returns the hook, and what it wrote */
export function narrator(): { readonly hook: DeviationHook; readonly lines: readonly string[] } {
  const lines: string[] = [];
  const hook: DeviationHook = (kind, pool, pick, step) => {
    const known = new Map(goroutines().map((g) => [g.goid, g]));
    const name = (goid: number | undefined) => `goroutine ${goid} ${known.get(goid ?? 0)?.name ?? ""}`.trimEnd();
    const place = (goid: number | undefined) => {
      const frame = known.get(goid ?? 0)?.frames[0];
      return frame === undefined ? "" : ` (${frame.replace(/^.* \((.*)\)$/, "$1")})`;
    };
    const texts = {
      preempt: () => `${name(pool[0])}, after its operation${place(pool[0])}, makes way for ${name(pool[pick])}`,
      call: () =>
        `${name(pool[0])}, in a call behind its operation${place(pool[0])}, makes way for ${name(pool[pick])}`,
      next: () => `${name(pool[pick])}${place(pool[pick])} runs before ${name(pool[0])}`,
      clock: () => "the clock moves to the next timer, although goroutines can run",
      choose: () => `outcome ${pick} of ${pool.length} is drawn`,
      select: () => `a select takes case ${pool[pick]} of the ready ones ${pool.toSorted((a, b) => a - b).join(", ")}`,
    };
    lines.push(`  decision ${step}: ${texts[kind]()}`);
  };
  return { hook, lines };
}

/** What a run failed with, as Go prints it. */
export function reportText(error: unknown): string {
  return reportOf(error) ?? textOfValue(error);
}

/** The first line of it. */
export function headline(error: unknown): string {
  return reportText(error).split("\n", 1)[0] as string;
}

/** What two runs must have in common to have failed in the same way; values in messages may differ. */
export function signature(error: unknown): string {
  return headline(error).replaceAll(/\d+/g, "#");
}
