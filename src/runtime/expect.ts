/** What public functions say of an argument that they cannot use: the function, what it expects, and what it got. */

/** A function made by `async function` or an async arrow. */
const AsyncFunction = (async () => {}).constructor;
/** A function made by `async function*`. */
const AsyncGeneratorFunction = async function* () {}.constructor;

/** What a value is, in few words. */
export function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (Array.isArray(value)) return "an array";
  if (typeof value === "function") return describeFunction(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (isThenable(value)) return "a promise";
  const kind = Object.prototype.toString.call(value).slice("[object ".length, -1);
  if (kind === "Generator") return "a generator (pass the function, and do not call it)";
  return kind === "Object" ? "an object" : `an object (${kind})`;
}

function describeFunction(f: object): string {
  if (f instanceof AsyncFunction) return "an async function";
  if (f instanceof AsyncGeneratorFunction) return "an async generator function";
  return "a function";
}

/** Whether this is a promise or something like one. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

/** Whether a call of this function would start async code. */
export function isAsync(f: object): boolean {
  return f instanceof AsyncFunction || f instanceof AsyncGeneratorFunction;
}

/**
 * @param what the function's name
 * @param expected what it should be
 * @throws TypeError
 */
export function refuse(what: string, got: unknown, expected: string): never {
  throw new TypeError(`gobuf: ${what}: expected ${expected}, got ${describe(got)}`);
}

/** @param name the argument's name @throws TypeError for what is no number, and for NaN */
export function checkDuration(what: string, name: string, ms: unknown): void {
  if (typeof ms !== "number" || Number.isNaN(ms)) refuse(what, ms, `${name}, a number of milliseconds`);
}

/** @throws TypeError where untyped code gave no object of options, or a name that is none of theirs */
export function checkOptions(what: string, options: unknown, names: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    refuse(what, options, "an object of options");
  }
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) {
      throw new TypeError(`gobuf: ${what}: unknown option ${JSON.stringify(name)}: expected ${names.join(", ")}`);
    }
  }
}

/** @throws TypeError that names the option and its value */
export function refuseOption(what: string, name: string, got: unknown, expected: string): never {
  throw new TypeError(`gobuf: ${what}: option ${name}: expected ${expected}, got ${describe(got)}`);
}
