/**
 * Goroutines of the benchmark, as a user of gobuf writes them. gobuf.ts loads this file once for the rows in which all
 * goroutines run the same function, and sixteen times more for those in which they run different ones.
 */
import { type Chan, type Go, gosched, type Mutex, recvCase, select, sleep, WaitGroup } from "gobuf";

/** What goroutines add up, and the wait for all of them. */
export class Total {
  sum = 0;
  readonly wg = new WaitGroup();

  /** The last that a goroutine does. */
  add(part: number): void {
    this.sum += part;
    this.wg.done();
  }
}

/** Waits until the gate is closed, when all goroutines of a ring have begun; then gives way `n` times. */
export function* yielder(gate: Chan<never>, n: number, wg: WaitGroup): Go {
  yield* gate.recv();
  for (let i = 0; i < n; i++) yield* gosched();
  wg.done();
}

export function* ender(wg: WaitGroup): Go {
  wg.done();
}

export function* echo(there: Chan<number>, back: Chan<number>, n: number): Go {
  for (let i = 0; i < n; i++) yield* back.send((yield* there.recv()) ?? -1);
}

/** Sends on one channel and waits for the answer on the other. */
export function* caller(there: Chan<number>, back: Chan<number>, n: number, total: Total): Go {
  let sum = 0;
  for (let i = 0; i < n; i++) {
    yield* there.send(i);
    sum += (yield* back.recv()) ?? -1;
  }
  total.add(sum);
}

export function* sender(c: Chan<number>, n: number): Go {
  for (let i = 0; i < n; i++) yield* c.send(i);
}

export function* receiver(c: Chan<number>, n: number, total: Total): Go {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += (yield* c.recv()) ?? -1;
  total.add(sum);
}

/** Receives from whichever channel is ready. */
export function* selector(chans: Chan<number>[], n: number, total: Total): Go {
  const cases = chans.map((c) => recvCase(c));
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const r = yield* select(cases);
    if (r.ok) sum += r.value;
  }
  total.add(sum);
}

export function* locker(mu: Mutex, n: number, total: Total): Go {
  for (let k = 0; k < n; k++) {
    yield* mu.lock();
    yield* gosched();
    total.sum++;
    yield* mu.unlock();
  }
  total.add(0);
}

export function* adder(total: Total): Go {
  yield* gosched();
  total.add(1);
}

/** Waits until something is sent. */
export function* parker(c: Chan<number>, wg: WaitGroup): Go {
  yield* c.recv();
  wg.done();
}

export function* sleeper(ms: number, wg: WaitGroup): Go {
  yield* sleep(ms);
  wg.done();
}
