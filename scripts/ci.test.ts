/** The runner of .ci/run: a step without a share, over its limit, or that fails ends the run and says why. */
import { afterAll, describe, expect, setDefaultTimeout } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../src/runtime/library.ts";
import { abiSkip } from "./abis/skip.ts";

const test = abiSkip(["arm64", "windows", "musl"], "it is about shell scripts, which run on the machine itself");
/** Each case is a shell with its processes, on a machine that may be busy. */
setDefaultTimeout(60_000);
const folder = mkdtempSync(join(tmpdir(), "gobuf-ci-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A page with a table of shares, as HACKING has one. */
const page = (rows: Readonly<Record<string, number>> | string) =>
  [
    "# Hacking",
    "| a | 9999 |",
    "## The steps of `.ci/run`",
    "| step | share, s | what |",
    "|---|---|---|",
    ...(typeof rows === "string"
      ? [rows]
      : Object.entries(rows).map(([name, share]) => `| \`${name}\` | ${share} | |`)),
    "## After it",
    "| b | 9999 |",
    "",
  ].join("\n");

/** A script with planted steps under the runner. */
const script = (steps: string, settings = "", option = "") => `
  set -euo pipefail
  . ${join(packageRoot, ".ci/steps.sh")}
  SHARE_MIN=1 ${settings}
  steps() {
    ${steps}
  }
  run_steps PAGE.md ${option}
  counts`;

/** Runs planted steps. */
function run(rows: Readonly<Record<string, number>> | string, steps: string, settings = "", option = "") {
  writeFileSync(join(folder, "PAGE.md"), page(rows));
  const child = Bun.spawnSync(["bash", "-c", script(steps, settings, option)], { cwd: folder });
  return { code: child.exitCode, out: child.stdout.toString(), errors: child.stderr.toString() };
}

/** A command that does not end, with a process of its own; both hold a lock. */
const ENDLESS = "bash -c 'exec 9>held; flock 9; echo begun; sleep 1000 & while :; do sleep 1; done'";
/** Whether the lock is free: at once when the two are gone, never while one of them lives. */
const isReleased = () => Bun.spawnSync(["flock", "--timeout", "10", join(folder, "held"), "true"]).exitCode === 0;

describe("a run", () => {
  test("goes through the steps in their order, and ends with what each took and the tests' counts", () => {
    const steps = `
      step one echo first
      step "the tests" tests printf ' 12 pass\\n 3 skip\\n 0 fail\\n'
      step more tests printf ' 5 pass\\r\\n'`;
    const { code, out, errors } = run({ one: 30, "the tests": 40, more: 50 }, steps);
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    const lines = out.replace(/\b\d s$/gm, "0 s").replace(/^ {7}\d/gm, "       0");
    expect(lines).toBe(`\
== one
first
== one: 0 s
== the tests
 12 pass
 3 skip
 0 fail
== the tests: 0 s
== more
 5 pass\r
== more: 0 s

 seconds    share  step
       0       30  one
       0       40  the tests
       0       50  more
       0      120  all, of 5000 s at most
17 passed, 0 failed, 3 skipped
`);
  });

  test("ends at a step that fails, with its code and the table so far", () => {
    const { code, out, errors } = run({ one: 30, two: 30 }, "step one bash -c 'exit 7'; step two echo never");
    expect({ code, errors }).toEqual({ code: 1, errors: "one: it failed with exit code 7\n" });
    expect(out).toContain("30  one\n");
    expect(out).not.toContain("never");
  });

  test("stops a step at its limit, with all that it started", () => {
    const steps = `step quick true; step endless ${ENDLESS}; step two echo never`;
    const { code, out, errors } = run({ quick: 30, endless: 1, two: 30 }, steps, "SLOWEST=2");
    expect(errors).toMatch(
      /^endless: it was stopped after [2-9] s, 2 times its share of 1 s: make it faster, or give it another share in the\ntable of PAGE\.md\n$/,
    );
    expect(code).toBe(1);
    expect(out).toMatch(/\d {8}1 {2}endless\n/);
    expect(out).not.toContain("never");
    expect(isReleased()).toBe(true);
  });

  test("that is ended from outside leaves no step behind, and says how far it came", async () => {
    writeFileSync(join(folder, "PAGE.md"), page({ quick: 30, endless: 100 }));
    const child = Bun.spawn(["bash", "-c", script(`step quick true; step endless ${ENDLESS}`)], {
      cwd: folder,
      stdout: "pipe",
      stderr: "pipe",
    });
    let out = "";
    const decoder = new TextDecoder();
    for await (const chunk of child.stdout) {
      out += decoder.decode(chunk);
      if (out.endsWith("begun\n")) child.kill("SIGTERM");
    }
    expect({ code: await child.exited, errors: await child.stderr.text() }).toEqual({ code: 143, errors: "" });
    expect(out).toMatch(/begun\n\n seconds {4}share {2}step\n +\d +30 {2}quick\n +\d +30 {2}all, of/);
    expect(isReleased()).toBe(true);
  });

  test("ends when the time of all steps is over, in a step or before one", () => {
    const inside = run({ endless: 30, two: 30 }, `step endless ${ENDLESS}; step two echo never`, "TOTAL_MAX=2");
    expect(inside.errors).toMatch(
      /^endless: it was stopped after [2-9] s, when the 2 s of all steps were over: make it/,
    );
    expect(inside).toMatchObject({ code: 1, out: expect.not.stringContaining("never") });
    expect(isReleased()).toBe(true);
    const before = run({ one: 30, two: 30 }, "step one true; SECONDS=60; step two echo never", "TOTAL_MAX=60");
    expect(before.errors).toBe("two: it was not begun: the steps before it took 60 s, of 60 s for all\n");
    expect(before).toMatchObject({ code: 1, out: expect.not.stringContaining("never") });
  });

  test("without a test that ran, or with one that failed, is red", () => {
    expect(run({ one: 30 }, "step one tests echo none")).toMatchObject({ code: 1, errors: "no test ran\n" });
    const { code, out } = run({ one: 30 }, "step one tests printf ' 2 pass\\n 1 fail\\n'");
    expect({ code, last: out.trimEnd().split("\n").at(-1) }).toEqual({
      code: 1,
      last: "2 passed, 1 failed, 0 skipped",
    });
  });
});

describe("before anything runs", () => {
  const refused = (rows: Readonly<Record<string, number>> | string, steps: string, settings = "") => {
    const { code, out, errors } = run(rows, steps, settings);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    return errors;
  };

  test("a step without a share is refused, and so is a row without a step", () => {
    expect(refused({ one: 30 }, "step one true; step two true")).toBe(
      "two: a step without a share; give it a row in the table of PAGE.md\n",
    );
    expect(refused({ one: 30, two: 30 }, "step one true")).toBe(
      "two: a row in the table of PAGE.md, and no such step\n",
    );
    expect(refused({ one: 30 }, "step one true; step one true")).toBe("one: two steps have that name\n");
    expect(refused("| one | 30 | |\n| one | 40 | |", "step one true")).toBe(
      "one: it has two rows in the table of PAGE.md\n",
    );
  });

  test("a share that noise decides, shares beyond the sum, and no table are refused", () => {
    expect(refused({ one: 29 }, "step one true", "SHARE_MIN=30")).toBe(
      "one: its share is 29 s; expected 30 at least, less is noise\n",
    );
    expect(refused({ one: 2000, two: 1301 }, "step one true; step two true")).toBe(
      "the shares in the table of PAGE.md come to 3301 s; expected 3300 at most\n",
    );
    expect(refused({}, "step one true")).toStartWith("PAGE.md: no table of shares; expected rows of ");
  });

  test("an option that there is not is refused", () => {
    expect(run({ one: 30 }, "step one true", "", "--lists").errors).toBe(
      "--lists: no such option; expected --list, or none\n",
    );
  });
});

test("each step of .ci/run has a share in HACKING, and .ci/run --list shows them", () => {
  const child = Bun.spawnSync(["bash", join(packageRoot, ".ci/run"), "--list"]);
  expect({ code: child.exitCode, errors: child.stderr.toString() }).toEqual({ code: 0, errors: "" });
  const rows = child.stdout
    .toString()
    .trim()
    .split("\n")
    .map((line) => line.split("\t"));
  const steps = readFileSync(join(packageRoot, ".ci/run"), "utf8").match(/^ +step /gm) ?? [];
  expect(rows.length).toBeGreaterThanOrEqual(steps.length);
  const sum = rows.reduce((all, [, share]) => all + Number(share), 0);
  expect(sum).toBeLessThanOrEqual(55 * 60);
});
