/**
 * The programs with native bodies: main and the scheduler are TypeScript, the goroutines are compiled (the bodies are in
 * arch/probe/bench.zig).
 */
import { dlopen, type Pointer, ptr } from "bun:ffi";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { native as api, chan, type Go, gosched, Mutex, run, WaitGroup } from "gobuf";
import { parseInteger } from "../../scripts/numbers.ts";
import { type Handled, handleOf } from "../../src/native/handles.ts";
import { goNative, newNativeG } from "../../src/native/native.ts";
import { libraryPath, native } from "../../src/runtime/ffi.ts";
import { casgstatus } from "../../src/runtime/gstatus.ts";
import { hostPlatform, libraryFile, packageRoot } from "../../src/runtime/library.ts";
import { Gidle, Grunnable, Grunning } from "../../src/runtime/runtime2.ts";
import { schedinit } from "../../src/runtime/schedinit.ts";
import { cpuTime, type Measured, memoryBytes, type Program, type Programs, residentBytes } from "../program.ts";
import { preemptPrograms } from "./preempt.ts";
import { procsPrograms } from "./procs.ts";
import { sleepMs } from "./sleep.ts";

const platform = hostPlatform();
const probe = libraryFile("gobuf_probe", platform);
/**
 * The probe of this checkout, also when the library is another checkout's (bench/baseline.ts); where that one is of another
 * ABI, the probe that was built with it.
 */
const paths = [
  process.env.GOBUF_BENCH_PROBE ?? join(packageRoot, "zig-out", "lib", platform, probe),
  join(dirname(libraryPath), probe),
];

function open(path: string) {
  const { symbols: found } = dlopen(path, {
    gobuf_probe_attach: { args: ["ptr"], returns: "u32" },
    gobuf_bench_body: { args: ["u32"], returns: "ptr" },
    gobuf_bench_switch: { args: ["u32", "u32"], returns: "u32" },
    gobuf_bench_bare_switch: { args: ["u32", "u32"], returns: "u32" },
  });
  return found.gobuf_probe_attach(native.gobuf_api() as Pointer) === 0 ? found : undefined;
}

const symbols = (() => {
  for (const path of paths) {
    const found = existsSync(path) ? open(path) : undefined;
    if (found !== undefined) return found;
  }
  throw new Error(`gobuf: bench: ${paths.join(", ")}: none fits the library: run \`bun run build\``);
})();

// bench/stacks.ts says it. By the public name, which a baseline may lack as long as nobody says it.
if (process.env.GOBUF_BENCH_STACK) api.stackSize(parseInteger(process.env.GOBUF_BENCH_STACK, 0, 2 ** 30));

/** In the order of arch/probe/bench.zig. */
const BODIES = [
  "yielder",
  "sender",
  "receiver",
  "selector",
  "echo",
  "caller",
  "ender",
  "locker",
  "link",
  "generate",
  "filter",
  "adder",
  "sleeper",
  "stacker",
  "skynet",
] as const;
type BodyName = (typeof BODIES)[number];

/** Words of a body's argument, `Work` in arch/probe/bench.zig: n, sum (two words each), a, b, done, width, gate, a
 * word that fills, channels. */
const WORK = 18;
/** The first channel. */
const CHANNELS = 10;

/** Bodies' arguments, one after another. */
type Words = Uint32Array<ArrayBuffer>;

/** The arguments of a program that runs: its goroutines have their addresses, so they must not be collected. */
let alive: Words[] = [];

function allot(count: number): Words {
  const words = new Uint32Array(count * WORK);
  alive.push(words);
  return words;
}

interface Work {
  n?: number;
  a?: Handled;
  b?: Handled;
  done?: WaitGroup;
  gate?: Handled;
  channels?: readonly Handled[];
}

function handle(object: Handled | undefined): number {
  return object === undefined ? 0 : handleOf(object);
}

/** Writes an argument. @returns its address */
function write(words: Words, at: number, { n = 0, a, b, done, gate, channels = [] }: Work): Pointer {
  words.set(
    [n, Math.floor(n / 2 ** 32), 0, 0, handle(a), handle(b), handle(done), channels.length, handle(gate)],
    at * WORK,
  );
  words.set(channels.map(handleOf), at * WORK + CHANNELS);
  return ptr(words, at * WORK * 4);
}

/** One argument. */
function work(of: Work): Words {
  const words = allot(1);
  write(words, 0, of);
  return words;
}

