/** A small report for the page's tests: figures of no machine. */
import { judge } from "../aims.ts";
import { type Result, summarise } from "../measure.ts";
import type { Metric } from "../rows.ts";
import type { Report } from "../schema.ts";

function results(group: string, name: string, metric: Metric, ns: Readonly<Record<string, number>>): Result[] {
  const go = ns.go === undefined ? undefined : [[ns.go], [ns.go * 1.1]];
  return Object.entries(ns).map(([impl, n]) =>
    summarise({ group, name, unit: "op", metric, n: 100 }, impl, [[n], [n * 1.1]], impl === "go" ? undefined : go),
  );
}

const rows = [
  ...results("switch", "raw switch", "time", { native: 10, swapcontext: 500, boost: 11 }),
  ...results("gosched", "gosched 1", "time", { native: 8, generator: 16, go: 80, async: 20, effect: 800 }),
  ...results("gosched", "gosched 100", "time", { native: 10, generator: 20, go: 82, async: 22 }),
  ...results("gosched", "gosched 10000", "time", { native: 20, generator: 40, go: 200, async: 25 }),
  ...results("goroutines as they grow", "gosched 1000", "time", { native: 12, generator: 22, go: 90, async: 24 }),
  ...results("channels", "for await an item", "time", { generator: 3000, async: 200 }),
  ...results("timers", "sleep 100k", "cpu", { generator: 3000, go: 2800 }),
  ...results("event loop", "beside pieces of 5 ms, immediate", "time", { generator: 12e6, async: 11e6 }),
  ...results("parked", "parked 1M, memory", "bytes", { native: 4200, generator: 600, go: 2700 }),
];

export const report: Report = {
  header: {
    gobuf: "1.2.3",
    commit: "0123456789ab-dirty",
    command: "npx bun run bench --filter 'a<b' --html page.html",
    date: "2026-01-02T03:04:05.678Z",
    abi: "System V x86-64",
    bun: "1.0",
    go: "go1",
    peers: { native: "1.2.3", generator: "1.2.3", go: "go1", csp: "SKIPPED: <not> there" },
    cpu: "a processor",
    cores: 2,
    kernel: "6.1",
    load: [0.1, 0.2, 0.3],
    seed: 7,
    quick: true,
  },
  rows,
  failed: [],
  left_out: [],
  serve: [{ name: "interval beside Bun.serve", impl: "gobuf", per_second: 100, late_p50: 1, late_p99: 2, late_max: 3 }],
  aims: judge(rows),
  baseline: null,
};
