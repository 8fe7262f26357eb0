/**
 * The load of the soak: a server whose requests are goroutines of one service, which lives as long as the load, and, in each
 * round, everything else that comes and goes: runs of all kinds and ends, services, native bodies, Workers.
 */
import { join } from "node:path";
import {
  after,
  afterFunc,
  chan,
  context,
  ErrGroup,
  type Go,
  go,
  hold,
  Mutex,
  native,
  newTicker,
  newTimer,
  nilchan,
  recvCase,
  run,
  runSync,
  type Service,
  select,
  sendCase,
  sleep,
  spawn,
  start,
  WaitGroup,
  wait,
} from "gobuf";
import { synctest } from "gobuf/testing";
import { compileBodies, openBodies, Work } from "../native/bodies.ts";

const REQUESTS = 40;
const WORKERS = 3;

/** What a load has done; a round that does nothing would be flat, too. */
export interface Done {
  requests: number;
  runs: number;
  services: number;
  natives: number;
  workers: number;
}

/** Bodies of C: compiled now where there is a compiler, else the probe's. */
function bodies() {
  try {
    return compileBodies();
  } catch {
    return openBodies();
  }
}

/** A load under way. */
export class Load implements AsyncDisposable {
  readonly done: Done = { requests: 0, runs: 0, services: 0, natives: 0, workers: 0 };
  /** The service that the requests are goroutines of. */
  readonly service: Service = start();
  readonly #jobs = chan<{ n: number; reply: ReturnType<typeof chan<number>> }>(4);
  readonly #server;
  /** Requests whose handlers have not ended. */
  #answering = 0;
  readonly #bodies = bodies();

  /** @param workers whether Workers come and go */
  constructor(readonly workers: boolean) {
    const jobs = this.#jobs;
    void this.service
      .spawn(function* squarer() {
        for (let job = yield* jobs.recv(); job !== undefined; job = yield* jobs.recv()) {
          yield* select([sendCase(job.reply, job.n * job.n), recvCase(after(5_000))]);
        }
      })
      .catch(() => {});
    this.#server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: async (request) => {
        this.#answering++;
        try {
          return await this.service.spawn(answer, jobs, request);
        } finally {
          this.#answering--;
        }
      },
    });
  }

  /** Does everything once, and settles when all of it has ended. */
  async round(): Promise<void> {
    await this.#requests();
    await this.#runs();
    await this.#services();
    await this.#natives();
    if (this.workers) await this.#workers();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop(true);
    await this.service.stop();
    this.#bodies[Symbol.dispose]();
  }

  /** A quarter answered, a quarter late, a quarter by a timer, a quarter from clients that go away. */
  async #requests(): Promise<void> {
    const ask = async (n: number): Promise<void> => {
      const controller = new AbortController();
      if (n % 4 === 3) setTimeout(() => controller.abort(), 1);
      try {
        const response = await fetch(`${this.#server.url}${n}`, { signal: controller.signal, keepalive: false });
        const text = await response.text();
        const want = [String(n * n), "context deadline exceeded", "timer", "canceled"][n % 4];
        if (text !== want) throw new Error(`request ${n}: ${text}, expected ${want}`);
      } catch (error) {
        if ((error as Error).name !== "AbortError") throw error;
      }
    };
    await Promise.all(Array.from({ length: REQUESTS }, (_, n) => ask(n)));
    // A client that went away does not wait for its handler.
    while (this.#answering > 0) await this.service.spawn(() => sleepOf(1));
    this.done.requests += REQUESTS;
  }

  async #runs(): Promise<void> {
    await Promise.all([
      run(pipeline),
      run(timers),
      run(pipeline, { clock: "fake" }),
      run(timers, { seed: 1 }),
      synctest.test(timers),
      ends(run(blocked, { clock: "fake" }), "all goroutines are asleep"),
      ends(
        run(function* () {
          yield* leaves();
          throw new Error("on purpose");
        }),
        "on purpose",
      ),
      ends(
        run(() => leaves(true), { signal: AbortSignal.timeout(3) }),
        "timed out",
      ),
      run(leaves),
      run(async_),
    ]);
    runSync(pipeline);
    this.done.runs += 11;
  }

  async #services(): Promise<void> {
    const service = start();
    const stays = service.spawn(() => sleepOf(3_600_000));
    const sum = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        service.spawn(function* () {
          yield* sleep(1);
          return n;
        }),
      ),
    );
    if (sum.reduce((a, b) => a + b) !== 190) throw new Error(`a service: ${sum}`);
    await Promise.all([service.stop(), ends(stays, "RunOverError")]);
    this.done.services++;
  }

  async #natives(): Promise<void> {
    const { c_echo, c_passer } = this.#bodies.symbols;
    await run(function* () {
      const [to, middle, from] = [native.chan(native.i32), native.chan(native.i32), native.chan(native.i32)];
      const wg = new WaitGroup();
      wg.add(1);
      go.native(c_passer, new Work({ in: to, out: middle, wg }, 50).bytes);
      go.native(c_echo, new Work({ in: middle, out: from }).bytes);
      go(function* () {
        for (let n = 0; n < 50; n++) yield* to.send(n);
      });
      for (let n = 0; n < 50; n++) {
        const got = yield* from.recv();
        if (got !== n) throw new Error(`a native body: ${got}, expected ${n}`);
      }
      yield* wg.wait();
      middle.close();
      yield* from.recv();
      for (const object of [to, middle, from, wg]) native.release(object);
    });
    // Bodies that still wait when their run ends.
    await run(function* () {
      const to = native.chan(native.i32);
      for (let i = 0; i < 3; i++) go.native(c_echo, new Work({ in: to, out: to }).bytes);
      yield* sleep(0.1);
      native.release(to);
    });
    this.done.natives += 5;
  }

  /** One ends by itself, one by process.exit, one by terminate(). */
  async #workers(): Promise<void> {
    await Promise.all(
      ["end", "exit", "terminate"].map(async (how) => {
        const worker = new Worker(join(import.meta.dir, "worker.ts"), { argv: [how] });
        const closed = new Promise<void>((resolve) => worker.addEventListener("close", () => resolve()));
        const said = await new Promise<unknown>((resolve, reject) => {
          worker.onmessage = (event) => resolve(event.data);
          worker.onerror = (event) => reject(new Error(event.message));
        });
        if (said !== 45) throw new Error(`a Worker: ${said}, expected 45`);
        if (how === "terminate") worker.terminate();
        await closed;
      }),
    );
    this.done.workers += WORKERS;
  }
}

