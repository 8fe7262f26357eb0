/** The kernels of Hugo and Istio: page rendering under locks, and agents, monitors and processors that are stopped. */
import {
  type Chan,
  chan,
  context,
  type Go,
  go,
  Mutex,
  newTicker,
  newTimer,
  nilchan,
  Once,
  RWMutex,
  recvCase,
  select,
  sendCase,
  sleep,
  WaitGroup,
} from "gobuf";
import { preemptionPoint } from "gobuf/testing";
import { blocking, type Kernel, nonblocking, STUCK } from "./kernel.ts";

export const hugo: readonly Kernel[] = [
  blocking(
    "hugo#3251",
    "the lock of a URL is waited for with the table's lock held, which is needed to give the URL's back",
    (fixed) =>
      function* main() {
        const table = new RWMutex();
        const url = new Mutex();
        const wg = new WaitGroup();
        for (let i = 0; i < 3; i++) {
          wg.go(function* resGetRemote() {
            yield* table.lock();
            if (fixed) yield* table.unlock();
            yield* url.lock();
            if (!fixed) yield* table.unlock();
            yield* preemptionPoint();
            yield* table.rlock();
            yield* url.unlock();
            table.runlock();
          });
        }
        yield* wg.wait();
      },
  ),
  blocking(
    "hugo#5379",
    "a page's content is rendered with its mutex held; a shortcode in it asks for the words of that page",
    (fixed) =>
      function* main() {
        const contentMu = new Mutex();
        const contentInit = new Once();
        const plainInit = new Once();
        /** The words of the page. @param within whether its content is being rendered */
        function* wordCount(within: boolean): Go {
          if (!within) yield* contentInit.do(initContent);
          yield* plainInit.do(function* initPlain() {
            // Fixed: the rendering goroutine has the mutex already.
            if (fixed && within) return;
            yield* contentMu.lock();
            yield* contentMu.unlock();
          });
        }
        function* initContent(): Go {
          const [ctx, cancel] = context.withTimeout(context.background(), 1);
          const rendered = chan<void>(1);
          go(function* render() {
            yield* contentMu.lock();
            yield* wordCount(true);
            yield* contentMu.unlock();
            yield* rendered.send();
          });
          yield* select([recvCase(ctx.done()), recvCase(rendered)]);
          cancel();
        }
        const wg = new WaitGroup();
        for (let i = 0; i < 2; i++) wg.go(wordCount, false);
        yield* wg.wait();
      },
    { timers: "idle" },
  ),
];

export const istio: readonly Kernel[] = [
  blocking(
    "istio#16224",
    "a handler reports with the lock held, and the receiver of the report waits for that lock first",
    (fixed) =>
      function* main() {
        const events = chan<number>();
        const done = chan<boolean>(fixed ? 1 : 0);
        const stop = chan<void>();
        const mu = new Mutex();
        const monitor = new WaitGroup();
        monitor.go(function* run() {
          for (;;) {
            if ((yield* select([recvCase(stop), recvCase(events)])).index === 0) return;
            yield* mu.lock();
            yield* done.send(true);
            yield* mu.unlock();
          }
        });
        yield* events.send(0);
        yield* mu.lock();
        yield* mu.unlock();
        yield* done.recv();
        stop.close();
        yield* monitor.wait();
      },
  ),
  blocking(
    "istio#17860",
    "an agent that was cancelled no longer takes the exit status that a proxy's goroutine sends",
    (fixed) =>
      function* main() {
        const [ctx, cancel] = context.withCancel(context.background());
        const status = chan<number>(fixed ? 2 : 0);
        const mu = new Mutex();
        const active = new Set<number>();
        let epoch = 0;
        go(function* run() {
          for (;;) {
            const r = yield* select([recvCase(status), recvCase(ctx.done())]);
            if (r.index === 1) return;
            yield* mu.lock();
            active.delete(r.value as number);
            yield* mu.unlock();
            if (active.size === 0) return;
          }
        });
        function* waitUntilLive(): Go {
          if (active.size === 0) return;
          const interval = newTicker(3);
          const timeout = newTimer(10);
          while ((yield* select([recvCase(timeout.c), recvCase(interval.c)])).index === 1);
          interval.stop();
          timeout.stop();
        }
        function* restart(): Go {
          yield* mu.lock();
          yield* waitUntilLive();
          const mine = ++epoch;
          active.add(mine);
          go(function* runWait() {
            yield* status.send(mine);
          });
          yield* mu.unlock();
        }
        yield* restart();
        go(restart);
        yield* sleep(20);
        cancel();
      },
  ),
  blocking(
    "istio#18454",
    "a strategy's loop waits for the tick of a timer that it has already taken; events pile up before it",
    (fixed) =>
      function* main() {
        const strategy = context.withCancel(context.background());
        const events = chan<number>(3);
        const reset = chan<void>(1);
        const mu = new Mutex();
        let started = false;
        function* eventLoop(): Go {
          const [ctx] = strategy;
          // Ticks that were told by hand: gobuf's timers, like Go's since 1.23, leave none behind after Stop.
          const ticks = chan<void>(1);
          yield* ticks.send();
          for (;;) {
            const r = yield* select([recvCase(ticks), recvCase(reset), recvCase(ctx.done())]);
            if (r.index === 2) return;
            if (r.index === 0) continue;
            if (fixed) yield* select([recvCase(ticks)], { default: true });
            else yield* ticks.recv();
            yield* ticks.send();
          }
        }
        function* onChange(): Go {
          yield* mu.lock();
          const was = started;
          started = true;
          yield* mu.unlock();
          if (was) yield* select([sendCase(reset, undefined), recvCase(strategy[0].done())]);
          else go(eventLoop);
        }
        for (let i = 0; i < 3; i++) yield* events.send(i);
        events.close();
        while ((yield* events.recv()) !== undefined) yield* onChange();
        strategy[1]();
      },
  ),
  nonblocking(
    "istio#8967",
    "Stop takes away the channel that it closes; a goroutine that has yet to look at it waits on a nil one",
    STUCK,
    (fixed) =>
      function* main() {
        let done: Chan<void> = chan<void>();
        go(function* watch() {
          yield* done.recv();
        });
        yield* preemptionPoint();
        done.close();
        if (!fixed) done = nilchan;
      },
  ),
];
