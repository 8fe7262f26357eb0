/** go.worker: the go statement for another thread. */
import { wait } from "./async.ts";
import type { Go } from "./runtime/body.ts";
import { checkOptions, refuse, refuseOption } from "./runtime/expect.ts";
import { getg, type Op, opOwnCall } from "./runtime/m.ts";
import { currentRun } from "./runtime/outside.ts";
import type { Run } from "./runtime/world.ts";
import { offerStage } from "./stage.ts";
import { checkValue } from "./workers/check.ts";
import { mark } from "./workers/marks.ts";
import { matesOf } from "./workers/mates.ts";

/**
 * Where a goroutine of `go.worker` is to run, and by what module.
 *
 * @example
 * ```ts
 * const target: WorkerTarget = { module: new URL("./stage.ts", import.meta.url), m: 1 };
 * console.log(target.m); // 1
 * ```
 */
export interface WorkerTarget {
  /** The module's URL, absolute: `new URL("./stage.ts", import.meta.url)`. */
  readonly module: URL | string;
  /** The number of the thread, from 1 to 32, which is started if need be. By default the one with the fewest goroutines. */
  readonly m?: number;
  /** Buffers of the arguments that are handed over, and are empty here afterwards. Others are copied. */
  readonly transfer?: readonly ArrayBuffer[];
}

/**
 * What may follow the module in a call of `go.worker`: the name of one of its generator functions, and its arguments.
 *
 * @typeParam M the type of the module: `typeof import("./stage.ts")`
 * @example
 * ```ts
 * interface Stage {
 *   square(n: number): Go;
 * }
 * const call: WorkerCall<Stage> = ["square", 4];
 * console.log(call[1]); // 4
 * ```
 */
export type WorkerCall<M> = {
  [K in keyof M & string]: M[K] extends (...args: infer A extends unknown[]) => Go<unknown>
    ? [name: K, ...args: A]
    : never;
}[keyof M & string];

/** The statement `go.worker`. */
export interface WorkerStatement {
  /**
   * Starts a goroutine on another thread: a generator function that a module exports, found by its name. It stays on that
   * thread. Name the module's type, so that TypeScript checks the arguments:
   * `go.worker<typeof import("./stage.ts")>(url, "square", 4)`.
   *
   * The arguments are cloned; shared channels, WaitGroups and Mutexes (`chan.shared`, `WaitGroup.shared`,
   * `Mutex.shared`) and contexts pass as themselves. The threads are gobuf's: it starts them, keeps them for the run, and ends
   * them with it. A goroutine that fails there ends the run. EXPERIMENTAL, on Linux.
   *
   * @param target the module's URL; or an object that also says on which thread, and what is handed over
   * @param call the name of the generator function that the module exports, and its arguments
   * @returns when it has been started: its number
   * @throws Error when the module cannot be loaded, or exports no such generator function; TypeError for an argument that
   *   cannot go to another thread; Error outside a goroutine, in a run with a clock, a seed or a hook of its own, and where
   *   threads share nothing (not on Linux)
   * @example
   * ```ts
   * // stage.ts: export function* square(from: RecvChan<number>, to: SendChan<number>): Go {
   * //   for (let n = yield* from.recv(); n !== undefined; n = yield* from.recv()) yield* to.send(n * n);
   * //   to.close();
   * // }
   * import { chan, go, run } from "gobuf";
   *
   * await run(function* main() {
   *   const numbers = chan.shared<number>(8);
   *   const squares = chan.shared<number>(8);
   *   const stage = new URL("./stage.ts", import.meta.url);
   *   yield* go.worker<typeof import("./stage.ts")>(stage, "square", numbers, squares);
   *   yield* numbers.send(4);
   *   console.log(yield* squares.recv()); // 16
   * });
   * ```
   */
  <M extends object>(target: URL | string | WorkerTarget, ...call: WorkerCall<M>): Op<number>;
  (target: URL | string | WorkerTarget, name: string, ...args: unknown[]): Op<number>;
}

const MODULE = 'the URL of a module, as new URL("./stage.ts", import.meta.url)';
const M_MAX = 32;

export function worker(target: URL | string | WorkerTarget, name: string, ...args: unknown[]): Op<number> {
  getg("go.worker");
  const { module, m = 0, transfer = [] } = targetOf(target);
  if (typeof name !== "string") refuse("go.worker", name, "the name of an export");
  return opOwnCall(bodies["go.worker"](currentRun("go.worker"), urlOf(module), m, name, args, transfer));
}

/** A minifier keeps the name of a method. */
const bodies = {
  *"go.worker"(
    run: Run,
    module: string,
    m: number,
    name: string,
    given: readonly unknown[],
    transfer: readonly ArrayBuffer[],
  ): Generator<unknown, number, true> {
    const mates = matesOf(run, "go.worker");
    let marked = false;
    const args = given.map((arg) => {
      if (arg instanceof SharedArrayBuffer) return arg;
      if (!checkValue("go.worker", arg).marked) return arg;
      marked = true;
      return mark(mates.member, arg);
    });
    return yield* wait(mates.go(m, { module, name, args, marked }, transfer));
  },
};

function targetOf(target: unknown): WorkerTarget {
  if (typeof target === "string" || target instanceof URL) return { module: target };
  if (typeof target !== "object" || target === null) refuse("go.worker", target, MODULE);
  checkOptions("go.worker", target, ["module", "m", "transfer"]);
  const { m, transfer } = target as WorkerTarget;
  if (m !== undefined && !(Number.isInteger(m) && m >= 1 && m <= M_MAX)) {
    refuseOption("go.worker", "m", m, `a thread's number, from 1 to ${M_MAX}`);
  }
  if (transfer !== undefined && !(Array.isArray(transfer) && transfer.every((one) => one instanceof ArrayBuffer))) {
    refuseOption("go.worker", "transfer", transfer, "a list of ArrayBuffers");
  }
  return target as WorkerTarget;
}

/** @throws TypeError for what names no module wherever it is read */
function urlOf(module: unknown): string {
  if (module instanceof URL) return module.href;
  if (typeof module !== "string") refuse("go.worker", module, MODULE);
  if (!/^[a-z][a-z0-9+.-]+:/.test(module) && !module.startsWith("/")) {
    throw new TypeError(`gobuf: go.worker: ${JSON.stringify(module)} is relative to nothing: expected ${MODULE}`);
  }
  return module;
}

if (!Bun.isMainThread) offerStage();
