/** Bodies of goroutines: generators. Checks that a function makes one, and not something else that has a `next`. */
import type { Frame } from "./m.ts";

/**
 * The type of a goroutine's body, and of a function that it calls by `yield*`: a generator that returns an `R`.
 *
 * @example
 * ```ts
 * function* half(n: number): Go<number> {
 *   yield* gosched();
 *   return n / 2;
 * }
 * console.log(yield* half(84)); // 42
 * ```
 */
export type Go<R = void> = Generator<unknown, R, unknown>;

/**
 * The type of a main goroutine's body: a generator function without parameters that returns an `R`.
 *
 * @example
 * ```ts
 * import { type Body, run } from "gobuf";
 *
 * const main: Body<number> = function* () {
 *   return 42;
 * };
 * console.log(await run(main)); // 42
 * ```
 */
export type Body<R> = () => Go<R>;

/**
 * Generator.prototype.next: what resumes a frame. To look it up on each one would cost a gosched 3 ns, and more where
 * bodies differ; so nothing else that has a `next` can be a body.
 */
export const generatorNext = Object.getPrototypeOf(function* () {}).prototype.next as (
  this: Frame,
  value: unknown,
) => IteratorResult<unknown, unknown>;

/** A function, whatever it takes and gives. */
type Maker = (...args: never[]) => unknown;

/** Returns what a function made, if it is a body. @param what the operation's name, for the error @throws TypeError */
export function checkBody<B>(what: string, fn: Maker, body: B): B {
  if ((body as Partial<Frame> | null | undefined)?.next === generatorNext) return body;
  throw new TypeError(`gobuf: ${what}: ${fn.name || "the function"} is no generator function: write \`function*\``);
}

/**
 * The body that a function makes.
 * @param what the operation's name, for the error
 * @throws TypeError when it makes none
 */
export function bodyOf<A extends unknown[], B>(what: string, fn: (...args: A) => B, args: A): B {
  return checkBody(what, fn, fn(...args));
}

/**
 * What a function made, if it is to be run as a body; null for a plain function, whatever it gave.
 *
 * @throws TypeError for what only looks like a body, e.g. an async generator: it would never run
 */
export function bodyIfAny(what: string, fn: Maker, made: unknown): Frame | null {
  return typeof (made as Partial<Frame> | null | undefined)?.next === "function"
    ? checkBody(what, fn, made as Frame)
    : null;
}
