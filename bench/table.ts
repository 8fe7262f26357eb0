/** The benchmark as text. */
import type { Result } from "./measure.ts";
import type { Header } from "./schema.ts";
import type { ServeResult } from "./serve.ts";

/** Quartiles further apart than this share of the median say that the machine is busy with something else. */
const NOISY = 0.15;

function ns(n: number): string {
  if (n >= 1e6) return `${(n / 1e6).toFixed(2)} ms`;
  if (n >= 1e4) return `${(n / 1e3).toFixed(1)} us`;
  return `${n.toFixed(1)} ns`;
}

/** The lines before the first row. */
export function headerLines(h: Header): string[] {
  return [
    `gobuf ${h.gobuf}, ${h.abi}; Bun ${h.bun}; Go: ${h.go}`,
    `${h.cpu}, ${h.cores} cores; kernel ${h.kernel}; load ${h.load.map((l) => l.toFixed(2)).join(" ")}; seed ${h.seed}`,
    "",
    `${"row".padEnd(24)} ${"implementation".padEnd(14)} ${"min".padStart(10)} ${"median".padStart(10)}  ${"times Go".padStart(8)}  a`,
  ];
}

/** One row. The ratio stands with its lowest and highest value of a round. */
export function resultLine(r: Result): string {
  const ratio = r.vs_go === null ? "" : r.vs_go.toFixed(2);
  const range =
    r.vs_go_low === null || r.vs_go_high === null ? "" : ` (${r.vs_go_low.toFixed(2)}-${r.vs_go_high.toFixed(2)})`;
  const noise = r.spread > NOISY ? `  noisy: quartiles ${(r.spread * 100).toFixed(0)} % apart` : "";
  return `${r.name.padEnd(24)} ${r.impl.padEnd(14)} ${ns(r.ns_min).padStart(10)} ${ns(r.ns_median).padStart(10)}  ${ratio.padStart(8)}  ${r.unit}${range}${noise}`;
}

/** The row of the interval that runs beside a server. */
export function serveLine(r: ServeResult): string {
  const late = `late by p50 ${r.late_p50.toFixed(2)} ms, p99 ${r.late_p99.toFixed(2)} ms, max ${r.late_max.toFixed(2)} ms`;
  return `${r.name.padEnd(24)} ${r.impl.padEnd(14)} ${late}; ${Math.round(r.per_second)} requests a second`;
}

/** The lines behind the last row. */
export function footerLines(results: readonly Result[]): string[] {
  const noisy = results.filter((r) => r.spread > NOISY).length;
  const lines = ["", "times Go: Go's median by ours, GOMAXPROCS=1 in the same run; above 1 gobuf is faster."];
  if (noisy > results.length / 4) {
    lines.push(`WARNING: ${noisy} of ${results.length} rows are noisy: this machine is too busy to tell.`);
  }
  return lines;
}
