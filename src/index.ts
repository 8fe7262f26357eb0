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
export { hold, promiseCase, selectAsync, wait } from "./async.ts";
export * as context from "./context/context.ts";
export type { CancelCauseFunc, CancelFunc, Context } from "./context/types.ts";
export { call, go, goexit, gomaxprocs, gosched, numGoroutine } from "./go.ts";
export * as native from "./native/nativeapi.ts";
export { type RunOptions, run, runSync } from "./run.ts";
export type { Body, Go } from "./runtime/body.ts";
export { type Chan, nilchan, type Received, type RecvChan, type SendChan } from "./runtime/channel.ts";
export type { Op, OptionalOp } from "./runtime/m.ts";
export { FatalError, Goexit, PanicError, StackOverflowError, StatusError, UncaughtError } from "./runtime/panic.ts";
export { fatalpanic, reportOf } from "./runtime/report.ts";
export type {
  NamedCases,
  RecvCase,
  SelectCase,
  Selected,
  SelectedDefault,
  SelectedNamed,
  SelectedNamedDefault,
  SelectOptions,
  SendCase,
} from "./runtime/scase.ts";
export { recvCase, select, sendCase } from "./runtime/select.ts";
export { spawn } from "./runtime/spawn.ts";
export { now, sleep } from "./runtime/time.ts";
export { type GoroutineInfo, goroutineDump, goroutines, type Metrics, metrics } from "./runtime/traceback.ts";
export { RunOverError } from "./runtime/world.ts";
export { type Service, type StartOptions, start } from "./service.ts";
export { Cond, type Locker } from "./sync/cond.ts";
export { ErrGroup } from "./sync/errgroup.ts";
export { Mutex } from "./sync/mutex.ts";
export { Once } from "./sync/once.ts";
export { onceFunc, onceValue, onceValues } from "./sync/oncefunc.ts";
export { Limiter, type Reservation } from "./sync/rate.ts";
export { RWMutex } from "./sync/rwmutex.ts";
export { Weighted } from "./sync/semaphore.ts";
export { type FlightResult, type Shared, SingleFlight } from "./sync/singleflight.ts";
export { WaitGroup } from "./sync/waitgroup.ts";
export { after, afterFunc, type Callback, newTicker, newTimer, Ticker, Timer, tick } from "./time/timer.ts";
export * as pprof from "./trace/pprof.ts";
export * as trace from "./trace/trace.ts";
export type { WorkerCall, WorkerTarget } from "./worker.ts";
export { chan } from "./workers/chan.ts";
