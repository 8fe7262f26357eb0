/** The kernels of gRPC-Go: balancers, streams and connections that end while others still use them. */
import {
  after,
  afterFunc,
  chan,
  context,
  type Go,
  go,
  Mutex,
  newTimer,
  recvCase,
  select,
  sendCase,
  sleep,
  type Timer,
} from "gobuf";
import { choose, preemptionPoint } from "gobuf/testing";
import { blocking, check, type Kernel, nonblocking } from "./kernel.ts";

export const grpc: readonly Kernel[] = [
  blocking(
    "grpc#660",
    "a client that is stopped no longer takes the answer that the last call is about to give",
    (fixed) =>
      function* main() {
        const stop = chan<void>();
        go(function* doCloseLoopUnary() {
          for (;;) {
            const done = chan<boolean>(fixed ? 1 : 0);
            go(function* call() {
              yield* done.send((yield* choose(2)) === 0);
            });
            if ((yield* select([recvCase(stop), recvCase(done)])).index === 0) return;
          }
        });
        go(function* stopper() {
          yield* stop.send();
        });
      },
  ),
  blocking(
    "grpc#795",
    "GracefulStop keeps the mutex, and locks it where it should unlock",
    (fixed) =>
      function* main() {
        const mu = new Mutex();
        let drain = false;
        go(function* serve() {
          yield* mu.lock();
          yield* mu.unlock();
        });
        for (let i = 0; i < 3; i++) {
          yield* mu.lock();
          if (drain) {
            if (fixed) yield* mu.unlock();
            else yield* mu.lock();
            continue;
          }
          drain = true;
          if (fixed) yield* mu.unlock();
        }
      },
  ),
  blocking(
    "grpc#862",
    "a dial that is cancelled does not close its connection, which goes on trying",
    (fixed) =>
      function* main() {
        const [dialCtx, cancelDial] = context.withCancel(context.background());
        const [ctx, cancel] = context.withCancel(context.background());
        go(function* dial() {
          go(function* resetTransport() {
            for (let retries = 1; retries <= 3; retries++) {
              if ((yield* select([recvCase(after(2 * retries)), recvCase(ctx.done())])).index === 1) return;
            }
            // The kernel goes on until the connection is closed.
            yield* ctx.done().recv();
          });
          yield* select([recvCase(dialCtx.done())], { default: true });
          if (fixed) cancel();
        });
        go(function* canceller() {
          cancelDial();
        });
      },
  ),
  blocking(
    "grpc#1275",
    "CloseStream does not tell the reader, which waits for another message",
    (fixed) =>
      function* main() {
        const received = chan<boolean>();
        const done = chan<void>();
        go(function* read() {
          yield* received.recv();
          done.close();
        });
        if (fixed) received.close();
        const timeout = newTimer(300);
        yield* select([recvCase(done), recvCase(timeout.c)]);
        timeout.stop();
      },
  ),
  blocking(
    "grpc#1353",
    "an update is sent with the mutex held; its reader is about to take the mutex for the update before",
    (fixed) =>
      function* main() {
        const mu = new Mutex();
        const updates = chan<boolean>(fixed ? 1 : 0);
        const sent = chan<void>();
        go(function* watchAddrUpdates() {
          for (let i = 0; i < 3; i++) {
            yield* mu.lock();
            // Fixed: an update that was not read yet makes room.
            if (fixed) yield* select([recvCase(updates)], { default: true });
            yield* updates.send(true);
            yield* mu.unlock();
          }
          sent.close();
        });
        go(function* lbWatcher() {
          while ((yield* updates.recv()) !== undefined) {
            yield* mu.lock();
            yield* mu.unlock();
          }
        });
        go(function* closer() {
          yield* sent.recv();
          yield* mu.lock();
          updates.close();
          yield* mu.unlock();
        });
      },
  ),
  blocking(
    "grpc#1424",
    "a watcher ends, and the channel that tells of its end is not closed",
    (fixed) =>
      function* main() {
        const addrs = chan<boolean>();
        go(function* dial() {
          const done = chan<void>();
          go(function* lbWatcher() {
            while ((yield* addrs.recv()) !== undefined);
            if (fixed) done.close();
          });
          yield* done.recv();
        });
        addrs.close();
      },
  ),
  blocking(
    "grpc#1460",
    "keepalive waits for the first stream with the mutex held that is needed to make it",
    (fixed) =>
      function* main() {
        const mu = new Mutex();
        const awaken = chan<void>(fixed ? 1 : 0);
        let streams = 0;
        go(function* keepalive() {
          yield* mu.lock();
          if (streams > 0) {
            yield* mu.unlock();
            return;
          }
          if (fixed) yield* mu.unlock();
          yield* awaken.recv();
          if (!fixed) yield* mu.unlock();
        });
        go(function* newStream() {
          yield* mu.lock();
          streams++;
          yield* select([sendCase(awaken, undefined)], { default: true });
          yield* mu.unlock();
        });
      },
  ),
  blocking(
    "grpc#3017",
    "a deletion that was called off after its timer had expired returns with the mutex held",
    (fixed) =>
      function* main() {
        const mu = new Mutex();
        let entry: { aborted: boolean; timer: Timer } | undefined;
        for (let i = 0; i < 3; i++) {
          yield* mu.lock();
          if (entry === undefined) {
            const made = { aborted: false, timer: undefined as unknown as Timer };
            entry = made;
            made.timer = afterFunc(1, function* deleteSubConn() {
              yield* mu.lock();
              if (made.aborted && !fixed) return;
              if (!made.aborted) entry = undefined;
              yield* mu.unlock();
            });
          }
          yield* mu.unlock();
          yield* sleep(i);
          yield* mu.lock();
          if (entry !== undefined) {
            if (!entry.timer.stop()) entry.aborted = true;
            entry = undefined;
          }
          yield* mu.unlock();
        }
        yield* sleep(10);
      },
    { timers: "any" },
  ),
  nonblocking(
    "grpc#1687",
    "a stream writes after its status, with which the channel of writes is closed",
    /^panic: send on closed channel$/,
    (fixed) =>
      function* main() {
        const writes = chan<() => void>();
        const closed = chan<void>();
        function* write(): Go {
          if ((yield* select([recvCase(closed)], { default: true })).index === 0) return;
          yield* select([sendCase(writes, () => {}), recvCase(closed)]);
        }
        go(function* handleStream() {
          yield* write();
          // Fixed: the channel of writes stays open, and another one is closed.
          if (fixed) closed.close();
          else writes.close();
          yield* write();
        });
        for (;;) {
          const r = yield* select([recvCase(writes), recvCase(closed)]);
          if (r.index === 1 || !r.ok) break;
          r.value();
        }
      },
  ),
  nonblocking(
    "grpc#1748",
    "a test restores the connect timeout while the transport that is to use it starts",
    /^panic: Error: the timeout is 10000/,
    (fixed) =>
      function* main() {
        const balancer = new Mutex();
        const connected = chan<void>();
        let minConnectTimeout = 500;
        let used = 0;
        go(function* watcher() {
          yield* balancer.lock();
          yield* balancer.unlock();
          go(function* transportMonitor() {
            used = minConnectTimeout;
            connected.close();
          });
        });
        yield* balancer.lock();
        yield* balancer.unlock();
        if (fixed) yield* connected.recv();
        minConnectTimeout = 10_000;
        yield* connected.recv();
        check(used === 500, `the timeout is ${used}`);
      },
  ),
  nonblocking(
    "grpc#2371",
    "a configuration arrives after Close has taken the balancer away",
    /^panic: Error: the balancer is gone$/,
    (fixed) =>
      function* main() {
        const mu = new Mutex();
        let updates: ReturnType<typeof chan<void>> | undefined = chan<void>(1);
        go(function* handleServiceConfig() {
          yield* mu.lock();
          if (updates !== undefined || !fixed) {
            if (updates === undefined) throw new Error("the balancer is gone");
            yield* select([recvCase(updates)], { default: true });
            yield* updates.send();
          }
          yield* mu.unlock();
        });
        go(function* close() {
          yield* mu.lock();
          updates = undefined;
          yield* mu.unlock();
        });
      },
  ),
  nonblocking(
    "grpc#3090",
    "a resolver reports its state while it is built; the answer uses what Build has not returned yet",
    /^panic: Error: there is no resolver yet$/,
    (fixed) =>
      function* main() {
        const mu = new Mutex();
        let resolver: { resolveNow(): void } | undefined;
        function* build(): Go<{ resolveNow(): void }> {
          if (!fixed) yield* mu.lock();
          go(function* resolveNow() {
            yield* mu.lock();
            if (resolver === undefined) throw new Error("there is no resolver yet");
            resolver.resolveNow();
            yield* mu.unlock();
          });
          if (!fixed) yield* mu.unlock();
          return { resolveNow() {} };
        }
        // Fixed: the mutex is held until Build has returned.
        if (fixed) yield* mu.lock();
        const built = yield* build();
        yield* preemptionPoint();
        resolver = built;
        if (fixed) yield* mu.unlock();
      },
  ),
];
