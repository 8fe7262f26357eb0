/**
 * A server that asks three others at once for each request, and answers with the better of the first two prices; who is
 * slower than that is told to give up.
 */
import { chan, context, type Go, go, run, type SendChan, spawn, wait } from "gobuf";

/** A shop that names a price, or never answers. */
function shop(price?: number) {
  return Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => (price === undefined ? new Promise<Response>(() => {}) : new Response(String(price))),
  });
}

using dear = shop(120);
using cheap = shop(80);
using silent = shop();

function* ask(ctx: context.Context, url: URL, prices: SendChan<number>): Go {
  try {
    const response = yield* wait(fetch(url, { signal: ctx.signal }));
    yield* prices.send(Number(yield* wait(response.text())));
  } catch (error) {
    if (ctx.err() === undefined) throw error;
  }
}

/** Runs as a goroutine for each request; ends early when the client goes away. */
function* quote(request: Request): Go<Response> {
  const [ctx, cancel] = context.withCancel(context.fromSignal(request.signal));
  using _ = cancel;
  const prices = chan<number>(3);
  for (const { url } of [dear, silent, cheap]) go(ask, ctx, url, prices);
  const first = (yield* prices.recv()) as number;
  const second = (yield* prices.recv()) as number;
  return new Response(`${Math.min(first, second)} is the better price`);
}

await run(function* main() {
  using server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: (request) => spawn(quote, request) });
  const responses = yield* wait(Promise.all(Array.from({ length: 5 }, () => fetch(server.url))));
  for (const response of responses) console.log(yield* wait(response.text()));
});
