/** A storm of preemptions over bodies that do nothing but give way: counts must be exact, and each edge legal. */
import { go, gosched, native, run } from "gobuf";
import { native as library } from "../../src/runtime/ffi.ts";
import { goidOf, isLegalTransition } from "../../src/runtime/gstatus.ts";
import { Gdead, Gidle, Grunnable, Grunning, statusName } from "../../src/runtime/runtime2.ts";
import { Asynced, openAsync } from "./async.ts";

/** What was found. */
export interface Storm {
  readonly gosched: number;
  readonly taken: number;
  readonly sent: number;
  readonly transitions: number;
  /** What was wrong, each with its numbers; none is right. */
  readonly faults: readonly string[];
}

/** Runs bodies that give way so often each, while the monitor preempts whatever it finds every `us` microseconds. */
export async function storm(bodies: number, times: number, us = 100): Promise<Storm> {
  using opened = openAsync();
  const { symbols } = opened;
  const all = Array.from({ length: bodies }, () => new Asynced({ most: times }));
  const before = native.preemptions();
  const faults: string[] = [];
  const status = new Map<number, number>();
  let transitions = 0;
  let gaveWay = 0;
  const goids = new Set<number>();
  library.gobuf_sysmon_hurry(us, 0);
  try {
    await run(
      function* () {
        for (const { words } of all) goids.add(Number(go.native(symbols.c_yields, words)));
        while (!all.every((a) => a.ended)) yield* gosched();
        for (let turn = 0; turn < 3; turn++) yield* gosched();
      },
      {
        onTransition: (gp, from, to) => {
          const goid = goidOf(gp);
          if (goid === 1) return;
          transitions++;
          const last = status.get(goid) ?? Gidle;
          if (from !== last || !isLegalTransition(from, to)) {
            faults.push(`goroutine ${goid}: ${statusName(from)}>${statusName(to)} behind ${statusName(last)}`);
          }
          status.set(goid, to);
          if (from === Grunning && to === Grunnable) gaveWay++;
        },
      },
    );
  } finally {
    library.gobuf_sysmon_hurry(0, 0);
  }
  const after = native.preemptions();
  const taken = after.taken - before.taken;
  const total = bodies * times;
  all.forEach((a, i) => {
    if (a.times !== times) faults.push(`body ${i} gave way ${a.times} times: expected ${times}`);
  });
  if (gaveWay !== total + taken) {
    faults.push(`${gaveWay} times running>runnable: expected ${total} by gosched and ${taken} by preemption`);
  }
  for (const goid of goids) {
    if (status.get(goid) !== Gdead) faults.push(`goroutine ${goid} is not dead`);
  }
  return { gosched: total, taken, sent: after.sent - before.sent, transitions, faults };
}
