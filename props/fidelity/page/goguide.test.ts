/** The counts of the page "Go in gobuf" are of rows that are so: each kind of untrue row is seen. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../../src/runtime/library.ts";
import { judgeGuide } from "./goguide.ts";

const page = (row: string) => `# Go in gobuf\n\n| Go | gobuf | |\n|---|---|---|\n${row}\n\n## Range over a channel\n`;

describe("the page Go in gobuf", () => {
  test("says nothing that is not so, and has rows of each kind", () => {
    const { counts, faults } = judgeGuide(readFileSync(join(packageRoot, "docs", "guide", "go.md"), "utf8"));
    expect(faults).toEqual([]);
    for (const count of Object.values(counts)) expect(count).toBeGreaterThan(0);
  });

  test.each([
    ["| `close(c)` | `c.close()`, `c.len` | done |"],
    ["| `sync.Cond` | the same names | done |"],
    ["| `chan<- T` | `SendChan<T>` | done |"],
    ["| `range c` | [a loop](#range-over-a-channel) | idiom |"],
    ["| `LockOSThread` | | not: one thread runs them all |"],
  ])("%s is counted", (row) => {
    const { counts, faults } = judgeGuide(page(row));
    expect(faults).toEqual([]);
    expect(counts.done + counts.idiom + counts.not).toBe(1);
  });

  test.each([
    ["| `sync.Map` | `SyncMap` | done |", "`sync.Map`: gobuf has no SyncMap"],
    ["| `sync.Map` | the same name | done |", "`sync.Map`: gobuf has no Map"],
    ["| maps | the same | done |", 'maps: "done" names nothing'],
    ["| `range c` | [a loop](#nowhere) | idiom |", "`range c`: there is no section #nowhere"],
    ["| `range c` | | idiom |", "`range c`: the idiom is not said"],
    ["| `LockOSThread` | | not |", '`LockOSThread`: "not" needs its reason'],
    ["| `LockOSThread` | | perhaps |", '`LockOSThread`: expected done, idiom or not, got "perhaps"'],
    ["", "there is no table"],
  ])("planted: %s is a fault", (row, fault) => {
    expect(judgeGuide(page(row)).faults).toEqual([fault]);
  });
});
