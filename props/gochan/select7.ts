/** Three ways to receive a value that nobody looks at, met by three ways to send one. */
import { type Chan, chan, type Go, go, numGoroutine, recvCase, select, sendCase } from "gobuf";
import { must, type Program, settle } from "./program.ts";

type Side = (ch: Chan<number>) => Go;

const receivers: Record<string, Side> = {
  *recv(ch) {
    yield* ch.recv();
  },
  *"select of one"(ch) {
    yield* select([recvCase(ch)]);
  },
  *"select of two"(ch) {
    yield* select([recvCase(ch), recvCase(chan<number>())]);
  },
};

const senders: Record<string, Side> = {
  *send(ch) {
    yield* ch.send(1);
  },
  *"select of one"(ch) {
    yield* select([sendCase(ch, 1)]);
  },
  *"select of two"(ch) {
    yield* select([sendCase(ch, 1), sendCase(chan<number>(), 1)]);
  },
};

export const select7: Program = {
  name: "select7",
  pins: "a value that the receiver drops is received all the same, whoever came first",
  *main() {
    for (const [to, receive] of Object.entries(receivers)) {
      for (const [from, send] of Object.entries(senders)) {
        for (const [first, second] of [
          [receive, send],
          [send, receive],
        ] as const) {
          const ch = chan<number>();
          go(first, ch);
          yield* settle();
          must(numGoroutine() === 2, `${from} to ${to}: the first side did not wait`);
          yield* second(ch);
          yield* settle();
          must(numGoroutine() === 1, `${from} to ${to}: the first side still waits`);
        }
      }
    }
  },
};
