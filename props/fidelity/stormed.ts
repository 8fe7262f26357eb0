/**
 * Recorded cases on native bodies while the monitor preempts whatever it finds. On the fake clock nothing gives way, so that
 * each trace must be the golden's still, whatever was interrupted.
 */
import { native } from "../../src/index.ts";
import { native as library } from "../../src/runtime/ffi.ts";
import { openAsync } from "../preempt/async.ts";
import { NativeBodies } from "./native.ts";
import { loadProbe } from "./probe-library.ts";
import type { GoldenCase } from "./reader.ts";
import { divergences } from "./run-case.ts";
import type { Target } from "./target.ts";
import { limitsOf } from "./trace.ts";

/** What was found. */
export interface Stormed {
  readonly cases: number;
  /** Events that were compared. */
  readonly compared: number;
  readonly sent: number;
  readonly taken: number;
  readonly faults: readonly string[];
}

/**
 * Runs the cases, those of them that native bodies can run, with every register watched around each operation.
 *
 * @param us microseconds from one preemption to the next
 */
export function stormedGoldens(target: Target, cases: readonly GoldenCase[], us = 100): Stormed {
  using opened = openAsync();
  void opened;
  const bodies = new NativeBodies(target, loadProbe(target.native.api));
  const before = native.preemptions();
  const faults: string[] = [];
  let ran = 0;
  let compared = 0;
  library.gobuf_sysmon_hurry(us, 0);
  try {
    for (const c of cases) {
      if (bodies.refuses(c.workload) !== undefined) continue;
      ran++;
      const got = bodies.run(c, limitsOf(c));
      compared += c.ops.length + c.status.length;
      const found = [...divergences(c, got), ...bodies.takeFaults()];
      if (found.length > 0) faults.push(`case ${JSON.stringify(c.name)} of ${c.file}`, ...found);
    }
  } finally {
    library.gobuf_sysmon_hurry(0, 0);
  }
  const after = native.preemptions();
  return { cases: ran, compared, sent: after.sent - before.sent, taken: after.taken - before.taken, faults };
}
