/** A server whose handlers hand work to other threads, and give it up after a time. */
import { chan, context, go, start } from "gobuf";
import type { Job } from "./stages.ts";

const stages = new URL("./stages.ts", import.meta.url);
type Stages = typeof import("./stages.ts");
const TIMEOUT_MS = 3000;

await using service = start();
const jobs = await service.spawn(function* threads() {
  const made = chan.shared<Job>();
  for (let m = 1; m <= 2; m++) yield* go.worker<Stages>({ module: stages, m }, "primes", made);
  return made;
});

const server = Bun.serve({
  port: 0,
  fetch: async (request) => {
    const n = Number(new URL(request.url).pathname.slice(1));
    const answer = await service.spawn(function* handler() {
      const [ctx, cancel] = context.withTimeout(context.background(), TIMEOUT_MS);
      using _ = cancel;
      const to = chan.shared<number | string>(1);
      yield* jobs.send({ n, ctx, to });
      return yield* to.recv();
    });
    return new Response(String(answer));
  },
});

// Somebody asks: two threads answer at the same time, and one question is too hard.
const ask = async (n: number) => `prime ${n}: ${await (await fetch(new URL(String(n), server.url))).text()}`;
console.log((await Promise.all([ask(1), ask(100), ask(500)])).join("\n"));
console.log(await ask(100_000_000));
await server.stop();
