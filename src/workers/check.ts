/**
 * What may go from thread to thread: values that a structured clone gives back equal, and objects made for it. The rest is
 * refused where it is sent, by name and place.
 */
import type { Context } from "../context/types.ts";
import { Hchan } from "../runtime/chan.ts";
import { describe } from "../runtime/expect.ts";

/** What a look at a value has found besides what is refused. */
export interface Found {
  /** JSON gives it back equal. */
  json: boolean;
  /** Something in it is carried by another thing in its place: a shared object, an Error. */
  marked: boolean;
}

/** The key of what stands in the place of something that a clone would not give back. */
export const MARK = "\0gobuf";

/** Objects that threads share: those that say how another thread gets them. */
export interface Sharable {
  /** @internal */
  readonly isShared: boolean;
}

/** Whether it passes as itself. */
export function isSharable(value: object): boolean {
  return (value as Partial<Sharable>).isShared === true || isContext(value);
}

/** Whether a value is a context of whatever make. */
export function isContext(value: object): value is Context {
  const { done, err, value: look, deadline } = value as Partial<Context>;
  return (
    typeof done === "function" &&
    typeof err === "function" &&
    typeof look === "function" &&
    typeof deadline === "function"
  );
}

const TypedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;

/** Prototypes of what a structured clone gives back as it was, without looking into it. */
const CLONED = new Set<object | null>(
  [Date, RegExp, ArrayBuffer, DataView, Number, String, Boolean, BigInt, Blob].map((made) => made.prototype),
);

const ERRORS = new Set<object | null>(
  [Error, TypeError, RangeError, SyntaxError, ReferenceError, URIError, EvalError].map((made) => made.prototype),
);

/** Whether it is an Error of one of the language's own classes. */
export function isPlainError(value: object): value is Error {
  return ERRORS.has(Object.getPrototypeOf(value));
}

/** So many objects of a value are looked for one by one; more are kept as a set. */
const FEW = 12;

class Walk implements Found {
  json = true;
  marked = false;
  private few: object[] = [];
  private many: Set<object> | null = null;

  /** Whether an object was met before. It comes back as one object from a clone, and as two from JSON. */
  private met(value: object): boolean {
    if (this.many !== null) {
      if (!this.many.has(value)) {
        this.many.add(value);
        return false;
      }
    } else if (!this.few.includes(value)) {
      this.few.push(value);
      if (this.few.length > FEW) this.many = new Set(this.few);
      return false;
    }
    this.json = false;
    return true;
  }

  /** @returns what is wrong and where; null for nothing */
  look(value: unknown): string | null {
    switch (typeof value) {
      case "string":
      case "boolean":
        return null;
      case "number":
        if (!Number.isFinite(value) || Object.is(value, -0)) this.json = false;
        return null;
      case "undefined":
      case "bigint":
        this.json = false;
        return null;
      case "function":
        return `: ${describe(value)}${value.name === "" ? "" : ` (${value.name})`}`;
      case "symbol":
        return ": a symbol";
      default:
        return value === null ? null : this.lookInto(value as object);
    }
  }

  private lookInto(value: object): string | null {
    const proto = Object.getPrototypeOf(value);
    if (proto === Object.prototype) return this.met(value) ? null : this.properties(value as Record<string, unknown>);
    if (Array.isArray(value) && proto === Array.prototype) return this.met(value) ? null : this.elements(value);
    this.json = false;
    if (isSharable(value)) {
      this.marked = true;
      return null;
    }
    if (CLONED.has(proto)) return null;
    if (proto !== null && Object.getPrototypeOf(proto) === TypedArray) return this.bytes(value as Uint8Array);
    if (this.met(value)) return null;
    if (proto === Map.prototype) return this.entries(value as Map<unknown, unknown>);
    if (proto === Set.prototype) return this.members(value as Set<unknown>);
    if (ERRORS.has(proto)) return this.error(value as Error);
    return `: ${what(value, proto)}`;
  }

  private properties(value: Record<string, unknown>): string | null {
    for (const key in value) {
      const wrong = this.look(value[key]);
      if (wrong !== null) return `.${key}${wrong}`;
    }
    if (Object.getOwnPropertySymbols(value).length > 0) return ": a property whose key is a symbol";
    if (Object.hasOwn(value, MARK)) return ": a property of gobuf's own";
    return null;
  }

  private elements(value: readonly unknown[]): string | null {
    for (let i = 0; i < value.length; i++) {
      const wrong = this.look(value[i]);
      if (wrong !== null) return `[${i}]${wrong}`;
    }
    if (this.json && Object.keys(value).length !== value.length) this.json = false;
    if (this.json) return null;
    for (const key of Object.keys(value).slice(value.length)) {
      const wrong = this.look((value as unknown as Record<string, unknown>)[key]);
      if (wrong !== null) return `.${key}${wrong}`;
    }
    return null;
  }

  private entries(value: Map<unknown, unknown>): string | null {
    for (const [key, item] of value) {
      const wrong = this.look(key) ?? this.look(item);
      if (wrong !== null) return `.get(${typeof key === "object" ? "..." : String(key)})${wrong}`;
    }
    return null;
  }

  private members(value: Set<unknown>): string | null {
    for (const item of value) {
      const wrong = this.look(item);
      if (wrong !== null) return `.values()${wrong}`;
    }
    return null;
  }

  private bytes(value: Uint8Array): string | null {
    return value.buffer instanceof SharedArrayBuffer ? ": a view of a SharedArrayBuffer" : null;
  }

  private error(value: Error): string | null {
    this.marked = true;
    for (const [key, item] of Object.entries(value)) {
      if (key === "line" || key === "column" || key === "sourceURL") continue;
      const wrong = this.look(item);
      if (wrong !== null) return `.${key}${wrong}`;
    }
    const wrong = this.look(value.cause);
    return wrong === null ? null : `.cause${wrong}`;
  }
}

/** What an object is that is refused. */
function what(value: object, proto: object | null): string {
  if (value instanceof Hchan) return "a channel that is bound to its thread (make it by chan.shared)";
  if (proto === null) return "an object without a prototype, which would get one (spread it: { ...value })";
  const name = (value as { constructor?: { name?: unknown } }).constructor?.name;
  if (SHARE_THEM.has(name as string)) return `a ${name} that is bound to its thread (make it by ${name}.shared)`;
  if (value instanceof SharedArrayBuffer) return "a SharedArrayBuffer (give it to go.worker, as an argument)";
  if (typeof name === "string" && name !== "") return `an instance of ${name}, which would not arrive as one`;
  return describe(value);
}

const SHARE_THEM = new Set(["Mutex", "WaitGroup"]);

/**
 * Looks whether a value may go to another thread.
 *
 * @param operation what sends it, for the error
 * @throws TypeError that says what may not, and where in the value it is
 */
export function checkValue(operation: string, value: unknown): Found {
  const walk = new Walk();
  const wrong = walk.look(value);
  if (wrong === null) return walk;
  const [, place = "", thing = ""] = /^(.*?): (.*)$/s.exec(wrong) ?? [];
  throw new TypeError(
    `gobuf: ${operation}: ${thing} cannot go to another thread${place === "" ? "" : `: it is value${place}`}`,
  );
}
