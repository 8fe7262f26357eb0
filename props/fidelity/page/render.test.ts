/** FIDELITY.md as it is committed is what its own rows make: each table, text, link and count of it. */
import { expect, setDefaultTimeout } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { abiSkip } from "../../../scripts/abis/skip.ts";
import { packageRoot } from "../../../src/runtime/library.ts";
import { gobuf } from "../gobuf.ts";
import { readGoldenFile } from "../reader.ts";
import type { Row } from "../result.ts";
import type { Judges } from "./judge.ts";
import { renderPage } from "./render.ts";

setDefaultTimeout(60_000);

const test = abiSkip(["arm64", "windows", "musl"], "the page is the same text on every ABI");

const COMMITTED = readFileSync(join(packageRoot, "FIDELITY.md"), "utf8");
const STATUS = { same: "same", differs: "differs by design", missing: "missing" } as const;

/** The rows of the run that the page tells of, and one of a part that compared tables only, which it leaves out. */
function rowsOfRun(): Row[] {
  const [, table = ""] = /^## The run$(.*?)^## /ms.exec(COMMITTED) ?? [];
  const rows = [...table.matchAll(/^\| (\w+) \| (\w*) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$/gm)].map(
    ([, part = "", body = "", cases, ops, transitions, divergent]): Row => ({
      ...{ part, body: body as Row["body"], cases: Number(cases), ops: Number(ops), transitions: Number(transitions) },
      ...{ divergent: Number(divergent), compared: 1, ms: 0, note: "" },
    }),
  );
  expect(rows.length).toBeGreaterThan(3);
  const none = { cases: 0, ops: 0, transitions: 0, compared: 5, divergent: 0, ms: 0, note: "" };
  return [{ part: "layout", body: "", ...none }, ...rows];
}

const GOOD: Judges = {
  check: async () => undefined,
  item: async ({ expect }) => ({ status: STATUS[expect], fault: undefined }),
};

const render = (judges: Judges) =>
  renderPage(
    rowsOfRun(),
    {
      ...{ failures: [], parts: new Set<string>(), layout: gobuf.layout },
      // The page names cases of this corpus only.
      cases: readGoldenFile(join(packageRoot, "golden", "named.jsonl")).cases,
    },
    judges,
  );

test("the committed page is what its rows make where every check holds", async () => {
  const { text, faults } = await render(GOOD);
  expect(faults).toEqual([]);
  // By the line, so that the first that differs is shown.
  expect(text.split("\n")).toEqual(COMMITTED.split("\n"));
});

test("a row that is broken, and Go's own tests where they are, are faults of the page, and shown", async () => {
  const broken = { status: "broken", fault: "chansend: no" };
  const { text, faults } = await render({
    check: async (check) => `${check} fails`,
    item: async (item, evidence) => (item.name.startsWith("chansend") ? broken : GOOD.item(item, evidence)),
  });
  expect(new Set(faults)).toEqual(
    new Set(["chansend: no", "Go's own tests: test:props/gotests/gotests.test.ts fails"]),
  );
  expect(text.match(/^\| chansend.*\| broken \|$/gm)?.length).toBeGreaterThan(0);
});
