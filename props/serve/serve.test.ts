/** Goroutines behind `Bun.serve`: every request is a goroutine with a channel and a context, and every answer
 * arrives. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import {
  chan,
  context,
  type Go,
  go,
  hold,
  nilchan,
  numGoroutine,
  recvCase,
  run,
  type SendChan,
  select,
  sendCase,
  spawn,
  wait,
} from "gobuf";

/** The emulation of Windows needs 14 s for 10,000, and more than a minute beside other work. */
const REQUESTS = process.platform === "win32" ? 2_000 : 10_000;
/** Files that a process needs besides its sockets. */
const OTHER_FILES = 500;

/** How many sockets a process may have, so that as many requests are in flight as can be. */
function mostSockets(): number {
  // Windows sets no limit; its emulation hangs on a thousand.
  if (process.platform === "win32") return 100;
  const limit = Bun.spawnSync(["sh", "-c", "ulimit -n"]).stdout.toString().trim();
  return limit === "unlimited" ? REQUESTS : Math.max(1, Number(limit) - OTHER_FILES);
}

interface Job {
  readonly n: number;
  readonly reply: SendChan<string>;
}

/** A server whose handlers are goroutines. */
function serve(handler: (request: Request, ctx: context.Context) => Go<Response>) {
  function* handle(request: Request): Go<Response> {
    const [ctx, cancel] = context.withCancel(context.fromSignal(request.signal));
    using _ = cancel;
    return yield* handler(request, ctx);
  }
  return Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: (request) => spawn(handle, request) });
}

function numberOf(request: Request): number {
  return Number(new URL(request.url).pathname.slice(1));
}

describe("Bun.serve", () => {
  const atOnce = Math.min(REQUESTS, mostSockets());
  const rounds = Math.ceil(REQUESTS / atOnce);

  test(`${atOnce * rounds} requests, ${atOnce} in flight at once: no answer is lost`, async () => {
    const answered = await run(function* main() {
      const jobs = chan<Job>();
      let answered = 0;
      /** Answers no request before as many are in flight as can be. */
      go(function* squarer() {
        for (let round = 0; round < rounds; round++) {
          const waiting: Job[] = [];
          while (waiting.length < atOnce) waiting.push((yield* jobs.recv()) as Job);
          expect(numGoroutine()).toBeGreaterThan(atOnce);
          for (const { n, reply } of waiting) yield* reply.send(`${n} squared is ${n * n}`);
        }
      });
      using server = serve(function* (request, ctx) {
        const reply = chan<string>();
        const sent = yield* select([recvCase(ctx.done()), sendCase(jobs, { n: numberOf(request), reply })]);
        if (sent.index === 0) return new Response("gone", { status: 503 });
        const r = yield* select([recvCase(ctx.done()), recvCase(reply)]);
        if (r.index === 0) return new Response("gone", { status: 503 });
        answered++;
        return new Response(r.value);
      });
      const client = Bun.spawn(
        [process.execPath, join(import.meta.dir, "client.ts"), server.url.href, String(atOnce), String(rounds)],
        {
          env: { ...process.env, BUN_CONFIG_MAX_HTTP_REQUESTS: String(atOnce) },
          stdin: "ignore",
          stdout: "pipe",
          stderr: "inherit",
        },
      );
      expect(JSON.parse(yield* wait(client.stdout.text()))).toEqual({ right: atOnce * rounds, wrong: [] });
      expect(numGoroutine()).toBe(1);
      return answered;
    });
    expect(answered).toBe(atOnce * rounds);
  }, 60_000);

  test("clients that go away and deadlines that pass end their handlers, and no others", async () => {
    const GROUPS = 50;
    const outcomes = { answered: 0, aborted: 0, late: 0 };
    await run(function* main() {
      using _ = hold();
      const clients = Array.from({ length: 3 * GROUPS }, () => new AbortController());
      const ended = chan<void>();
      using server = serve(function* (request, ctx) {
        const n = numberOf(request);
        try {
          if (n % 3 === 0) return new Response(String(n));
          if (n % 3 === 1) {
            clients[n]?.abort();
            yield* select([recvCase(ctx.done()), recvCase(nilchan)]);
            if (context.cause(ctx) !== undefined) outcomes.aborted++;
            return new Response("to nobody");
          }
          const [soon, cancel] = context.withTimeout(ctx, 1);
          using _ = cancel;
          yield* select([recvCase(soon.done()), recvCase(nilchan)]);
          return new Response(soon.err()?.message, { status: 504 });
        } finally {
          go(function* tellEnd() {
            yield* ended.send();
          });
        }
      });
      const ask = async (n: number) => {
        try {
          const response = await fetch(`${server.url}${n}`, { signal: clients[n]?.signal ?? null });
          const text = await response.text();
          if (response.status === 504 && text === "context deadline exceeded") outcomes.late++;
          else if (text === String(n)) outcomes.answered++;
        } catch (error) {
          if ((error as Error).name !== "AbortError") throw error;
        }
      };
      const asked = Promise.all(clients.map((_, n) => ask(n)));
      for (let n = 0; n < clients.length; n++) yield* ended.recv();
      yield* wait(asked);
    });
    expect(outcomes).toEqual({ answered: GROUPS, aborted: GROUPS, late: GROUPS });
  }, 30_000);
});
