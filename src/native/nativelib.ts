/**
 * Libraries of native bodies: to compile or open one, to attach it to the runtime, to start its functions as
 * goroutines.
 */

import { poolOf, startedPoolOf } from "../procs/pool.ts";
import { refuseRelease, sharedChan, sharedHandle } from "../procs/shared.ts";
import { pooledGoroutines, severalProcs } from "../procs/wish.ts";
import { Hchan } from "../runtime/chan.ts";
import type { Chan, RecvChan, SendChan } from "../runtime/channel.ts";
import { ASYNC_OK, ATTACH_ELSEWHERE } from "../runtime/codes.ts";
import { refuse, refuseOption } from "../runtime/expect.ts";
import {
  type Address,
  addressOf,
  asyncError,
  cc as compile,
  descriptor,
  type FFIFunction,
  JSCallback,
  type Library,
  native,
  dlopen as open,
} from "../runtime/ffi.ts";
import { allgs, gentry, isNative } from "../runtime/g.ts";
import { goidOf } from "../runtime/gstatus.ts";
import { getg } from "../runtime/m.ts";
import { callersRun } from "../runtime/proc.ts";
import { worlds } from "../runtime/world.ts";
import { Cond } from "../sync/cond.ts";
import { Mutex } from "../sync/mutex.ts";
import { Once } from "../sync/once.ts";
import { RWMutex } from "../sync/rwmutex.ts";
import { WaitGroup } from "../sync/waitgroup.ts";
import { Callback, initCallbacks } from "./callback.ts";
import { refuseLargeFrames } from "./frames.ts";
import { setNativeStart } from "./gonative.ts";
import { channelAt, handleOf, releaseHandle } from "./handles.ts";
import { prepareSource } from "./include.ts";
import { goNative, stackSize } from "./native.ts";
import { keepArgument } from "./nativestate.ts";

/**
 * The type of a body's symbol, `void body(void *arg)`, as bun:ffi writes it: for {@link cc} and {@link dlopen}.
 *
 * @example
 * ```ts
 * console.log(native.body.args, native.body.returns); // [ 'ptr' ] void
 * ```
 */
export const body = { args: ["ptr"], returns: "void" } as const satisfies FFIFunction;

/**
 * A library of native bodies, which {@link cc} or {@link dlopen} has opened.
 *
 * @typeParam S its symbols, as bun:ffi has them
 * @example
 * ```ts
 * const source = new URL("./bodies.c", import.meta.url);
 * const symbols = { doubler: native.body };
 * const library: native.Bodies<typeof symbols> = native.cc({ source, symbols });
 * library.close();
 * ```
 */
export interface Bodies<S extends Record<string, FFIFunction>> extends Disposable {
  /** Its functions by name. Start a body with `go.native`; call other functions as usual. */
  readonly symbols: Library<S>["symbols"];
  /** Unloads the library; `using` does, too. @throws Error while a goroutine of the library exists */
  close(): void;
}

/**
 * How bodies of a library are preempted once they have had the thread for 10 ms: "cooperative" at operations and at
 * gobuf_checkpoint, "async" also between any two instructions of the library's own code.
 *
 * A library may ask for "async" when its code can be left anywhere: it is called back by no library that holds a lock
 * meanwhile (`qsort`, `dl_iterate_phdr`), and no C++ exception is thrown or caught in its bodies. System calls of its bodies
 * may return early, with EINTR. Time in other libraries, libc for one, is not interrupted.
 *
 * @example
 * ```ts
 * const options: native.PreemptOptions = { preempt: "async" };
 * console.log(options.preempt); // async
 * ```
 */
export interface PreemptOptions {
  /** By default "cooperative". */
  preempt?: "cooperative" | "async";
}

/** Options of {@link cc}: those of bun:ffi's, and how bodies are preempted. */
type CompileOptions<S extends Record<string, FFIFunction>> = Parameters<typeof compile<S>>[0] & PreemptOptions;

const ATTACH = { gobuf_attach: { args: ["ptr"], returns: "u32" } } as const;

/** Where the code of a library lies: what gobuf.h defines where frames are looked at. */
const TEXT = process.platform === "linux" ? ({ gobuf_text: { args: ["u32"], returns: "ptr" } } as const) : {};

