/** Go's own tests, told for gobuf. */
import { describe, expect, test } from "bun:test";
import * as gobuf from "gobuf";
import { type Fails, textOf } from "./gotest.ts";
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

for (const { file, told } of FILES) {
  describe(file, () => {
    for (const { name, program, fails } of told) {
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
  });
}

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
