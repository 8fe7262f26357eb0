/** The bench's page from a report of a fixture: each result, aim, warning and failure stands in it. */
import { expect, test } from "bun:test";
import { parseHTML } from "linkedom";
import { definitionOf, IMPLEMENTATIONS } from "../definitions.ts";
import { OURS, PEERS } from "../peers.ts";
import { FULL, rows } from "../rows.ts";
import { checkReport } from "../schema.ts";
import { report } from "./fixture.ts";
import { page } from "./html.ts";
import { rounded } from "./numbers.ts";

const html = page(report);
const { document } = parseHTML(html);
const texts = (selector: string) => [...document.querySelectorAll(selector)].map((e) => e.textContent);

test("the fixture is a report", () => {
  expect(checkReport(report)).toEqual([]);
});

test("every result is a line of a table, every aim its verdict", () => {
  for (const { name, impl } of report.rows) {
    expect(document.querySelectorAll(`tr[data-row="${name}"][data-impl="${impl}"]`), name).toHaveLength(1);
  }
  const verdicts = [...document.querySelectorAll("tr[data-aim]")].map((e) => e.getAttribute("data-verdict"));
  expect(verdicts).toEqual(report.aims.map(({ verdict }) => verdict));
  expect(new Set(verdicts)).toEqual(new Set(["met", "missed", "not told", "not measured"]));
  // They stand apart from the results, with the names of those that were missed.
  const aims = document.querySelector("#what-gobuf-aims-at + p")?.textContent;
  expect(aims).toContain("These are no results");
  expect(document.body.textContent).toMatch(/Missed: .*for await an item, generator beside async/);
});

test("the page opens with what was measured, the picture behind it, and then the contents", () => {
  const order = ["h1", "h1 + p", "#picture", 'svg[aria-label="picture"]', "nav", "#what-gobuf-aims-at", "table.rows"];
  const all = [...document.querySelectorAll("*")];
  const places = order.map((selector) => all.indexOf(document.querySelector(selector) as never));
  expect(places).not.toContain(-1);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(texts("h1 + p").join()).toContain("small programs, each written for gobuf, for Go");
});

test("the picture has each ratio to Go and to async, with its spread", () => {
  const marks = [...document.querySelectorAll('.wide > svg[aria-label="picture"] circle[aria-label]')].map((e) =>
    (e.getAttribute("aria-label") ?? "").split("; "),
  );
  const expected = report.rows.flatMap(({ name, impl }) => {
    const there = (over: string) => report.rows.some((r) => r.name === name && r.impl === over);
    if (impl !== "native" && impl !== "generator") return [];
    const beside = impl === "native" ? ["Go"] : ["Go", "async"];
    return beside.filter((over) => there(over.toLowerCase())).map((over) => `${name}; ${impl} beside ${over}`);
  });
  expect(marks.map(([row, what]) => `${row}; ${what}`).toSorted()).toEqual(expected.toSorted());
  for (const [, , ratio, low, high] of marks) {
    expect(Number(low)).toBeLessThan(Number(ratio));
    expect(Number(high)).toBeGreaterThan(Number(ratio));
  }
});

test("each link leads to something on the page, each section is in the contents", () => {
  const targets = new Set([...document.querySelectorAll("[id]")].map((e) => e.getAttribute("id")));
  const links = [...document.querySelectorAll("a")].map((e) => e.getAttribute("href") ?? "");
  expect(links.length).toBeGreaterThan(15);
  for (const link of links) expect(targets.has(link.slice(1)), link).toBe(true);
  const sections = [...document.querySelectorAll("nav ~ h2")].map((e) => `#${e.getAttribute("id")}`);
  expect([...document.querySelectorAll("nav a")].map((e) => e.getAttribute("href"))).toEqual(sections);
});

test("every implementation and row of a whole run is defined", () => {
  for (const impl of [...OURS, ...PEERS]) expect(IMPLEMENTATIONS[impl], impl).toBeString();
  for (const { name } of rows(FULL)) expect(definitionOf(name), name).toBeString();
  expect(definitionOf("nothing")).toBeUndefined();
  for (const dd of texts("dl dd")) expect(dd).not.toBe("");
});

test("the command that makes the page stands there", () => {
  expect(texts("pre code")).toEqual([report.header.command as string]);
});

test("a column has one unit: nanoseconds, milliseconds and bytes have tables of their own", () => {
  const tables = [...document.querySelectorAll("table.rows")];
  for (const one of tables) {
    const cells = [...one.querySelectorAll("td:nth-child(3)")].map((e) => e.textContent ?? "");
    for (const cell of cells) expect(cell, "a number without a unit").toMatch(/^[\d.,]+$/);
  }
  const heads = tables.map((one) => one.querySelector("th:nth-child(3)")?.textContent);
  expect(new Set(heads)).toEqual(new Set(["median, ns", "median, ms", "median, B", "late by, median, ms"]));
});

