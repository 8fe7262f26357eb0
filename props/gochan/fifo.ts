/** A channel gives its values in the order of the sends, with a buffer and without. */
import { type Chan, chan, type Go, go } from "gobuf";
import { must, type Program } from "./program.ts";

const N = 10;

function* buffered(): Go {
  const ch = chan<number>(N);
  for (let i = 0; i < N; i++) yield* ch.send(i);
  must(ch.len === N, `${ch.len} values in a buffer of ${N}`);
  for (let i = 0; i < N; i++) {
    const v = yield* ch.recv();
    must(v === i, `received ${v} where ${i} was due`);
  }
}

/** What is in the buffer is received after a close, too. */
function* closed(): Go {
  const ch = chan<number>(N);
  for (let i = 0; i < N; i++) yield* ch.send(i);
  ch.close();
  for (let i = 0; i < N; i++) {
    const [v, ok] = yield* ch.recvOk();
    must(ok && v === i, `received ${v} after the close, where ${i} was due`);
  }
  must((yield* ch.recv()) === undefined, "a value that nobody sent");
}

/** Receivers that take turns: each waits for the one before it. */
function* turns(): Go {
  const ch = chan<number>();
  const first = chan<void>();
  let turn: Chan<void> = first;
  for (let i = 0; i < N; i++) {
    const mine = turn;
    const following = chan<void>();
    go(function* taker() {
      yield* mine.recv();
      const v = yield* ch.recv();
      must(v === i, `taker ${i} received ${v}`);
      yield* following.send();
    });
    turn = following;
  }
  yield* first.send();
  for (let i = 0; i < N; i++) yield* ch.send(i);
  yield* turn.recv();
}

/** Senders that wait in a queue are served in its order. */
function* queued(): Go {
  const ch = chan<number>();
  const ready = chan<void>();
  for (let i = 0; i < N; i++) {
    go(function* sender() {
      yield* ready.send();
      yield* ch.send(i);
    });
    yield* ready.recv();
  }
  for (let i = 0; i < N; i++) {
    const v = yield* ch.recv();
    must(v === i, `sender ${v} was served where ${i} was due`);
  }
}

export const fifo: Program = {
  name: "fifo",
  pins: "values leave a channel in the order in which they were sent",
  *main() {
    yield* buffered();
    yield* closed();
    yield* turns();
    yield* queued();
  },
};
