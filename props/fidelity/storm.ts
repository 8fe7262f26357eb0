/**
 * The `storm` command: a million gosched of native bodies while the monitor preempts up to ten thousand times a second, whose counts
 * must be exact; and all recorded cases on native bodies under the same, whose traces must be Go's.
 */
import { command, integer } from "../../scripts/command.ts";
import { noAsync } from "../preempt/async.ts";
import { storm } from "../preempt/storm.ts";
import { gobuf } from "./gobuf.ts";
import { goldenFiles } from "./golden-part.ts";
import { readGoldenFile } from "./reader.ts";
import { stormedGoldens } from "./stormed.ts";

const BODIES = 10;
const MICROSECONDS = 1_000_000;

const { gosched, hz } = command(
  "bun run storm",
  "Native bodies give way a million times, and recorded cases run, while the monitor preempts whatever it finds.\n" +
    "Exit code: 0 every count and every trace is right, 1 one is not, or nothing was preempted, 2 the command line is wrong.",
)
  .option("--gosched <n>", "so many gosched in all", integer(BODIES, 1_000_000_000), 1_000_000)
  .option("--hz <n>", "preemptions to send in a second, at the most", integer(1, 100_000), 10_000)
  .parse()
  .opts<{ gosched: number; hz: number }>();

const reason = noAsync();
if (reason !== null) {
  console.log(`not here: ${reason}`);
  process.exit(1);
}
// The monitor sends none when it finds the thread outside of a body, which it does most times: it looks ten times as often.
const LOOKS = 10;
const us = Math.max(1, Math.round(MICROSECONDS / (hz * LOOKS)));
const start = performance.now();
const found = await storm(BODIES, Math.ceil(gosched / BODIES), us);
const seconds = (performance.now() - start) / 1000;
console.log(
  `${found.gosched} gosched of ${BODIES} bodies in ${seconds.toFixed(1)} s: ${found.sent} preemptions sent ` +
    `(${Math.round(found.sent / seconds)} a second), ${found.taken} taken, ${found.transitions} transitions, ` +
    `${found.faults.length} faults`,
);
const cases = goldenFiles([]).flatMap((file) => readGoldenFile(file).cases);
const traces = stormedGoldens(gobuf, cases, us);
console.log(
  `${traces.cases} recorded cases: ${traces.sent} preemptions sent, ${traces.taken} taken, ${traces.compared} events ` +
    `compared, ${traces.faults.length} faults`,
);
for (const fault of [...found.faults, ...traces.faults].slice(0, 20)) console.log(`  ${fault}`);
const ok = found.faults.length + traces.faults.length === 0 && found.taken > 0 && traces.taken > 0;
process.exit(ok ? 0 : 1);
