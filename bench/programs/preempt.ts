/** What preemption of native bodies costs, and what it gives: the bodies are in arch/probe/preempt.c. */
import { native as api, go, gosched, run } from "gobuf";
import { native } from "../../src/runtime/ffi.ts";
import type { Program, Programs } from "../program.ts";
import { lateTicks } from "./late.ts";

const BODIES = { c_bench_looks: api.body, c_bench_loop: api.body, c_async_counts: api.body } as const;
const ON_LINUX_X64 = { c_bench_preempted: api.body } as const;

/** struct asynced of arch/probe/preempt.c: what the bodies are told, and what they have done. */
class Told {
  readonly words = new Uint32Array(12);
  readonly #wide = new BigUint64Array(this.words.buffer);

  constructor(most: number, arg = 0n) {
    this.#wide[1] = BigInt(most);
    this.#wide[4] = arg;
  }
  stop(): void {
    this.words[0] = 1;
  }
  get times(): number {
    return Number(this.#wide[2]);
  }
  get ended(): boolean {
    return this.#wide[5] === 1n;
  }
}

/** Runs a body to its end. @returns nanoseconds */
async function timed(body: Parameters<typeof go.native>[0], told: Told): Promise<number> {
  const start = Bun.nanoseconds();
  await run(function* () {
    go.native(body, told.words);
    while (!told.ended) yield* gosched();
  });
  return Bun.nanoseconds() - start;
}

/** The programs by the names of their rows. @param path the probe's library */
export function preemptPrograms(path: string): Programs {
  const loop: Program = async (n) => {
    using library = api.dlopen(path, BODIES);
    const [looks, plain] = [new Told(n), new Told(n)];
    const values = [
      await timed(library.symbols.c_bench_looks, looks),
      await timed(library.symbols.c_bench_loop, plain),
    ];
    const sum = Number((BigInt(n) * BigInt(n - 1)) / 2n);
    return { check: looks.times === sum && plain.times === sum ? n : -1, values };
  };
  const preemption: Program = async (n) => {
    using library = api.dlopen(path, ON_LINUX_X64, { preempt: "async" });
    const told = new Told(n, BigInt((native.gobuf_preempt_one as unknown as { ptr: number }).ptr));
    const before = api.preemptions().taken;
    const ns = await timed(library.symbols.c_bench_preempted, told);
    const taken = api.preemptions().taken - before;
    // The monitor may have come once more.
    return { check: taken >= n ? told.times : -taken, values: [ns] };
  };
  const interval: Program = async (n) => {
    using library = api.dlopen(path, BODIES, { preempt: "async" });
    const told = new Told(2 ** 53);
    const spins = timed(library.symbols.c_async_counts, told);
    const values = await lateTicks(n);
    const check = told.ended || told.times === 0 ? -1 : n;
    told.stop();
    await spins;
    return { check, values };
  };
  const here = process.platform === "linux" && process.arch === "x64";
  return { loop, ...(here && { preemption }), "interval beside a body that spins": interval };
}
