/**
 * F1: all that users can call, and whether it wakes goroutines from outside: outside.test.ts wants each in one of the tables.
 */
import {
  afterFunc,
  Cond,
  call,
  chan,
  context,
  ErrGroup,
  go,
  goexit,
  gosched,
  Limiter,
  Mutex,
  native,
  newTicker,
  newTimer,
  Once,
  onceFunc,
  onceValue,
  onceValues,
  promiseCase,
  RWMutex,
  recvCase,
  run,
  SingleFlight,
  select,
  selectAsync,
  sendCase,
  sleep,
  spawn,
  start,
  trace,
  WaitGroup,
  Weighted,
  wait,
} from "gobuf";
import { choose, leakCheck, preemptionPoint, runTest, synctest } from "gobuf/testing";

/** A goroutine's wait, and what ordinary code ends it by. */
export interface Waking {
  waits(): Generator<unknown, unknown, true>;
  wakes(): void;
  /** Whether what is to be woken, or left, is there: a goroutine that has not begun has no frames. */
  begun?(): boolean;
}

/** Whatever ordinary code can call that readies or starts a goroutine. */
export const WAKINGS: Readonly<Record<string, readonly [of: readonly string[], make: () => Waking]>> = {
  "Chan.close, recvOk waits": [
    ["Chan.close"],
    () => {
      const c = chan<number>();
      return { waits: () => c.recvOk() as never, wakes: () => c.close() };
    },
  ],
  "Chan.close, a select waits": [
    ["Chan.close"],
    () => {
      const c = chan<number>();
      return { waits: () => select([recvCase(c), recvCase(chan())]) as never, wakes: () => c.close() };
    },
  ],
  "Chan.sendAsync": [
    ["Chan.sendAsync"],
    () => {
      const c = chan<number>();
      return { waits: () => c.recv() as never, wakes: () => void c.sendAsync(1) };
    },
  ],
  "Chan.recvAsync": [
    ["Chan.recvAsync"],
    () => {
      const c = chan<number>();
      return { waits: () => c.send(1) as never, wakes: () => void c.recvAsync() };
    },
  ],
  "Chan.recvOkAsync": [
    ["Chan.recvOkAsync"],
    () => {
      const c = chan<number>();
      return { waits: () => c.send(1) as never, wakes: () => void c.recvOkAsync() };
    },
  ],
  "for await": [
    ["Chan.[Symbol.asyncIterator]"],
    () => {
      const c = chan<number>();
      return {
        waits: () => c.send(1) as never,
        wakes: () => {
          (async () => {
            for await (const _ of c) break;
          })();
        },
      };
    },
  ],
  selectAsync: [
    ["selectAsync"],
    () => {
      const c = chan<number>();
      return { waits: () => c.recv() as never, wakes: () => void selectAsync([sendCase(c, 1)]) };
    },
  ],
  spawn: [
    ["spawn"],
    () => {
      const c = chan<number>();
      return {
        waits: () => c.recv() as never,
        wakes: () =>
          void spawn(function* () {
            yield* c.send(1);
          }),
      };
    },
  ],
  "WaitGroup.done": [
    ["WaitGroup.done"],
    () => {
      const wg = new WaitGroup();
      wg.add(1);
      return { waits: () => wg.wait() as never, wakes: () => wg.done() };
    },
  ],
  "WaitGroup.add": [
    ["WaitGroup.add"],
    () => {
      const wg = new WaitGroup();
      wg.add(2);
      return { waits: () => wg.wait() as never, wakes: () => wg.add(-2) };
    },
  ],
  "Cond.signal": [
    ["Cond.signal"],
    () => {
      const cond = new Cond(new Mutex());
      return {
        *waits() {
          yield* cond.L.lock();
          yield* cond.wait();
          yield* cond.L.unlock();
        },
        wakes: () => cond.signal(),
      };
    },
  ],
  "Cond.broadcast": [
    ["Cond.broadcast"],
    () => {
      const cond = new Cond(new Mutex());
      return {
        *waits() {
          yield* cond.L.lock();
          yield* cond.wait();
          yield* cond.L.unlock();
        },
        wakes: () => cond.broadcast(),
      };
    },
  ],
  "RWMutex.runlock": [
    ["RWMutex.runlock"],
    () => {
      const rw = new RWMutex();
      return {
        *waits() {
          yield* rw.rlock();
          yield* rw.lock();
        },
        wakes: () => rw.runlock(),
      };
    },
  ],
  "a context's cancel": [
    ["context.withCancel"],
    () => {
      const [ctx, cancel] = context.withCancel(context.background());
      return { waits: () => ctx.done().recv() as never, wakes: () => cancel() };
    },
  ],
  "a context's afterFunc": [
    [],
    () => {
      const [ctx, cancel] = context.withCancel(context.background());
      const c = chan<number>(1);
      return {
        *waits() {
          context.afterFunc(ctx, function* () {
            yield* c.send(1);
          });
          yield* c.recv();
        },
        wakes: () => cancel(),
      };
    },
  ],
  "an AbortController": [
    ["context.fromSignal"],
    () => {
      const controller = new AbortController();
      const ctx = context.fromSignal(controller.signal);
      return { waits: () => ctx.done().recv() as never, wakes: () => controller.abort() };
    },
  ],
  "Timer.reset": [
    ["Timer.reset"],
    () => {
      let timer: ReturnType<typeof newTimer>;
      return {
        *waits() {
          timer = newTimer(3_600_000);
          yield* timer.c.recv();
        },
        wakes: () => void timer.reset(0),
      };
    },
  ],
  afterFunc: [
    ["afterFunc"],
    () => {
      const c = chan<number>(1);
      return {
        waits: () => c.recv() as never,
        wakes: () =>
          void afterFunc(0, function* () {
            yield* c.send(1);
          }),
      };
    },
  ],
  "a promise": [
    ["wait"],
    () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      return { waits: () => wait(promise) as never, wakes: () => resolve() };
    },
  ],
  "Weighted.release": [
    ["Weighted.release"],
    () => {
      const pool = new Weighted(1);
      pool.tryAcquire(1);
      return { waits: () => pool.acquire(1) as never, wakes: () => pool.release(1) };
    },
  ],
  "a Locker of readers": [
    ["Locker.unlock"],
    () => {
      const rw = new RWMutex();
      return {
        *waits() {
          yield* rw.rlock();
          yield* rw.lock();
        },
        wakes: () => void rw.rlocker().unlock(),
      };
    },
  ],
  "Ticker.reset": [
    ["Ticker.reset"],
    () => {
      let ticker: ReturnType<typeof newTicker>;
      return {
        *waits() {
          ticker = newTicker(3_600_000);
          yield* ticker.c.recv();
          ticker.stop();
        },
        wakes: () => void ticker.reset(0.001),
      };
    },
  ],
  "a context's cancel with a cause": [
    ["context.withCancelCause"],
    () => {
      const [ctx, cancel] = context.withCancelCause(context.background());
      return { waits: () => ctx.done().recv() as never, wakes: () => cancel(new Error("x")) };
    },
  ],
  "the cancel of a context with a timeout": [
    ["context.withTimeout", "context.withDeadline"],
    () => {
      const [ctx, cancel] = context.withTimeout(context.background(), 3_600_000);
      return { waits: () => ctx.done().recv() as never, wakes: () => cancel() };
    },
  ],
  "afterFunc of a context that is over": [
    ["context.afterFunc"],
    () => {
      const [ctx, cancel] = context.withCancel(context.background());
      cancel();
      const c = chan<number>(1);
      return {
        waits: () => c.recv() as never,
        wakes: () =>
          void context.afterFunc(ctx, function* () {
            yield* c.send(1);
          }),
      };
    },
  ],
  "a signal of the process": [
    ["context.notifyContext"],
    () => {
      const [ctx, stop] = context.notifyContext(context.background(), "SIGHUP");
      return {
        *waits() {
          using _ = stop;
          yield* ctx.done().recv();
        },
        wakes: () => void process.emit("SIGHUP", "SIGHUP"),
      };
    },
  ],
  "a case of a promise": [
    ["promiseCase"],
    () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      return { waits: () => select([promiseCase(promise), recvCase(chan())]) as never, wakes: () => resolve() };
    },
  ],
  "run, which joins": [
    ["run"],
    () => {
      const c = chan<number>();
      return {
        waits: () => c.recv() as never,
        wakes: () =>
          void run(function* () {
            yield* c.send(1);
          }),
      };
    },
  ],
  "runTest, which joins": [
    ["runTest"],
    () => {
      const c = chan<number>();
      return {
        waits: () => c.recv() as never,
        wakes: () =>
          void runTest(function* () {
            yield* c.send(1);
          }),
      };
    },
  ],
  "Service.spawn": [
    ["Service.spawn", "start"],
    () => {
      const c = chan<number>();
      return {
        waits: () => c.recv() as never,
        wakes: () => {
          const service = start();
          void service
            .spawn(function* () {
              yield* c.send(1);
            })
            .then(() => service.stop());
        },
      };
    },
  ],
  "Service.stop, which leaves frames": [
    ["Service.stop"],
    () => {
      const c = chan<number>();
      const service = start();
      let has = false;
      service
        .spawn(function* () {
          try {
            has = true;
            yield* chan().recv();
          } finally {
            c.close();
          }
        })
        .catch(() => {});
      return { waits: () => c.recvOk() as never, wakes: () => void service.stop(), begun: () => has };
    },
  ],
};

