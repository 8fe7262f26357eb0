/**
 * A process whose Workers come and go one after the other, and what they leave behind: `bun props/threads/ends.ts TASK
 * WORKERS COUNT [BESIDE]`. Prints one line of JSON: see {@link Left}. BESIDE
 * threads live on and work meanwhile. Run by ends.test.ts.
 */
import { readdirSync, readFileSync } from "node:fs";
import { parseInteger } from "../../scripts/numbers.ts";
import { HEADER_G_NEXT, HEADER_M_COUNT, HEADER_SUDOG_NEXT } from "../../src/runtime/codes.ts";
import { mmem, native } from "../../src/runtime/ffi.ts";
import { runOne } from "./run-one.ts";
import type { Task } from "./task.ts";

/** What there is of something after the first tenth of the Workers, and after the last. */
export interface Left {
  readonly workers: number;
  readonly failed: readonly string[];
  readonly rss: [number, number];
  readonly maps: [number, number];
  readonly threads: [number, number];
  readonly gs: [number, number];
  readonly sudogs: [number, number];
  readonly ms: [number, number];
  readonly stacks: [number, number];
  /** Rounds of work that threads have done which live on beside them. */
  readonly rounds: number;
}

function lookAt() {
  const stats = new Uint32Array(4);
  native.gobuf_stackstats(stats as never);
  return {
    rss: process.memoryUsage.rss(),
    maps: process.platform === "linux" ? readFileSync("/proc/self/maps", "utf8").split("\n").length - 1 : 0,
    threads: process.platform === "linux" ? readdirSync("/proc/self/task").length : 0,
    gs: Atomics.load(mmem, HEADER_G_NEXT),
    sudogs: Atomics.load(mmem, HEADER_SUDOG_NEXT),
    ms: Atomics.load(mmem, HEADER_M_COUNT),
    stacks: (stats[0] as number) + (stats[1] as number),
  };
}

const [what, ...counts] = process.argv.slice(2) as [Task["what"], ...string[]];
const [workers = 0, count = 0, beside = 0] = counts.map((text) => parseInteger(text, 0, 1_000_000));
const failed: string[] = [];
let rounds = 0;
const living = Array.from({ length: beside }, (_, n) => {
  const worker = new Worker(new URL("./worker.ts", import.meta.url));
  worker.onerror = (event) => failed.push(`the living Worker ${n}: ${event.message}`);
  worker.onmessage = ({ data }) => {
    if (data === "ready") worker.postMessage({ what: "rounds", count: 10, exits: false } satisfies Task);
    else rounds++;
  };
  return worker;
});
while (rounds < living.length && failed.length === 0) await Bun.sleep(1);
let early = lookAt();
for (let n = 1; n <= workers; n++) {
  try {
    // A third ends itself, a third is terminated when it is idle, and a third in the middle of its goroutines' work.
    await runOne({ what: what === "work" && n % 3 === 0 ? "spin" : what, count, exits: n % 3 === 1 });
  } catch (error) {
    failed.push(`Worker ${n}: ${(error as Error).message}`);
  }
  if (n === Math.ceil(workers / 10)) early = lookAt();
}
const late = lookAt();
const pair = (name: keyof typeof late): [number, number] => [early[name], late[name]];
const left: Left = {
  workers,
  failed,
  rss: pair("rss"),
  maps: pair("maps"),
  threads: pair("threads"),
  gs: pair("gs"),
  sudogs: pair("sudogs"),
  ms: pair("ms"),
  stacks: pair("stacks"),
  rounds,
};
console.log(JSON.stringify(left));
process.exit(0);