/** A library that was opened. */
interface Owner {
  readonly name: string;
  closed: boolean;
}

/** The library of each symbol. */
const owners = new WeakMap<object, Owner>();
/** Libraries that are not closed, so that they are not unloaded while a body of theirs may run. */
const opened = new Map<Owner, object>();

/**
 * Compiles bodies in C with the compiler of bun:ffi (TinyCC), which finds gobuf.h, and attaches them to the runtime.
 * The source must say GOBUF_RUNTIME once.
 *
 * @param options those of bun:ffi's `cc`, `source`, `symbols` and more, and those of {@link PreemptOptions}. "async" is then
 *   for all that bun:ffi has compiled into the same memory
 * In an executable made by `bun build --compile` the source must be inside (`import source from "./bodies.c" with
 * { type: "file" }`) or beside it; there the compiler gets copies in a folder for temporary files.
 *
 * On Linux the frame of each function is looked at: one of more than 124 KiB is refused, because it could reach past the
 * guard below a stack, and this compiler does not probe the stack.
 *
 * @throws Error when a source is not there, does not compile or lacks GOBUF_RUNTIME, when a function's frame is too large,
 *   and when this Bun has no compiler
 * @example
 * ```ts
 * // bodies.c: void doubler(void *arg) {
 * //   gobuf_handle ch = gobuf_handle_of(arg);
 * //   gobuf_send(ch, 2 * gobuf_recv(ch).value);
 * // }
 * const source = new URL("./bodies.c", import.meta.url);
 * const { symbols } = native.cc({ source, symbols: { doubler: native.body } });
 * const ch = native.chan(native.i32);
 * go.native(symbols.doubler, ch);
 * yield* ch.send(21);
 * console.log(yield* ch.recv()); // 42
 * ```
 */
export function cc<S extends Record<string, FFIFunction>>(options: CompileOptions<S>): Bodies<S> {
  if (typeof options !== "object" || options === null) refuse("native.cc", options, "an object of options");
  const { source: given, symbols, preempt, ...compiler } = options;
  if (typeof given !== "string" && !(given instanceof Blob || given instanceof URL)) {
    refuseOption("native.cc", "source", given, "a path or a file URL");
  }
  checkSymbols("native.cc", symbols);
  const { include, source, remove } = prepareSource(options.source);
  const includes = [include, ...[options.include ?? []].flat()];
  try {
    return attach("native.cc", source, preempt, () => {
      const all = { ...symbols, ...ATTACH, ...TEXT };
      const library = compile({ ...compiler, source, include: includes, symbols: all });
      try {
        checkFrames(library.symbols);
      } catch (error) {
        library.close();
        throw error;
      }
      return library as Library<S & typeof ATTACH>;
    });
  } finally {
    remove();
  }
}

/** Looks at the frames of a library, where it says where its code lies, and takes that function off. */
function checkFrames(symbols: object): void {
  const all = symbols as Record<string, (end: number) => unknown>;
  const { gobuf_text } = all;
  if (gobuf_text === undefined) return;
  delete all.gobuf_text;
  refuseLargeFrames(gobuf_text, all);
}

/**
 * Opens a library of bodies that your own compiler has made, and attaches it to the runtime. Its source must say
 * GOBUF_RUNTIME once (C), or import gobuf.zig (Zig).
 *
 * @param path the library's path or file URL
 * @param symbols its functions, as bun:ffi's `dlopen` takes them; {@link body} is the type of a body
 * @param options how its bodies are preempted
 * @throws Error when it cannot be loaded, lacks a symbol or GOBUF_RUNTIME, or was compiled with another version of
 *   gobuf.h
 * @example
 * ```ts
 * try {
 *   native.dlopen("libbodies.so", { square: native.body });
 * } catch (error) {
 *   console.log((error as Error).message.startsWith("gobuf: native.dlopen: libbodies.so")); // true
 * }
 * ```
 */
export function dlopen<S extends Record<string, FFIFunction>>(
  path: string | URL,
  symbols: S,
  options: PreemptOptions = {},
): Bodies<S> {
  if (typeof path !== "string" && !(path instanceof URL)) refuse("native.dlopen", path, "a path or a file URL");
  checkSymbols("native.dlopen", symbols);
  if (typeof options !== "object" || options === null) refuse("native.dlopen", options, "an object of options");
  const name = typeof path === "string" ? path : Bun.fileURLToPath(path);
  return attach("native.dlopen", name, options.preempt, () => open(name, { ...symbols, ...ATTACH }));
}

