/** The kernels of etcd: locks taken twice, watchers and nodes that are stopped while others still talk to them. */
import {
  type Chan,
  chan,
  type Go,
  go,
  Mutex,
  newTicker,
  nilchan,
  RWMutex,
  recvCase,
  type SendChan,
  select,
  sendCase,
  sleep,
  WaitGroup,
} from "gobuf";
import { preemptionPoint } from "gobuf/testing";
import { blocking, check, type Kernel, nonblocking, STUCK } from "./kernel.ts";

export const etcd: readonly Kernel[] = [
  blocking(
    "etcd#5509",
    "acquire returns with the read lock held when the client is closed; Close takes the lock once more",
    (fixed) =>
      function* main() {
        const mu = new RWMutex();
        let closed = false;
        const done = chan<void>();
        go(function* get() {
          for (let i = 0; i < 2; i++) {
            yield* mu.rlock();
            const seen = closed;
            if (seen && !fixed) break;
            mu.runlock();
            if (seen) break;
          }
          done.close();
        });
        yield* mu.lock();
        closed = true;
        yield* mu.unlock();
        yield* mu.lock();
        yield* mu.unlock();
        yield* done.recv();
      },
  ),
  blocking(
    "etcd#6708",
    "Sync holds the cluster client's lock while the request that it makes takes it to read",
    (fixed) =>
      function* main() {
        const mu = new RWMutex();
        yield* mu.lock();
        if (fixed) yield* mu.unlock();
        yield* mu.rlock();
        mu.runlock();
        if (!fixed) yield* mu.unlock();
      },
  ),
  blocking(
    "etcd#6857",
    "a node that has stopped is asked for its status",
    (fixed) =>
      function* main() {
        const status = chan<SendChan<number>>();
        const stop = chan<void>();
        const done = chan<void>();
        go(function* run() {
          for (;;) {
            const r = yield* select([recvCase(status), recvCase(stop)]);
            if (r.index === 1) break;
            yield* (r.value as SendChan<number>).send(1);
          }
          done.close();
        });
        go(function* askStatus() {
          const c = chan<number>();
          if (!fixed) yield* status.send(c);
          else if ((yield* select([sendCase(status, c), recvCase(done)])).index === 1) return;
          yield* c.recv();
        });
        go(function* stopNode() {
          if ((yield* select([sendCase(stop, undefined), recvCase(done)])).index === 0) yield* done.recv();
        });
      },
  ),
  blocking(
    "etcd#6873",
    "stop waits, with the mutex held, for a goroutine that takes it for what it has already received",
    (fixed) =>
      function* main() {
        const mu = new Mutex();
        const updates = chan<number>(1);
        const done = chan<void>();
        go(function* broadcast() {
          while ((yield* updates.recv()) !== undefined) {
            yield* mu.lock();
            yield* mu.unlock();
          }
          done.close();
        });
        yield* select([sendCase(updates, 1)], { default: true });
        go(function* stop() {
          yield* mu.lock();
          updates.close();
          if (fixed) yield* mu.unlock();
          yield* done.recv();
          if (!fixed) yield* mu.unlock();
        });
      },
  ),
  blocking(
    "etcd#7443",
    "a balancer notifies with its mutex held, into a channel that is full; its reader needs that mutex",
    (fixed) =>
      function* main() {
        const mu = new Mutex();
        const notify = chan<readonly number[]>(1);
        let closed = false;
        let pinned = 0;
        /** A connection is up: its address is pinned and told, unless there is one. */
        function* up(addr: number): Go {
          yield* mu.lock();
          if (!closed && pinned === 0) {
            pinned = addr;
            yield* tell([addr]);
          }
          yield* mu.unlock();
        }
        function* down(addr: number): Go {
          yield* mu.lock();
          if (!closed && pinned === addr) {
            pinned = 0;
            yield* tell([1, 2]);
          }
          yield* mu.unlock();
        }
        function* tell(addrs: readonly number[]): Go {
          // Fixed: what was not read yet is out of date.
          if (fixed) yield* select([recvCase(notify)], { default: true });
          yield* notify.send(addrs);
        }
        yield* notify.send([1, 2]);
        const conns = new Set<number>();
        go(function* lbWatcher() {
          for (;;) {
            const addrs = yield* notify.recv();
            if (addrs === undefined) return;
            for (const conn of conns) {
              if (addrs.includes(conn)) continue;
              conns.delete(conn);
              yield* down(conn);
            }
            for (const addr of addrs) {
              if (conns.has(addr)) continue;
              conns.add(addr);
              go(up, addr);
            }
          }
        });
        go(function* closeConns() {
          for (const conn of [...conns]) {
            conns.delete(conn);
            yield* down(conn);
          }
          yield* mu.lock();
          closed = true;
          notify.close();
          yield* mu.unlock();
        });
      },
  ),
  blocking(
    "etcd#7492",
    "a token is announced with the mutex held; the keeper, which would take it, needs that mutex to delete one",
    (fixed) =>
      function* main() {
        const mu = new RWMutex();
        const added = chan<void>(1);
        const stop = chan<SendChan<void>>();
        go(function* keeper() {
          const ticker = newTicker(1);
          let tokens = 0;
          for (;;) {
            const r = yield* select([recvCase(added), recvCase(ticker.c), recvCase(stop)]);
            if (r.index === 0) tokens++;
            else if (r.index === 1) {
              for (; tokens > 0; tokens--) {
                yield* mu.lock();
                yield* mu.unlock();
              }
            } else {
              ticker.stop();
              yield* (r.value as SendChan<void>).send();
              return;
            }
          }
        });
        const wg = new WaitGroup();
        for (let i = 0; i < 3; i++) {
          wg.go(function* authenticate() {
            yield* mu.lock();
            if (fixed) yield* mu.unlock();
            yield* added.send();
            if (!fixed) yield* mu.unlock();
          });
        }
        yield* wg.wait();
        const stopped = chan<void>();
        yield* stop.send(stopped);
        yield* stopped.recv();
      },
    { timers: "any" },
  ),
  blocking(
    "etcd#7902",
    "a follower waits for the round's end with the mutex held that the leader needs to end it",
    (fixed) =>
      function* main() {
        const mu = new Mutex();
        const wg = new WaitGroup();
        let next = chan<void>();
        for (let client = 0; client < 3; client++) {
          wg.go(function* rounds() {
            yield* mu.lock();
            const mine = next;
            yield* mu.unlock();
            if (!fixed || client === 0) yield* mu.lock();
            if (client === 0) {
              next.close();
              next = chan<void>();
            }
            // Fixed: waits without the lock; and for the round only that it has seen begin.
            if (!fixed || mine !== next) yield* mine.recv();
            if (!fixed || client === 0) yield* mu.unlock();
          });
        }
        yield* wg.wait();
      },
  ),
  blocking(
    "etcd#10492",
    "Renew calls the checkpointer with the lessor's lock held, and it takes that lock",
    (fixed) =>
      function* main() {
        const mu = new RWMutex();
        function* checkpoint(): Go {
          yield* mu.lock();
          yield* mu.unlock();
        }
        yield* mu.lock();
        if (fixed) yield* mu.unlock();
        yield* checkpoint();
        if (!fixed) yield* mu.unlock();
      },
  ),
  nonblocking(
    "etcd#3077",
    "the server uses a channel that its raft node makes when it runs, and takes some time to be enough for that",
    STUCK,
    (fixed) =>
      function* main() {
        let stopped: Chan<void> = fixed ? chan<void>() : nilchan;
        const raftDone = chan<void>();
        const stop = chan<void>();
        const done = chan<void>();
        go(function* server() {
          go(function* raft() {
            if (!fixed) stopped = chan<void>();
            yield* stopped.recv();
            raftDone.close();
          });
          yield* sleep(10);
          yield* stop.recv();
          yield* stopped.send();
          yield* raftDone.recv();
          done.close();
        });
        yield* stop.send();
        yield* done.recv();
      },
    { timers: "any" },
  ),
  nonblocking(
    "etcd#4876",
    "a test sets the progress interval while the stream that is to use it starts",
    /^panic: Error: the ticker has the interval 10000/,
    (fixed) =>
      function* main() {
        const wg = new WaitGroup();
        const set = chan<void>();
        let interval = 10_000;
        let used = 0;
        wg.go(function* sendLoop() {
          if (fixed) yield* set.recv();
          yield* preemptionPoint();
          used = interval;
        });
        wg.go(function* test() {
          interval = 3000;
          set.close();
        });
        yield* wg.wait();
        check(used === 3000, `the ticker has the interval ${used}`);
      },
  ),
  nonblocking(
    "etcd#8194",
    "a test lowers the revoke rate, and restores it, while a lessor that is to use it runs",
    /^panic: Error: the rate is 1000/,
    (fixed) =>
      function* main() {
        let rate = 10;
        let used = 0;
        const loop = new WaitGroup();
        loop.go(function* runLoop() {
          yield* preemptionPoint();
          used = rate;
        });
        // Fixed: the lessor is stopped before.
        if (fixed) yield* loop.wait();
        yield* preemptionPoint();
        rate = 1000;
        yield* loop.wait();
        check(used === 10, `the rate is ${used}`);
      },
  ),
];
