/** The kernels of CockroachDB: stoppers that wait for tasks, locks taken twice or in two orders, channels that no goroutine drains. */
import { chan, context, type Go, go, Mutex, RWMutex, recvCase, select, sendCase, sleep, WaitGroup } from "gobuf";
import { choose } from "gobuf/testing";
import { blocking, check, type Kernel, nonblocking } from "./kernel.ts";

export const cockroach: readonly Kernel[] = [
  blocking(
    "cockroach#584",
    "a loop that breaks out when the gossip is closed keeps the mutex; the next loop takes it again",
    (fixed) =>
      function* main() {
        const mu = new Mutex();
        const closed = true;
        function* loop(): Go {
          yield* mu.lock();
          if (closed && !fixed) return;
          yield* mu.unlock();
        }
        go(function* bootstrapAndManage() {
          yield* loop();
          yield* loop();
        });
      },
  ),
  blocking(
    "cockroach#1055",
    "a task is started and never finished, and Quiesce waits for it; Stop waits for the workers with the mutex held that they need",
    (fixed) =>
      function* main() {
        const stoppers = Array.from({ length: 2 }, () => ({
          stopper: chan<void>(),
          stop: new WaitGroup(),
          mu: new Mutex(),
          draining: false,
          drain: new WaitGroup(),
        }));
        for (const s of stoppers) {
          s.stop.add(1);
          go(function* worker() {
            if (!s.draining) {
              yield* s.mu.lock();
              s.drain.add(1);
              yield* s.mu.unlock();
              if (fixed) s.drain.done();
            }
            yield* s.stopper.recv();
            s.stop.done();
          });
        }
        for (const s of stoppers) {
          yield* s.mu.lock();
          s.draining = true;
          yield* s.drain.wait();
          s.draining = false;
          yield* s.mu.unlock();
        }
        for (const s of stoppers) {
          yield* s.mu.lock();
          s.draining = true;
          yield* s.drain.wait();
          s.stopper.close();
          if (fixed) yield* s.mu.unlock();
          yield* s.stop.wait();
          if (!fixed) yield* s.mu.unlock();
        }
      },
  ),
  blocking(
    "cockroach#1462",
    "a worker finds that it need not stop, and sends; the receiver has been told to stop in between",
    (fixed) =>
      function* main() {
        const events = chan<number>();
        const mu = new Mutex();
        const stopper = chan<void>();
        const stop = new WaitGroup();
        stop.go(function* transport() {
          for (;;) {
            const stopped = yield* select([recvCase(stopper)], { default: true });
            if (stopped.index === 0) return;
            if (!fixed) yield* events.send(0);
            else if ((yield* select([sendCase(events, 0), recvCase(stopper)])).index === 1) return;
          }
        });
        stop.go(function* processEventsUntil() {
          for (;;) if ((yield* select([recvCase(events), recvCase(stopper)])).index === 1) return;
        });
        yield* mu.lock();
        yield* mu.unlock();
        stopper.close();
        yield* stop.wait();
      },
  ),
  blocking(
    "cockroach#2448",
    "the raft loop waits for the store to take an event, the store for the raft loop to take a callback",
    (fixed) =>
      function* main() {
        const done = chan<void>();
        // Fixed: the loop appends to a queue, which here has room for all.
        const events = chan<() => Go>(fixed ? 3 : 0);
        const callbacks = chan<() => void>();
        let handled = 0;
        go(function* processRaft() {
          for (;;) {
            const event = yield* select([recvCase(events), recvCase(done)]);
            if (event.index === 1 || event.value === undefined) return;
            yield* event.value();
          }
        });
        go(function* start() {
          let sent = 0;
          while (handled < 3) {
            const r = yield* select([recvCase(callbacks)], { default: sent < 3 });
            if (r.index === 0) r.value?.();
            else {
              sent++;
              yield* events.send(function* callback() {
                yield* callbacks.send(() => {
                  handled++;
                });
              });
            }
          }
          done.close();
        });
      },
  ),
  blocking(
    "cockroach#3710",
    "a read lock is taken again below itself, and a writer has come in between",
    (fixed) =>
      function* main() {
        const mu = new RWMutex();
        const queue = new Mutex();
        go(function* forceRaftLogScanAndProcess() {
          yield* mu.rlock();
          if (fixed) mu.runlock();
          for (let replica = 0; replica < 2; replica++) {
            yield* queue.lock();
            yield* mu.rlock();
            mu.runlock();
            yield* queue.unlock();
          }
          if (!fixed) mu.runlock();
        });
        go(function* processRaft() {
          yield* mu.lock();
          yield* mu.unlock();
        });
      },
  ),
  blocking(
    "cockroach#6181",
    "the text of a cache that is printed under its read lock takes that lock again; a writer comes in between",
    (fixed) =>
      function* main() {
        const mu = new RWMutex();
        const wg = new WaitGroup();
        function* lookup(): Go {
          yield* mu.rlock();
          if (!fixed) {
            yield* mu.rlock();
            mu.runlock();
          }
          mu.runlock();
          yield* mu.lock();
          yield* mu.unlock();
        }
        for (let i = 0; i < 3; i++) wg.go(lookup);
        yield* wg.wait();
      },
  ),
  blocking(
    "cockroach#7504",
    "release takes the lease's lock, then the cache's; acquire the other way round",
    (fixed) =>
      function* main() {
        const table = new Mutex();
        const lease = new Mutex();
        const cache = new Mutex();
        const wg = new WaitGroup();
        wg.go(function* acquireByName() {
          yield* cache.lock();
          if (fixed) yield* cache.unlock();
          yield* lease.lock();
          yield* lease.unlock();
          if (!fixed) yield* cache.unlock();
        });
        wg.go(function* release() {
          yield* table.lock();
          yield* lease.lock();
          yield* cache.lock();
          yield* cache.unlock();
          yield* lease.unlock();
          yield* table.unlock();
        });
        yield* wg.wait();
      },
  ),
  blocking(
    "cockroach#9935",
    "when the log file cannot be made, the exit handler takes the mutex that its caller holds",
    (fixed) =>
      function* main() {
        const mu = new Mutex();
        go(function* outputLogEntry() {
          yield* mu.lock();
          const failed = (yield* choose(2)) === 1;
          if (failed && fixed) yield* mu.unlock();
          if (failed) {
            yield* mu.lock();
            yield* mu.unlock();
          }
          if (!failed || !fixed) yield* mu.unlock();
        });
      },
  ),
  blocking(
    "cockroach#10214",
    "heartbeats take the coalesced lock, then a replica's; its tick the other way round",
    (fixed) =>
      function* main() {
        const coalesced = new Mutex();
        const raft = new Mutex();
        go(function* sendQueuedHeartbeats() {
          yield* coalesced.lock();
          if (fixed) yield* coalesced.unlock();
          for (let i = 0; i < 2; i++) {
            yield* raft.lock();
            yield* raft.unlock();
          }
          if (!fixed) yield* coalesced.unlock();
        });
        go(function* tick() {
          yield* raft.lock();
          for (let i = 0; i < 2; i++) {
            yield* coalesced.lock();
            yield* coalesced.unlock();
          }
          yield* raft.unlock();
        });
      },
  ),
  blocking(
    "cockroach#10790",
    "after a cancellation a goroutine drains channels to which no goroutine sends any more",
    (fixed) =>
      function* main() {
        const chans = [chan<boolean>(), chan<boolean>()];
        const [ctx, cancel] = context.withCancel(context.background());
        go(function* sendChans() {
          for (const ch of chans) {
            if ((yield* select([sendCase(ch, true), recvCase(ctx.done())])).index === 1) return;
          }
        });
        go(function* beginCmds() {
          for (const ch of chans) {
            if ((yield* select([recvCase(ch), recvCase(ctx.done())])).index === 0) continue;
            go(function* drain() {
              for (const c of chans) {
                if (fixed) yield* select([recvCase(c), recvCase(ctx.done())]);
                else yield* c.recv();
              }
            });
          }
        });
        go(function* canceller() {
          cancel();
        });
      },
  ),
  blocking(
    "cockroach#13197",
    "a transaction that is never rolled back leaves the goroutine that waits for its context",
    (fixed) =>
      function* main() {
        const [ctx, cancel] = context.withCancel(context.background());
        go(function* awaitDone() {
          yield* ctx.done().recv();
        });
        if (fixed) cancel();
      },
  ),
  blocking(
    "cockroach#13755",
    "rows that are never closed leave the goroutine that waits for their context",
    (fixed) =>
      function* main() {
        const [ctx, cancel] = context.withCancel(context.background());
        let closed = false;
        go(function* awaitDone() {
          yield* ctx.done().recv();
          closed = true;
        });
        if (fixed) cancel();
        yield* sleep(1);
        return closed;
      },
  ),
  blocking(
    "cockroach#16167",
    "a statement holds the read lock of the system configuration while its cache takes it again; an update comes between",
    (fixed) =>
      function* main() {
        const mu = new RWMutex();
        go(function* updateSystemConfig() {
          yield* mu.lock();
          yield* mu.unlock();
        });
        yield* mu.rlock();
        if (fixed) mu.runlock();
        yield* mu.rlock();
        mu.runlock();
        if (!fixed) mu.runlock();
      },
  ),
  blocking(
    "cockroach#18101",
    "a cancelled restore no longer receives, and the splitter goes on sending into a channel that is full",
    (fixed) =>
      function* main() {
        const ready = chan<boolean>(2);
        const [ctx, cancel] = context.withCancel(context.background());
        go(function* restore() {
          go(function* splitAndScatter() {
            for (let i = 0; i < 4; i++) {
              if (!fixed) yield* ready.send(true);
              else if ((yield* select([sendCase(ready, true), recvCase(ctx.done())])).index === 1) break;
            }
            ready.close();
          });
          if (yield* ready.recv()) yield* ctx.done().recv();
        });
        go(function* canceller() {
          cancel();
        });
      },
  ),
  blocking(
    "cockroach#24808",
    "a compactor is started with its channel full: it sends before there is anybody to receive",
    (fixed) =>
      function* main() {
        const stopper = chan<void>();
        const stop = new WaitGroup();
        const ch = chan<void>(1);
        yield* ch.send();
        if (fixed) yield* select([sendCase(ch, undefined)], { default: true });
        else yield* ch.send();
        stop.go(function* compact() {
          for (;;) if ((yield* select([recvCase(stopper), recvCase(ch)])).index === 0) return;
        });
        stopper.close();
        yield* stop.wait();
      },
  ),
  blocking(
    "cockroach#25456",
    "a queue waits for the stopper to quiesce, and it is never stopped",
    (fixed) =>
      function* main() {
        const quiescer = chan<void>();
        if (fixed) quiescer.close();
        for (let i = 0; i < 2; i++) yield* quiescer.recv();
      },
  ),
  blocking(
    "cockroach#35073",
    "a closed outbox takes one row off its full channel, while two goroutines wait to push that found it open before",
    (fixed) =>
      function* main() {
        const rows = chan<number>(2);
        let closed = false;
        function* push(): Go {
          if (!closed) yield* rows.send(0);
        }
        for (let i = 0; i < 2; i++) yield* push();
        const pushers = new WaitGroup();
        for (let i = 0; i < 2; i++) pushers.go(push);
        yield* sleep(1);
        // The outbox ends: it has to let all of them go that found it open.
        closed = true;
        yield* select([recvCase(rows)], { default: true });
        if (fixed) while (rows.len > 0) yield* rows.recv();
        yield* pushers.wait();
      },
    { timers: "idle" },
  ),
  blocking(
    "cockroach#35931",
    "a flow that is cancelled pushes to its receivers one after the other; one of them is full",
    (fixed) =>
      function* main() {
        const registry = new Mutex();
        const receivers = [chan<void>(1), chan<void>(1)];
        yield* receivers[0]?.send();
        yield* registry.lock();
        const pending = [...receivers];
        yield* registry.unlock();
        const wg = new WaitGroup();
        for (const receiver of pending) {
          if (fixed) yield* select([sendCase(receiver, undefined)], { default: true });
          else yield* receiver.send();
        }
        yield* wg.wait();
      },
  ),
  nonblocking(
    "cockroach#4407",
    "gossip starts a worker while the stopper waits for the workers, or after it",
    /^panic: (Error: a worker starts after Stop|sync: WaitGroup)/,
    (fixed) =>
      function* main() {
        const stopper = { mu: new Mutex(), quiescing: false, stop: new WaitGroup(), stopped: false };
        const mu = new Mutex();
        function* runWorker(): Go {
          yield* stopper.mu.lock();
          // Fixed: no worker once the stopper stops.
          if (!fixed || !stopper.quiescing) {
            check(!stopper.stopped, "a worker starts after Stop");
            stopper.stop.go(function* gossipSender() {
              yield* mu.lock();
              yield* mu.unlock();
            });
          }
          yield* stopper.mu.unlock();
        }
        for (let i = 0; i < 2; i++) {
          go(function* gossip() {
            yield* mu.lock();
            yield* runWorker();
            yield* mu.unlock();
          });
        }
        yield* sleep(1);
        yield* stopper.mu.lock();
        stopper.quiescing = true;
        yield* stopper.mu.unlock();
        yield* stopper.stop.wait();
        stopper.stopped = true;
      },
    { timers: "any" },
  ),
  nonblocking(
    "cockroach#35501",
    "goroutines that are started in a loop all see the loop's variable, and validate the last check only",
    /^panic: Error: validated /,
    (fixed) =>
      function* main() {
        const wg = new WaitGroup();
        const validated = new Set<string>();
        let current = "";
        for (const name of ["a", "b", "c"]) {
          current = name;
          wg.go(function* validateCheckInTxn() {
            validated.add(fixed ? name : current);
          });
        }
        yield* wg.wait();
        check(validated.size === 3, `validated ${[...validated]} only`);
      },
  ),
];
