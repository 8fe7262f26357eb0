/** The golden part of fidelity: a golden that is met passes, one that was tampered with does not. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Options, parseOptions, UsageError } from "./cli.ts";
import type { Bodies, Context } from "./context.ts";
import { goldenPart } from "./golden-part.ts";
import { formatReplay } from "./replay.ts";
import { Reporter } from "./reporter.ts";
import { summary } from "./result.ts";
import { goldenBytes, HEADER, PING } from "./samples.ts";
import type { Trace } from "./trace.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gobuf-golden-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** Runs the part on bodies that always leave `trace`. */
function run(argv: string[], trace: Trace = PING, faults: string[] = []) {
  const bodies: Bodies = { kind: "generator", run: () => trace, takeFaults: () => faults };
  const options = parseOptions(argv) as Options;
  let text = "";
  const out = {
    write: (more: string) => {
      text += more;
    },
  };
  const context = { options, reporter: new Reporter(out, out), bodies: [bodies] } as unknown as Context;
  const replay = options.replay?.kind === "golden" ? options.replay : undefined;
  return { result: goldenPart(context, replay), output: () => text };
}

describe("a golden that is met", () => {
  test("counts its events", () => {
    const path = file("met.jsonl", goldenBytes(HEADER, PING, { ...PING, name: "again" }));
    const { result } = run(["--golden", path]);
    expect(result.failures).toEqual([]);
    expect(result.rows.map(summary)).toEqual(["golden generator: 2 cases, 20 ops, 12 transitions, 0 divergent"]);
  });

  test("is run in shards that share nothing", () => {
    const names = Array.from({ length: 7 }, (_, i) => ({ ...PING, name: `case ${i}` }));
    const path = file("shards.jsonl", goldenBytes(HEADER, ...names));
    const counts = [1, 2, 3].map((i) => run(["--golden", path, "--shard", `${i}/3`]).result.rows[0]?.cases);
    expect(counts).toEqual([3, 2, 2]);
  });
});

describe("a golden that was tampered with", () => {
  test("fails at the event that was changed, whichever it is", () => {
    const changes = [
      ...PING.status.map((_, i) => ({ part: "status" as const, i, to: "7 waiting>runnable" })),
      ...PING.ops.map((_, i) => ({ part: "ops" as const, i, to: "7.1 recv 123" })),
    ];
    for (const { part, i, to } of changes) {
      const changed = { ...PING, [part]: PING[part].with(i, to) };
      const path = file("tampered.jsonl", goldenBytes(HEADER, changed));
      const { result, output } = run(["--golden", path]);
      expect(result.rows[0]?.divergent).toBe(1);
      expect(result.failures[0]?.title).toBe(`case "ping" of ${path}:2`);
      expect(result.failures[0]?.details[0]).toStartWith(`${part}[${i}] is the first event that differs`);
      expect(output()).toContain(`expected ${JSON.stringify(to)}`);
      expect(output()).toContain(`got      ${JSON.stringify(PING[part][i])}`);
      const replay = formatReplay({ kind: "golden", file: path, name: "ping" });
      expect(output()).toContain(`replay: bun run fidelity --replay '${replay}' --bodies generator`);
    }
  });

  test("fails when port and golden agree on what cannot be", () => {
    const impossible = { ...PING, outcome: "deadlock" as const };
    const { result } = run(["--golden", file("impossible.jsonl", goldenBytes(HEADER, impossible))], impossible);
    expect(result.failures[0]?.details).toEqual([
      "the end of status is illegal: the verdict is deadlock, and goroutine 0 is running",
      'ops[9] "0 done" is illegal: main was done, and the outcome is deadlock',
    ]);
  });

  test("fails by the reader's word when it is no golden any more, and the other files still run", () => {
    const bad = file("bad.jsonl", goldenBytes(HEADER, { ...PING, status: ["0 running>nowhere"] }));
    const good = file("good.jsonl", goldenBytes(HEADER, PING));
    const { result } = run(["--golden", bad, "--golden", good]);
    expect(result.rows[0]).toMatchObject({ cases: 1, divergent: 0 });
    expect(result.failures.map((f) => f.details[0])).toEqual([
      expect.stringContaining('bad.jsonl:2: case "ping": status[0] is "0 running>nowhere"'),
    ]);
  });
});

test("a fault that the bodies noticed makes a case divergent", () => {
  const path = file("fault.jsonl", goldenBytes(HEADER, PING));
  const { result } = run(["--golden", path], PING, ["0.1 recv: rbx: expected 1, found 2"]);
  expect(result.rows[0]?.divergent).toBe(1);
  expect(result.failures[0]?.details).toEqual(["0.1 recv: rbx: expected 1, found 2"]);
});

test("only the first failures are shown", () => {
  const cases = Array.from({ length: 9 }, (_, i) => ({ ...PING, name: `case ${i}`, outcome: "deadlock" }));
  const { result, output } = run(["--golden", file("many.jsonl", goldenBytes(HEADER, ...cases))]);
  expect(result.failures.length).toBe(9);
  expect(output().match(/^DIVERGED/gm)?.length).toBe(5);
  expect(output()).toContain("... and 4 more failures of golden");
});

test("a replay runs its one case, or says that there is none", () => {
  const path = file("replay.jsonl", goldenBytes(HEADER, PING, { ...PING, name: "pong" }));
  expect(run(["--replay", `golden:${path}#pong`]).result.rows[0]?.cases).toBe(1);
  expect(() => run(["--replay", `golden:${path}#pang`])).toThrow(UsageError);
});

test("a path that is not there, and a folder without goldens, are the user's mistake", () => {
  expect(() => run(["--golden", join(folder, "nowhere")])).toThrow(UsageError);
  expect(() => run(["--golden", mkdtempSync(join(folder, "empty-"))])).toThrow("has no .jsonl");
});