/** What the bodies of an argument added up. */
function sumOf(words: Words): number {
  return words[2] + words[3] * 2 ** 32;
}

function addressOf(name: BodyName): Pointer {
  return symbols.gobuf_bench_body(BODIES.indexOf(name)) as Pointer;
}

/** Starts goroutines that share an argument. */
function start(name: BodyName, words: Words, count = 1): void {
  const body = addressOf(name);
  const arg = ptr(words);
  for (let i = 0; i < count; i++) goNative(body, arg);
}

/** As in gobuf.ts. */
function ring(size: number): Program {
  return (n) =>
    run(function* () {
      const rings = size < 16 ? 8 : 1;
      const each = Math.floor(n / size / rings);
      let ns = 0;
      for (let r = 0; r < rings; r++) {
        const wg = new WaitGroup();
        const gate = chan<never>();
        wg.add(size);
        start("yielder", work({ n: each, done: wg, gate }), size);
        yield* gosched();
        gate.close();
        const begin = Bun.nanoseconds();
        yield* wg.wait();
        ns += Bun.nanoseconds() - begin;
      }
      return { check: rings * size * each, values: [ns] };
    });
}

/** Two bodies that share an argument. */
function pair(first: BodyName, second: BodyName, make: () => Work): Program {
  return (n) =>
    run(function* () {
      const done = new WaitGroup();
      done.add(2);
      const words = work({ n, done, ...make() });
      start(first, words);
      start(second, words);
      yield* done.wait();
      return sumOf(words);
    });
}

function selected(width: number): Program {
  return pair("sender", "selector", () => {
    const channels = Array.from({ length: width }, () => chan<number>());
    const a = channels.at(-1);
    return { channels, ...(a && { a }) };
  });
}

/** Goroutines that share an argument, so many at a time. */
function many(body: BodyName, atATime: number): Program {
  return (n) =>
    run(function* () {
      const done = new WaitGroup();
      const words = work({ done });
      for (let i = 0; i < n; i += atATime) {
        done.add(atATime);
        start(body, words, atATime);
        yield* done.wait();
      }
      return body === "adder" ? sumOf(words) : n;
    });
}

const handoff: Program = (n) =>
  run(function* () {
    let sum = 0;
    for (let r = 0; r < 8; r++) {
      const done = new WaitGroup();
      done.add(10);
      const words = work({ n: n / 80, done, a: new Mutex() });
      start("locker", words, 10);
      yield* done.wait();
      sum += sumOf(words);
    }
    return sum;
  });

const daisy: Program = (n) =>
  run(function* () {
    const words = allot(n);
    const link = addressOf("link");
    const first = chan<number>();
    let b = first;
    for (let i = 0; i < n; i++) {
      const a = b;
      b = chan<number>();
      goNative(link, write(words, i, { a, b }));
    }
    const last = work({ n: 1, a: b });
    start("sender", last);
    return (yield* first.recv()) ?? -1;
  });

const sieve: Program = (n) =>
  run(function* () {
    const words = allot(n + 1);
    const filter = addressOf("filter");
    let a = chan<number>();
    goNative(addressOf("generate"), write(words, n, { a }));
    let prime = 0;
    for (let i = 0; i < n; i++) {
      prime = (yield* a.recv()) ?? 0;
      const b = chan<number>();
      goNative(filter, write(words, i, { n: prime, a, b }));
      a = b;
    }
    return prime;
  });

const sky: Program = (n) =>
  run(function* () {
    const c = chan<number>();
    start("skynet", work({ n, a: c }));
    return (yield* c.recv()) ?? -1;
  });

const sleepers: Program = async (n) => {
  const begin = cpuTime();
  await run(function* () {
    const words = allot(n);
    const sleeper = addressOf("sleeper");
    const done = new WaitGroup();
    done.add(n);
    for (let i = 0; i < n; i++) goNative(sleeper, write(words, i, { n: sleepMs(i, n) * 1e6, done }));
    yield* done.wait();
  });
  return { check: n, values: [cpuTime() - begin] };
};

const parked: Program = async (n) => {
  const before = residentBytes();
  const begin = Bun.nanoseconds();
  return await run(function* (): Go<Measured> {
    const a = chan<number>();
    const done = new WaitGroup();
    done.add(n);
    const words = work({ n: 1, a, done });
    start("receiver", words, n);
    yield* gosched();
    const made = Bun.nanoseconds();
    const bytes = residentBytes() - before;
    const wake = Bun.nanoseconds();
    for (let i = 0; i < n; i++) yield* a.send(1);
    yield* done.wait();
    return { check: sumOf(words), values: [made - begin, bytes, Bun.nanoseconds() - wake] };
  });
};

