/** What FIDELITY.md may claim: a check that cannot hold breaks its row, and every link of the page leads somewhere. */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../../src/runtime/library.ts";
import { GO_ITEMS } from "./go.ts";
import { differs, type Item, missing, same } from "./item.ts";
import { type Evidence, judge, judgeItem } from "./judge.ts";
import { anchorOf } from "./links.ts";
import { SEED_ITEMS } from "./seed.ts";

const none: Evidence = { failures: [], parts: new Set(["relation"]), cases: [], layout: { g_size: 168 } };
const ITEMS: readonly Item[] = [...SEED_ITEMS, ...GO_ITEMS];

describe("a row", () => {
  test("is what it says when its checks hold", async () => {
    const rows = [
      same("a", "f.go", "p", "relation"),
      differs("b", "f.go", "what", "Because", "word:g_size=168"),
      missing("c", "f.go", "Because", "newstack"),
    ];
    const found = await Promise.all(rows.map((row) => judgeItem(row, none)));
    expect(found.map(({ status }) => status)).toEqual(["same", "differs by design", "missing"]);
    expect(found.map(({ fault }) => fault)).toEqual([undefined, undefined, undefined]);
  });

  test.each([
    ["whose only evidence is that a function is there", same("a", "f.go", "p", "export:runtime/gstatus.ts:scan_stack")],
    ["without a check", same("a", "f.go", "p")],
    ["whose part did not run", same("a", "f.go", "p", "probe")],
    ["whose word has another value", differs("b", "f.go", "what", "Because", "word:g_size=128")],
    ["whose function is declared after all", missing("c", "f.go", "Because", "scan_stack")],
    ["whose golden cases are not there", same("a", "f.go", "p", "golden:rule-99")],
  ])("%s is broken", async (_, row) => {
    const { status, fault } = await judgeItem(row, none);
    expect(status).toBe("broken");
    expect(fault).toStartWith(row.name);
  });
});

describe("test:FILE:NAME", () => {
  test("holds when a test of that name passes", async () => {
    expect(await judge("test:src/runtime/runtime2.test.ts:statusName", none)).toBeUndefined();
  });

  test("does not hold when the file has no such test", async () => {
    // Bun says so by its exit code, under wine by its counts alone.
    const verdict = await judge("test:src/runtime/runtime2.test.ts:scan_stack", none);
    expect(verdict).toMatch(/ -t scan_stack(?: fails|: no test passed)$/);
  });
});

describe("absent:NAME", () => {
  test.each(["scan_stack", "casgstatus", "stackAlloc", "trylock"])("%s is found in src or arch", async (name) => {
    expect(await judge(`absent:${name}`, none)).toEndWith(`declares ${name}`);
  });

  test("a name that only a comment or a call mentions is absent", async () => {
    expect(await judge("absent:netpoll", none)).toBeUndefined();
  });
});

test("every row has a check, and every row that is not the same a reason", () => {
  for (const { name, checks, expect: expected, reason } of ITEMS) {
    expect(checks, name).not.toBeEmpty();
    expect(reason !== undefined, name).toBe(expected !== "same");
  }
});

test("every link of the committed page leads to a file, a line that it has, or a heading; no heading comes twice", () => {
  const text = readFileSync(join(packageRoot, "FIDELITY.md"), "utf8");
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading));
  expect(new Set(headings).size).toBe(headings.length);
  const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, link = ""]) => link);
  expect(links.length).toBeGreaterThan(100);
  for (const link of links) {
    const [file = "", anchor] = link.split("#");
    if (file === "") expect(headings, link).toContain(anchor);
    else expect(existsSync(join(packageRoot, file)), link).toBe(true);
    const last = /L(\d+)$/.exec(anchor ?? "")?.[1];
    if (last !== undefined) {
      expect(readFileSync(join(packageRoot, file), "utf8").split("\n").length, link).toBeGreaterThanOrEqual(
        Number(last),
      );
    }
  }
});
