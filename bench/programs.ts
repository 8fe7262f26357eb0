/**
 * The programs that are measured, as a user of gobuf writes them. bench/go/main.go has the same in Go.
 *
 * Each does `n` operations and gives a number that tells whether it did them.
 */
import { type Chan, call, chan, type Go, go, gosched, Mutex, nilchan, recvCase, run, select, WaitGroup } from "gobuf";

/** A program: does `n` operations, gives its check. */
export type Program = (n: number) => Promise<number>;

/** Seed of select's draws, so that two runs of the benchmark draw alike. */
let seed = 1;

/** Sets the seed of the programs. @param to 0 to 2^53-1 */
export function setSeed(to: number): void {
  seed = to;
}

function* yielder(n: number, wg: WaitGroup): Go {
  for (let i = 0; i < n; i++) yield* gosched();
  wg.done();
}

function ring(size: number): Program {
  return (n) =>
    run(function* () {
      const wg = new WaitGroup();
      const each = Math.floor(n / size);
      wg.add(size);
      for (let i = 0; i < size; i++) go(yielder, each, wg);
      yield* wg.wait();
      return each * size;
    });
}

/** Sixteen bodies that are alike but are not the same function, as a program's goroutines are not. */
const yielders = Array.from({ length: 16 }, (_, i) => {
  const make = new Function(
    "gosched",
    `return function* yielder${i}(n, wg) {
    for (let i = 0; i < n; i++) yield* gosched();
    wg.done();
  }`,
  ) as (op: typeof gosched) => typeof yielder;
  return make(gosched);
});

const distinct: Program = (n) =>
  run(function* () {
    const wg = new WaitGroup();
    const each = Math.floor(n / 100);
    wg.add(100);
    for (let i = 0; i < 100; i++) go(yielders[i % yielders.length] ?? yielder, each, wg);
    yield* wg.wait();
    return each * 100;
  });

function* deepPlain(depth: number, n: number): Go {
  if (depth > 0) yield* deepPlain(depth - 1, n);
  else for (let i = 0; i < n; i++) yield* gosched();
}

function* deepCall(depth: number, n: number): Go {
  if (depth > 0) yield* call(deepCall, depth - 1, n);
  else for (let i = 0; i < n; i++) yield* gosched();
}

/** gosched below eight generators that call each other. */
function deep(body: typeof deepPlain): Program {
  return (n) =>
    run(function* () {
      yield* body(8, n);
      return n;
    });
}

const fanOut: Program = (n) =>
  run(function* () {
    const wg = new WaitGroup();
    let sum = 0;
    for (let i = 0; i < n; i += 1000) {
      for (let k = 0; k < 1000; k++) {
        wg.go(function* adder() {
          yield* gosched();
          sum++;
        });
      }
      yield* wg.wait();
    }
    return sum;
  });

function* link(left: Chan<number>, right: Chan<number>): Go {
  yield* left.send(1 + ((yield* right.recv()) ?? 0));
}

const daisy: Program = (n) =>
  run(function* () {
    const first = chan<number>();
    let right = first;
    for (let i = 0; i < n; i++) {
      const left = right;
      right = chan<number>();
      go(link, left, right);
    }
    const last = right;
    go(function* () {
      yield* last.send(0);
    });
    return (yield* first.recv()) ?? -1;
  });

function* echo(there: Chan<number>, back: Chan<number>, n: number): Go {
  for (let i = 0; i < n; i++) yield* back.send((yield* there.recv()) ?? -1);
}

const trip: Program = (n) =>
  run(function* () {
    const there = chan<number>();
    const back = chan<number>();
    go(echo, there, back, n);
    let sum = 0;
    for (let i = 0; i < n; i++) {
      yield* there.send(i);
      sum += (yield* back.recv()) ?? -1;
    }
    return sum;
  });

function* sender(c: Chan<number>, n: number): Go {
  for (let i = 0; i < n; i++) yield* c.send(i);
}

const buffered: Program = (n) =>
  run(function* () {
    const c = chan<number>(128);
    go(sender, c, n);
    let sum = 0;
    for (let i = 0; i < n; i++) sum += (yield* c.recv()) ?? -1;
    return sum;
  });

/** Receives from the last of several channels, of which only that one is ever ready. */
function selected(width: number): Program {
  return (n) =>
    run(
      function* () {
        const chans = Array.from({ length: width }, () => chan<number>());
        const cases = chans.map((c) => recvCase(c));
        go(sender, chans[width - 1] ?? nilchan, n);
        let sum = 0;
        for (let i = 0; i < n; i++) {
          const r = yield* select(cases);
          if (r.ok) sum += r.value;
        }
        return sum;
      },
      { seed },
    );
}

function* ender(wg: WaitGroup): Go {
  wg.done();
}

const spawn: Program = (n) =>
  run(function* () {
    const wg = new WaitGroup();
    for (let i = 0; i < n; i += 100) {
      wg.add(100);
      for (let k = 0; k < 100; k++) go(ender, wg);
      yield* wg.wait();
    }
    return n;
  });

const handoff: Program = (n) =>
  run(function* () {
    const mu = new Mutex();
    const wg = new WaitGroup();
    let count = 0;
    wg.add(10);
    for (let i = 0; i < 10; i++) {
      go(function* locker() {
        for (let k = 0; k < n / 10; k++) {
          yield* mu.lock();
          yield* gosched();
          count++;
          yield* mu.unlock();
        }
        wg.done();
      });
    }
    yield* wg.wait();
    return count;
  });

function* generate(c: Chan<number>): Go {
  for (let i = 2; ; i++) yield* c.send(i);
}

function* filter(from: Chan<number>, to: Chan<number>, prime: number): Go {
  for (;;) {
    const i = (yield* from.recv()) ?? 0;
    if (i % prime !== 0) yield* to.send(i);
  }
}

/** Gives the n-th prime. */
const sieve: Program = (n) =>
  run(function* () {
    let c = chan<number>();
    go(generate, c);
    let prime = 0;
    for (let i = 0; i < n; i++) {
      prime = (yield* c.recv()) ?? 0;
      const next = chan<number>();
      go(filter, c, next, prime);
      c = next;
    }
    return prime;
  });

function* skynet(c: Chan<number>, num: number, size: number, div: number): Go {
  if (size === 1) {
    yield* c.send(num);
    return;
  }
  const rc = chan<number>();
  for (let i = 0; i < div; i++) go(skynet, rc, num + i * (size / div), size / div, div);
  let sum = 0;
  for (let i = 0; i < div; i++) sum += (yield* rc.recv()) ?? 0;
  yield* c.send(sum);
}

const sky: Program = (n) =>
  run(function* () {
    const c = chan<number>();
    go(skynet, c, 0, n, 10);
    return (yield* c.recv()) ?? -1;
  });

/** The programs by the name of their row. */
export const programs: Readonly<Record<string, Program>> = {
  "gosched 1": ring(1),
  "gosched 2": ring(2),
  "gosched 100": ring(100),
  "gosched 10000": ring(10_000),
  "gosched 100, 16 bodies": distinct,
  "gosched, yield* 8 deep": deep(deepPlain),
  "gosched, call 8 deep": deep(deepCall),
  "WaitGroup fan-out 1000": fanOut,
  "daisy chain 100k": daisy,
  "unbuffered trip": trip,
  "buffered item 128": buffered,
  "select 2": selected(2),
  "select 8": selected(8),
  "spawn+exit": spawn,
  "mutex hand-off 10": handoff,
  sieve,
  skynet: sky,
};
