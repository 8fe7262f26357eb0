/**
 * Programs with a concurrency bug each, which Go's own order does not show, and beside each its correct twin, which
 * passes under every schedule.
 */
import { after, type Body, Cond, chan, type Go, go, Mutex, recvCase, select, sleep, WaitGroup } from "gobuf";
import type { ReplayOptions } from "gobuf/testing";

/** A planted bug. */
export interface Planted {
  readonly name: string;
  readonly bug: Body<unknown>;
  readonly fixed: Body<unknown>;
  /** The first line of the report. */
  readonly failure: RegExp;
  /** The schedulers that find it, within 1000 runs (exhaustive: 10000, with 2 preemptions). */
  readonly foundBy: readonly ("random" | "pct" | "exhaustive")[];
  /** Those of its runs, where they are not the ordinary ones. */
  readonly options?: ReplayOptions;
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

/** The condition is looked at under the lock, but the wait begins under another. The signal may come in between. */
function lostWakeUp(oneLock: boolean): Body<void> {
  return function* consumer() {
    const filled = new Cond(new Mutex());
    const queue: number[] = [];
    go(function* producer() {
      yield* filled.L.lock();
      queue.push(1);
      filled.signal();
      yield* filled.L.unlock();
    });
    yield* filled.L.lock();
    if (oneLock) while (queue.length === 0) yield* filled.wait();
    else {
      const empty = queue.length === 0;
      yield* filled.L.unlock();
      yield* filled.L.lock();
      if (empty) yield* filled.wait();
    }
    yield* filled.L.unlock();
  };
}

/** A waiter that was woken does not look again: another may have been faster. */
function stolenWakeUp(loop: boolean): Body<void> {
  return function* main() {
    const filled = new Cond(new Mutex());
    const queue: number[] = [];
    const wg = new WaitGroup();
    function* take(): Go {
      yield* filled.L.lock();
      if (loop) while (queue.length === 0) yield* filled.wait();
      else if (queue.length === 0) yield* filled.wait();
      check(queue.shift() !== undefined, "took from an empty queue");
      yield* filled.L.unlock();
    }
    function* put(): Go {
      yield* filled.L.lock();
      queue.push(1);
      filled.signal();
      yield* filled.L.unlock();
    }
    for (const f of [put, take, put, take]) wg.go(f);
    yield* wg.wait();
  };
}

/** Whether the channel is closed is asked before something that may give way, and it is closed after that. */
function doubleClose(locked: boolean): Body<void> {
  return function* main() {
    const log = chan<string>(2);
    const done = chan<void>();
    const mutex = new Mutex();
    let closed = false;
    function* stop(): Go {
      if (locked) yield* mutex.lock();
      if (!closed) {
        yield* log.send("closing");
        done.close();
        closed = true;
      }
      if (locked) yield* mutex.unlock();
    }
    const wg = new WaitGroup();
    wg.go(stop);
    wg.go(stop);
    yield* wg.wait();
  };
}

/** Two locks, taken in different orders. */
function lockOrder(sameOrder: boolean): Body<void> {
  return function* main() {
    const a = new Mutex();
    const b = new Mutex();
    const wg = new WaitGroup();
    function* move(from: Mutex, to: Mutex): Go {
      yield* from.lock();
      yield* to.lock();
      yield* to.unlock();
      yield* from.unlock();
    }
    wg.go(move, a, b);
    if (sameOrder) wg.go(move, a, b);
    else wg.go(move, b, a);
    yield* wg.wait();
  };
}

/** Three philosophers, each of whom takes the left fork first; or one the right. */
function philosophers(oneOtherWay: boolean): Body<void> {
  return function* main() {
    const forks = [new Mutex(), new Mutex(), new Mutex()];
    const wg = new WaitGroup();
    function* dine(first: Mutex | undefined, second: Mutex | undefined): Go {
      if (!first || !second) return;
      yield* first.lock();
      yield* second.lock();
      yield* second.unlock();
      yield* first.unlock();
    }
    wg.go(dine, forks[0], forks[1]);
    wg.go(dine, forks[1], forks[2]);
    if (oneOtherWay) wg.go(dine, forks[0], forks[2]);
    else wg.go(dine, forks[2], forks[0]);
    yield* wg.wait();
  };
}

/** A goroutine says that it has started, and only then adds itself to the group, which may be waited for before
 * that. */
function lateAdd(early: boolean): Body<void> {
  return function* main() {
    const started = chan<void>();
    const wg = new WaitGroup();
    let done = 0;
    for (let i = 0; i < 2; i++) {
      if (early) wg.add(1);
      go(function* worker() {
        yield* started.send();
        if (!early) wg.add(1);
        yield* sleep(1);
        done++;
        wg.done();
      });
    }
    for (let i = 0; i < 2; i++) yield* started.recv();
    yield* wg.wait();
    check(done === 2, `${done} of 2 are done`);
  };
}

/** A counter is read, and written after something that may give way. */
function lostUpdate(atomic: boolean): Body<void> {
  return function* main() {
    const log = chan<string>(2);
    const wg = new WaitGroup();
    let balance = 100;
    function* withdraw(amount: number): Go {
      const before = balance;
      if (atomic) balance = before - amount;
      yield* log.send(`take ${amount}`);
      if (!atomic) balance = before - amount;
    }
    wg.go(withdraw, 10);
    wg.go(withdraw, 20);
    yield* wg.wait();
    check(balance === 70, `balance ${balance}, expected 70`);
  };
}

/** A select may choose to quit while there is still something to receive. */
function lostItem(drain: boolean): Body<void> {
  return function* main() {
    const items = chan<number>(1);
    const quit = chan<void>();
    const wg = new WaitGroup();
    let sum = 0;
    wg.go(function* consumer() {
      for (;;) {
        const r = yield* select([recvCase(items), recvCase(quit)]);
        if (r.index === 0) sum += r.value ?? 0;
        else break;
      }
      if (drain && items.len > 0) sum += (yield* items.recv()) ?? 0;
    });
    yield* items.send(1);
    yield* items.send(2);
    quit.close();
    yield* wg.wait();
    check(sum === 3, `sum ${sum}, expected 3`);
  };
}

/** Something ends early only when another starts late, after all of a long run of steps. */
function lateStart(waits: boolean): Body<void> {
  return function* main() {
    const log = chan<number>(20);
    const registered = chan<void>();
    const wg = new WaitGroup();
    let over = false;
    wg.go(function* service() {
      if (waits) yield* registered.recv();
      for (let i = 0; i < 20; i++) yield* log.send(i);
      over = true;
    });
    wg.go(function* client() {
      check(!over, "the service is over");
      registered.close();
    });
    yield* wg.wait();
  };
}

/** The server answers when the client no longer receives, and waits for ever; with room for the answer it ends. */
function lateAnswer(room: number): Body<void> {
  return function* main() {
    const answers = chan<number>(room);
    const wg = new WaitGroup();
    wg.go(function* server() {
      yield* sleep(1);
      yield* answers.send(42);
    });
    yield* select([recvCase(answers), recvCase(after(1000))]);
    yield* wg.wait();
  };
}

const DEADLOCK = /^fatal error: deadlock: all goroutines in bubble are blocked$/;

/** All of them. */
export const planted: readonly Planted[] = [
  {
    name: "lost wake-up",
    bug: lostWakeUp(false),
    fixed: lostWakeUp(true),
    failure: DEADLOCK,
    foundBy: ["random", "pct", "exhaustive"],
  },
  {
    name: "stolen wake-up",
    bug: stolenWakeUp(false),
    fixed: stolenWakeUp(true),
    failure: /^panic: Error: took from an empty queue$/,
    foundBy: ["random", "pct", "exhaustive"],
  },
  {
    name: "double close",
    bug: doubleClose(false),
    fixed: doubleClose(true),
    failure: /^panic: close of closed channel$/,
    foundBy: ["random", "pct", "exhaustive"],
  },
  {
    name: "lock order",
    bug: lockOrder(false),
    fixed: lockOrder(true),
    failure: DEADLOCK,
    foundBy: ["random", "pct", "exhaustive"],
  },
  {
    name: "philosophers",
    bug: philosophers(false),
    fixed: philosophers(true),
    failure: DEADLOCK,
    foundBy: ["random", "pct", "exhaustive"],
  },
  {
    name: "late add",
    bug: lateAdd(false),
    fixed: lateAdd(true),
    failure: /^panic: (Error: [01] of 2 are done|sync: WaitGroup is reused before previous Wait has returned)$/,
    foundBy: ["random", "pct", "exhaustive"],
  },
  {
    name: "lost update",
    bug: lostUpdate(false),
    fixed: lostUpdate(true),
    failure: /^panic: Error: balance [89]0, expected 70$/,
    foundBy: ["random", "pct", "exhaustive"],
  },
  {
    name: "lost item",
    bug: lostItem(false),
    fixed: lostItem(true),
    failure: /^panic: Error: sum 1, expected 3$/,
    foundBy: ["random", "pct", "exhaustive"],
  },
  {
    name: "late start",
    bug: lateStart(false),
    fixed: lateStart(true),
    failure: /^panic: Error: the service is over$/,
    foundBy: ["pct", "exhaustive"],
  },
  {
    name: "late answer",
    bug: lateAnswer(0),
    fixed: lateAnswer(1),
    failure: DEADLOCK,
    foundBy: ["random", "pct", "exhaustive"],
    options: { timers: "any" },
  },
];
