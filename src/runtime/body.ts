/** Bodies of goroutines: generators. Checks that a function makes one, and not something else that has a `next`. */
import { describe, isAsync, isThenable, refuse } from "./expect.ts";
import { type Frame, fatal } from "./m.ts";

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
export type Go<R = void> = Generator<unknown, R, true>;

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

const generator = Object.getPrototypeOf(function* () {}).prototype as Frame;

/** A method of every generator, as the scheduler calls it: {@link claim} hides it from others. */
type Resume = (this: Frame, value: unknown) => IteratorResult<unknown, unknown>;

/**
 * Generator.prototype.next: what resumes a frame. To look it up on each one would cost a gosched 3 ns, and more where
 * bodies differ; so nothing else that has a `next` can be a body.
 */
export const generatorNext = generator.next as Resume;
export const generatorThrow = generator.throw as Resume;
export const generatorReturn = generator.return as Resume;

/** The prototype of generator functions: each call of one makes a generator that nobody else has. */
const GeneratorFunction = function* () {}.constructor;

/** A function, whatever it takes and gives. */
type Maker = (...args: never[]) => unknown;

/** What others find in the place of the methods of a generator that is a goroutine's body. */
function taken(): never {
  throw new TypeError(
    "gobuf: this generator is the body of a goroutine, which alone goes on with it: call the generator function anew",
  );
}

/** Returns what a function made, if it is a body. @param what the operation's name, for the error @throws TypeError */
export function checkBody<B>(what: string, fn: Maker, body: B): B {
  return (body as Partial<Frame> | null | undefined)?.next === generatorNext ? body : refuseBody(what, fn, body);
}

/** The rest of {@link checkBody}, apart: what a go calls is to be small, so that JavaScriptCore inlines it. */
function refuseBody(what: string, fn: Maker, body: unknown): never {
  const next = (body as Partial<Frame> | null | undefined)?.next as unknown;
  const name = fn.name || "the function";
  if (next === taken) {
    throw new TypeError(
      `gobuf: ${what}: ${name} gave the generator that is already the body of a goroutine: make a new one for each`,
    );
  }
  leaveAlone(body);
  throw new TypeError(`gobuf: ${what}: ${name} is no generator function: write \`function*\``);
}

/** Nobody will wait for a promise that is refused: what it rejects with is not to end the process. */
function leaveAlone(made: unknown): void {
  if (isThenable(made)) made.then(undefined, () => {});
}

/** @throws TypeError for what is no function, and for an async one, which is not called @internal */
export function checkFunction(what: string, fn: unknown, expected: string): void {
  if (typeof fn !== "function") refuse(what, fn, expected);
  if (!isAsync(fn)) return;
  throw new TypeError(
    `gobuf: ${what}: ${fn.name || "the function"} is no generator function: write \`function*\` (it is ` +
      `${describe(fn)}: for \`await promise\` write \`yield* wait(promise)\`)`,
  );
}

/**
 * The body that a function makes.
 * @param what the operation's name, for the error
 * @throws TypeError when it makes none
 */
export function bodyOf<A extends unknown[], B>(what: string, fn: (...args: A) => B, args: A): B {
  if (!(fn instanceof GeneratorFunction)) checkFunction(what, fn, "a generator function");
  return checkBody(what, fn, fn(...args));
}

/**
 * {@link bodyOf}, for the scheduler, which alone goes on with it: a generator that others may have, for the function is
 * none that makes a new one each time, is refused to them from now on.
 */
export function frameOf<A extends unknown[], B>(what: string, fn: (...args: A) => B, args: A): B {
  return fn instanceof GeneratorFunction ? checkBody(what, fn, fn(...args)) : frameOfOther(what, fn, args);
}

function frameOfOther<A extends unknown[], B>(what: string, fn: (...args: A) => B, args: A): B {
  if (what === "go" && (fn === undefined || fn === null)) fatal("go of nil func value");
  return claim(bodyOf(what, fn, args));
}

function claim<B>(body: B): B {
  const methods = body as { next: unknown; throw: unknown; return: unknown };
  methods.next = taken;
  methods.throw = taken;
  methods.return = taken;
  return body;
}

/** @throws TypeError for what is no function to call back: a generator function, or a plain one @internal */
export function checkCallback(what: string, fn: unknown): void {
  checkFunction(what, fn, "a function, plain or a generator function");
}

/**
 * What a function made, if it is to be run as a body; null for a plain function, whatever it gave.
 *
 * @throws TypeError for what only looks like a body, e.g. an async generator: it would never run; and for a promise: nobody
 *   would wait for it
 */
export function bodyIfAny(what: string, fn: Maker, made: unknown): Frame | null {
  if (typeof (made as Partial<Frame> | null | undefined)?.next === "function") {
    const body = checkBody(what, fn, made as Frame);
    return fn instanceof GeneratorFunction ? body : claim(body);
  }
  if (!isThenable(made)) return null;
  leaveAlone(made);
  const name = fn.name || "the function";
  throw new TypeError(
    `gobuf: ${what}: ${name} gave a promise, for which nobody would wait: write \`function*\`, and ` +
      "`yield* wait(promise)`",
  );
}
