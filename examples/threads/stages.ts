/** What the examples beside this file run on other threads. */
import { type context, type Go, gosched, type RecvChan, type SendChan, type WaitGroup } from "gobuf";

/** A line of the log, taken apart. */
export interface Hit {
  readonly path: string;
  readonly status: number;
  readonly ms: number;
}

/** Takes lines apart, a batch at a time. */
export function* parse(lines: RecvChan<string[]>, hits: SendChan<Hit[]>, done: WaitGroup): Go {
  for (let batch = yield* lines.recv(); batch !== undefined; batch = yield* lines.recv()) {
    const parsed: Hit[] = [];
    for (const line of batch) {
      const [, path, status, ms] = /^\S+ "GET (\S+)" (\d+) (\d+)ms$/.exec(line) ?? [];
      if (path !== undefined) parsed.push({ path, status: Number(status), ms: Number(ms) });
    }
    yield* hits.send(parsed);
  }
  done.done();
}

/** A request for a prime, and where the answer goes. */
export interface Job {
  readonly n: number;
  readonly ctx: context.Context;
  readonly to: SendChan<number | string>;
}

/** Finds the n-th prime, unless the context ends first. */
export function* primes(jobs: RecvChan<Job>): Go {
  for (let job = yield* jobs.recv(); job !== undefined; job = yield* jobs.recv()) {
    const found: number[] = [];
    let why: string | undefined;
    for (let n = 2; found.length < job.n && why === undefined; n++) {
      if (found.every((prime) => n % prime !== 0)) found.push(n);
      if (n % 256 !== 0) continue;
      // Now and then it asks, and lets others have their turn.
      why = job.ctx.err()?.message;
      yield* gosched();
    }
    yield* job.to.send(why ?? (found.at(-1) as number));
  }
}
