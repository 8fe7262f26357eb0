/** A pool of four workers in an errgroup: the first that fails stops the others. */
import { chan, context, ErrGroup, type Go, type RecvChan, recvCase, run, select, sendCase, sleep } from "gobuf";

const WORKERS = 4;

/** Takes jobs until there are none, or until it is told to stop. */
function* worker(ctx: context.Context, jobs: RecvChan<string>, done: string[]): Go {
  for (;;) {
    const r = yield* select([recvCase(ctx.done()), recvCase(jobs)]);
    if (r.index === 0 || !r.ok) return;
    yield* sleep(1);
    if (r.value === "") throw new Error("an empty job");
    done.push(r.value);
  }
}

function* work(list: readonly string[]): Go {
  const [group, ctx] = ErrGroup.withContext(context.background());
  const jobs = chan<string>();
  const done: string[] = [];
  for (let i = 0; i < WORKERS; i++) yield* group.go(worker, ctx, jobs, done);
  yield* group.go(function* feeder() {
    for (const job of list) {
      const r = yield* select([recvCase(ctx.done()), sendCase(jobs, job)]);
      if (r.index === 0) return;
    }
    jobs.close();
  });
  try {
    yield* group.wait();
    console.log(`done: ${done.sort().join(", ")}`);
  } catch (error) {
    console.log(`stopped: ${(error as Error).message}`);
  }
}

await run(function* main() {
  yield* work(["ant", "bee", "cat", "dog", "elk", "fox"]);
  yield* work(["ant", "", "cat"]);
});
