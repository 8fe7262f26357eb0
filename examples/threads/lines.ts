/** A log is read line by line, taken apart on two threads, and added up. */
import { chan, type Go, go, run, type SendChan, WaitGroup } from "gobuf";
import type { Hit } from "./stages.ts";

const stages = new URL("./stages.ts", import.meta.url);
type Stages = typeof import("./stages.ts");
const BATCH = 100;

/** Lines as a server would log them. */
function* log(): Generator<string> {
  for (let i = 0; i < 2000; i++) {
    const path = ["/", "/ants", "/bees"][i % 3];
    yield `10.0.0.${i % 250} "GET ${path}" ${i % 10 === 0 ? 404 : 200} ${i % 7}ms`;
  }
}

/** Sends lines in batches: one message for many values. */
function* read(lines: SendChan<string[]>): Go {
  let batch: string[] = [];
  for (const line of log()) {
    if (batch.push(line) < BATCH) continue;
    yield* lines.send(batch);
    batch = [];
  }
  if (batch.length > 0) yield* lines.send(batch);
  lines.close();
}

await run(function* main() {
  const lines = chan.shared<string[]>(4);
  const hits = chan.shared<Hit[]>(4);
  const parsers = WaitGroup.shared();
  for (let m = 1; m <= 2; m++) {
    parsers.add(1);
    yield* go.worker<Stages>({ module: stages, m }, "parse", lines, hits, parsers);
  }
  go(read, lines);
  go(function* closer() {
    yield* parsers.wait();
    hits.close();
  });

  const counts = new Map<string, { hits: number; missing: number; ms: number }>();
  for (let batch = yield* hits.recv(); batch !== undefined; batch = yield* hits.recv()) {
    for (const { path, status, ms } of batch) {
      const of = counts.getOrInsert(path, { hits: 0, missing: 0, ms: 0 });
      of.hits++;
      if (status === 404) of.missing++;
      of.ms += ms;
    }
  }
  for (const [path, { hits, missing, ms }] of [...counts].sort()) {
    console.log(`${path}: ${hits} requests, ${missing} of them not found, ${ms} ms`);
  }
});
