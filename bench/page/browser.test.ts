/** The page as a browser shows it: Debian's chromium, driven by playwright-core. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { BrowserContext, Page } from "playwright-core";
import { report } from "./fixture.ts";
import { page as html } from "./html.ts";

const CHROMIUM = "/usr/bin/chromium";
const isHere = process.platform === "linux" && process.arch === "x64" && existsSync(CHROMIUM);
const title = isHere
  ? "in chromium"
  : `in chromium (skipped: no ${CHROMIUM} for this machine: apt-get install chromium)`;

const START_MS_MAX = 60_000;
/** A question to the browser takes its time on a busy machine. */
setDefaultTimeout(60_000);

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

interface Box {
  label: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

/** What this test asks of the browser's elements: the project is typed without the DOM. */
interface Shown {
  textContent: string | null;
  getAttribute(name: string): string | null;
  getBoundingClientRect(): Omit<Box, "label">;
}

/** Runs in the page: where the elements of a selector lie. */
function boxes(elements: Shown[]): Box[] {
  return elements.map((e) => {
    const { x, y, width, height } = e.getBoundingClientRect();
    return { label: e.getAttribute("aria-label") ?? e.textContent ?? "", x, y, width, height };
  });
}

function overlap(a: Box, b: Box): boolean {
  const SHARED = 1; // pixels of line height that neighbours may share
  const x = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const y = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return x > SHARED && y > SHARED;
}

/** Windows: a telephone's, a desk's, and the widest in which the narrow plots are shown. */
const WIDTHS = [390, 940, 1280] as const;
const SHOWN = WIDTHS.flatMap((width) => (["light", "dark"] as const).map((scheme) => [width, scheme] as const));

/** Pixels that text of a plot has at least. */
const TEXT_LEAST = 11;

describe.skipIf(!isHere).each(SHOWN)(`${title}, %d pixels wide, %s`, (width, colorScheme) => {
  let folder: string;
  const said: string[] = [];
  const asked: string[] = [];
  let browser: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "gobuf-page-"));
    const { chromium } = await import("playwright-core");
    const file = join(folder, "bench.html");
    writeFileSync(file, html(report));
    browser = await chromium.launchPersistentContext(join(folder, "profile"), {
      executablePath: CHROMIUM,
      args: FLAGS,
      colorScheme,
      viewport: { width, height: 900 },
    });
    page = await browser.newPage();
    page.on("console", (message) => said.push(message.text()));
    page.on("pageerror", (error) => said.push(error.message));
    page.on("request", (request) => asked.push(request.url()));
    await page.goto(pathToFileURL(file).href);
  }, START_MS_MAX);

  /** The plots that this window shows: each is drawn for both widths. */
  const plots = async (selector: string) => {
    const narrow = page.locator(`.narrow > ${selector}`);
    const wide = page.locator(`.wide > ${selector}`);
    const [shown, hidden] = width <= 940 ? [narrow, wide] : [wide, narrow];
    const widths = async (which: typeof wide) => (await which.evaluateAll(boxes)).map((box) => box.width);
    const seen = await widths(shown);
    expect(seen.length, selector).toBeGreaterThan(0);
    expect(seen, selector).not.toContain(0);
    expect(await widths(hidden), selector).toEqual(seen.map(() => 0));
    return await shown.all();
  };

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("loads without a word on the console, and asks the network for nothing", () => {
    expect(said).toEqual([]);
    expect(asked.filter((url) => !/^(file|data):/.test(url))).toEqual([]);
    expect(asked).toHaveLength(1);
  });

  test("every row can be seen, and the page is not wider than the window", async () => {
    const shown = await page.evaluate<[string, string, number][]>(
      `[...document.querySelectorAll("tr[data-row]")].map((e) => [e.dataset.row, e.dataset.impl, e.getBoundingClientRect().height])`,
    );
    for (const { name, impl } of report.rows) {
      const found = shown.find(([row, of]) => row === name && of === impl);
      expect(found?.[2], `${name} ${impl}`).toBeGreaterThan(0);
    }
    const [scroll, client] = await page.evaluate<number[]>(
      "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
    );
    expect(scroll).toBe(client);
  });

  test("the text of plots is large enough, and no plot is wider than the window", async () => {
    for (const plot of await plots("svg")) {
      const [box] = await plot.evaluateAll(boxes);
      expect(box?.x ?? -1).toBeGreaterThanOrEqual(0);
      expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(width);
    }
    const sizes = await page.evaluate<number[]>(
      `[...document.querySelectorAll("figure text")]
        .filter((e) => e.getBoundingClientRect().width > 0)
        .map((e) => parseFloat(getComputedStyle(e).fontSize) * e.getScreenCTM().a)`,
    );
    expect(sizes.length).toBeGreaterThan(50);
    for (const size of sizes) expect(size).toBeGreaterThanOrEqual(TEXT_LEAST);
  });

  test("a table that is wider than the window scrolls by itself, and can be reached by the keyboard", async () => {
    const tables = await page.evaluate<[number, number, string, number, string][]>(
      `[...document.querySelectorAll("div.wide:has(table)")].map((e) => [e.scrollWidth, e.clientWidth, getComputedStyle(e).overflowX, e.tabIndex, getComputedStyle(e).backgroundImage])`,
    );
    expect(tables.length).toBeGreaterThan(5);
    expect(tables.some(([scroll, client]) => scroll > client)).toBe(width < 1280);
    for (const [, , overflow, tab, shadow] of tables) {
      expect([overflow, tab]).toEqual(["auto", 0]);
      expect(shadow).toContain("linear-gradient");
    }
  });

  test("the picture's marks lie where their ratios are, each within its spread", async () => {
    const [picture] = await plots('svg[aria-label="picture"]');
    const marks = (await picture?.locator("circle[aria-label]").evaluateAll(boxes)) ?? [];
    expect(marks.length).toBeGreaterThan(10);
    const placed = marks.map(({ label, x, width: w }) => ({
      at: x + w / 2,
      log: Math.log(Number(label.split("; ")[2])),
    }));
    const [least, most] = [placed.toSorted((a, b) => a.log - b.log)[0], placed.toSorted((a, b) => b.log - a.log)[0]];
    if (least === undefined || most === undefined) throw new Error("no marks");
    const scale = (most.at - least.at) / (most.log - least.log);
    for (const { at, log } of placed) expect(at - least.at).toBeCloseTo(scale * (log - least.log), 0);
  });

  test("bars are as long as their values", async () => {
    for (const chart of await plots("svg:has(rect[aria-label])")) {
      const bars = await chart.locator("rect[aria-label]").evaluateAll(boxes);
      const scale = bars.map(({ label, width }) => width / Number(label.split("; ")[2]));
      for (const one of scale) expect(one / (scale[0] ?? 0)).toBeCloseTo(1, 2);
    }
  });

  test("the curve's points rise with their values", async () => {
    const [curve] = await plots('svg[aria-label="growth"]');
    const points = (await curve?.locator("circle").evaluateAll(boxes)) ?? [];
    const placed = points.map(({ label, x, y, width }) => {
      const [size, , ns] = label.split("; ");
      return { size: Number(size), ns: Number(ns), x: x + width / 2, y: y + width / 2 };
    });
    const [a, b] = [placed[0], placed.at(-1)];
    if (a === undefined || b === undefined) throw new Error("no points");
    const perDecade = (b.x - a.x) / Math.log10(b.size / a.size);
    for (const p of placed) expect(p.x - a.x).toBeCloseTo(perDecade * Math.log10(p.size / a.size), 0);
    for (const p of placed) for (const q of placed) if (p.ns > q.ns) expect(p.y).toBeLessThan(q.y);
  });

  test("no text lies on another, and all of it is inside its plot", async () => {
    for (const chart of await plots("svg")) {
      const [outer] = await chart.evaluateAll(boxes);
      const texts = await chart.locator("text").evaluateAll(boxes);
      expect(texts.length).toBeGreaterThan(3);
      for (const [i, a] of texts.entries()) {
        expect(a.x, a.label).toBeGreaterThanOrEqual(outer?.x ?? 0);
        expect(a.x + a.width, a.label).toBeLessThanOrEqual((outer?.x ?? 0) + (outer?.width ?? 0));
        for (const b of texts.slice(i + 1)) expect(overlap(a, b), `${a.label} on ${b.label}`).toBe(false);
      }
    }
  });

  test("text can be told from what is behind it", async () => {
    const back = await page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
    const texts = await page.evaluate<string[]>(
      `[...document.querySelectorAll("svg text, td, th, p, dd")].map((e) => {
        const style = getComputedStyle(e);
        return e instanceof SVGElement ? style.fill : style.color;
      })`,
    );
    const light = (rgb: string): number => {
      const parts = rgb.match(/\d+/g) ?? []; // none for "none", which nobody sees
      return parts.length < 3 ? light(back) : parts.slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 3;
    };
    expect(light(back) < 128).toBe(colorScheme === "dark");
    expect(texts.length).toBeGreaterThan(100);
    for (const colour of texts) expect(Math.abs(light(colour) - light(back)), colour).toBeGreaterThan(70);
  });
});
