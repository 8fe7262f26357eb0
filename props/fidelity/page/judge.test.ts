/** The judge of FIDELITY.md's rows: each kind of check, once where it holds and once where it does not. */
import { describe, expect, test } from "bun:test";
import type { GoldenCase } from "../reader.ts";
import type { Failure } from "../result.ts";
import { PING } from "../samples.ts";
import { same } from "./item.ts";
import { type Evidence, judge, judgeItem } from "./judge.ts";

const cases: GoldenCase[] = ["rule-01-a", "rule-02-b"].map((name) => ({ ...PING, name, file: "f", line: 1 }));
const failure = (part: string, title: string): Failure => ({ part, body: "", title, details: [], replay: undefined });
const evidence = (...failures: Failure[]): Evidence => ({
  failures,
  parts: new Set(["golden", "random"]),
  cases,
  layout: { g_size: 168 },
});

test.each<[string, string, Evidence, string | undefined]>([
  ["golden:PREFIX holds", "golden:rule-01", evidence(failure("golden", 'case "rule-02-b" of f:1')), undefined],
  [
    "golden:PREFIX fails with its case",
    "golden:rule-0",
    evidence(failure("golden", 'case "rule-02-b" of f:1')),
    "golden case rule-02-b diverges",
  ],
  ["golden:PREFIX of no case", "golden:rule-03", evidence(), "no golden case starts with rule-03"],
  ["goldens hold", "goldens", evidence(failure("random", "x")), undefined],
  ["goldens fail with any", "goldens", evidence(failure("golden", "y")), "y"],
  ["a part holds", "random", evidence(failure("golden", "y")), undefined],
  ["a part fails", "random", evidence(failure("random", "x")), "x"],
  ["a part that did not run", "probe", evidence(), "probe did not run"],
  ["export: a function", "export:runtime/gstatus.ts:casgstatus", evidence(), undefined],
  ["export: no function", "export:runtime/gstatus.ts:nothing", evidence(), "src/runtime/gstatus.ts has no nothing"],
  ["export: a method", "export:sync/mutex.ts:Mutex.lock", evidence(), undefined],
  ["export: no method", "export:sync/mutex.ts:Mutex.nothing", evidence(), "src/sync/mutex.ts: Mutex has no nothing"],
  ["export: no file", "export:nothing.ts:x", evidence(), "there is no src/nothing.ts"],
  ["word: the value", "word:g_size=168", evidence(), undefined],
  ["word: another value", "word:g_size=169", evidence(), "g_size is 168, expected 169"],
  ["word: none", "word:nothing=1", evidence(), "nothing is undefined, expected 1"],
  ["absent: a name that arch alone declares", "absent:slotArm", evidence(), "arch/os/linux.zig declares slotArm"],
  ["absent: a name that nothing declares", "absent:lockOSThread", evidence(), undefined],
])("%s", async (_, check, found, verdict) => {
  expect(await judge(check, found)).toBe(verdict);
});

describe("test:", () => {
  const FAILING = "test:props/fidelity/page/failing.fixture.ts";
  test("a file of which a test fails does not hold, nor a name that none has; one that passes does", async () => {
    expect(await judge(`${FAILING}:it fails`, evidence())).toBe(
      "bun test ./props/fidelity/page/failing.fixture.ts -t it fails fails",
    );
    expect(await judge(`${FAILING}:it passes`, evidence())).toBeUndefined();
    expect(await judge(FAILING, evidence())).toBe("bun test ./props/fidelity/page/failing.fixture.ts fails");
    expect(await judge(`${FAILING}:it is skipped`, evidence())).toContain("no test passed");
  });
});

test("a row is broken by any of its checks, the last one too, and says which", async () => {
  const good = ["golden:rule-01", "random", "word:g_size=168"];
  expect((await judgeItem(same("a", "f", "p", ...good), evidence())).status).toBe("same");
  for (const [i, bad] of ["golden:rule-09", "probe", "word:g_size=1"].entries()) {
    const { status, fault } = await judgeItem(same("a", "f", "p", ...good.with(i, bad)), evidence());
    expect(status).toBe("broken");
    expect(fault).toMatch(/^a: (no golden case starts with rule-09|probe did not run|g_size is 168, expected 1)$/);
  }
});
