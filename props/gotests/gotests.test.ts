/** Go's own tests, told for gobuf. */
import { describe, expect, test } from "bun:test";
import * as gobuf from "gobuf";
import { PROGRAMS } from "./crash-programs.ts";
import { type Fails, textOf } from "./gotest.ts";
import { outline } from "./outline.ts";
import { compareReport, RECORDED, REPORT_FAILS, TRACEBACKS } from "./reports.ts";
import { FILES } from "./table.ts";

/** A test that ends before its run does would fail all that follow: on a busy machine, too. */
const SLOW_MS = 60_000;

/** What is wrong with a test that must fail. */
function complaint(failure: unknown, { fault, says }: Fails): string | undefined {
  if (failure === undefined) return `it passes, and is marked "${fault}": take the mark away`;
  const text = textOf(failure);
  const known = typeof says === "string" ? text.includes(says) : says.test(text);
  return known ? undefined : `it is marked "${fault}" (${says}), and fails in another way: ${text}`;
}

/** A test that must pass, or fail as its mark says. */
function expected(name: string, program: () => Promise<void>, fails: Fails | undefined): void {
  if (fails === undefined) test(name, program, SLOW_MS);
  else {
    test(
      `${name} (expected to fail: ${fails.fault})`,
      async () => {
        let failure: unknown;
        await program().catch((error) => {
          failure = error ?? "undefined";
        });
        expect(complaint(failure, fails)).toBeUndefined();
      },
      SLOW_MS,
    );
  }
}

for (const { file, told } of FILES) {
  describe(file, () => {
    for (const { name, program, fails } of told) expected(name, program, fails);
  });
}

describe("reports of Go's crash programs", () => {
  for (const name of Object.keys(PROGRAMS)) {
    for (const traceback of TRACEBACKS) {
      const title = `${name}, ${traceback}`;
      const fails = REPORT_FAILS.get(name) ?? REPORT_FAILS.get(title);
      expected(title, () => compareReport(name, traceback), fails);
    }
  }

  test("every program is recorded, every mark names one", () => {
    expect(Object.keys(RECORDED).sort()).toEqual(Object.keys(PROGRAMS).sort());
    for (const key of REPORT_FAILS.keys()) expect(Object.keys(PROGRAMS)).toContain(key.split(",")[0] as string);
  });

  test("an outline keeps what counts, and drops the rest", () => {
    const go =
      "panic: no\n\nluck\n\ngoroutine 1 gp=0x1 m=0 mp=0x2 [running, locked to thread]:\nmain.f(0x1)\n\tf.go:1 +0x1\n";
    const system = "goroutine 2 gp=0x2 m=nil [force gc (idle)]:\nruntime.gopark(0x1)\n\tproc.go:1\n";
    const other =
      "goroutine 19 [select]:\nmain.g.func1()\n\tf.go:2\ncreated by main.f.func2 in goroutine 1\n\tf.go:3\nexit status 2";
    expect(outline([go, system, other].join("\n"))).toEqual([
      "panic: no",
      "luck",
      "goroutine 1 [running]",
      "goroutine 2 [select]",
      "created by f in goroutine 1",
    ]);
    expect(outline("fatal error: none\n")).toEqual(["fatal error: none"]);
  });
});

/** Whether the public API has "name" or "Class.method". */
function isThere(what: string): boolean {
  const [head = "", method] = what.split(".");
  const found = (gobuf as Record<string, unknown>)[head];
  if (method === undefined || found === undefined) return found !== undefined;
  return method in ((found as { prototype: object }).prototype ?? {});
}

describe("the table", () => {
  test("names each test once", () => {
    for (const { file, told, untold } of FILES) {
      const names = [...told, ...untold].map((t) => t.name);
      expect(new Set(names).size, `${file}: names`).toBe(names.length);
    }
    expect(new Set(FILES.map((f) => f.pkg + f.file)).size).toBe(FILES.length);
  });

  test("what is not there yet is not there: else its tests are to be told", () => {
    for (const { file, untold } of FILES) {
      for (const { name, absent } of untold) {
        if (absent !== undefined) expect(isThere(absent), `${file}: ${name}: ${absent} is there`).toBe(false);
      }
    }
  });

  test("a mark complains about a pass, and about another failure", () => {
    const mark: Fails = { fault: "F0", says: "two" };
    expect(complaint(undefined, mark)).toContain("take the mark away");
    expect(complaint(new Error("three"), mark)).toContain("fails in another way: three");
    expect(complaint(new Error("two"), mark)).toBeUndefined();
  });
});
