/** Traces in Perfetto's JSON: well formed, and as Perfetto's own trace processor loads them. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chan, context, type Go, go, gosched, Mutex, nilchan, runSync, sleep, trace, WaitGroup } from "gobuf";
import { generate } from "../../golden/generate.ts";
import { currentAbi } from "../../scripts/abis/abis.ts";
import { integerFromEnv } from "../../scripts/numbers.ts";
import { loadTraces } from "./load.ts";
import { faultsOf, parseEvents, type TraceEvent } from "./perfetto-format.ts";
import { whyNoPerfetto } from "./setup.ts";
import { runOn } from "./workloads.ts";

const SEED = integerFromEnv("GOBUF_SEED", 20_261_124, 0, Number.MAX_SAFE_INTEGER);
const WORKLOADS = 200;
/** Each fifth of them is loaded: that takes the trace processor 100 ms. */
const LOADED = WORKLOADS / 5;
const ALL_MS = 60_000;

/** A queen and three gatherers, one of which does not come back; messages and regions. */
function* queen(): Go {
  const nest = chan<number>();
  const door = new Mutex();
  function* gatherer(n: number): Go {
    yield* trace.withRegion("gather", () => pause(n));
    yield* door.lock();
    trace.log("ants", `gatherer ${n}`);
    yield* sleep(2);
    yield* door.unlock();
    yield* nest.send(n);
  }
  for (let n = 1; n <= 3; n++) go(gatherer, n);
  go(function* lost() {
    yield* trace.withRegion("lost", () => pause(1));
    yield* nilchan.recv();
  });
  for (let n = 1; n <= 3; n++) yield* nest.recv();
}

/** A task of two parts in other goroutines, one of which outlasts it and is never ended. */
function* feed(): Go {
  const [ctx, task] = trace.newTask(context.background(), "feed");
  const fed = new WaitGroup();
  function* nurse(ms: number): Go {
    const [larvaCtx, part] = trace.newTask(ctx, "larva");
    yield* trace.withRegion(larvaCtx, "chew", () => pause(ms));
    trace.log(larvaCtx, "hunger", `${ms} ms`);
    if (ms === 1) part.end();
  }
  fed.go(nurse, 1);
  fed.go(nurse, 2);
  yield* fed.wait();
  task.end();
  yield* sleep(3);
}

function* pause(ms: number): Go {
  yield* sleep(ms);
  yield* gosched();
}

function traceOf(body: () => unknown): Uint8Array {
  const chunks: Uint8Array[] = [];
  trace.start((chunk) => chunks.push(chunk), { format: "perfetto" });
  try {
    body();
  } finally {
    trace.stop();
  }
  return new Uint8Array(Buffer.concat(chunks));
}

const ants = () => traceOf(() => runSync(queen, { seed: 1, traceback: "all" }));

const larvae = () => traceOf(() => runSync(feed, { seed: 1, traceback: "all" }));

/** Workloads, half of them on native bodies, and their traces. */
const all: { name: string; status: readonly string[]; bytes: Uint8Array }[] = [];

beforeAll(() => {
  for (let k = 0; k < WORKLOADS; k++) {
    const kind = k % 2 === 0 ? "generator" : "native";
    const input = generate(SEED + k);
    let status: readonly string[] = [];
    const bytes = traceOf(() => {
      status = runOn(kind, input).status;
    });
    all.push({ name: `${input.name} on ${kind} bodies`, status, bytes });
  }
}, ALL_MS);

