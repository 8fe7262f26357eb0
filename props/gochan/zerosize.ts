/** Channels of values that say nothing. */
import { chan } from "gobuf";
import { must, type Program } from "./program.ts";

export const zerosize: Program = {
  name: "zerosize",
  pins: "a channel may carry nothing but the fact of a send",
  *main() {
    const pair = [chan<void>(), chan<void>(1), chan<undefined>(), chan<readonly []>(1)];
    must(pair.map((ch) => ch.cap).join() === "0,1,0,1", "the capacities");
    const signal = chan<void>(1);
    yield* signal.send();
    must(signal.len === 1, "the send left no trace");
    const [value, ok] = yield* signal.recvOk();
    must(ok && value === undefined, "the signal was taken for the end");
  },
};
