/** The programs in plain async code: async functions, promises, and the small channel that such code writes for itself. */
import { cpuTime, type Program, type Programs, residentBytes } from "../program.ts";
import { Channel } from "./channel.ts";
import { compute, type Loops, latePrograms } from "./late.ts";
import { messagePrograms } from "./messages.ts";
import { sleepMs } from "./sleep.ts";
import { empty } from "./start.ts";

async function yielder(gate: Promise<void>, n: number): Promise<void> {
  await gate;
  for (let i = 0; i < n; i++) await undefined;
}

function ring(size: number): Program {
  return async (n) => {
    const rings = size < 16 ? 8 : 1;
    const each = Math.floor(n / size / rings);
    let ns = 0;
    for (let r = 0; r < rings; r++) {
      const gate = Promise.withResolvers<void>();
      const all = Array.from({ length: size }, () => yielder(gate.promise, each));
      gate.resolve();
      const start = Bun.nanoseconds();
      await Promise.all(all);
      ns += Bun.nanoseconds() - start;
    }
    return { check: rings * size * each, values: [ns] };
  };
}

async function deep(depth: number, n: number): Promise<void> {
  if (depth > 0) await deep(depth - 1, n);
  else await yielder(Promise.resolve(), n);
}

const trip: Program = async (n) => {
  const there = new Channel<number>(0);
  const back = new Channel<number>(0);
  const echo = async () => {
    for (let i = 0; i < n; i++) await back.put(await there.take());
  };
  const done = echo();
  let sum = 0;
  for (let i = 0; i < n; i++) {
    await there.put(i);
    sum += await back.take();
  }
  await done;
  return sum;
};

const buffered: Program = async (n) => {
  const c = new Channel<number>(128);
  const sender = async () => {
    for (let i = 0; i < n; i++) await c.put(i);
  };
  const done = sender();
  let sum = 0;
  for (let i = 0; i < n; i++) sum += await c.take();
  await done;
  return sum;
};

/** Sends to a task that waits. */
const feed: Program = async (n) => {
  const c = new Channel<number>(0);
  const receiver = async () => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += await c.take();
    return sum;
  };
  const done = receiver();
  for (let i = 0; i < n; i++) await c.put(i);
  return await done;
};

/** Takes by a loop what a task sends. */
const drain: Program = async (n) => {
  const c = new Channel<number>(0);
  const sender = async () => {
    for (let i = 0; i < n; i++) await c.put(i);
  };
  const done = sender();
  let sum = 0;
  let left = n;
  for await (const i of c) {
    sum += i;
    if (--left === 0) break;
  }
  await done;
  return sum;
};

const ender = async () => {};

const spawn: Program = async (n) => {
  for (let i = 0; i < n; i += 100) await Promise.all(Array.from({ length: 100 }, ender));
  return n;
};

const fanOut: Program = async (n) => {
  let sum = 0;
  const adder = async () => {
    await undefined;
    sum++;
  };
  for (let i = 0; i < n; i += 1000) await Promise.all(Array.from({ length: 1000 }, adder));
  return sum;
};

const daisy: Program = async (n) => {
  const link = async (left: Channel<number>, right: Channel<number>) => await left.put(1 + (await right.take()));
  const first = new Channel<number>(0);
  let right = first;
  for (let i = 0; i < n; i++) {
    const left = right;
    right = new Channel<number>(0);
    link(left, right);
  }
  await right.put(0);
  return await first.take();
};

const sieve: Program = async (n) => {
  let running = true;
  let c = new Channel<number>(0);
  const generate = async (to: Channel<number>) => {
    for (let i = 2; running; i++) await to.put(i);
  };
  const filter = async (from: Channel<number>, to: Channel<number>, prime: number) => {
    while (running) {
      const i = await from.take();
      if (i % prime !== 0) await to.put(i);
    }
  };
  generate(c);
  let prime = 0;
  for (let i = 0; i < n; i++) {
    prime = await c.take();
    const next = new Channel<number>(0);
    filter(c, next, prime);
    c = next;
  }
  running = false;
  return prime;
};

async function skynet(num: number, size: number, div: number): Promise<number> {
  if (size === 1) return num;
  const parts = await Promise.all(
    Array.from({ length: div }, (_, i) => skynet(num + i * (size / div), size / div, div)),
  );
  return parts.reduce((a, b) => a + b);
}

/** Plain async code that lets the event loop turn between its pieces. */
const besideWork: Loops = (pieceMs) => {
  let stop = false;
  const loop = async () => {
    while (!stop) {
      compute(pieceMs);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const both = [loop(), loop()];
  return async () => {
    stop = true;
    await Promise.all(both);
  };
};

const sleepers: Program = async (n) => {
  const start = cpuTime();
  const sleeper = async (ms: number) => {
    await Bun.sleep(ms);
  };
  await Promise.all(Array.from({ length: n }, (_, i) => sleeper(sleepMs(i, n))));
  return { check: n, values: [cpuTime() - start] };
};

const timerChurn: Program = async (n) => {
  const nothing = () => {};
  const others = Array.from({ length: 1000 }, (_, i) => setTimeout(nothing, 60_000 + i));
  for (let i = 0; i < n; i++) clearTimeout(setTimeout(nothing, 1000 + (i % 1000)));
  for (const other of others) clearTimeout(other);
  return n;
};

const parked: Program = async (n) => {
  const before = residentBytes();
  const start = Bun.nanoseconds();
  const wakers: (() => void)[] = [];
  let woken = 0;
  const parker = async () => {
    await new Promise<void>((resolve) => wakers.push(resolve));
    woken++;
  };
  const all = Array.from({ length: n }, parker);
  const made = Bun.nanoseconds();
  const bytes = residentBytes() - before;
  const wake = Bun.nanoseconds();
  for (const waker of wakers) waker();
  await Promise.all(all);
  return { check: woken, values: [made - start, bytes, Bun.nanoseconds() - wake] };
};

/** The programs by the name of their row. */
export const programs: Programs = {
  "gosched 1": ring(1),
  "gosched 2": ring(2),
  "gosched 10": ring(10),
  "gosched 100": ring(100),
  "gosched 1000": ring(1000),
  "gosched 10000": ring(10_000),
  "gosched 100000": ring(100_000),
  "gosched 1000000": ring(1_000_000),
  "gosched, yield* 8 deep": async (n) => {
    await deep(8, n);
    return n;
  },
  "unbuffered trip": trip,
  "buffered item 128": buffered,
  "sendAsync to a waiting goroutine": feed,
  "for await an item": drain,
  "spawn+exit": spawn,
  "WaitGroup fan-out 1000": fanOut,
  "daisy chain 100k": daisy,
  "sieve 2000": sieve,
  "skynet 1M": (n) => skynet(0, n, 10),
  "sleep 100k": sleepers,
  ...latePrograms(besideWork),
  "timer start+stop": timerChurn,
  ...messagePrograms,
  "parked 100k": parked,
  "parked 1M": parked,
  "import and first run": empty,
};
