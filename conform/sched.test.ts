/**
 * The kit's half for schedulers: the toy of its README gets a useful report, each fault put into it is named at its level, gobuf
 * passes L3 on both kinds of body, and what cannot be tried is refused by name.
 */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Case, Workload } from "../golden/format.ts";
import { goAvailable, record } from "../golden/record.ts";
import { readGoldenFile } from "../props/fidelity/reader.ts";
import { checkStandstill } from "../props/fidelity/standstill.ts";
import { currentAbi } from "../scripts/abis/abis.ts";
import { beside } from "../scripts/beside.ts";
import { GOLDEN, inputs } from "./golden.ts";
import { ABILITIES, checkHello, type Hello, LEVELS } from "./src/sched/hello.ts";
import { illegal, judge, ordered } from "./src/sched/judge.ts";
import type { SchedReport } from "./src/sched/run.ts";
import { shrink } from "./src/sched/shrink.ts";
import { canRun, isDetermined, network, project } from "./src/sched/workloads.ts";

setDefaultTimeout(240_000);

const folder = mkdtempSync(join(tmpdir(), "gobuf-sched-"));
afterAll(() => rmSync(folder, { recursive: true }));

const main = join(import.meta.dir, "src", "main.ts");
const readme = readFileSync(join(import.meta.dir, "README.md"), "utf8");
const toy = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? "";
const cases = readGoldenFile(GOLDEN).cases;

interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  readonly report: SchedReport | undefined;
}