/** @throws TypeError where untyped code gave no table of functions */
function checkSymbols(what: string, symbols: unknown): void {
  if (typeof symbols !== "object" || symbols === null) {
    refuse(what, symbols, "symbols, an object of the library's functions by their names");
  }
}

/** What a library of C++ says of its exceptions, which are its goroutine's over a preemption; null where it has none. */
function exceptionsOf(what: string, name: string): Address | null {
  if (what !== "native.dlopen") return null;
  try {
    const { symbols, close } = open(name, { gobuf_cxx: { args: [], returns: "ptr" } });
    const { ptr } = symbols.gobuf_cxx as unknown as { ptr: Address };
    // It is open once more.
    close();
    return ptr;
  } catch {
    // Ends no goroutine: a symbol is looked up.
    return null;
  }
}

/** What is common to both. */
function attach<S extends Record<string, FFIFunction>>(
  what: string,
  name: string,
  preempt: unknown,
  load: () => Library<S & typeof ATTACH>,
): Bodies<S> {
  if (preempt !== undefined && preempt !== "async" && preempt !== "cooperative") {
    refuseOption(what, "preempt", preempt, '"cooperative" or "async"');
  }
  let library: Library<S & typeof ATTACH>;
  try {
    library = load();
  } catch (cause) {
    // Ends no goroutine: a library is loaded.
    const { message } = cause as Error;
    const hint = /gobuf_(attach|text)/.test(message)
      ? ": it lacks GOBUF_RUNTIME (gobuf.h), or does not import gobuf.zig"
      : "";
    throw new Error(`gobuf: ${what}: ${name}: ${message}${hint}`, { cause });
  }
  const { gobuf_attach, ...symbols } = library.symbols as Record<string, CallableFunction>;
  const wanted = gobuf_attach?.(native.gobuf_api()) as number;
  if (wanted === ATTACH_ELSEWHERE) {
    library.close();
    throw new Error(
      `gobuf: ${what}: ${name}: is attached to another copy of gobuf in this process, and its bodies can be of one only: ` +
        `open a copy of the file, or load one gobuf`,
    );
  }
  if (wanted !== 0) {
    library.close();
    throw new Error(
      `gobuf: ${what}: ${name}: made with gobuf.h of ABI version ${wanted}, but this is gobuf with version ` +
        `${descriptor.abi_version}: compile it again`,
    );
  }
  const code = preempt === "async" ? (gobuf_attach as { ptr?: Address } | undefined)?.ptr : undefined;
  if (code !== undefined) {
    const refused = native.gobuf_preempt_allow(code, exceptionsOf(what, name));
    if (refused !== ASYNC_OK) {
      library.close();
      throw new Error(`gobuf: ${what}: ${name}: preempt: "async": ${asyncError(refused)}`);
    }
  }
  const owner: Owner = { name, closed: false };
  opened.set(owner, library);
  for (const symbol of Object.values(symbols)) owners.set(symbol, owner);
  const close = () => {
    if (owner.closed) return;
    const busy = worlds.size > 0 ? allgs().find((gp) => isNative(gp) && mayRun(gp, owner)) : undefined;
    if (busy !== undefined) {
      throw new Error(`gobuf: close: ${name}: native goroutine ${goidOf(busy)} still exists`);
    }
    // Which library a goroutine of a pool runs is not known here.
    const pooled = severalProcs === 0 ? 0 : pooledGoroutines();
    if (pooled !== 0) {
      throw new Error(`gobuf: close: ${name}: ${pooled} native goroutines of a run with several procs still exist`);
    }
    owner.closed = true;
    opened.delete(owner);
    if (code !== undefined) native.gobuf_preempt_disallow(code);
    library.close();
  };
  return { symbols: symbols as Library<S>["symbols"], close, [Symbol.dispose]: close };
}

/** Whether a goroutine may run code of a library. The library of one that gobuf_go started is not known. */
function mayRun(gp: number, owner: Owner): boolean {
  const entry = gentry[gp];
  return typeof entry !== "function" || owners.get(entry) === owner;
}

