/**
 * What the two views of a channel allow at run time. What they refuse at compile time stands in
 * `props/types.test-d.ts`.
 */
import { type Chan, chan, type RecvChan, recvCase, type SendChan, select, sendCase } from "gobuf";
import { must, type Program } from "./program.ts";

export const perm: Program = {
  name: "perm",
  pins: "a channel serves as its own sending and receiving end",
  original: "errorcheck",
  *main() {
    const c: Chan<number> = chan<number>(2);
    const source: RecvChan<number> = c;
    const sink: SendChan<number> = c;

    yield* c.send(1);
    yield* sink.send(2);
    must(source.len === 2 && sink.cap === 2, "the views see another buffer");
    must((yield* c.recv()) === 1, "the channel lost a value");
    const [value, ok] = yield* source.recvOk();
    must(ok && value === 2, "the receiving end lost a value");

    const sent = yield* select([sendCase(sink, 3)]);
    must(sent.index === 0, "the sending end in a select");
    const received = yield* select([recvCase(source)]);
    must(received.ok && received.value === 3, "the receiving end in a select");

    sink.close();
    must((yield* source.recv()) === undefined, "a value after the close");
    must(!(yield* c.recvOk())[1], "ok after the close");
  },
};
