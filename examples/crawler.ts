/** A crawler of a small site on this machine: three goroutines fetch, each page once, all within a second. */
import { chan, context, type Go, go, run, wait } from "gobuf";

const site: Record<string, readonly string[]> = {
  "/": ["/ants", "/bees", "/gone"],
  "/ants": ["/bees", "/ants/red"],
  "/bees": ["/", "/ants"],
  "/ants/red": [],
};

using server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch(request) {
    const links = site[new URL(request.url).pathname];
    return links === undefined ? new Response("no such page", { status: 404 }) : Response.json(links);
  },
});

interface Page {
  readonly path: string;
  readonly status: number;
  readonly links: readonly string[];
}

function* fetchPage(ctx: context.Context, path: string): Go<Page> {
  const response = yield* wait(fetch(new URL(path, server.url), { signal: ctx.signal }));
  if (!response.ok) return { path, status: response.status, links: [] };
  const links = (yield* wait(response.json())) as string[];
  return { path, status: response.status, links };
}

await run(function* main() {
  const [ctx, cancel] = context.withTimeout(context.background(), 1000);
  using _ = cancel;
  const paths = chan<string>(Object.keys(site).length + 1);
  const pages = chan<Page>();
  for (let i = 0; i < 3; i++) {
    go(function* fetcher() {
      for (let path = yield* paths.recv(); path !== undefined; path = yield* paths.recv()) {
        yield* pages.send(yield* fetchPage(ctx, path));
      }
    });
  }

  const found: Page[] = [];
  const seen = new Set(["/"]);
  yield* paths.send("/");
  while (found.length < seen.size) {
    const page = (yield* pages.recv()) as Page;
    found.push(page);
    for (const link of page.links) {
      if (seen.has(link)) continue;
      seen.add(link);
      yield* paths.send(link);
    }
  }
  paths.close();
  found.sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const { path, status, links } of found) console.log(`${status} ${path} (${links.length} links)`);
});
