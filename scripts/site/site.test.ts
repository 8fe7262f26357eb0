/** The documentation site: built without a warning, no link is dead, and a browser shows it on a telephone and on a desk. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { currentAbi } from "../abis/abis.ts";
import { checkLinks } from "./links.ts";

const CHROMIUM = "/usr/bin/chromium";
const isHere = process.platform === "linux" && process.arch === "x64" && existsSync(CHROMIUM);
const title = isHere
  ? "in chromium"
  : `in chromium (skipped: no ${CHROMIUM} for this machine: apt-get install chromium)`;
/** TypeDoc and a browser take seconds, on a busy machine minutes. */
const STEP_MS = 300_000;
setDefaultTimeout(STEP_MS);

const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];

/** What a reader opens: the front page, a guide, a page with wide tables, a class, a function with overloads. */
const PAGES = [
  "index.html",
  "documents/Go_in_gobuf.html",
  "documents/Fidelity.html",
  "interfaces/gobuf.Chan.html",
  "functions/gobuf.select.html",
];

const folder = mkdtempSync(join(tmpdir(), "gobuf-site-"));
const site = join(folder, "site");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("dead links are seen", () => {
  const planted = join(folder, "planted");
  const page = (body: string) => {
    rmSync(planted, { recursive: true, force: true });
    mkdirSync(join(planted, "sub"), { recursive: true });
    writeFileSync(join(planted, "index.html"), `<a href="sub/b.html#here">b</a><img src="sub/x.svg">${body}`);
    writeFileSync(join(planted, "sub", "b.html"), '<p id="here"><a href="../index.html?x">home</a>');
    writeFileSync(join(planted, "sub", "x.svg"), "<svg/>");
    return checkLinks(planted);
  };

  test("what leads somewhere is none", () => {
    expect(page('<a href="https://bun.sh">web</a><a href="mailto:x">m</a><a href="#">top</a>').dead).toEqual([]);
  });

  test.each([
    ['<a href="c.html">', "index.html: c.html: there is no c.html"],
    ['<a href="sub">', "index.html: sub: it is a folder"],
    ['<a href="sub/b.html#there">', 'index.html: sub/b.html#there: sub/b.html has no element "there"'],
    ['<a href="#there">', 'index.html: #there: index.html has no element "there"'],
    ['<script src="a.js"></script>', "index.html: a.js: there is no a.js"],
    ['<a href="../out.html">', "index.html: ../out.html: there is no ../out.html"],
  ])("%s is one", (body, says) => {
    expect(page(body).dead).toEqual([says]);
  });
});

describe.skipIf(currentAbi() !== undefined)(
  "the site (skipped under an emulator: TypeDoc makes the same there)",
  () => {
    let warnings: string[];

    beforeAll(async () => {
      // Late: TypeDoc and TypeScript take long to load under an emulator, where nothing is built.
      const { buildSite } = await import("./build.ts");
      warnings = await buildSite(site);
    }, STEP_MS);

    test("is made without a warning", () => {
      expect(warnings).toEqual([]);
    });

    test("has no dead link", () => {
      const { dead, links, pages } = checkLinks(site);
      expect(dead).toEqual([]);
      expect(pages).toBeGreaterThan(150);
      expect(links).toBeGreaterThan(5000);
    });

    describe.skipIf(!isHere).each([390, 1280])(`${title}, %p pixels wide`, (width) => {
      let browser: BrowserContext;
      let page: Page;
      let server: Bun.Server<undefined>;
      const said: string[] = [];

      beforeAll(async () => {
        server = Bun.serve({
          hostname: "127.0.0.1",
          port: 0,
          async fetch(request) {
            const file = Bun.file(join(site, decodeURIComponent(new URL(request.url).pathname)));
            return (await file.exists()) ? new Response(file) : new Response("no such page", { status: 404 });
          },
        });
        const { chromium } = await import("playwright-core");
        browser = await chromium.launchPersistentContext(join(folder, `profile-${width}`), {
          executablePath: CHROMIUM,
          args: FLAGS,
          viewport: { width, height: 900 },
        });
        page = await browser.newPage();
        page.on("console", (message) => said.push(message.text()));
        page.on("pageerror", (error) => said.push(error.message));
        page.on("response", (response) => {
          if (!response.ok()) said.push(`${response.status()} ${response.url()}`);
        });
        page.on("request", (request) => {
          if (!request.url().startsWith(server.url.href) && !request.url().startsWith("data:"))
            said.push(request.url());
        });
      }, STEP_MS);

      afterAll(async () => {
        await browser?.close();
        await server?.stop(true);
      });

      test.each(PAGES)(
        "%s: a heading, nothing wider than the window, no word on the console, no request elsewhere",
        async (path) => {
          await page.goto(new URL(path, server.url).href);
          expect(await page.locator("h1").first().isVisible()).toBe(true);
          expect(await page.locator("h1").count()).toBe(1);
          const [scroll, client] = await page.evaluate<number[]>(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
          );
          expect(scroll).toBe(client);
          expect(said).toEqual([]);
        },
        STEP_MS,
      );

      test(
        "a link of the front page leads to the guide, and from there into the names",
        async () => {
          await page.goto(new URL("index.html", server.url).href);
          await page.locator('.col-content a[href="documents/Start_in_five_minutes.html"]').first().click();
          await page.locator("h1, h2").filter({ hasText: "Start in five minutes" }).first().waitFor();
          expect(said).toEqual([]);
        },
        STEP_MS,
      );
    });
  },
);
