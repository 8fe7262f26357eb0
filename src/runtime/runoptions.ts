/** What the options of a run may be: a value that is none of them is refused at the call. */
import { checkOptions, refuseOption } from "./expect.ts";
import type { SchedOptions } from "./schedinit.ts";

/** Ps that a run may have: procs_max of arch/procs/sched.zig. */
const PROCS_MAX = 64;

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Each option of a run, what it is, and whether a value is that. */
const OPTIONS = new Map<string, [expected: string, fits: (value: unknown) => boolean]>([
  ["seed", ["an integer from 0 to 2^53-1", (v) => Number.isSafeInteger(v) && (v as number) >= 0]],
  ["clock", ['"real" or "fake"', (v) => v === "real" || v === "fake"]],
  ["onTransition", ["a function", (v) => typeof v === "function"]],
  ["onStackOverflow", ["a function", (v) => typeof v === "function"]],
  ["traceback", ['"single" or "all"', (v) => v === "single" || v === "all"]],
  [
    "procs",
    ["an integer from 1 to 64", (v) => Number.isInteger(v) && (v as number) >= 1 && (v as number) <= PROCS_MAX],
  ],
  ["signal", ["an AbortSignal", (v) => v instanceof AbortSignal]],
]);

/**
 * @param what the function that takes the options
 * @param names those that it has; by default all
 * @throws TypeError that names the option and its value
 */
export function checkRunOptions(what: string, options: object, names: readonly string[] = [...OPTIONS.keys()]): void {
  // A run of a golden trace says where Go's own count stood; programs do not see this option.
  const { schedtick: _, ...rest } = (isObject(options) ? options : {}) as SchedOptions & object;
  checkOptions(what, isObject(options) ? rest : options, names);
  for (const [name, value] of Object.entries(rest)) {
    const [expected, fits] = OPTIONS.get(name) as [string, (value: unknown) => boolean];
    if (value !== undefined && !fits(value)) refuseOption(what, name, value, expected);
  }
  const { procs = 1, clock, onTransition } = rest as { procs?: number; clock?: string; onTransition?: unknown };
  if (procs === 1) return;
  // What several threads do has no order that a clock or a hook on one of them could see.
  if (clock === "fake") refuseOption(what, "procs", procs, '1 with clock: "fake"');
  if (onTransition !== undefined) refuseOption(what, "procs", procs, "1 with onTransition");
}
