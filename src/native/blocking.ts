/**
 * native.blocking: a function of a C library that blocks its thread (a read, a lock, a query), called from TypeScript on a
 * thread of its own. Other goroutines, timers and requests go on meanwhile.
 */

import { checkOptions, describe, refuse } from "../runtime/expect.ts";
import { addressOf } from "../runtime/ffi.ts";
import { getg, type Op, opPending } from "../runtime/m.ts";
import { currentRun, expectOutside } from "../runtime/outside.ts";
import { gopark, goready } from "../runtime/proc.ts";
import { waitReasonIOWait } from "../runtime/runtime2.ts";
import { submit } from "./blockingpool.ts";

/** Memory that a call gets the address of. */
type Bytes = NodeJS.TypedArray<ArrayBuffer> | DataView<ArrayBuffer> | ArrayBuffer;

/** What is passed for an argument of a type. */
interface Values {
  i8: number;
  u8: number;
  i16: number;
  u16: number;
  i32: number;
  u32: number;
  i64: number | bigint;
  u64: number | bigint;
  f32: number;
  f64: number;
  bool: boolean;
  ptr: Bytes | number | bigint | null;
}

/** What a result of a type is in TypeScript. */
interface Results {
  i8: number;
  u8: number;
  i16: number;
  u16: number;
  i32: number;
  u32: number;
  i64: bigint;
  u64: bigint;
  f32: number;
  f64: number;
  bool: boolean;
  /** An address; null for NULL. */
  ptr: number | null;
  void: undefined;
}

/**
 * The type of a C function, in the names of bun:ffi.
 *
 * @example
 * ```ts
 * const write: native.BlockingSignature<["i32", "ptr", "u64"], "i64"> = { args: ["i32", "ptr", "u64"], returns: "i64" };
 * console.log(write.returns); // i64
 * ```
 */
export interface BlockingSignature<A extends readonly (keyof Values)[], R extends keyof Results> {
  /** The types of its arguments; without it there are none. A `float` is f32, a pointer or an array ptr. */
  readonly args?: A;
  /** What it returns; "void" without it. */
  readonly returns?: R;
  /** What messages call it. */
  readonly name?: string;
}

/**
 * A call on a thread of its own: a promise of what the function returns, and an operation for a goroutine.
 *
 * @example
 * ```ts
 * const call: native.BlockingCall<number> | null = null;
 * console.log(call); // null
 * ```
 */
export interface BlockingCall<T> extends Promise<T> {
  /** Waits for it in a goroutine: `yield* call`. Reports show the goroutine as `[IO wait]`. */
  [Symbol.iterator](): Iterator<unknown, T, true>;
}

const INTEGERS: Partial<Record<keyof Values, readonly [min: bigint, max: bigint]>> = {
  i8: [-(2n ** 7n), 2n ** 7n - 1n],
  u8: [0n, 2n ** 8n - 1n],
  i16: [-(2n ** 15n), 2n ** 15n - 1n],
  u16: [0n, 2n ** 16n - 1n],
  i32: [-(2n ** 31n), 2n ** 31n - 1n],
  u32: [0n, 2n ** 32n - 1n],
  i64: [-(2n ** 63n), 2n ** 63n - 1n],
  u64: [0n, 2n ** 64n - 1n],
};
const ARGUMENTS: readonly string[] = [...Object.keys(INTEGERS), "f32", "f64", "bool", "ptr"];
const RESULTS: readonly string[] = [...ARGUMENTS, "void"];

/**
 * Makes a function of a C library one that is called on a thread of its own, so that it may block: a read, a lock, a query of
 * a database, a computation of seconds. The thread of JavaScript goes on meanwhile. It needs no run.
 *
 * Each call is a promise; in a goroutine, `yield*` waits for it. A few threads (4, or one for each core, 16 at most) serve all
 * calls of the thread that makes them, further calls wait for one, and a thread without a call ends after a second. The
 * process stays alive while a call is under way. A call cannot be stopped: where a run ends first, or the result is not
 * wanted, it goes on, and so long its thread is not free; `terminate()` of a Worker waits for its calls.
 *
 * The function must not call JavaScript or operations of gobuf.h, and two calls may run at the same time: it needs locks
 * where C needs them. Bytes that it is given are read and written while JavaScript goes on; they are kept until it returns.
 * Do not transfer or shrink their buffer meanwhile: the memory would be another's.
 *
 * @param fn the function: one of a library opened by `dlopen` of bun:ffi, or its address. Close the library only when no call
 *   is under way
 * @returns the function to call, with the arguments that the signature says
 * @throws TypeError when `fn` is none, or the signature is not one. Of a call: TypeError for an argument of another type,
 *   RangeError for an integer out of range. The promise rejects when there is no thread, or the function ends it
 * @example
 * ```ts
 * const usleep = native.blocking(0x1000, { args: ["u32"], returns: "i32", name: "usleep" });
 * try {
 *   usleep(-1);
 * } catch (error) {
 *   console.log((error as Error).message); // gobuf: usleep: argument 1: expected an integer of 0 to 4294967295 (u32), got -1
 * }
 * ```
 */
