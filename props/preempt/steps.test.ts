/**
 * Every instruction, a sample of it: a preemption between two instructions of each operation of gobuf.h is taken or refused
 * as the place says, and harms nothing. `bun run fidelity --steps 1` takes each instruction.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../src/runtime/library.ts";
import { noSteps, STEPPED, stepOperation, stepRegisters } from "./steps.ts";

/** A step takes 20 us, and on a busy machine more. */
setDefaultTimeout(120_000);

test("each operation of gobuf.h is stepped", () => {
  const header = readFileSync(join(packageRoot, "arch", "include", "gobuf.h"), "utf8");
  // What calls the runtime: conversions do not.
  const operations = [...header.matchAll(/^static inline \w+ (gobuf_\w+)\(.*?\n(?=\S|\n)/gms)]
    .filter(([body]) => /gobuf_runtime->|gobuf_operation\(/.test(body))
    .map(([, name]) => name as string)
    // How the others are made.
    .filter((name) => name !== "gobuf_operation");
  expect(operations.length).toBeGreaterThan(25);
  const stepped = STEPPED.map(({ covers }) => covers).join(" ");
  expect(operations.filter((name) => !new RegExp(`\\b${name}\\b`).test(stepped))).toEqual([]);
});

const reason = noSteps();
const skipped = reason === null ? "" : ` (skipped: ${reason})`;

describe.skipIf(reason !== null)(`a preemption before an instruction${skipped}`, () => {
  for (const [i, op] of STEPPED.entries()) {
    test(`of ${op.name}`, async () => {
      const found = await stepOperation(op, { stride: 97, offset: (i * 31) % 97 });
      expect(found.faults).toEqual([]);
      expect(found.delivered).toBeGreaterThan(0);
      expect(found.bodies).toBeGreaterThan(20);
      expect(found.compared).toBeGreaterThan(0);
    });
  }

  test("of a body, whose registers are all compared", async () => {
    const found = await stepRegisters(1, { stride: 7 });
    expect(found.faults).toEqual([]);
    expect(found.taken).toBeGreaterThan(500);
    expect(found.compared).toBeGreaterThan(0);
  });

  test("everywhere in the shortest operation: in the body, in gobuf's own code, on g0's stack, in the loader's", async () => {
    const shortest = STEPPED.find(({ name }) => name === "gobuf_getg");
    const found = await stepOperation(shortest as (typeof STEPPED)[number], { stride: 1 });
    expect(found.faults).toEqual([]);
    expect(found.delivered).toBe(found.steps);
    expect(found.taken).toBeGreaterThan(20);
    expect(Object.keys(found.refused).sort()).toEqual(["g0", "library", "runtime"]);
  });
});
