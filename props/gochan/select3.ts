/** Which operations wait for ever, which never wait, and which panic. */
import {
  type Chan,
  chan,
  type Go,
  go,
  nilchan,
  PanicError,
  type RecvChan,
  recvCase,
  type SendChan,
  select,
  sendCase,
} from "gobuf";
import { must, type Program, settle } from "./program.ts";

type Outcome = "waits" | "goes on" | "panics";

/** What becomes of an operation that nobody answers: every goroutine that can run has had its turn. */
function* outcomeOf(operation: () => Go<unknown>): Go<Outcome> {
  let outcome: Outcome = "waits";
  go(function* trial() {
    try {
      yield* operation();
      outcome = "goes on";
    } catch (error) {
      if (!(error instanceof PanicError)) throw error;
      outcome = "panics";
    }
  });
  yield* settle();
  return outcome;
}

const sink: SendChan<number> = nilchan;
const source: RecvChan<number> = nilchan;

function closed(): Chan<number> {
  const ch = chan<number>();
  ch.close();
  return ch;
}

function* full(): Go<Chan<number>> {
  const ch = chan<number>(1);
  yield* ch.send(7);
  return ch;
}

/** Operation, what it does, and how. */
const table: readonly [what: string, outcome: Outcome, operation: () => Go<unknown>][] = [
  [
    "a send on a nil channel",
    "waits",
    function* () {
      yield* sink.send(7);
    },
  ],
  [
    "a receive from a nil channel",
    "waits",
    function* () {
      yield* source.recv();
    },
  ],
  [
    "a receive from an empty channel",
    "waits",
    function* () {
      yield* chan<number>().recv();
    },
  ],
  [
    "a send into a free buffer",
    "goes on",
    function* () {
      yield* chan<number>(1).send(7);
    },
  ],
  [
    "a send into a full buffer",
    "waits",
    function* () {
      yield* (yield* full()).send(8);
    },
  ],
  [
    "receives from a closed channel",
    "goes on",
    function* () {
      const ch = closed();
      for (let i = 0; i < 10; i++) {
        must((yield* ch.recv()) === undefined, "a value from a closed channel");
        const [value, ok] = yield* ch.recvOk();
        must(value === undefined && !ok, "ok from a closed channel");
      }
    },
  ],
  [
    "a send on a closed channel",
    "panics",
    function* () {
      yield* closed().send(7);
    },
  ],
  [
    "a close of a closed channel",
    "panics",
    function* () {
      closed().close();
    },
  ],
  [
    "a close of a nil channel",
    "panics",
    function* () {
      sink.close();
    },
  ],

  [
    "a select of no case",
    "waits",
    function* () {
      yield* select([]);
    },
  ],
  [
    "a select on a nil receive",
    "waits",
    function* () {
      yield* select([recvCase(source)]);
    },
  ],
  [
    "a select on a nil send",
    "waits",
    function* () {
      yield* select([sendCase(sink, 7)]);
    },
  ],
  [
    "a select on nil both ways",
    "waits",
    function* () {
      yield* select([recvCase(source), sendCase(sink, 7)]);
    },
  ],
  [
    "a select on an empty channel",
    "waits",
    function* () {
      yield* select([recvCase(chan<number>())]);
    },
  ],
  [
    "a select that could only meet itself",
    "waits",
    function* () {
      const ch = chan<number>();
      yield* select([sendCase(ch, 1), recvCase(ch)]);
    },
  ],

  [
    "a select of a default only",
    "goes on",
    function* () {
      must((yield* select([], { default: true })).index === -1, "a case of none");
    },
  ],
  [
    "a default beside a nil receive",
    "goes on",
    function* () {
      must((yield* select([recvCase(source)], { default: true })).index === -1, "a nil channel was chosen");
    },
  ],
  [
    "a default beside a nil send",
    "goes on",
    function* () {
      must((yield* select([sendCase(sink, 7)], { default: true })).index === -1, "a nil channel was chosen");
    },
  ],
  [
    "a default beside a free buffer",
    "goes on",
    function* () {
      must((yield* select([sendCase(chan<number>(1), 7)], { default: true })).index === 0, "the default was chosen");
    },
  ],
  [
    "a default beside a full buffer",
    "goes on",
    function* () {
      const r = yield* select([recvCase(yield* full())], { default: true });
      must(r.index === 0 && r.value === 7, "the default was chosen");
    },
  ],

  [
    "a select on a closed receive",
    "goes on",
    function* () {
      const r = yield* select([recvCase(closed())]);
      must(r.index === 0 && r.value === undefined && !r.ok, "a value from a closed channel");
    },
  ],
  [
    "a select on a closed send",
    "panics",
    function* () {
      yield* select([sendCase(closed(), 7)]);
    },
  ],
];

export const select3: Program = {
  name: "select3",
  pins: "which operations wait for ever, which never wait, and which panic",
  *main() {
    for (const [what, outcome, operation] of table) {
      const found = yield* outcomeOf(operation);
      must(found === outcome, `${what} ${found}, it should be: ${outcome}`);
    }
  },
};