export function blocking<const A extends readonly (keyof Values)[] = [], R extends keyof Results = "void">(
  fn: ((...args: never[]) => unknown) | number | bigint,
  signature: BlockingSignature<A, R> = {},
): (...args: { -readonly [K in keyof A]: Values[A[K]] }) => BlockingCall<Results[R]> {
  const ptr = addressIn(fn);
  checkOptions("blocking", signature, ["args", "returns", "name"]);
  const types = signature.args ?? [];
  const returns = signature.returns ?? "void";
  if (!Array.isArray(types)) refuse("blocking: args", types, "an array of types");
  for (const type of types) checkType("args", type, ARGUMENTS);
  checkType("returns", returns, RESULTS);
  const name = signature.name ?? `the function at 0x${ptr.toString(16)}`;
  if (typeof name !== "string") refuse("blocking: name", name, "a string");
  return (...args) => call(ptr, types, returns, name, args) as BlockingCall<Results[R]>;
}

function checkType(what: string, type: unknown, types: readonly string[]): void {
  if (!types.includes(type as string)) refuse(`blocking: ${what}`, type, types.join(", "));
}

/** The address of a function. */
function addressIn(fn: unknown): number {
  const found =
    typeof fn === "function" || (typeof fn === "object" && fn !== null) ? (fn as { ptr?: unknown }).ptr : fn;
  const address = typeof found === "bigint" ? Number(found) : found;
  if (typeof address !== "number" || !Number.isSafeInteger(address) || address <= 0) {
    refuse("blocking", fn, "a function of a library that bun:ffi has opened, or its address");
  }
  return address;
}

function call(ptr: number, types: readonly string[], returns: string, name: string, args: readonly unknown[]) {
  if (args.length !== types.length) {
    throw new TypeError(`gobuf: ${name}: expected ${types.length} arguments, got ${args.length}`);
  }
  const values = args.map((value, i) => convert(value, types[i] as keyof Values, `${name}: argument ${i + 1}`));
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  submit({
    ptr,
    args: types,
    returns,
    values,
    name,
    kept: args,
    settle(value, error) {
      if (error !== null) reject(error);
      else resolve(result(value, returns));
    },
  });
  return Object.assign(promise, { [Symbol.iterator]: () => waitFor(promise, name)[Symbol.iterator]() });
}

/** What bun:ffi is given for an argument: the same number, and an address for bytes. */
function convert(value: unknown, type: keyof Values, what: string): unknown {
  const range = INTEGERS[type];
  if (range !== undefined) return integer(value, type, range, what);
  if (type === "bool") return typeof value === "boolean" ? value : refuse(what, value, "a boolean (bool)");
  if (type !== "ptr") return typeof value === "number" ? value : refuse(what, value, `a number (${type})`);
  if (value === null || value === 0 || value === 0n) return null;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    // The address of no bytes is none.
    return value.byteLength === 0 ? null : (addressOf(value as Bytes) as number);
  }
  const address = typeof value === "bigint" ? Number(value) : value;
  if (typeof address === "number" && Number.isSafeInteger(address) && address > 0) return address;
  return refuse(what, value, "bytes, an address, or null (ptr)");
}

function integer(value: unknown, type: string, [min, max]: readonly [bigint, bigint], what: string): number | bigint {
  const isWide = type === "i64" || type === "u64";
  const isOne = typeof value === "bigint" ? isWide : typeof value === "number" && Number.isInteger(value);
  const expected = `an integer of ${min} to ${max} (${type})`;
  if (!isOne) refuse(what, value, expected);
  const exact = BigInt(value as number | bigint);
  if (exact < min || exact > max) throw new RangeError(`gobuf: ${what}: expected ${expected}, got ${describe(value)}`);
  return isWide ? exact : (value as number);
}

/** bun:ffi gives a number for some 64-bit results. */
function result(value: unknown, returns: string): unknown {
  if (returns === "void") return undefined;
  if (returns === "i64" || returns === "u64") return BigInt(value as number | bigint);
  if (returns === "ptr") return value === null || value === 0 ? null : Number(value);
  return value;
}

/** The goroutine waits for the call: as wait does for any promise. */
function waitFor(promise: Promise<unknown>, name: string): Op<unknown> {
  const gp = getg(name);
  const run = currentRun(name);
  let [failed, value]: [boolean, unknown] = [false, undefined];
  const arrive = (isError: boolean, what: unknown) => {
    if (run.over) return;
    [failed, value] = [isError, what];
    goready(gp);
    expectOutside(run, -1);
  };
  expectOutside(run, 1);
  promise.then(
    (what) => arrive(false, what),
    (error) => arrive(true, error),
  );
  gopark(gp, null, waitReasonIOWait, () => {
    if (failed) throw value;
    return value;
  });
  return opPending();
}
