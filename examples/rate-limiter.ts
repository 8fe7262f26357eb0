/**
 * A rate limiter: a ticker fills a bucket that holds three, and each request takes one out of it. With the argument
 * `fake` it runs on the fake clock, in no time.
 */
import { Argument, Command } from "commander";
import { chan, type Go, newTicker, now, type RecvChan, recvCase, run, select, WaitGroup } from "gobuf";

const [clock] = new Command()
  .addArgument(new Argument("[clock]").choices(["real", "fake"]).default("real"))
  .parse().processedArgs;
const BURST = 3;
const EVERY_MS = 100;

/** Fills the bucket until told to stop. @returns the bucket */
function* bucket(wg: WaitGroup, stop: RecvChan<void>): Go<RecvChan<void>> {
  const tokens = chan<void>(BURST);
  for (let i = 0; i < BURST; i++) yield* tokens.send();
  wg.go(function* refill() {
    using ticker = newTicker(EVERY_MS);
    while ((yield* select([recvCase(ticker.c), recvCase(stop)])).index === 0) yield* tokens.send();
  });
  return tokens;
}

await run(
  function* main() {
    const start = now();
    const stop = chan<void>();
    const wg = new WaitGroup();
    const tokens = yield* bucket(wg, stop);
    for (let request = 1; request <= 6; request++) {
      yield* tokens.recv();
      console.log(`request ${request} after ${Math.round(now() - start)} ms`);
    }
    stop.close();
    yield* wg.wait();
  },
  { clock },
);