describe("is well formed:", () => {
  test(`the traces of ${WORKLOADS} random workloads`, () => {
    for (const { name, bytes } of all)
      expect({ name, faults: faultsOf(parseEvents(bytes)) }).toEqual({ name, faults: [] });
  });

  test("one with messages, regions, source lines, and a goroutine that is left behind", () => {
    const events = parseEvents(ants());
    expect(faultsOf(events)).toEqual([]);
    expect(new Set(events.map(({ ph }) => ph))).toEqual(new Set(["M", "B", "E", "s", "f", "i", "b", "e"]));
    const block = events.find(({ ph, name }) => ph === "B" && name === "chan receive");
    expect(block?.args?.at).toEqual([expect.stringMatching(/^queen \(.*perfetto\.test\.ts:\d+\)$/)]);
  });

  test("one with tasks, with where they were made; not with one of them ended twice", () => {
    const events = parseEvents(larvae());
    expect(faultsOf(events)).toEqual([]);
    const begins = events.filter(({ ph, cat }) => ph === "b" && cat === "task");
    expect(begins.map(({ name, args }) => [name, args?.parent])).toEqual([
      ["feed", undefined],
      ...Array(2).fill(["larva", 1]),
    ]);
    expect(begins[1]?.args?.at).toEqual([expect.stringMatching(/^nurse \(.*perfetto\.test\.ts:\d+\)$/)]);
    const end = events.findIndex(({ ph, cat }) => ph === "e" && cat === "task");
    events.splice(end, 0, events[end] as TraceEvent);
    expect(faultsOf(events).join()).toContain("did not begin");
  });

  const changes: [name: string, says: string, change: (events: TraceEvent[]) => unknown][] = [
    ["a slice that is not ended", "within", (events) => events.splice(firstOf(events, "E"), 1)],
    ["a slice that is ended twice", "nothing to end", (events) => again(events, "E")],
    ["an arrow from nowhere", "did not begin", (events) => events.splice(firstOf(events, "s"), 1)],
    ["an arrow that begins twice", "already", (events) => again(events, "s")],
    ["a track without a name", "without a name", (events) => events.splice(firstOf(events, "M", "thread_name"), 1)],
    ["an event too early", "earlier", (events) => Object.assign(events.at(-1) ?? {}, { ts: 0 })],
    ["a slice without a time", "no ts", (events) => delete events[firstOf(events, "B")]?.ts],
    ["an event of no kind", "no such ph", (events) => Object.assign(events.at(-1) ?? {}, { ph: "Z" })],
    ["a region that does not end", "does not end", (events) => events.splice(firstOf(events, "e"), 1)],
    ["a region that begins twice", "already", (events) => again(events, "b")],
    ["a region without a number", "neither id", (events) => delete events[firstOf(events, "b")]?.id],
    ["a region that ends twice", "did not begin", (events) => again(events, "e")],
  ];
  for (const [name, says, change] of changes) {
    test(`not one with ${name}`, () => {
      const events = parseEvents(ants());
      change(events);
      expect(faultsOf(events).join("\n")).toContain(says);
    });
  }
});

function firstOf(events: readonly TraceEvent[], ph: string, name?: string): number {
  return events.findIndex((event) => event.ph === ph && (name === undefined || event.name === name));
}

function again(events: TraceEvent[], ph: string): void {
  const index = firstOf(events, ph);
  events.splice(index, 0, events[index] as TraceEvent);
}

const emulated = currentAbi() === undefined ? undefined : "an emulator is too slow for it";
const why = emulated ?? whyNoPerfetto();
const skipped = why === undefined ? "" : ` (skipped: ${why})`;

