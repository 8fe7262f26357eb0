/**
 * A server beside a C function that blocks its thread: native.blocking calls it on a thread of its own, so that other
 * requests are answered meanwhile. The C is compiled when this starts.
 */

import { cc } from "bun:ffi";
import { join } from "node:path";
import { native, run } from "gobuf";

const { symbols } = cc({
  source: join(import.meta.dir, "blocking.c"),
  symbols: { slow_length: { args: ["ptr"], returns: "i32" } },
});
const slowLength = native.blocking(symbols.slow_length, { args: ["ptr"], returns: "i32", name: "slow_length" });

using server = Bun.serve({
  port: 0,
  routes: {
    "/quick": () => new Response("at once"),
    "/slow/:text": async ({ params: { text } }) => {
      const bytes = new TextEncoder().encode(`${text}\0`);
      return new Response(`${text} has ${await slowLength(bytes)} letters`);
    },
  },
});

const ask = async (path: string) => {
  console.log(await (await fetch(new URL(path, server.url))).text());
};

// The slow answer comes last, whatever was asked meanwhile.
const slow = ask("/slow/goroutine");
for (let i = 0; i < 3; i++) await ask("/quick");
await slow;

// In a goroutine, yield* waits for a call.
await run(function* main() {
  console.log(`a goroutine's call: ${yield* slowLength(new TextEncoder().encode("gopher\0"))}`);
});