/**
 * The type of a native body for `go.native`: a symbol of {@link cc} or {@link dlopen}, or an address of a
 * function that a function of such a library has returned.
 *
 * @example
 * ```ts
 * const source = new URL("./bodies.c", import.meta.url);
 * const { symbols } = native.cc({ source, symbols: { doubler: native.body } });
 * const doubler: native.Body = symbols.doubler;
 * console.log(typeof doubler); // function
 * ```
 */
export type Body = ((...args: never[]) => unknown) | number | bigint;

/**
 * The type of the objects that native bodies name by a handle.
 *
 * @example
 * ```ts
 * const objects: native.Handled[] = [chan<number>(), new Mutex(), new WaitGroup()];
 * console.log(new Set(objects.map(native.handle)).size); // 3
 * ```
 */
export type Handled = SendChan<never> | RecvChan<unknown> | Mutex | RWMutex | WaitGroup | Cond | Once;

type Bytes = Parameters<typeof addressOf>[0];

/**
 * The type of a native body's argument. The body gets a null pointer for undefined; the handle of an object or a
 * callback; the address of bytes, which are kept until the goroutine ends; a number or BigInt as it is, from 0 to
 * 2^64-1.
 *
 * @example
 * ```ts
 * const ch = chan<number>();
 * const some: native.Argument[] = [undefined, ch, Uint32Array.of(native.handle(ch), 100), 42];
 * console.log(some.length); // 4
 * ```
 */
export type Argument = undefined | Handled | Callback | Bytes | number | bigint;

/**
 * The handle by which native bodies name an object, to be passed in the bytes of a body's argument. The same object has
 * the same handle, until the run is over or {@link release} is called. The handle keeps the object from being
 * collected. A body that uses the handle of a run that is over ends its own run with a FatalError: later runs have other
 * handles.
 *
 * @returns an integer from 0 to 2^32-1; 0 for the nil channel only
 * @throws TypeError for anything that has no handle; Error outside a goroutine
 * @example
 * ```ts
 * const ch = chan<number>();
 * const wg = new WaitGroup();
 * const words = Uint32Array.of(native.handle(ch), native.handle(wg));
 * console.log(words.length); // 2
 * ```
 */
export function handle(object: Handled | Callback): number {
  getg("native.handle");
  const found = tryHandle(object);
  if (found !== undefined) return found;
  throw new TypeError(`gobuf: native.handle: expected a channel, a callback, or an object of sync, got ${object}`);
}

/**
 * The channel that a handle names: one that a native body has made by `gobuf_chan_make` and sent here, or one of
 * `native.handle`.
 *
 * @returns the channel. On one that a native body made, words are numbers, and BigInts from 2^53 on
 * @throws TypeError when the handle names no channel; Error outside a goroutine
 * @example
 * ```ts
 * // bodies.c: void maker(void *arg) {
 * //   gobuf_handle ch = gobuf_chan_make(0);
 * //   gobuf_send(gobuf_handle_of(arg), ch);
 * //   gobuf_send(ch, 42);
 * //   gobuf_chan_free(ch);
 * // }
 * const source = new URL("./bodies.c", import.meta.url);
 * const { symbols } = native.cc({ source, symbols: { maker: native.body } });
 * const handles = chan<number>();
 * go.native(symbols.maker, handles);
 * const made = native.chanOf((yield* handles.recv()) ?? 0);
 * console.log(yield* made.recv()); // 42
 * ```
 */
export function chanOf(handle: number): Chan<number | bigint> {
  getg("native.chanOf");
  const pool = severalProcs === 0 ? null : startedPoolOf(callersRun());
  const found = pool === null ? channelAt(handle) : sharedChan(pool, handle);
  if (found !== undefined) return found as Chan<number | bigint>;
  throw new TypeError(`gobuf: native.chanOf: ${handle}: expected the handle of a channel`);
}

/**
 * Frees an object's handle, so that the object can be collected before the run is over. A native body that uses the
 * handle later ends the run with a FatalError; after 1,024 more have been freed, it may name another object. The object
 * may get a new handle.
 *
 * @returns whether the object had a handle
 * @example
 * ```ts
 * const ch = chan<number>();
 * console.log(native.release(ch), native.handle(ch) > 0, native.release(ch)); // false true true
 * ```
 */