/** Runs the kit. @returns its exit code, and what it said */
async function kit(...args: string[]): Promise<Omit<Said, "report">> {
  const child = Bun.spawn([process.execPath, main, ...args], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [code, out, err] = await Promise.all([child.exited, child.stdout.text(), child.stderr.text()]);
  return { code, out, err };
}

let count = 0;
async function conform(...args: string[]): Promise<Said> {
  const json = join(folder, `report-${++count}.json`);
  const said = await kit(args[0] ?? "", "--goldens", "--json", json, ...args.slice(1));
  return { ...said, report: said.code === 2 ? undefined : (JSON.parse(readFileSync(json, "utf8")) as SchedReport) };
}

/** The toy, with a fault put into it. */
function target(from = "", to = ""): string {
  if (!toy.includes(from)) throw new Error(`the toy has no ${from}`);
  const path = join(folder, `toy-${++count}.ts`);
  writeFileSync(path, toy.replace(from, to));
  return path;
}

const verdicts = ({ report }: Said) =>
  report?.results.map(({ property, verdict }) => `${property} ${verdict}`).join(" ");
const textOf = ({ report }: Said, level: string) => report?.results.find(({ property }) => property === level)?.text;

/** A child process a report: under an emulator each takes seconds, and the code is the same there. */
const emulated = currentAbi() !== undefined;

describe.skipIf(emulated)("a toy of 35 lines (skipped under an emulator)", () => {
  beside("gets a useful report: what it can, what is legal, and the first event that differs from Go's", async () => {
    expect(toy.trimEnd().split("\n").length).toBeLessThanOrEqual(35);
    const said = await conform("sched", "--runs", "60", "--target", target());
    expect([said.code, verdicts(said)]).toEqual([0, "L0 PASS L1 PASS L2 CHOICE L3 SKIP"]);
    expect(said.out).toContain("it has go, work, send, recv, gosched; left out of the workloads: close, select, lock,");
    expect(said.out).toMatch(/expected "\d start \d"\n +got {6}"1 start 1"/);
    expect(said.out).toMatch(/Go : 0 start 0 \| 0.0 go 1 \| .*= (return|deadlock)\n/);
    expect(said.report?.results[1]?.compared).toBeGreaterThan(100);
    // the command that it ends in shows the same
    const again = /sched --replay '(.*?)' --target/.exec(said.out)?.[1] ?? "";
    const replay = await kit("sched", "--goldens", "--replay", again, "--target", target());
    expect(replay.out).toContain("L0 what it does is legal");
  });

  for (const [from, to, level, says] of [
    ["queue.push(sender); ", "", "L0", /waits to send at channel \d, and goroutine \d to receive from it/],
    ["values.length < capacity", "values.length <= capacity", "L0", /values were sent and there was room for/],
    [
      "queue.push(Object.assign(receiver, { value }))",
      "Object.assign(receiver, { value })",
      "L0",
      /which there is a value/,
    ],
    ["[me.value, true]", "[me.value + 1, true]", "L0", /was received 1 times and sent 0 times/],
    ["&& current === first", "", "L0", /the outcome is return, and there is no "0 done"/],
    ["queue.push({ body: body() })", "0", "L0", /goroutine 1 was created and never ran/],
    ["throw new Error", "throw new TypeError('lost'); new Error", "L0", /no such outcome: error: lost/],
    ["else if (values.length", "values.unshift(value); if (false && values.length", "L1", /expected|got/],
    [
      "values.push(value);",
      "values.unshift(value);",
      "L1",
      /^\d+ of \d+ workloads: goroutine \d+, event \d+: expected/,
    ],
    ["values.push(sender.value);", "values.unshift(sender.value);", "L1", /goroutine \d+, event \d+: expected/],
  ] as const) {
    beside(`${from} in place of it: ${to}, ${level} says it`, async () => {
      const said = await conform("sched", "--runs", "60", "--target", target(from, to));
      expect(textOf(said, level)).toMatch(says);
      const verdict = said.report?.results.find(({ property }) => property === level)?.verdict;
      expect([said.code, verdict]).toEqual([1, "FAIL"]);
    });
  }

  beside("what it claims and does not keep is a failure, and so is a level that it is held to", async () => {
    const claims = await conform(
      "sched",
      "--runs",
      "20",
      "--target",
      target('name: "fifo"', 'name: "fifo", level: "L2"'),
    );
    const held = await conform("sched", "--runs", "20", "--level", "L2", "--target", target());
    for (const said of [claims, held])
      expect([said.code, verdicts(said)]).toEqual([1, "L0 PASS L1 PASS L2 FAIL L3 SKIP"]);
  });

  // Its patience is half a second of the clock.
  test("one that hangs is stopped, told of, and not asked for ever", async () => {
    const said = await conform(
      "sched",
      "--patience",
      "500",
      "--runs",
      "60",
      "--target",
      target("throw new", "for (;;); throw new"),
    );
    expect(textOf(said, "L0")).toContain("it is stuck: 500 ms without an event or an outcome");
    expect(said.out).toMatch(/workloads skipped: it had died or hung 3 times/);
  });

  beside("one that does not notice deadlocks is not given any, and they are counted", async () => {
    const said = await conform(
      "sched",
      "--runs",
      "40",
      "--target",
      target('name: "fifo"', 'name: "fifo", deadlocks: false'),
    );
    expect(said.out).toMatch(/[1-9]\d* workloads skipped: it tells no deadlocks, and Go's run is one/);
    expect(said.code).toBe(0);
  });
});

describe.skipIf(emulated)("processes (skipped under an emulator)", () => {
  const shell = (script: string) => conform("sched", "--runs", "5", "--", "sh", "-c", script);

  for (const [script = "", says = ""] of [
    ["exit 3", "the process died (exit code 3)"],
    ["echo hello; sleep 100", 'its first line is "hello": expected its hello, a line of JSON'],
    [`echo '{"conform":2,"name":"x","ops":["go"]}'`, "its hello's conform is 2: expected one of 1"],
    [`echo '{"conform":1,"name":"x","ops":["jump"]}'`, 'its hello\'s ops is ["jump"]: expected a list of go, send'],
    [`echo '{"conform":1,"name":"x","ops":["go"],"speed":1}'`, "unknown field speed"],
    [`echo '{"conform":1,"name":"x","ops":["go"],"level":"L3"}'`, 'claims L3: expected "status": true'],
  ]) {
    beside(`${script}: refused with exit code 2`, async () => {
      const { code, err } = await shell(script);
      expect([code, err]).toEqual([2, expect.stringContaining(says)]);
    });
  }

  beside("one that dies at a workload: what it said on stderr is told", async () => {
    const said = await shell(
      `echo '{"conform":1,"name":"x","ops":["go"]}'; read line; echo "out of stacks" >&2; exit 7`,
    );
    expect(textOf(said, "L0")).toMatch(/the process died \(exit code 7\):\n {2}out of stacks/);
    expect(said.code).toBe(1);
  });

  beside("a command that there is not, and neither command nor target", async () => {
    expect((await conform("sched", "--", "./none")).err).toContain("./none: it cannot be started");
    expect((await conform("sched")).err).toContain("expected either a command behind --, or --target FILE");
    expect((await conform("sched", "--replay", "x", "--target", target())).err).toContain(
      "--replay x: expected live:SEED",
    );
    expect((await conform("sched", "--target", join(import.meta.dir, "golden.ts"))).err).toContain("exports no target");
  });

  for (const kind of ["generator", "native"]) {
    beside(`gobuf on ${kind} bodies passes L3`, async () => {
      const subject = join(import.meta.dir, "subjects", "sched", "gobuf.ts");
      // the last tier of the traces is of all operations
      const said = await conform("sched", "--runs", "1000", "--", process.execPath, subject, kind);
      expect([said.code, verdicts(said)]).toEqual([0, "L0 PASS L1 PASS L2 PASS L3 PASS"]);
      expect(said.report?.results[3]?.compared).toBeGreaterThan(20_000);
    });
  }
});

describe.skipIf(emulated)("schedulers of others, by --target (skipped under an emulator)", () => {
  const subject = (name: string) => join(import.meta.dir, "subjects", "sched", name);

  beside(
    "Effect: legal, its results are Go's where they are determined; its order is its own; what it lacks is named",
    async () => {
      const said = await conform("sched", "--runs", "200", "--target", subject("effect.ts"));
      expect([said.code, verdicts(said)]).toEqual([0, "L0 PASS L1 PASS L2 CHOICE L3 SKIP"]);
      expect(said.report?.lacks).toContain("close");
      expect(said.report?.results[1]?.compared).toBeGreaterThan(100);
    },
  );

  beside(
    "@thi.ng/csp: a write to a channel with room waits for a reader, so that it stands still where Go does not",
    async () => {
      const said = await conform("sched", "--runs", "200", "--target", subject("csp.ts"));
      expect([said.code, verdicts(said)]).toEqual([1, "L0 FAIL L1 FAIL L2 CHOICE L3 SKIP"]);
      expect(textOf(said, "L0")).toMatch(/waits at channel \d, which has room/);
      expect(textOf(said, "L1")).toMatch(/the outcome is deadlock, expected return/);
    },
  );
});

describe.skipIf(emulated)("judge (skipped under an emulator)", () => {
  beside("Go's own traces pass L3; one event changed, and its case is named", async () => {
    const whole = await conform("judge", "--level", "L3", GOLDEN);
    expect([whole.code, verdicts(whole)]).toEqual([0, "L0 PASS L1 PASS L2 PASS L3 PASS"]);
    const lines = Buffer.from(Bun.gunzipSync(readFileSync(GOLDEN)))
      .toString()
      .trimEnd()
      .split("\n");
    const changed = join(folder, "changed.jsonl");
    const at = lines.findIndex((line) => / recv 100"/.test(line));
    writeFileSync(changed, [lines[0], lines[at]?.replace(" recv 100", " recv 199")].join("\n"));
    const said = await conform("judge", "--level", "L3", changed);
    expect([said.code, textOf(said, "L0")]).toEqual([
      1,
      expect.stringContaining("199 was received 1 times and sent 0 times"),
    ]);
    expect(verdicts(said)).toContain("L2 FAIL");
    expect((await conform("judge", join(folder, "none.jsonl"))).err).toContain("it cannot be read");
  });
});

describe("workloads and judges", () => {
  const hello: Hello = checkHello({ conform: 1, name: "x", ops: ABILITIES, status: true, level: "L3" });

  test("the kit's traces are of the workloads that its generator makes now", () => {
    expect(cases.map(({ name, seed, workload }) => ({ name, seed, workload }))).toEqual(inputs());
  });

  const go = goAvailable();
  test.skipIf(!go.ok || emulated)(
    "and are what Go does: six of them again (skipped where there is no Go)",
    async () => {
      const some = cases.filter((_, i) => i % 80 === 7);
      if (!go.ok) throw new Error(go.reason);
      const again = await record(some, { go });
      expect(again.map(({ ops, status, outcome }) => ({ ops, status, outcome }))).toEqual(
        some.map(({ ops, status, outcome }) => ({ ops, status, outcome })),
      );
    },
  );

  test("a workload that is cut down needs nothing that is lacking, and is cut no further", () => {
    const few = { ops: ["go", "send", "recv"] as const, capacities: [0] };
    for (const { workload } of cases) {
      const less = project(workload, few);
      expect(canRun(less, few)).toBe(true);
      expect(less.join).toBe(false);
      expect(less.bodies.flat().every(([op]) => ["go", "send", "recv"].includes(op))).toBe(true);
      expect(canRun(workload, { ops: ABILITIES })).toBe(true);
    }
  });

  test("a network is determined; with one more goroutine at an end, a close, or a select it is not", () => {
    const { workload } = network(3, { ops: ["go", "send", "recv"] });
    expect(isDetermined(workload)).toBe(true);
    const with_ = (body: number, op: Workload["bodies"][number][number]) => ({
      ...workload,
      bodies: workload.bodies.map((ops, b) => (b === body ? [...ops, op] : ops)),
    });
    const ends = (name: string) => workload.bodies.findIndex((ops) => ops.some((op) => op[0] === name && op[1] === 0));
    const other = workload.bodies.findIndex((_, b) => b !== ends("send"));
    expect(isDetermined(with_(other, ["send", 0]))).toBe(false);
    expect(isDetermined(with_(1, ["close", 0]))).toBe(false);
    expect(isDetermined(with_(1, ["select", [["recv", 0]], true]))).toBe(false);
    expect(isDetermined(with_(0, ["go", 1]))).toBe(false);
  });

  test("Go's own runs are legal at their ends; each deadlock with an event less is not, or is one of another program", () => {
    for (const c of cases) expect(checkStandstill(c.workload, c.ops, c.outcome)).toBeUndefined();
    const stuck = cases.filter((c) => c.outcome === "deadlock");
    expect(stuck.length).toBeGreaterThan(30);
    for (const c of stuck)
      expect(checkStandstill(c.workload, c.ops, "return")?.reason).toContain('there is no "0 done"');
  });

  test("events in no order between goroutines are judged all the same", () => {
    const networks = cases.filter(({ workload }) => isDetermined(workload));
    expect(networks.length).toBeGreaterThan(50);
    for (const c of networks) {
      // all of the last goroutine first: as late as another thread's lines can come
      const ops = c.ops.toSorted((a, b) => Number.parseInt(b, 10) - Number.parseInt(a, 10));
      expect(ordered(ops).toSorted()).toEqual(c.ops.toSorted());
      expect(illegal(c.workload, { ...c, ops }, "goroutine")).toEqual([]);
      expect(judge(c, { ...c, ops }, { ...hello, order: "goroutine" }, c).L1).toEqual([]);
    }
  });

  test("a level that a trace misses is named, and no level below it", () => {
    const c = cases.find(({ status }) => status.some((event) => event.endsWith("chan receive"))) as Case;
    const status = c.status.map((event) => event.replace("chan receive", "chan send"));
    const judged = judge(c, { ...c, status }, hello, c);
    expect(LEVELS.map((level) => judged[level]?.length ?? 0).map((n) => n > 0)).toEqual([false, false, false, true]);
    const never = c.status.map((event) => event.replace("runnable>running", "dead>running"));
    expect(judge(c, { ...c, status: never }, hello, c).L0).toEqual([expect.stringContaining("is illegal")]);
  });

  test("a workload is shrunk to the operations that show the fault", async () => {
    const { workload } = network(9, { ops: ["go", "send", "recv"] });
    const less = await shrink(
      workload,
      async ({ bodies }) => bodies.flat().filter(([op]) => op === "send").length >= 2,
    );
    expect(less.bodies.flat().map(([op]) => op)).toEqual(["send", "send"]);
    expect(less.chans.length).toBeLessThanOrEqual(2);
  });

  test("the schemas name what the code does", () => {
    const schema = (name: string) => readFileSync(join(import.meta.dir, "schema", `${name}.schema.json`), "utf8");
    const parsed = JSON.parse(schema("hello-1")) as { properties: Record<string, { items?: { enum?: string[] } }> };
    expect(Object.keys(parsed.properties).toSorted()).toEqual(Object.keys({ ...hello, capacities: [] }).toSorted());
    expect(parsed.properties.ops?.items?.enum?.toSorted()).toEqual(ABILITIES.toSorted());
    for (const op of ABILITIES.filter((op) => op !== "join")) expect(schema("workload-1")).toContain(`"${op}"`);
  });
});
