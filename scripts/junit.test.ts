/** JUnit's XML as a reader of XML takes it, and the pace of long work in words. */
import { describe, expect, test } from "bun:test";
import { DOMParser } from "linkedom";
import { junit } from "./junit.ts";
import { duration, pace } from "./pace.ts";

/** What this test asks of an element. */
interface Element {
  readonly textContent: string | null;
  getAttribute(name: string): string | null;
  querySelectorAll(selector: string): Iterable<Element>;
}

const parse = (xml: string) => new DOMParser().parseFromString(xml, "text/xml") as unknown as Element;

describe("junit", () => {
  const odd = 'a<b> & "c"\u0000\nsecond\ttab \ud800';
  const xml = junit([
    { name: "one", ms: 1234, cases: [{ name: "passes" }, { name: "says", output: odd }, { name: odd, failure: odd }] },
    { name: "two", cases: [{ name: "not here", skipped: "no Go" }] },
    { name: "none", cases: [] },
  ]);

  test("counts what a suite has", () => {
    const suites = [...parse(xml).querySelectorAll("testsuite")].map((suite) =>
      ["name", "tests", "failures", "skipped", "time"].map((name) => suite.getAttribute(name)),
    );
    expect(suites).toEqual([
      ["one", "3", "1", "0", "1.234"],
      ["two", "1", "0", "1", null],
      ["none", "0", "0", "0", null],
    ]);
  });

  test("keeps odd texts, but for what XML cannot say", () => {
    const said = 'a<b> & "c"?\nsecond\ttab \ufffd';
    const [failure] = [...parse(xml).querySelectorAll("failure")];
    // linkedom gives attributes as they are written.
    const message = xml.match(/message="(.*?)"/)?.[1]?.replaceAll(/&#(\d+);/g, (_, code) => String.fromCharCode(code));
    expect(message).toBe(said.split("\n")[0] as string);
    expect(failure?.textContent).toBe(said);
    expect(xml).not.toContain("\u0000");
  });
});

describe("pace", () => {
  test.each([
    [0, 10, 1000, ""],
    [1, 10, 0, ""],
    [5, 10, 1000, "5.0/s, 1 s left"],
    [500, 1000, 1000, "500/s, 1 s left"],
    [10, 100, 100_000, "6.0/min, 15 min 0 s left"],
    [10, 10_000, 100_000, "6.0/min, 27 h 45 min left"],
    [10, 10, 10_000, "1.0/s, 0 s left"],
    [11, 10, 10_000, "1.1/s, 0 s left"],
  ])("%p of %p in %p ms: %s", (done, total, ms, says) => {
    expect(pace(done, total, ms)).toBe(says);
  });

  test("a duration has two units", () => {
    expect([0, 59_400, 60_000, 3_599_000, 3_600_000].map(duration)).toEqual([
      "0 s",
      "59 s",
      "1 min 0 s",
      "59 min 59 s",
      "1 h 0 min",
    ]);
  });
});
