/** Fault F1: ordinary code that makes a goroutine runnable kicks an idle run. */
import { describe, expect, test } from "bun:test";
import {
  afterFunc,
  Cond,
  chan,
  context,
  hold,
  Mutex,
  newTimer,
  Once,
  RWMutex,
  recvCase,
  run,
  select,
  selectAsync,
  sendCase,
  spawn,
  WaitGroup,
  wait,
} from "../../src/index.ts";

/** From where ordinary code calls: each calls `f` once, while the run is idle. */
const FROM: Readonly<Record<string, (f: () => void) => void>> = {
  "a timer": (f) => void setTimeout(f, 1),
  "an immediate": (f) => void setImmediate(f),
  "a microtask": (f) => void setImmediate(() => queueMicrotask(f)),
  "an event handler": (f) => {
    const target = new EventTarget();
    target.addEventListener("go", f);
    setImmediate(() => void target.dispatchEvent(new Event("go")));
  },
};

/** A goroutine's wait, and what ordinary code ends it by. */
interface Waking {
  waits(): Generator<unknown, unknown, true>;
  wakes(): void;
}

/** Whatever ordinary code can call that readies or starts a goroutine. */
const WAKINGS: Readonly<Record<string, () => Waking>> = {
  "Chan.close, recvOk waits": () => {
    const c = chan<number>();
    return { waits: () => c.recvOk() as never, wakes: () => c.close() };
  },
  "Chan.close, a select waits": () => {
    const c = chan<number>();
    return { waits: () => select([recvCase(c), recvCase(chan())]) as never, wakes: () => c.close() };
  },
  "Chan.sendAsync": () => {
    const c = chan<number>();
    return { waits: () => c.recv() as never, wakes: () => void c.sendAsync(1) };
  },
  "Chan.recvAsync": () => {
    const c = chan<number>();
    return { waits: () => c.send(1) as never, wakes: () => void c.recvAsync() };
  },
  "Chan.recvOkAsync": () => {
    const c = chan<number>();
    return { waits: () => c.send(1) as never, wakes: () => void c.recvOkAsync() };
  },
  "for await": () => {
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
  selectAsync: () => {
    const c = chan<number>();
    return { waits: () => c.recv() as never, wakes: () => void selectAsync([sendCase(c, 1)]) };
  },
  spawn: () => {
    const c = chan<number>();
    return {
      waits: () => c.recv() as never,
      wakes: () =>
        void spawn(function* () {
          yield* c.send(1);
        }),
    };
  },
  "WaitGroup.done": () => {
    const wg = new WaitGroup();
    wg.add(1);
    return { waits: () => wg.wait() as never, wakes: () => wg.done() };
  },
  "WaitGroup.add": () => {
    const wg = new WaitGroup();
    wg.add(2);
    return { waits: () => wg.wait() as never, wakes: () => wg.add(-2) };
  },
  "Cond.signal": () => {
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
  "Cond.broadcast": () => {
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
  "RWMutex.runlock": () => {
    const rw = new RWMutex();
    return {
      *waits() {
        yield* rw.rlock();
        yield* rw.lock();
      },
      wakes: () => rw.runlock(),
    };
  },
  "a context's cancel": () => {
    const [ctx, cancel] = context.withCancel(context.background());
    return { waits: () => ctx.done().recv() as never, wakes: () => cancel() };
  },
  "a context's afterFunc": () => {
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
  "an AbortController": () => {
    const controller = new AbortController();
    const ctx = context.fromSignal(controller.signal);
    return { waits: () => ctx.done().recv() as never, wakes: () => controller.abort() };
  },
  "Timer.reset": () => {
    let timer: ReturnType<typeof newTimer>;
    return {
      *waits() {
        timer = newTimer(3_600_000);
        yield* timer.c.recv();
      },
      wakes: () => void timer.reset(0),
    };
  },
  afterFunc: () => {
    const c = chan<number>(1);
    return {
      waits: () => c.recv() as never,
      wakes: () =>
        void afterFunc(0, function* () {
          yield* c.send(1);
        }),
    };
  },
  "a promise": () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    return { waits: () => wait(promise) as never, wakes: () => resolve() };
  },
};

describe("F1: ordinary code that makes a goroutine runnable kicks an idle run", () => {
  for (const [what, make] of Object.entries(WAKINGS)) {
    for (const [where, from] of Object.entries(FROM)) {
      test(`${what}, from ${where}`, async () => {
        let turns = 0;
        await run(function* () {
          using _ = hold();
          const { waits, wakes } = make();
          from(() => {
            wakes();
            // The goroutine runs within one turn of the event loop; a timer that is due takes until the next one.
            const count = () => {
              turns++;
              if (turns < 100) setImmediate(count);
            };
            setImmediate(count);
          });
          yield* waits();
        });
        // The turn behind the call; a timer that is due takes up to a millisecond, in which the loop turns often.
        expect(turns).toBeLessThan(/^(Timer|afterFunc)/.test(what) ? 100 : 3);
      });
    }
  }

  test("what only goroutines may call says so", () => {
    expect(() => new Mutex().unlock()).toThrow("outside a goroutine");
    expect(() => new Once().do(() => {})).toThrow("outside a goroutine");
  });
});