test.each([
  [1614, 120, "1,600"],
  [23.46, 3, "23"],
  [23.46, 0.3, "23.5"],
  [23.46, 0.02, "23.46"],
  [0.266, 0.004, "0.266"],
  [4410, 210, "4,400"],
  [8, 30, "8"],
  [5, 0, "5.000"],
])("%d of an uncertainty of %d is %s", (value, uncertainty, expected) => {
  expect(rounded(value, uncertainty)).toBe(expected);
});

test("the header stands there, escaped, with what was skipped", () => {
  expect(texts("dd")).toContain("SKIPPED: <not> there");
  expect(texts("dd")).toContain("1.2.3, commit 0123456789ab-dirty, System V x86-64");
  expect(texts("dd")).toContain("quick; seed 7; 2026-01-02T03:04:05.678Z");
  expect(html).not.toContain("<not>");
});

test("bytes are bytes, CPU time is CPU time", () => {
  expect(document.querySelector('tr[data-row="parked 1M, memory"]')?.textContent).toContain("native4,4004,200–4,600");
  expect(document.querySelector('tr[data-row="sleep 100k"]')?.textContent).toContain("op (CPU time)");
});

test("a bar for each ratio, a bar of nanoseconds where there is no Go, a point for each ring of a curve", () => {
  const labels = [...document.querySelectorAll(".narrow > svg rect[aria-label]")].map((e) =>
    e.getAttribute("aria-label"),
  );
  expect(labels).toContain("gosched 1; native; 10");
  expect(labels).toContain("raw switch; swapcontext; 525");
  expect(labels.some((label) => label?.includes("; go;"))).toBe(false);
  const points = document.querySelectorAll('.narrow > svg[aria-label="growth"] circle');
  const curves = report.rows.filter(({ name, impl }) => name.startsWith("gosched ") && impl !== "effect");
  expect(points).toHaveLength(curves.length);
});

test("nothing of it is fetched", () => {
  for (const { name, value } of [...document.querySelectorAll("*")].flatMap((e) => [...e.attributes])) {
    if (name !== "xmlns") expect(value).not.toMatch(/^(https?:|\/\/)/);
  }
  expect(document.querySelectorAll("script, link:not([href='data:,']), img, iframe")).toHaveLength(0);
  expect(html).not.toMatch(/@import|url\(/);
});

test("the warning of a noisy machine is there only when it is noisy", () => {
  expect(texts(".warning")).toEqual([]);
  const noisy = { ...report, rows: report.rows.map((r) => ({ ...r, spread: 0.5 })) };
  expect(page(noisy)).toContain("too busy for a judgement");
});

test("what a quick run had no time for is named", () => {
  expect(texts(".left-out")).toEqual([]);
  const { document } = parseHTML(page({ ...report, left_out: ["skynet <1M>"] }));
  expect(document.querySelector(".left-out")?.textContent).toBe("skynet <1M>: LEFT OUT: the run's time is over");
});

test("what failed is named", () => {
  expect(texts(".failed")).toEqual([]);
  const failed = [{ impl: "csp", name: "sieve 2000", why: "no <memory>" }];
  const { document } = parseHTML(page({ ...report, failed }));
  expect(document.querySelector(".failed")?.textContent).toBe(
    "sieve 2000, csp: FAILED, and the run goes on without it: no <memory>",
  );
});

test("a comparison has a table of its own", () => {
  const line = { name: "a", impl: "native", unit: "op", metric: "time", base: 2, now: 1, ratio: 2 } as const;
  const lines = [{ ...line, ratio_low: 1.9, ratio_high: 2.1, p: 0.008, moved: "better" } as const];
  const skipped = [
    { impl: "native", name: null, why: "too <old>" },
    { impl: "generator", name: "b", why: "no such program" },
  ];
  const compared = parseHTML(
    page({ ...report, rows: [], baseline: { what: "<HEAD>", rows: lines, skipped } }),
  ).document;
  expect(compared.querySelectorAll('tr[data-compared="a"][data-moved="better"]')).toHaveLength(1);
  expect(compared.body.textContent).toContain("Compared with <HEAD>");
  expect([...compared.querySelectorAll(".skipped")].map((e) => e.textContent)).toEqual([
    "native: SKIPPED: the baseline does not fit: too <old>",
    "b, generator: SKIPPED: the baseline does not fit: no such program",
  ]);
  // It measured nothing that aims speak of.
  expect(compared.querySelectorAll("table.aims")).toHaveLength(0);
  expect(document.querySelectorAll("tr[data-compared], .skipped")).toHaveLength(0);
});
