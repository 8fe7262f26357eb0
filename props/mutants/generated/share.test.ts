/** What FIDELITY.md says of the mutants that nobody chose: the counts as they were written, and what was not judged. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { scratch } from "../../../scripts/scratch.ts";
import { readShare, type Share, shareLines, writeShare } from "./share.ts";

const part = (wanted: number, found: number, argued: number, survived: number, begun: number) => ({
  ...{ wanted, found, argued, survived, begun },
});
const WHOLE: Share = { seed: 3, parts: { src: part(6, 5, 0, 1, 0), suite: part(4, 2, 1, 1, 0) } };

test("what is written is read again, and nothing where there is none", () => {
  using folder = scratch("share");
  const file = join(folder.path, "share.json");
  expect(readShare(file)).toBeUndefined();
  writeShare(WHOLE, file);
  expect(readShare(file)).toEqual(WHOLE);
});

test("a run that judged all says the share of all, by part", () => {
  const text = shareLines(WHOLE).join("\n");
  expect(text).toContain("--generated 10 --seed 3");
  expect(text).toContain("Of 10 that were drawn, 10 have been judged: 7 were found,\n1 are argued");
  expect(text).toContain("2 survived: 80.0 % of those judged were found\nor argued.\n");
  expect(text).not.toContain("not been judged");
  expect(shareLines(WHOLE).slice(-5)).toEqual([
    "| of | drawn | judged | found | argued | survived | not judged |",
    "|---|---|---|---|---|---|---|",
    "| src | 6 | 6 | 5 | 0 | 1 | 0 |",
    "| suite | 4 | 4 | 2 | 1 | 1 | 0 |",
    "| all | 10 | 10 | 7 | 1 | 2 | 0 |",
  ]);
});

test("a run that was stopped says how many were not judged, and that the share of all may be smaller", () => {
  const text = shareLines({ seed: 1, parts: { arch: part(9, 2, 0, 1, 4) } }).join("\n");
  expect(text).toContain("Of 9 that were drawn, 3 have been judged");
  expect(text).toContain("66.6 % of those judged");
  expect(text).toContain("6 have not been judged to their end, of which 4 have passed");
  expect(text).toContain("the share of all may be smaller");
  expect(text).toContain("| arch | 9 | 3 | 2 | 0 | 1 | 6 |");
});

test("of nothing that was judged no share is known; and nothing is said where nothing was written", () => {
  expect(shareLines({ seed: 1, parts: { arch: part(9, 0, 0, 0, 0) } }).join("\n")).toContain("0.0 % of those judged");
  expect(shareLines(undefined)).toEqual(["No run of mutants that nobody chose has been written."]);
});
