/** `bun props/trace/cost.ts`: what an event of a trace costs, in time and bytes: a ring of goscheds, two events a turn. */
import { go, gosched, run, trace } from "gobuf";
import { command } from "../../scripts/command.ts";

command("bun props/trace/cost.ts", "Measures what an event of a trace costs, in time and bytes.").parse();

const GOROUTINES = 100;
const EVENTS_A_TURN = 2;
/** Of each measurement the best counts: whatever else the machine does only adds. */
const REPEATS = 5;

/** @returns nanoseconds a turn */
async function ring(rounds: number): Promise<number> {
  const start = Bun.nanoseconds();
  await run(function* main() {
    for (let i = 0; i < GOROUTINES; i++) {
      go(function* member() {
        for (let round = 0; round < rounds; round++) yield* gosched();
      });
    }
    for (let round = 0; round < rounds + 2; round++) yield* gosched();
  });
  return (Bun.nanoseconds() - start) / (GOROUTINES * rounds);
}

async function best(rounds: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < REPEATS; i++) least = Math.min(least, await ring(rounds));
  return least;
}

for (const [format, rounds] of [
  ["go", 20_000],
  ["perfetto", 2_000],
] as const) {
  const without = await best(rounds);
  let bytes = 0;
  trace.start((chunk) => (bytes += chunk.length), { format });
  const traced = await best(rounds);
  trace.stop();
  const events = EVENTS_A_TURN * GOROUTINES * rounds * REPEATS;
  const cost = (traced - without) / EVENTS_A_TURN;
  console.log(`${format}: ${cost.toFixed(0)} ns and ${(bytes / events).toFixed(1)} bytes an event`);
}
