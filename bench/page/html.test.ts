/** The bench's page from a report of a fixture: each result, aim, warning and failure stands in it. */
import { expect, test } from "bun:test";
import { parseHTML } from "linkedom";
import { checkReport } from "../schema.ts";
import { report } from "./fixture.ts";
import { page } from "./html.ts";

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
  expect(new Set(verdicts)).toEqual(new Set(["met", "missed", "not measured"]));
});

test("a missed aim says where the time goes, one that is met does not", () => {
  expect(texts('tr[data-aim="gosched 100"][data-impl="generator"] td.where')).toEqual(["in <the> queue"]);
  expect(texts('tr[data-aim="raw switch"] td.where')).toEqual([""]);
});

test("the header stands there, escaped, with what was skipped", () => {
  expect(texts("dd")).toContain("SKIPPED: <not> there");
  expect(texts("dd")).toContain("1.2.3, commit 0123456789ab-dirty, System V x86-64");
  expect(texts("dd")).toContain("quick; seed 7; 2026-01-02T03:04:05.678Z");
  expect(html).not.toContain("<not>");
});

test("bytes are bytes, CPU time is CPU time", () => {
  expect(document.querySelector('tr[data-row="parked 1M, memory"]')?.textContent).toContain("4410 B");
  expect(document.querySelector('tr[data-row="sleep 100k"]')?.textContent).toContain("op (CPU time)");
});

test("a bar for each ratio, a bar of nanoseconds where there is no Go, a point for each ring of a curve", () => {
  const labels = [...document.querySelectorAll("svg rect[aria-label]")].map((e) => e.getAttribute("aria-label"));
  expect(labels).toContain("gosched 1; native; 10");
  expect(labels).toContain("raw switch; swapcontext; 525");
  expect(labels.some((label) => label?.includes("; go;"))).toBe(false);
  const points = document.querySelectorAll('svg[aria-label="growth"] circle');
  expect(points).toHaveLength(report.rows.filter(({ name }) => name.startsWith("gosched ")).length);
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
  const rows = [{ ...line, ratio_low: 1.9, ratio_high: 2.1, p: 0.008, moved: "better" } as const];
  const skipped = [
    { impl: "native", name: null, why: "too <old>" },
    { impl: "generator", name: "b", why: "no such program" },
  ];
  const compared = parseHTML(page({ ...report, rows: [], baseline: { what: "<HEAD>", rows, skipped } })).document;
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