/** What only a goroutine may call: it says so, and readies nobody. Each is called outside. */
export const GOROUTINES: Readonly<Record<string, () => unknown>> = {
  "Chan.recv": () => chan().recv(),
  "Chan.recvOk": () => chan().recvOk(),
  "Chan.send": () => chan<number>(1).send(1),
  "Cond.wait": () => new Cond(new Mutex()).wait(),
  "ErrGroup.go": () => new ErrGroup().go(function* () {}),
  "ErrGroup.tryGo": () => new ErrGroup().tryGo(function* () {}),
  "ErrGroup.wait": () => new ErrGroup().wait(),
  "Limiter.wait": () => new Limiter(1, 1).wait(),
  "Limiter.waitN": () => new Limiter(1, 1).waitN(1),
  "Locker.lock": () => new RWMutex().rlocker().lock(),
  "Mutex.lock": () => new Mutex().lock(),
  "Mutex.unlock": () => new Mutex().unlock(),
  "Once.do": () => new Once().do(() => {}),
  "RWMutex.lock": () => new RWMutex().lock(),
  "RWMutex.rlock": () => new RWMutex().rlock(),
  "RWMutex.unlock": () => new RWMutex().unlock(),
  "SingleFlight.do": () => new SingleFlight<number>().do("key", () => 1),
  "SingleFlight.doChan": () => new SingleFlight<number>().doChan("key", () => 1),
  "WaitGroup.go": () => new WaitGroup().go(function* () {}),
  "WaitGroup.wait": () => new WaitGroup().wait(),
  "Weighted.acquire": () => new Weighted(1).acquire(1),
  call: () => call(function* () {}),
  choose: () => choose(2),
  go: () => go(function* () {}),
  "go.native": () => go.native(4096),
  "go.worker": () => go.worker("file:///stage.ts", "square"),
  goexit: () => goexit(),
  gosched: () => gosched(),
  leakCheck: () => leakCheck(),
  "native.chanOf": () => native.chanOf(1),
  "native.handle": () => native.handle(new Mutex()),
  onceFunc: () => onceFunc(() => {})(),
  onceValue: () => onceValue(() => 1)(),
  onceValues: () => onceValues(() => [1, 2])(),
  preemptionPoint: () => preemptionPoint(),
  select: () => select([recvCase(chan())]),
  sleep: () => sleep(1),
  "synctest.wait": () => synctest.wait(),
  "trace.log": () => trace.log("category", "message"),
  "trace.newTask": () => trace.newTask(context.background(), "task"),
  "trace.withRegion": () => trace.withRegion("region", function* () {}),
};
