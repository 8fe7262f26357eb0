/**
 * How late timers of the same process run while a server works: `bun bench/serve.ts [--json]`.
 *
 * The server answers 10,000 requests, 200 at a time, each by a goroutine with channels and a context; then the same server
 * in plain async code. Meanwhile a `setInterval` notes how much later than asked it is called. The client is a process of
 * its own; its first 10,000 requests warm the server up.
 */
import { Option } from "commander";
import {
  chan,
  context,
  type Go,
  go,
  type RecvChan,
  recvCase,
  run,
  type SendChan,
  select,
  sendCase,
  spawn,
  wait,
} from "gobuf";
import { command } from "../scripts/command.ts";

const REQUESTS = 10_000;
const IN_FLIGHT = 200;
const WORKERS = 8;
const EVERY_MS = 1;

/** What was measured of one server. */
export interface ServeResult {
  readonly name: "interval beside Bun.serve";
  /** `gobuf`, or `async` for plain async code. */
  readonly impl: string;
  /** Requests, all of them answered right. */
  readonly per_second: number;
  /** Milliseconds that the interval was late: the median, the 99th percentile, the most. */
  readonly late_p50: number;
  readonly late_p99: number;
  readonly late_max: number;
}

/** Notes how late an interval is called until it is stopped. */
function watchInterval(): () => number[] {
  const late: number[] = [];
  let due = performance.now() + EVERY_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    late.push(Math.max(0, now - due));
    due = now + EVERY_MS;
  }, EVERY_MS);
  return () => {
    clearInterval(timer);
    return late.sort((a, b) => a - b);
  };
}

/** Asks a server, and checks its answers. */
async function client(url: string): Promise<void> {
  let next = 0;
  let answered = 0;
  const asker = async () => {
    for (let n = next++; n < REQUESTS; n = next++) {
      const response = await fetch(`${url}${n}`);
      if ((await response.text()) === String(2 * n)) answered++;
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: IN_FLIGHT }, asker));
  console.log(JSON.stringify({ answered, ms: performance.now() - start }));
}

/** Runs the client. @returns how long it took, milliseconds @throws Error when an answer is lost */
async function askAll(impl: string, url: URL): Promise<number> {
  const child = Bun.spawn([process.execPath, import.meta.path, "--client", url.href], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  const { answered, ms } = JSON.parse(await child.stdout.text()) as { answered: number; ms: number };
  if (answered !== REQUESTS) throw new Error(`bench: ${impl}: ${REQUESTS - answered} answers were lost or wrong`);
  return ms;
}

/** Measures one server. */
async function measure(impl: string, url: URL): Promise<ServeResult> {
  await askAll(impl, url);
  const stop = watchInterval();
  const ms = await askAll(impl, url);
  const late = stop();
  const at = (share: number) => late[Math.min(late.length - 1, Math.floor(late.length * share))] ?? 0;
  return {
    name: "interval beside Bun.serve",
    impl,
    per_second: (1000 * REQUESTS) / ms,
    late_p50: at(0.5),
    late_p99: at(0.99),
    late_max: at(1),
  };
}

function numberOf(request: Request): number {
  return Number(new URL(request.url).pathname.slice(1));
}

const local = { hostname: "127.0.0.1", port: 0 };

interface Job {
  readonly n: number;
  readonly reply: SendChan<number>;
}

function* worker(jobs: RecvChan<Job>): Go {
  for (let job = yield* jobs.recv(); job !== undefined; job = yield* jobs.recv()) yield* job.reply.send(2 * job.n);
}

/** The server of goroutines. */
function withGobuf(): Promise<ServeResult> {
  return run(function* main() {
    const jobs = chan<Job>();
    for (let i = 0; i < WORKERS; i++) go(worker, jobs);
    function* handle(request: Request): Go<Response> {
      const [ctx, cancel] = context.withTimeout(context.fromSignal(request.signal), 60_000);
      using _ = cancel;
      const reply = chan<number>(1);
      const sent = yield* select([recvCase(ctx.done()), sendCase(jobs, { n: numberOf(request), reply })]);
      if (sent.index === 0) return new Response("gone", { status: 503 });
      const r = yield* select([recvCase(ctx.done()), recvCase(reply)]);
      return r.index === 0 ? new Response("gone", { status: 503 }) : new Response(String(r.value));
    }
    using server = Bun.serve({ ...local, fetch: (request) => spawn(handle, request) });
    return yield* wait(measure("gobuf", server.url));
  });
}

/** The same in plain async code: what the event loop and Bun's server cost by themselves. */
async function withoutGobuf(): Promise<ServeResult> {
  using server = Bun.serve({
    ...local,
    async fetch(request) {
      const signal = AbortSignal.any([request.signal, AbortSignal.timeout(60_000)]);
      const value = await Promise.resolve(2 * numberOf(request));
      return signal.aborted ? new Response("gone", { status: 503 }) : new Response(String(value));
    },
  });
  return await measure("async", server.url);
}

/** Both servers, one after the other. */
export async function serveRows(): Promise<ServeResult[]> {
  return [await withGobuf(), await withoutGobuf()];
}

if (import.meta.main) {
  const options = command("bun bench/serve.ts", "Measures how late timers run while a server works.")
    .option("--json", "print the rows as JSON in place of the table")
    .addOption(new Option("--client <url>", "ask that server: the process that a measurement starts").hideHelp())
    .parse()
    .opts<{ json?: boolean; client?: string }>();
  if (options.client !== undefined) await client(options.client);
  else {
    const rows = await serveRows();
    if (options.json) console.log(JSON.stringify(rows, null, 2));
    else {
      console.log(`setInterval(${EVERY_MS} ms) beside ${REQUESTS} requests, ${IN_FLIGHT} at a time: how late, in ms`);
      for (const row of rows) {
        const late = `p50 ${row.late_p50.toFixed(2)}  p99 ${row.late_p99.toFixed(2)}  max ${row.late_max.toFixed(2)}`;
        console.log(`${row.impl.padEnd(6)} ${late}  (${Math.round(row.per_second)} requests/s)`);
      }
    }
  }
}
