/** Goroutines on other threads, which the programs of threads.ts start. */
import type { Go, RecvChan, SendChan } from "gobuf";
import { computeRounds } from "./rounds.ts";

/** Hands on what comes, until the channel is closed. */
export function* relay(from: RecvChan<unknown>, to: SendChan<unknown>): Go {
  for (let next = yield* from.recvOk(); next[1]; next = yield* from.recvOk()) yield* to.send(next[0]);
  to.close();
}

/** Computes for each number that comes, and says what came out. */
export function* computer(from: RecvChan<number>, to: SendChan<number>): Go {
  for (let rounds = yield* from.recv(); rounds !== undefined; rounds = yield* from.recv()) {
    yield* to.send(computeRounds(rounds));
  }
}

/** Has begun. */
export function* begins(to: SendChan<boolean>): Go {
  yield* to.send(true);
}
