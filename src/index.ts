/**
 * gobuf: goroutines, channels and select of Go, for Bun.
 *
 * A goroutine's body is a generator function; `yield*` on an operation gives its result.
 *
 * @example
 * ```ts
 * import { chan, go, run } from "gobuf";
 *
 * const sum = await run(function* () {
 *   const ch = chan<number>();
 *   go(function* () {
 *     for (let i = 1; i <= 3; i++) yield* ch.send(i);
 *     ch.close();
 *   });
 *   let total = 0;
 *   for (let v = yield* ch.recv(); v !== undefined; v = yield* ch.recv()) total += v;
 *   return total;
 * });
 * ```
 */
export { hold, selectAsync, spawn, wait } from "./async.ts";
export type { CancelCauseFunc, CancelFunc, Context } from "./cancelctx.ts";
export { type Chan, chan, nilchan, type Received, type RecvChan, type SendChan } from "./chan.ts";
export { Cond, type Locker } from "./cond.ts";
export * as context from "./context.ts";
export { ErrGroup } from "./errgroup.ts";
export { call, type Go, go, goexit, gomaxprocs, gosched, numGoroutine } from "./go.ts";
export type { Op } from "./m.ts";
export { Mutex } from "./mutex.ts";
export * as native from "./nativeapi.ts";
export { Once } from "./once.ts";
export { FatalError, PanicError, StackOverflowError, StatusError, UncaughtError } from "./panic.ts";
export { type GoroutineInfo, goroutineDump, goroutines, reportOf } from "./report.ts";
export { type Body, type RunOptions, run, runSync } from "./run.ts";
export { RWMutex } from "./rwmutex.ts";
export {
  type RecvCase,
  recvCase,
  type SelectCase,
  type Selected,
  type SelectedDefault,
  type SelectOptions,
  type SendCase,
  select,
  sendCase,
} from "./select.ts";
export { now, sleep } from "./time.ts";
export { after, afterFunc, type Callback, newTicker, newTimer, Ticker, Timer, tick } from "./timer.ts";
export * as trace from "./trace/trace.ts";
export { WaitGroup } from "./waitgroup.ts";
