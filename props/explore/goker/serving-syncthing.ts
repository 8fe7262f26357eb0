/** The kernels of Knative Serving and Syncthing: request queues, watchers, pools, and a connection that closes itself. */
import { chan, type Go, go, gosched, Mutex, Once, RWMutex, recvCase, select, sendCase, sleep, WaitGroup } from "gobuf";
import { preemptionPoint } from "gobuf/testing";
import { blocking, check, type Kernel, nonblocking } from "./kernel.ts";

export const serving: readonly Kernel[] = [
  blocking(
    "serving#2137",
    "a test lets its requests go in the order in which it made them, and they need not have been let in in that order",
    (fixed) =>
      function* main() {
        const pending = chan<void>(2);
        const active = chan<void>(1);
        const requests: { lock: Mutex; accepted: ReturnType<typeof chan<boolean>> }[] = [];
        for (let i = 0; i < 2; i++) {
          yield* gosched();
          const request = { lock: new Mutex(), accepted: chan<boolean>(1) };
          requests.push(request);
          yield* request.lock.lock();
          const start = new WaitGroup();
          start.add(1);
          go(function* maybe() {
            start.done();
            yield* pending.send();
            yield* active.send();
            yield* request.lock.lock();
            yield* request.lock.unlock();
            yield* active.recv();
            yield* pending.recv();
            yield* request.accepted.send(true);
          });
          yield* start.wait();
        }
        if (fixed) for (const { lock } of requests) yield* lock.unlock();
        for (const { lock, accepted } of requests) {
          if (!fixed) yield* lock.unlock();
          yield* accepted.recv();
        }
      },
  ),
  nonblocking(
    "serving#3068",
    "work is given to a pool whose channel Wait has closed",
    /^panic: send on closed channel$/,
    (fixed) =>
      function* main() {
        const work = chan<() => void>(5);
        const wg = new WaitGroup();
        const given = chan<void>();
        let done = 0;
        go(function* worker() {
          for (let w = yield* work.recv(); w !== undefined; w = yield* work.recv()) {
            w();
            wg.done();
          }
        });
        go(function* giver() {
          for (let i = 0; i < 3; i++) {
            wg.add(1);
            yield* work.send(() => {
              done++;
            });
          }
          given.close();
        });
        yield* preemptionPoint();
        if (fixed) yield* given.recv();
        work.close();
        yield* wg.wait();
        return done;
      },
  ),
  nonblocking(
    "serving#4908",
    "a watcher logs to its test, which is over",
    /^panic: Error: Log in goroutine after the test has completed$/,
    (fixed) =>
      function* main() {
        const checks = new WaitGroup();
        let completed = false;
        const wg = new WaitGroup();
        wg.go(function* runWithTickCh() {
          checks.go(function* checkDests() {
            check(!completed, "Log in goroutine after the test has completed");
          });
        });
        yield* wg.wait();
        if (fixed) yield* checks.wait();
        completed = true;
      },
  ),
  nonblocking(
    "serving#5865",
    "a destination is sent to a watcher that closes its channel as it ends",
    /^panic: send on closed channel$/,
    (fixed) =>
      function* main() {
        const dests = chan<void>();
        const stop = chan<void>();
        go(function* run() {
          if (fixed) stop.close();
          else dests.close();
        });
        yield* select([sendCase(dests, undefined), recvCase(stop)]);
      },
  ),
  nonblocking(
    "serving#6171",
    "a watcher that a manager started logs to its test, which is over",
    /^panic: Error: Log in goroutine after the test has completed$/,
    (fixed) =>
      function* main() {
        const watchers = new WaitGroup();
        let completed = false;
        watchers.go(function* run() {
          watchers.go(function* checkDests() {
            check(!completed, "Log in goroutine after the test has completed");
          });
        });
        yield* preemptionPoint();
        if (fixed) yield* watchers.wait();
        completed = true;
      },
  ),
  nonblocking(
    "serving#6472",
    "probes are counted after they were queued: the last of them may be done before, and the ingress never becomes ready",
    /^panic: Error: ready 0 times$/,
    (fixed) =>
      function* main() {
        const queue = chan<number>(2);
        const workers = new WaitGroup();
        let pending = 0;
        let ready = 0;
        for (let i = 0; i < 2; i++) {
          workers.go(function* processWorkItem() {
            if ((yield* queue.recv()) !== undefined && --pending === 0) ready++;
          });
        }
        if (fixed) pending += 2;
        for (let i = 0; i < 2; i++) yield* queue.send(i);
        if (!fixed) pending += 2;
        queue.close();
        yield* workers.wait();
        check(ready === 1, `ready ${ready} times`);
      },
  ),
];

export const syncthing: readonly Kernel[] = [
  blocking(
    "syncthing#4829",
    "a mapping that is removed is cleared under its lock, and tells of it under the same lock",
    (fixed) =>
      function* main() {
        const mu = new RWMutex();
        function* notify(): Go {
          yield* mu.rlock();
          mu.runlock();
        }
        yield* mu.lock();
        if (fixed) yield* mu.unlock();
        yield* notify();
        if (!fixed) yield* mu.unlock();
      },
  ),
  blocking(
    "syncthing#5795",
    "a message makes the dispatcher close its connection, and that waits for the dispatcher to end",
    (fixed) =>
      function* main() {
        const inbox = chan<string>();
        const closed = chan<void>();
        const stopped = chan<void>();
        const once = new Once();
        function* internalClose(): Go {
          yield* once.do(function* () {
            closed.close();
            yield* stopped.recv();
          });
        }
        go(function* readerLoop() {
          while ((yield* select([recvCase(closed)], { default: true })).index !== 0);
        });
        go(function* dispatcherLoop() {
          for (;;) {
            if ((yield* select([recvCase(inbox), recvCase(closed)])).index === 1) break;
            if (fixed) go(internalClose);
            else yield* internalClose();
          }
          stopped.close();
        });
        yield* inbox.send("cluster config");
        yield* stopped.recv();
        yield* sleep(1);
      },
  ),
];