describe.skipIf(why !== undefined)(`Perfetto's trace processor${skipped}`, () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "gobuf-trace-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** What it found fault with. */
  const ERRORS = `select name, value from stats where value != 0
    and (severity in ('error', 'data_loss') or name = 'flow_end_without_start')`;
  const TRACKS = `slice join thread_track on slice.track_id = thread_track.id join thread using (utid)
    join process using (upid)`;

  function save(name: string, bytes: Uint8Array): string {
    const file = join(folder, name);
    writeFileSync(file, bytes);
    return file;
  }

  test(
    "loads a trace, and answers in SQL: who ran and waited, and how long, and what woke whom",
    async () => {
      const file = save("ants.json", ants());
      const [loaded] = await loadTraces([
        {
          file,
          queries: [
            ERRORS,
            `select thread.name, slice.name, cast(round(sum(dur) / 1e6) as int) from ${TRACKS} where process.name = 'Goroutines'
             and slice.name in ('sleep', 'sync.Mutex.Lock') group by 1, 2 order by 1, 2`,
            `select slice.name, count(*) from ${TRACKS} where process.name = 'Procs' group by 1 order by 1`,
            `select count(*) from flow`,
            `select name, cast(round(dur / 1e6) as int) from slice where category = 'region' order by ts, name`,
            `select slice.name from slice where slice.name glob 'ants:*' order by ts`,
          ],
        },
      ]);
      expect(loaded?.error).toBe("");
      const [errors, waits, ran, flows, regions, logs] = loaded?.answers ?? [];
      expect(errors).toEqual([]);
      expect(waits).toEqual([
        ["gatherer (2)", "sleep", 3],
        ["gatherer (3)", "sleep", 4],
        ["gatherer (3)", "sync.Mutex.Lock", 1],
        ["gatherer (4)", "sleep", 5],
        ["gatherer (4)", "sync.Mutex.Lock", 2],
        ["lost (5)", "sleep", 1],
      ]);
      expect(ran?.map(([name]) => name)).toEqual([
        "gatherer (2)",
        "gatherer (3)",
        "gatherer (4)",
        "lost (5)",
        "queen (1)",
      ]);
      expect(Number(flows?.[0]?.[0])).toBeGreaterThanOrEqual(4);
      expect(regions).toEqual([
        ["lost", 1],
        ["gather", 1],
        ["gather", 2],
        ["gather", 3],
      ]);
      expect(logs).toEqual([["ants: gatherer 1"], ["ants: gatherer 2"], ["ants: gatherer 3"]]);
    },
    ALL_MS,
  );

  test(
    "loads tasks as slices of their own, with parents; messages and regions name theirs",
    async () => {
      const task = "extract_arg(slice.arg_set_id, 'args.task')";
      const [loaded] = await loadTraces([
        {
          file: save("larvae.json", larvae()),
          queries: [
            ERRORS,
            `select slice.name, ${task}, coalesce(extract_arg(slice.arg_set_id, 'args.parent'), 0),
             cast(round(dur / 1e6) as int) from slice join process_track on slice.track_id = process_track.id
             join process using (upid) where process.name = 'Tasks' order by 2`,
            `select name, ${task}, cast(round(dur / 1e6) as int) from slice where category = 'region' order by 2`,
            `select name, ${task} from slice where name glob 'hunger:*' order by 2`,
          ],
        },
      ]);
      expect(loaded?.error).toBe("");
      const [errors, tasks, regions, logs] = loaded?.answers ?? [];
      expect(errors).toEqual([]);
      // The one that is not ended ends with the trace.
      expect(tasks).toEqual([
        ["feed", 1, 0, 2],
        ["larva", 2, 1, 5],
        ["larva", 3, 1, 1],
      ]);
      expect(regions).toEqual([
        ["chew", 2, 2],
        ["chew", 3, 1],
      ]);
      expect(logs).toEqual([
        ["hunger: 2 ms", 2],
        ["hunger: 1 ms", 3],
      ]);
    },
    ALL_MS,
  );

  test(
    `loads the traces of ${LOADED} random workloads without an error, with every run and every arrow`,
    async () => {
      const runs = `select count(*) from ${TRACKS} where process.name = 'Goroutines' and slice.name = 'running'`;
      const some = all.filter((_, k) => k % (WORKLOADS / LOADED) === 0);
      const loaded = await loadTraces(
        some.map(({ bytes }, k) => ({
          file: save(`${k}.json`, bytes),
          queries: [ERRORS, runs, "select count(*) from flow"],
        })),
      );
      expect(loaded).toHaveLength(LOADED);
      for (const [k, { error, answers }] of loaded.entries()) {
        const { name, status, bytes } = some[k] as (typeof some)[number];
        const begun = parseEvents(bytes).filter((event) => event.ph === "B" && event.name === "running").length;
        const arrows = parseEvents(bytes).filter(({ ph }) => ph === "f").length;
        // Main's first run stands in no list of status changes, and those after main is done do not, either.
        expect(begun).toBeGreaterThan(status.filter((line) => line.endsWith(" runnable>running")).length);
        expect({ name, error, answers }).toEqual({ name, error: "", answers: [[], [[begun]], [[arrows]]] });
      }
    },
    ALL_MS,
  );

  test(
    "finds fault with half a file, with slices without a time, and with arrows of one number",
    async () => {
      const changed = (change: (event: TraceEvent) => unknown): Uint8Array => {
        const traceEvents = parseEvents(ants());
        for (const event of traceEvents) change(event);
        return new TextEncoder().encode(JSON.stringify({ traceEvents }));
      };
      const faulty = {
        half: ants().slice(0, 2000),
        timeless: changed((event) => event.ph === "B" && delete event.ts),
        arrows: changed((event) => event.ph === "s" && Object.assign(event, { id: 7 })),
        same: changed(() => {}),
      };
      const files = Object.entries(faulty).map(([name, bytes]) => save(`${name}.json`, bytes));
      const [half, timeless, arrows, same] = await loadTraces(files.map((file) => ({ file, queries: [ERRORS] })));
      expect(half?.error).toContain("incomplete");
      expect(timeless?.answers.flat().map(([name]) => name)).toContain("json_tokenizer_failure");
      expect(arrows?.answers.flat().map(([name]) => name)).toContain("flow_duplicate_id");
      expect(same).toMatchObject({ error: "", answers: [[]] });
    },
    ALL_MS,
  );
});
