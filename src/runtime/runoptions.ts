/** What the options of a run may be: a value that is none of them is refused at the call. */
import { checkOptions, refuseOption } from "./expect.ts";
import type { SchedOptions } from "./schedinit.ts";

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
}
