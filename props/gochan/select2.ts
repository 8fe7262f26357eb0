/** A select that waits leaves nothing behind in the queues of the cases it did not take. */
import { heapSize } from "bun:jsc";
import { type Chan, chan, type Go, go, recvCase, select } from "gobuf";
import { must, type Program } from "./program.ts";

const N = 100_000;
/** Bytes that a round may add. */
const ALLOWED = 110_000;
/** What else the process does may add to one round, and not to all of them. */
const ROUNDS = 5;

function* send(ch: Chan<number>): Go {
  for (let n = 0; n < N; n++) yield* ch.send(n);
}

function* receive(ch: Chan<number>, idle: Chan<number>): Go {
  for (let n = 0; n < N; n++) {
    const r = yield* select([recvCase(ch), recvCase(idle)]);
    must(r.index === 0 && r.value === n, `select ${n} gave ${JSON.stringify(r)}`);
  }
}

function used(): number {
  Bun.gc(true);
  return heapSize();
}

export const select2: Program = {
  name: "select2",
  pins: "a hundred thousand selects beside an idle channel use no more memory than the first hundred thousand did",
  *main() {
    const ch = chan<number>();
    const idle = chan<number>();
    go(send, ch);
    yield* receive(ch, idle);
    let least = Number.POSITIVE_INFINITY;
    for (let round = 0; round < ROUNDS && least >= ALLOWED; round++) {
      const before = used();
      go(send, ch);
      yield* receive(ch, idle);
      least = Math.min(least, used() - before);
    }
    must(least < ALLOWED, `${N} selects left ${least} bytes`);
  },
};
