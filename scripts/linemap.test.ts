/** Maps by lines beside the maps that they are made of. */
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { byLines, placesOf, type SourceMap } from "./linemap.ts";

/** A bundle of two files, and its map. */
async function bundled(): Promise<{ map: SourceMap; code: string }> {
  const folder = mkdtempSync(join(tmpdir(), "gobuf-linemap-"));
  try {
    const lines = Array.from(
      { length: 40 },
      (_, i) => `export function f${i}(a) { return a + ${i}; } // ${"x".repeat(i)}`,
    );
    writeFileSync(join(folder, "a.js"), lines.join("\n\n"));
    writeFileSync(
      join(folder, "b.js"),
      `import * as a from "./a.js";\nfor (const f of Object.values(a)) console.log(f(1));\n`,
    );
    const { outputs } = await Bun.build({ entrypoints: [join(folder, "b.js")], sourcemap: "external" });
    const of = async (kind: string) => (await outputs.find((each) => each.kind === kind)?.text()) ?? "";
    return { map: JSON.parse(await of("sourcemap")), code: await of("entry-point") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("each generated line has the same source lines as before, and sources are named once", async () => {
  const { map, code } = await bundled();
  const made: SourceMap = JSON.parse(byLines(map, () => true));
  const linesOf = (of: SourceMap) =>
    placesOf(of).map((places) =>
      places.map(({ source, line }) => `${of.sources[source]}:${line}`).filter((place, i, all) => place !== all[i - 1]),
    );
  expect(linesOf(made)).toEqual(linesOf(map));
  expect(made.mappings.length).toBeLessThan(map.mappings.length / 2);
  expect([...made.sources].sort()).toEqual([...map.sources].sort());
  // The map is read rightly: a line that has f17 came from the line that has it.
  const at = code.split("\n").findIndex((line) => line.includes("function f17("));
  expect(placesOf(made)[at]?.[0]).toMatchObject({ line: 34 });
});

test("places of what is no source are left out, and those behind them stay where they were", async () => {
  const { map } = await bundled();
  const [first = ""] = map.sources;
  const made: SourceMap = JSON.parse(byLines(map, (source) => source !== first));
  expect(made.sources).not.toContain(first);
  expect(made.sources).toHaveLength(map.sources.length - 1);
  const rest = placesOf(map).map((places) => places.filter(({ source }) => map.sources[source] !== first)[0]?.line);
  expect(placesOf(made).map((places) => places[0]?.line)).toEqual(rest);
});
