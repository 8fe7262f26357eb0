/**
 * The programs with native bodies: main and the scheduler are TypeScript, the goroutines are compiled (the bodies are in
 * arch/probe/bench.zig).
 */
import { dlopen, type Pointer, ptr } from "bun:ffi";
import { join } from "node:path";
import { chan, type Go, gosched, Mutex, run, WaitGroup } from "gobuf";
import { native } from "../src/ffi.ts";
import { casgstatus } from "../src/gstatus.ts";
import { hostPlatform, libraryFile, packageRoot } from "../src/library.ts";
import { goNative, newNativeG } from "../src/native.ts";
import { schedinit } from "../src/run.ts";
import { Gidle, Grunnable, Grunning } from "../src/runtime2.ts";
import { type Handled, handleOf } from "../src/trap.ts";
import type { Program } from "./programs.ts";

const platform = hostPlatform();
const path = join(packageRoot, "zig-out", "lib", platform, libraryFile("gobuf_probe", platform));
const { symbols } = dlopen(path, {
  gobuf_probe_attach: { args: ["ptr"], returns: "u32" },
  gobuf_bench_body: { args: ["u32"], returns: "ptr" },
  gobuf_bench_switch: { args: ["u32", "u32"], returns: "u32" },
});
if (symbols.gobuf_probe_attach(native.gobuf_api() as Pointer) !== 0) {
  throw new Error(`gobuf: bench: ${path} and the library do not fit: run \`bun run build\``);
}

/** In the order of arch/probe/bench.zig. */
const BODIES = ["yielder", "sender", "receiver", "echo", "caller", "ender", "locker"] as const;
type BodyName = (typeof BODIES)[number];

function bodyOf(name: BodyName): Pointer {
  return symbols.gobuf_bench_body(BODIES.indexOf(name)) as Pointer;
}

/** The words of a body's argument; the array must stay alive while the body runs. */
function work(n: number, done: WaitGroup | null, a?: Handled, b?: Handled): Uint32Array<ArrayBuffer> {
  const handle = (object: Handled | null | undefined) => (object ? handleOf(object) : 0);
  return Uint32Array.of(n, Math.floor(n / 2 ** 32), handle(a), handle(b), handle(done), 0);
}

/** Runs native bodies to their ends. @param make the bodies and their arguments, made in the run */
function runBodies(make: (wg: WaitGroup) => [BodyName, Uint32Array<ArrayBuffer>][]): Promise<void> {
  return run(function* (): Go {
    const wg = new WaitGroup();
    const bodies = make(wg);
    wg.add(bodies.length);
    for (const [name, words] of bodies) goNative(bodyOf(name), ptr(words));
    yield* wg.wait();
    if (bodies.length === 0) yield* gosched();
  });
}

function ring(size: number): Program {
  return async (n) => {
    const each = Math.floor(n / size);
    await runBodies((wg) => {
      const words = work(each, wg);
      return Array.from({ length: size }, () => ["yielder", words]);
    });
    return each * size;
  };
}

const trip: Program = async (n) => {
  await runBodies((wg) => {
    const there = chan<number>();
    const back = chan<number>();
    return [
      ["echo", work(n, wg, there, back)],
      ["caller", work(n, wg, there, back)],
    ];
  });
  return (n * (n - 1)) / 2;
};

const buffered: Program = async (n) => {
  await runBodies((wg) => {
    const c = chan<number>(128);
    return [
      ["sender", work(n, wg, c)],
      ["receiver", work(n, wg, c)],
    ];
  });
  return (n * (n - 1)) / 2;
};

const spawn: Program = (n) =>
  run(function* () {
    const wg = new WaitGroup();
    const words = work(0, wg);
    const body = bodyOf("ender");
    const arg = ptr(words);
    for (let i = 0; i < n; i += 100) {
      wg.add(100);
      for (let k = 0; k < 100; k++) goNative(body, arg);
      yield* wg.wait();
    }
    return n;
  });

const handoff: Program = async (n) => {
  await runBodies((wg) => {
    const words = work(n / 10, wg, new Mutex());
    return Array.from({ length: 10 }, () => ["locker", words]);
  });
  return n;
};

/** gogo and mcall, there and back, with no TypeScript between: `n` round trips. */
const rawSwitch: Program = async (n) => {
  schedinit();
  const words = work(2 ** 40, null);
  const gp = newNativeG(bodyOf("yielder"), ptr(words));
  casgstatus(gp, Gidle, Grunnable);
  casgstatus(gp, Grunnable, Grunning);
  return n - symbols.gobuf_bench_switch(gp, n);
};

/** The same, each round trip called from TypeScript. */
const execute: Program = async (n) => {
  schedinit();
  const words = work(2 ** 40, null);
  const gp = newNativeG(bodyOf("yielder"), ptr(words));
  casgstatus(gp, Gidle, Grunnable);
  casgstatus(gp, Grunnable, Grunning);
  let codes = 0;
  for (let i = 0; i < n; i++) codes += native.gobuf_execute(gp);
  return codes / 2;
};

/** The programs by the name of their row. */
export const nativePrograms: Readonly<Record<string, Program>> = {
  "raw switch": rawSwitch,
  "execute from TypeScript": execute,
  "gosched 1": ring(1),
  "gosched 2": ring(2),
  "gosched 100": ring(100),
  "gosched 10000": ring(10_000),
  "unbuffered trip": trip,
  "buffered item 128": buffered,
  "spawn+exit": spawn,
  "mutex hand-off 10": handoff,
};
