/** A select with a default tells whether the other side is there, for values of every kind. */
import { type Chan, chan, type Go, go, gosched, recvCase, select, sendCase } from "gobuf";
import { must, type Program } from "./program.ts";

const TRIES = 1000;

function* tryRecv<T>(ch: Chan<T>): Go<T | undefined> {
  const r = yield* select([recvCase(ch)], { default: true });
  return r.index === 0 && r.ok ? r.value : undefined;
}

function* trySend<T>(ch: Chan<T>, value: T): Go<boolean> {
  return (yield* select([sendCase(ch, value)], { default: true })).index === 0;
}

/** Tries until it works, which takes the other side one turn. */
function* until<T>(what: string, attempt: () => Go<T | undefined | false>): Go<T> {
  for (let n = 0; n < TRIES; n++) {
    const got = yield* attempt();
    if (got !== undefined && got !== false) return got as T;
    yield* gosched();
  }
  throw new Error(`${what}: the other side never came`);
}

function* exchange<T>(kind: string, size: number, there: T, back: T): Go {
  const what = `${kind}, buffer of ${size}`;
  const ch = chan<T>(size);
  const over = chan<void>();
  must((yield* tryRecv(ch)) === undefined, `${what}: received from an empty channel`);
  const sent = yield* trySend(ch, there);
  must(sent === size > 0, `${what}: a send without a receiver gave ${sent}`);
  if (sent) {
    must(!(yield* trySend(ch, there)), `${what}: sent into a full buffer`);
    must((yield* tryRecv(ch)) === there, `${what}: another value in the buffer`);
  }

  go(function* receiver() {
    const v = yield* ch.recv();
    must(v === there, `${what}: the receiver got ${v}`);
    yield* over.send();
  });
  yield* until(what, () => trySend(ch, there));
  yield* over.recv();

  go(function* sender() {
    yield* ch.send(back);
    yield* over.send();
  });
  if (size > 0) yield* over.recv();
  const v = yield* until<T>(what, () => tryRecv(ch));
  must(v === back, `${what}: received ${v}`);
  if (size === 0) yield* over.recv();
}

export const nonblock: Program = {
  name: "nonblock",
  pins: "a select with a default never waits, and goes through once the other side waits",
  *main() {
    for (const size of [0, 1]) {
      yield* exchange("number", size, 123, 234);
      yield* exchange("bigint", size, 2n ** 63n - 1n, -(2n ** 63n));
      yield* exchange("boolean", size, true, true);
      yield* exchange("string", size, "out", "and home");
      yield* exchange<object>("object", size, { out: 1 }, [2]);
    }
  },
};
