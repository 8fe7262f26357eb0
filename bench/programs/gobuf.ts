/**
 * The programs with generator bodies, as a user of gobuf writes them: they import gobuf alone. bench/peers/go has the
 * same in Go.
 */
import { afterFunc, type Chan, call, chan, type Go, go, gosched, Mutex, run, WaitGroup } from "gobuf";
import { cpuTime, type Measured, type Program, type Programs, residentBytes } from "../program.ts";
import * as bodies from "./bodies.ts";
import { compute, type Loops, latePrograms } from "./late.ts";
import { sleepMs } from "./sleep.ts";
import { threadPrograms } from "./threads.ts";

type Bodies = typeof bodies;

/** How many different functions the rows of different bodies have. */
const COPIES = 16;

/** All goroutines of a row run the same functions. */
const identical: readonly Bodies[] = [bodies];

/**
 * Functions that are alike but are not the same, as a program's goroutines are not: the file, loaded again and again.
 * They are taken out of their modules, as an import by name takes them: to look a name up in one module and another at
 * each go would cost as much as the goroutine.
 */
const distinct: readonly Bodies[] = await Promise.all(
  Array.from({ length: COPIES }, async (_, i) => ({ ...((await import(`./bodies.ts?copy=${i}`)) as Bodies) })),
);

/** The functions of goroutine `i`. */
function of(list: readonly Bodies[], i: number): Bodies {
  return list[i % list.length] ?? bodies;
}

/** Seed of select's draws, so that two runs of the benchmark draw alike. */
let seed = 1;

/** Sets the seed of the programs. @param to 0 to 2^53-1 */
export function setSeed(to: number): void {
  seed = to;
}

/** Goroutines that give way in turn. A small ring is made eight times, so that sixteen bodies get their turn. */
function ring(size: number, list: readonly Bodies[]): Program {
  return (n) =>
    run(function* () {
      const rings = size < COPIES ? 8 : 1;
      const each = Math.floor(n / size / rings);
      let ns = 0;
      for (let r = 0; r < rings; r++) {
        const gate = chan<never>();
        const wg = new WaitGroup();
        wg.add(size);
        for (let i = 0; i < size; i++) go(of(list, r * size + i).yielder, gate, each, wg);
        yield* gosched(); // behind it all wait: what it takes to start them is another row
        gate.close();
        const start = Bun.nanoseconds();
        yield* wg.wait();
        ns += Bun.nanoseconds() - start;
      }
      return { check: rings * size * each, values: [ns] };
    });
}

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

function fanOut(list: readonly Bodies[]): Program {
  return (n) =>
    run(function* () {
      const total = new bodies.Total();
      for (let i = 0; i < n; i += 1000) {
        total.wg.add(1000);
        for (let k = 0; k < 1000; k++) go(of(list, k).adder, total);
        yield* total.wg.wait();
      }
      return total.sum;
    });
}

/** Starts a pair of goroutines for each of the bodies, and adds up what they give. @param pair gets its operations */
function pairs(list: readonly Bodies[], pair: (b: Bodies, n: number, total: bodies.Total) => void): Program {
  return (n) =>
    run(
      function* () {
        const total = new bodies.Total();
        total.wg.add(list.length);
        for (const b of list) pair(b, n / list.length, total);
        yield* total.wg.wait();
        return total.sum;
      },
      { seed },
    );
}

function trip(list: readonly Bodies[]): Program {
  return pairs(list, (b, n, total) => {
    const there = chan<number>();
    const back = chan<number>();
    go(b.echo, there, back, n);
    go(b.caller, there, back, n, total);
  });
}

function buffered(list: readonly Bodies[]): Program {
  return pairs(list, (b, n, total) => {
    const c = chan<number>(128);
    go(b.sender, c, n);
    go(b.receiver, c, n, total);
  });
}

/** Receives from the last of several channels, of which only that one is ever ready. */
function selected(width: number, list: readonly Bodies[]): Program {
  return pairs(list, (b, n, total) => {
    const last = chan<number>();
    go(b.sender, last, n);
    go(b.selector, [...Array.from({ length: width - 1 }, () => chan<number>()), last], n, total);
  });
}

function spawn(list: readonly Bodies[]): Program {
  return (n) =>
    run(function* () {
      const wg = new WaitGroup();
      const enders = Array.from({ length: 100 }, (_, k) => of(list, k).ender);
      for (let i = 0; i < n; i += 100) {
        wg.add(100);
        for (const ender of enders) go(ender, wg);
        yield* wg.wait();
      }
      return n;
    });
}

