/** The page as a browser shows it: Debian's chromium, driven by playwright-core. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
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

describe.skipIf(!isHere).each(["light", "dark"] as const)(`${title}, %s`, (colorScheme) => {
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
      viewport: { width: 1000, height: 900 },
    });
    page = await browser.newPage();
    page.on("console", (message) => said.push(message.text()));
    page.on("pageerror", (error) => said.push(error.message));
    page.on("request", (request) => asked.push(request.url()));
    await page.goto(pathToFileURL(file).href);
  }, START_MS_MAX);

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
    for (const { name, impl } of report.rows) {
      expect(await page.locator(`tr[data-row="${name}"][data-impl="${impl}"]`).isVisible(), `${name} ${impl}`).toBe(
        true,
      );
    }
    const [scroll, client] = await page.evaluate<number[]>(
      "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
    );
    expect(scroll).toBe(client);
  });

  test("bars are as long as their values", async () => {
    for (const chart of await page.locator("svg:has(rect[aria-label])").all()) {
      const bars = await chart.locator("rect[aria-label]").evaluateAll(boxes);
      const scale = bars.map(({ label, width }) => width / Number(label.split("; ")[2]));
      for (const one of scale) expect(one / (scale[0] ?? 0)).toBeCloseTo(1, 2);
    }
  });

  test("the curve's points rise with their values", async () => {
    const points = await page.locator('svg[aria-label="growth"] circle').evaluateAll(boxes);
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
    for (const chart of await page.locator("svg").all()) {
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
