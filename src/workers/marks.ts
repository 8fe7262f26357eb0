/**
 * What stands in a value's copy for things that a structured clone would not give back: shared objects, contexts, Errors. The
 * other thread puts the things in their place.
 */
import { isPlainError, isSharable, MARK } from "./check.ts";
import type { Member } from "./group.ts";

/** A kind of thing that passes from thread to thread: how it is named, and how a thread gets it by its name. */
export interface Passage {
  /** What names it; null: it is of another kind. It can be cloned. */
  name(member: Member, value: object): unknown;
  /** What this thread has by that name. */
  thing(member: Member, name: never): object;
}

const passages = new Map<string, Passage>();

/** Adds a kind. */
export function addPassage(kind: string, passage: Passage): void {
  passages.set(kind, passage);
}

const ERROR_CLASSES: Record<string, new (message: string, options?: ErrorOptions) => Error> = {
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  URIError,
  EvalError,
};

interface ErrorName {
  readonly type: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly own: Record<string, unknown>;
  readonly cause: unknown;
  readonly hasCause: boolean;
}

/** The name of a shared thing, as it stands in a copy. @throws TypeError for one that is of no known kind */
function nameOf(member: Member, value: object): Record<string, unknown> {
  for (const [kind, passage] of passages) {
    const name = passage.name(member, value);
    if (name !== null) return { [MARK]: kind, name };
  }
  throw new TypeError("gobuf: this object cannot go to another thread");
}

/** A copy of a value that was checked, with names in the place of things. */
export function mark(member: Member, value: unknown): unknown {
  const copies = new Map<object, unknown>();
  const errorName = (error: Error): Record<string, unknown> => {
    const marked: Record<string, unknown> = { [MARK]: "error", name: null };
    copies.set(error, marked);
    const own = Object.entries(error).filter(([key]) => !["line", "column", "sourceURL", "cause"].includes(key));
    marked.name = {
      type: Object.getPrototypeOf(error).constructor.name,
      message: error.message,
      stack: error.stack,
      own: Object.fromEntries(own.map(([key, item]) => [key, copy(item)])),
      cause: copy(error.cause),
      hasCause: "cause" in error,
    } satisfies ErrorName;
    return marked;
  };
  const copy = (from: unknown): unknown => {
    if (typeof from !== "object" || from === null) return from;
    const known = copies.get(from);
    if (known !== undefined) return known;
    if (isSharable(from)) {
      const name = nameOf(member, from);
      copies.set(from, name);
      return name;
    }
    if (isPlainError(from)) return errorName(from);
    const proto: unknown = Object.getPrototypeOf(from);
    if (proto === Map.prototype) {
      const to = new Map<unknown, unknown>();
      copies.set(from, to);
      for (const [key, item] of from as Map<unknown, unknown>) to.set(copy(key), copy(item));
      return to;
    }
    if (proto === Set.prototype) {
      const to = new Set<unknown>();
      copies.set(from, to);
      for (const item of from as Set<unknown>) to.add(copy(item));
      return to;
    }
    if (proto !== Object.prototype && !Array.isArray(from)) return from;
    const to = (Array.isArray(from) ? new Array(from.length) : {}) as Record<string, unknown>;
    copies.set(from, to);
    for (const key of Object.keys(from)) put(to, key, copy((from as Record<string, unknown>)[key]));
    return to;
  };
  return copy(value);
}

/** A property of any name, `__proto__` included. */
function put(to: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== "__proto__") to[key] = value;
  else Object.defineProperty(to, key, { value, writable: true, enumerable: true, configurable: true });
}

/** Puts the things in the place of their names, in a value that another thread has copied for this one. */
export function unmark(member: Member, value: unknown): unknown {
  const done = new Map<object, unknown>();
  const revive = (from: unknown): unknown => {
    if (typeof from !== "object" || from === null) return from;
    const known = done.get(from);
    if (known !== undefined) return known;
    const kind = Object.hasOwn(from, MARK) ? (from as Record<string, unknown>)[MARK] : undefined;
    if (kind === "error") return reviveError(from, (from as { name: ErrorName }).name);
    if (typeof kind === "string") {
      const thing = passages.get(kind)?.thing(member, (from as { name: never }).name);
      done.set(from, thing);
      return thing;
    }
    done.set(from, from);
    if (from instanceof Map) {
      const entries = [...from].map(([key, item]) => [revive(key), revive(item)] as const);
      from.clear();
      for (const [key, item] of entries) from.set(key, item);
    } else if (from instanceof Set) {
      const items = [...from].map(revive);
      from.clear();
      for (const item of items) from.add(item);
    } else if (Array.isArray(from) || Object.getPrototypeOf(from) === Object.prototype) {
      const to = from as Record<string, unknown>;
      for (const key of Object.keys(to)) put(to, key, revive(to[key]));
    }
    return from;
  };
  const reviveError = (from: object, name: ErrorName): Error => {
    const error = new (ERROR_CLASSES[name.type] ?? Error)(name.message);
    done.set(from, error);
    Object.defineProperty(error, "stack", { value: name.stack, writable: true, enumerable: false, configurable: true });
    if (name.hasCause) {
      Object.defineProperty(error, "cause", {
        value: revive(name.cause),
        writable: true,
        enumerable: false,
        configurable: true,
      });
    }
    for (const [key, item] of Object.entries(name.own))
      put(error as unknown as Record<string, unknown>, key, revive(item));
    return error;
  };
  return revive(value);
}