function* sleepOf(ms: number): Go {
  yield* sleep(ms);
}

type Jobs = ReturnType<typeof chan<{ n: number; reply: ReturnType<typeof chan<number>> }>>;

function* answer(jobs: Jobs, request: Request): Go<Response> {
  const n = Number(new URL(request.url).pathname.slice(1));
  const [ctx, cancel] = context.withTimeout(context.fromSignal(request.signal), n % 4 === 1 ? 2 : 10_000);
  using _ = cancel;
  if (n % 4 === 0) {
    const reply = chan<number>();
    yield* select([sendCase(jobs, { n, reply }), recvCase(ctx.done())]);
    const r = yield* select([recvCase(reply), recvCase(ctx.done())]);
    return new Response(r.index === 0 ? String(r.value) : ctx.err()?.message);
  }
  using timer = newTimer(n % 4 === 2 ? 1 : 20_000);
  const r = yield* select([recvCase(timer.c), recvCase(ctx.done())]);
  return new Response(r.index === 0 ? "timer" : ctx.err()?.message);
}

function* pipeline(): Go {
  const [group, ctx] = ErrGroup.withContext(context.background());
  const words = chan<number>(2);
  const mutex = new Mutex();
  let total = 0;
  for (let i = 0; i < 3; i++) {
    yield* group.go(function* () {
      for (;;) {
        const r = yield* select([recvCase(ctx.done()), recvCase(words)]);
        if (r.index === 0 || !r.ok) return;
        yield* mutex.lock();
        total += r.value;
        yield* mutex.unlock();
      }
    });
  }
  for (let n = 0; n < 100; n++) yield* words.send(n);
  words.close();
  yield* group.wait();
  if (total !== 4950) throw new Error(`a pipeline: ${total}, expected 4950`);
}

function* timers(): Go {
  const wg = new WaitGroup();
  wg.add(20);
  for (let i = 0; i < 20; i++) afterFunc(1 + (i % 3), () => wg.done());
  const never = afterFunc(3_600_000, () => wg.done());
  using ticker = newTicker(1);
  for (let i = 0; i < 3; i++) yield* ticker.c.recv();
  yield* wg.wait();
  never.stop();
  const [ctx, cancel] = context.withTimeout(context.background(), 1);
  using _ = cancel;
  yield* ctx.done().recv();
}

/** Goroutines that wait for all kinds of things when their main has returned. */
function* leaves(stays = false): Go {
  const [ch, locked, wg] = [chan<number>(), new Mutex(), new WaitGroup()];
  yield* locked.lock();
  wg.add(1);
  go(function* () {
    yield* ch.recv();
  });
  go(function* () {
    yield* select([recvCase(ch), recvCase(after(3_600_000))]);
  });
  go(function* () {
    yield* locked.lock();
  });
  go(function* () {
    yield* wg.wait();
  });
  go(() => sleepOf(3_600_000));
  yield* sleep(0.5);
  if (stays) yield* nilchan.recv();
}

function* blocked(): Go {
  yield* chan<never>().recv();
}

/** Promises, both ways. */
function* async_(): Go {
  using _ = hold();
  const ch = chan<number>();
  const sent = Promise.all([ch.sendAsync(1), ch.sendAsync(2)]);
  let total = 0;
  for (let i = 0; i < 2; i++) total += (yield* ch.recv()) as number;
  yield* wait(sent);
  total += yield* wait(
    spawn(function* () {
      yield* sleep(0.1);
      return 3;
    }),
  );
  if (total !== 6) throw new Error(`promises: ${total}, expected 6`);
}

/** Expects a failure. */
async function ends(promise: Promise<unknown>, text: string): Promise<void> {
  let message = "no failure";
  try {
    await promise;
  } catch (error) {
    message = String(error);
  }
  if (!message.includes(text)) throw new Error(`a run that is to fail: ${message}, expected "${text}"`);
}
