/**
 * How Go prints a panic's value and the panics before it (printpanics and preprintpanics in runtime/panic.go, printpanicval
 * in runtime/error.go). Values are the program's own: whatever looking at one throws is caught here.
 */
import { FatalError, isA, PanicError, UncaughtError } from "./panic.ts";

/** A text of the program's, whose further lines are set apart from the report's own: printindented. */
export function printindented(text: string): string {
  return text.replaceAll("\n", "\n\t");
}

const CONTROL = /[\p{Cc}\u2028\u2029]/gu;

/** A name of the program's, on one line: what would end the line is escaped. */
export function printName(name: string): string {
  return name.replace(CONTROL, (c) => {
    const short = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }[c];
    return short ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** A number as Go prints it: an integer as an int, any other as a float64. */
function printNumber(value: number): string {
  if (Object.is(value, -0)) return "-0";
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  return String(value).replace(/e([+-])(\d)$/, "e$10$2");
}

/** @throws what looking at the value throws */
function printpanicval(value: unknown): string {
  if (value === undefined || value === null) return "panic called with nil argument";
  if (typeof value === "number") return printNumber(value);
  if (typeof value === "function") return `(func) ${value.name}`;
  if (!isA(value, Error)) return String(value);
  const message = String(value.message);
  if (isA(value, PanicError)) return message;
  const name = String(value.name);
  return message === "" ? name : `${name}: ${message}`;
}

/** What the value that printing threw is called: its type, a string itself. */
function whatWasThrown(thrown: unknown): string {
  if (typeof thrown === "string") return printindented(thrown);
  if (thrown === null || (typeof thrown !== "object" && typeof thrown !== "function")) return `type ${typeof thrown}`;
  try {
    const name: unknown = (thrown as { constructor?: { name?: unknown } }).constructor?.name;
    if (typeof name === "string" && name !== "") return `type ${printName(name)}`;
  } catch {
    // Ends no goroutine: it cannot be looked at either.
  }
  return `type ${typeof thrown}`;
}

/** Panics of a chain that are printed, at the most. */
const CHAIN_MAX = 100;

/** The panics that led to one, oldest first: each is the `cause` of the next, which was thrown in its place. */
function chain(error: unknown): unknown[] {
  const links = [error];
  for (let at = error; links.length < CHAIN_MAX && isA(at, Error); ) {
    if (isA(at, UncaughtError) || isA(at, FatalError) || !Object.hasOwn(at, "cause")) break;
    at = at.cause;
    if (!isA(at, Error) || links.includes(at)) break;
    links.unshift(at);
  }
  return links;
}

/** The first lines of a panic's report. */
export interface PrintedPanic {
  readonly text: string;
  /** The value could not be printed, which is a fatal error of Go's. */
  readonly fatal: boolean;
}

/** The first lines of the report of a panic that nobody recovered: printpanics. */
export function printpanics(error: unknown): PrintedPanic {
  try {
    const lines = chain(error).map((value) => `panic: ${printindented(printpanicval(value))}`);
    return { text: lines.join(" [recovered]\n\t"), fatal: false };
  } catch (thrown) {
    // Ends no goroutine: values are printed, of a goroutine that has ended.
    return { text: `fatal error: panic while printing panic value: ${whatWasThrown(thrown)}`, fatal: true };
  }
}

/** A value of the program's in one text, whatever it is. */
export function textOfValue(value: unknown): string {
  try {
    return String(value);
  } catch (thrown) {
    // Ends no goroutine: a value is printed.
    return `panic while printing panic value: ${whatWasThrown(thrown)}`;
  }
}
