/** The programs run on gobuf; where Go is installed, beside Go's own. */
import { beforeAll, describe, expect, test } from "bun:test";
import { run, runSync } from "gobuf";
import { Originals } from "./original.ts";
import type { Program } from "./program.ts";
import { programs } from "./programs.ts";

/** A program's six runs on a busy machine: a test that ends before its run does would fail all that follow. */
const SLOW_MS = 60_000;
/** Seeds of select's draws. */
const SEEDS = [1, 2, 3, 4, 5];

function printed(program: Program, seed: number): string {
  const texts: string[] = [];
  runSync(() => program.main((text) => texts.push(text)), { seed });
  return texts.join("");
}

describe("programs after Go's test/chan", () => {
  for (const program of programs) {
    test(
      `${program.name}: ${program.pins}`,
      async () => {
        const outputs = new Set(SEEDS.map((seed) => printed(program, seed)));
        expect(outputs.size, "outputs that depend on the seed").toBe(1);
        const texts: string[] = [];
        await run(() => program.main((text) => texts.push(text)));
        expect(outputs).toContain(texts.join(""));
      },
      SLOW_MS,
    );
  }

  test("each stands for another one", () => {
    expect(new Set(programs.map((p) => p.name)).size).toBe(programs.length);
    expect(programs.length).toBeGreaterThanOrEqual(12);
  });
});

const originals = Originals.find();
const found = typeof originals !== "string";

describe.skipIf(!found)(`the originals (${found ? originals.version : originals})`, () => {
  const go = originals as Originals;
  beforeAll(() => go.build(programs), 120_000);

  for (const program of programs) {
    if (program.original === "errorcheck") {
      test(`${program.name}: Go's compiler refuses the lines that it should`, async () => {
        const { refused, marked } = await go.errorLines(program);
        expect(refused).toEqual(marked);
        expect(marked).not.toEqual([]);
      });
    } else {
      test(`${program.name}: both succeed with the same output`, async () => {
        expect(await go.run(program)).toEqual({ exitCode: 0, output: printed(program, 1) });
      });
    }
  }
});