/** Ten goroutines that give way while they hold the mutex; eight times ten. */
function handoff(list: readonly Bodies[]): Program {
  return (n) =>
    run(function* () {
      let sum = 0;
      for (let r = 0; r < 8; r++) {
        const mu = new Mutex();
        const total = new bodies.Total();
        total.wg.add(10);
        for (let i = 0; i < 10; i++) go(of(list, r * 10 + i).locker, mu, n / 80, total);
        yield* total.wg.wait();
        sum += total.sum;
      }
      return sum;
    });
}

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
    go(bodies.sender, right, 1); // sends 0
    return (yield* first.recv()) ?? -1;
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

/** Goroutines that sleep, all at once. Counts CPU time: the real clock decides how long it takes. */
const besideWork: Loops = (pieceMs) => {
  let stop = false;
  const done = run(function* () {
    const wg = new WaitGroup();
    for (let i = 0; i < 2; i++) {
      wg.go(function* () {
        while (!stop) {
          compute(pieceMs);
          yield* gosched();
        }
      });
    }
    yield* wg.wait();
  });
  return async () => {
    stop = true;
    await done;
  };
};

const sleepers: Program = async (n) => {
  const start = cpuTime();
  await run(function* () {
    const wg = new WaitGroup();
    wg.add(n);
    for (let i = 0; i < n; i++) go(bodies.sleeper, sleepMs(i, n), wg);
    yield* wg.wait();
  });
  return { check: n, values: [cpuTime() - start] };
};

/** Timers that are stopped before they fire, beside a thousand others. */
const timerChurn: Program = (n) =>
  run(function* () {
    const nothing = () => {};
    const others = Array.from({ length: 1000 }, (_, i) => afterFunc(60_000 + i, nothing));
    let stopped = 0;
    for (let i = 0; i < n; i++) if (afterFunc(1000 + (i % 1000), nothing).stop()) stopped++;
    for (const other of others) other.stop();
    return stopped;
  });

/** Starts goroutines that wait, looks what memory they take, wakes them one by one. */
const parked: Program = async (n) => {
  const before = residentBytes();
  const start = Bun.nanoseconds();
  return await run(function* (): Go<Measured> {
    const c = chan<number>();
    const wg = new WaitGroup();
    wg.add(n);
    for (let i = 0; i < n; i++) go(bodies.parker, c, wg);
    yield* gosched();
    const made = Bun.nanoseconds();
    const bytes = residentBytes() - before;
    const wake = Bun.nanoseconds();
    for (let i = 0; i < n; i++) yield* c.send(i);
    yield* wg.wait();
    return { check: n, values: [made - start, bytes, Bun.nanoseconds() - wake] };
  });
};

/** The rows that stand twice. */
function scheduling(list: readonly Bodies[], suffix: string): Programs {
  const programs: Programs = {
    "gosched 1": ring(1, list),
    "gosched 2": ring(2, list),
    "gosched 100": ring(100, list),
    "gosched 10000": ring(10_000, list),
    "unbuffered trip": trip(list),
    "buffered item 128": buffered(list),
    "select 2": selected(2, list),
    "select 8": selected(8, list),
    "spawn+exit": spawn(list),
    "mutex hand-off 10": handoff(list),
    "WaitGroup fan-out 1000": fanOut(list),
  };
  return Object.fromEntries(Object.entries(programs).map(([name, program]) => [`${name}${suffix}`, program]));
}

/** The programs by the name of their row. */
export const programs: Programs = {
  ...scheduling(identical, ""),
  ...scheduling(distinct, ", 16 bodies"),
  "gosched 10": ring(10, identical),
  "gosched 1000": ring(1000, identical),
  "gosched 100000": ring(100_000, identical),
  "gosched 1000000": ring(1_000_000, identical),
  "gosched, yield* 8 deep": deep(deepPlain),
  "gosched, call 8 deep": deep(deepCall),
  "daisy chain 100k": daisy,
  "sieve 2000": sieve,
  "skynet 1M": sky,
  "sleep 100k": sleepers,
  ...latePrograms(besideWork),
  "timer start+stop": timerChurn,
  ...threadPrograms,
  "parked 100k": parked,
  "parked 1M": parked,
};