/** What parked goroutines take: resident bytes, bytes of page tables, mappings, nanoseconds to start. Linux only. */
const stacks: Program = async (n) => {
  const before = memoryBytes();
  return await run(function* (): Go<Measured> {
    const a = chan<number>();
    const done = new WaitGroup();
    done.add(n);
    const words = work({ n: 1, a, done });
    const begin = Bun.nanoseconds();
    start("receiver", words, n);
    yield* gosched();
    const made = Bun.nanoseconds() - begin;
    const values: number[] = memoryBytes().map((bytes, i) => bytes - (before[i] ?? 0));
    for (let i = 0; i < n; i++) yield* a.send(1);
    yield* done.wait();
    return { check: sumOf(words), values: [...values, made] };
  });
};

const systemstack: Program = (n) =>
  run(function* () {
    const done = new WaitGroup();
    done.add(1);
    const words = work({ n, done });
    start("stacker", words);
    yield* done.wait();
    return sumOf(words);
  });

/** A goroutine that runs on the M outside of any run, and gives way for ever. */
function runningYielder(): number {
  schedinit();
  const words = work({ n: 2 ** 40 });
  const gp = newNativeG(addressOf("yielder"), ptr(words));
  casgstatus(gp, Gidle, Grunnable);
  casgstatus(gp, Grunnable, Grunning);
  return gp;
}

/** execute, gogo and mcall, there and back, with no TypeScript between: `n` round trips. */
const rawSwitch: Program = async (n) => {
  return n - symbols.gobuf_bench_switch(runningYielder(), n);
};

/** gogo and mcall alone. @param fp whether they save the floating-point control words */
function bareSwitch(fp: boolean): Program {
  return async (n) => n - symbols.gobuf_bench_bare_switch(fp ? 1 : 0, n);
}

/** execute and back, each round trip called from TypeScript. */
const execute: Program = async (n) => {
  const gp = runningYielder();
  let codes = 0;
  for (let i = 0; i < n; i++) codes += native.gobuf_execute(gp);
  return codes / 2;
};

/** Whether the probe has the switch of its own that leaves the floating-point words out. */
const hasBare = symbols.gobuf_bench_bare_switch(0, 0) === 0;

const all: Programs = {
  "raw switch": rawSwitch,
  ...(hasBare && {
    "gogo+mcall": bareSwitch(true),
    "gogo+mcall, no FP words": bareSwitch(false),
  }),
  "execute from TypeScript": execute,
  "systemstack call": systemstack,
  "gosched 1": ring(1),
  "gosched 2": ring(2),
  "gosched 10": ring(10),
  "gosched 100": ring(100),
  "gosched 1000": ring(1000),
  "gosched 10000": ring(10_000),
  "gosched 100000": ring(100_000),
  "gosched 1000000": ring(1_000_000),
  "unbuffered trip": pair("echo", "caller", () => ({ a: chan<number>(), b: chan<number>() })),
  "buffered item 128": pair("sender", "receiver", () => ({ a: chan<number>(128) })),
  "select 2": selected(2),
  "select 8": selected(8),
  "spawn+exit": many("ender", 100),
  "mutex hand-off 10": handoff,
  "WaitGroup fan-out 1000": many("adder", 1000),
  "daisy chain 100k": daisy,
  "sieve 2000": sieve,
  "skynet 1M": sky,
  "sleep 100k": sleepers,
  "parked 100k": parked,
  "parked 1M": parked,
  ...preemptPrograms(paths.find((path) => existsSync(path)) as string),
  ...procsPrograms(paths.find((path) => existsSync(path)) as string),
};

/** Programs that begin with no arguments of another's. */
function apart(table: Programs): Programs {
  const each = Object.entries(table).map(([name, program]): [string, Program] => [
    name,
    (n) => {
      alive = [];
      return program(n);
    },
  ]);
  return Object.fromEntries(each);
}

/** The programs by the name of their row. */
export const programs: Programs = apart(all);

/** Those of bench/stacks.ts. */
export const ofStacks: Programs = apart({
  stacks,
  "gosched 100": ring(100),
  "gosched 10000": ring(10_000),
});