export function release(object: Handled): boolean {
  if (!isHandled(object)) return false;
  refuseRelease(object);
  return releaseHandle(object);
}

function isHandled(object: unknown): object is Parameters<typeof handleOf>[0] {
  return (
    object instanceof Hchan ||
    object instanceof Mutex ||
    object instanceof RWMutex ||
    object instanceof WaitGroup ||
    object instanceof Cond ||
    object instanceof Once
  );
}

function tryHandle(object: unknown): number | undefined {
  const pool = severalProcs === 0 ? null : poolOf(callersRun(), stackSize());
  if (object instanceof Callback) {
    if (pool === null) return object.handle;
    throw new TypeError("gobuf: native goroutines of a run with several procs call nothing back yet");
  }
  if (!isHandled(object)) return undefined;
  return pool === null ? handleOf(object) : sharedHandle(pool, object);
}

/** The address of a body. @throws TypeError or Error that says what is wrong with it */
function addressOfBody(fn: unknown): Address {
  const refuse = (why: string): never => {
    throw new TypeError(`gobuf: go.native: ${why}`);
  };
  if (typeof fn === "number" || typeof fn === "bigint") {
    const address = Number(fn);
    if (address === 0) refuse("the body's address is null");
    if (!Number.isSafeInteger(address) || address < descriptor.page_size) refuse(`${fn} is no address of a function`);
    return address as Address;
  }
  if (fn instanceof JSCallback) refuse(JAVASCRIPT);
  if (typeof fn !== "function") refuse(`expected a symbol of native.cc or native.dlopen, or an address, got ${fn}`);
  const owner = owners.get(fn as object);
  if (owner?.closed) throw new Error(`gobuf: go.native: the library ${owner.name} is closed`);
  const { ptr, name } = fn as { ptr?: unknown; name: string };
  if (typeof ptr !== "number") refuse(`${name || "the function"} is a function of TypeScript: start it by go()`);
  if (!Number.isSafeInteger(ptr) || (ptr as number) < descriptor.page_size) {
    refuse(`${name}: its ptr, ${ptr}, is no address of a function`);
  }
  if (owner === undefined) {
    refuse(`${name} is of a library that is not attached to gobuf: open it by native.dlopen or native.cc`);
  }
  return ptr as Address;
}

const JAVASCRIPT =
  "a JSCallback of bun:ffi would enter JavaScript on the goroutine's own stack, which kills the process: " +
  "use native.callback";

/** A body's argument as the pointer that it gets, and what must stay alive for it. */
function pointerOf(arg: unknown): [pointer: Address | null, kept: object | null] {
  if (arg === undefined || arg === null) return [null, null];
  if (typeof arg === "number" || typeof arg === "bigint") {
    const n = Number(arg);
    if (!Number.isSafeInteger(n) || n < 0 || BigInt(n) !== BigInt(arg)) {
      throw new TypeError(`gobuf: go.native: ${arg} as an argument: expected an address or a whole number below 2^53`);
    }
    return [n === 0 ? null : (n as Address), null];
  }
  if (arg instanceof JSCallback) throw new TypeError(`gobuf: go.native: ${JAVASCRIPT}`);
  if (ArrayBuffer.isView(arg) || arg instanceof ArrayBuffer) {
    return [addressOf(arg as Bytes), arg];
  }
  const found = tryHandle(arg);
  if (found !== undefined) return [found === 0 ? null : (found as Address), null];
  throw new TypeError(
    `gobuf: go.native: ${typeof arg} as an argument: expected a channel, callback, object of sync, typed array, or number`,
  );
}

/** The body of go.native. @internal */
function startNative(fn: Body, arg?: Argument): number {
  getg("go.native");
  const address = addressOfBody(fn);
  const [pointer, kept] = pointerOf(arg);
  const pool = severalProcs === 0 ? null : poolOf(callersRun(), stackSize());
  if (pool !== null) return goidOf(pool.go(address, pointer, kept));
  initCallbacks();
  const gp = goNative(address, pointer, typeof fn === "function" ? fn : address);
  if (kept !== null) keepArgument(gp, kept);
  return goidOf(gp);
}

setNativeStart((fn, arg) => startNative(fn as Body, arg as Argument));
