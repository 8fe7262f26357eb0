/**
 * A crawler of a small site on this machine: an ErrGroup of at most three fetches at a time, a limit on how many begin in a
 * second, a time-out for each page and one for all, and Ctrl-C, which ends it in order. With --endless the site has no end.
 */
import { Command } from "commander";
import { context, ErrGroup, type Go, Limiter, run, wait } from "gobuf";

const { endless } = new Command()
  .option("--endless", "a site in which each page leads to another one: press Ctrl-C", false)
  .parse()
  .opts<{ endless: boolean }>();

const site: Record<string, readonly string[]> = {
  "/": ["/ants", "/bees", "/gone", "/slow"],
  "/ants": ["/bees", "/ants/red"],
  "/bees": ["/", "/ants"],
  "/ants/red": [],
};

/** What the site answers; /slow never does. */
function answer(path: string): Response | Promise<Response> {
  if (path === "/slow") return new Promise(() => {});
  const links = endless ? [`/${Number(path.slice(1)) + 1}`] : site[path];
  return links === undefined ? new Response("no such page", { status: 404 }) : Response.json(links);
}

using server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch: (request) => answer(new URL(request.url).pathname),
});

interface Page {
  readonly path: string;
  readonly says: string;
  readonly links: readonly string[];
}

const PAGE_MS = 20_000;
const SLOW_MS = 20;
const ALL_MS = 60_000;

/** Fetches a page. One that gives no answer in time says so; the end of the whole crawl is thrown. */
function* fetchPage(crawl: context.Context, path: string): Go<Page> {
  const [ctx, cancel] = context.withTimeout(crawl, path === "/slow" ? SLOW_MS : PAGE_MS);
  using _ = cancel;
  try {
    const response = yield* wait(fetch(new URL(path, server.url), { signal: ctx.signal }));
    if (!response.ok) return { path, says: String(response.status), links: [] };
    const links = (yield* wait(response.json())) as string[];
    return { path, says: `${response.status} (${links.length} links)`, links };
  } catch (error) {
    if (crawl.err() !== undefined || ctx.err() === undefined) throw error;
    return { path, says: "no answer in time", links: [] };
  }
}

/** Crawls in rounds: the pages that those of one round link to are the next. @param found gets the pages */
function* crawl(parent: context.Context, start: string, found: Page[]): Go {
  const limiter = new Limiter(1000, 10); // pages a second; so many at once
  const seen = new Set([start]);
  for (let round = [start]; round.length > 0; ) {
    const [group, ctx] = ErrGroup.withContext(parent);
    group.setLimit(3);
    const pages: Page[] = [];
    for (const path of round) {
      yield* group.go(function* fetcher() {
        yield* limiter.wait(ctx);
        pages.push(yield* fetchPage(ctx, path));
      });
    }
    yield* group.wait();
    found.push(...pages);
    round = [...new Set(pages.flatMap(({ links }) => links))].filter((path) => !seen.has(path));
    for (const path of round) seen.add(path);
    if (endless && found.length === 1) console.log("crawling: Ctrl-C ends it");
  }
}

await run(function* main() {
  const [interrupted, stop] = context.notifyContext(context.background(), "SIGINT", "SIGTERM");
  using _ = stop;
  const [ctx, cancel] = context.withTimeout(interrupted, ALL_MS);
  using __ = cancel;
  const found: Page[] = [];
  try {
    yield* crawl(ctx, endless ? "/1" : "/", found);
  } catch (error) {
    if (ctx.err() === undefined) throw error;
    // What there is so far is not lost.
    console.log(`stopped, ${context.cause(ctx)?.message}, ${found.length} pages so far`);
    return;
  }
  found.sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const { path, says } of found) console.log(`${path} ${says}`);
});
