/** A select evaluates every case's value, and a channel that became nil takes no more part. */
import { chan, type Go, nilchan, type SendChan, select, sendCase } from "gobuf";
import { must, type Program } from "./program.ts";

let evaluated = 0;

function bit(n: number): number {
  evaluated++;
  return 1 << n;
}

/** Sends a bit to each channel, at most once. @returns how many took one */
function* offer(first: SendChan<number>, second: SendChan<number>): Go<number> {
  let taken = 0;
  for (;;) {
    const r = yield* select([sendCase(first, bit(taken)), sendCase(second, bit(taken))], { default: true });
    if (r.index === -1) return taken;
    if (r.index === 0) first = nilchan;
    else second = nilchan;
    taken++;
  }
}

export const selectProgram: Program = {
  name: "select",
  pins: "the values of all cases are evaluated; a nil channel is never chosen",
  *main() {
    evaluated = 0;
    const a = chan<number>(1);
    const b = chan<number>(1);
    const both = yield* offer(a, b);
    must(both === 2, `${both} of two buffers took a value`);
    const bits = ((yield* a.recv()) ?? 0) | ((yield* b.recv()) ?? 0);
    must(bits === 0b11, `the bits are ${bits}`);
    const one = yield* offer(a, nilchan);
    must(one === 1 && a.len === 1, `${one} channels took a value beside a nil one`);
    // Two sends and a default are three selects, one send and a default two more, of two values each.
    must(evaluated === 10, `${evaluated} values were evaluated`);
  },
};
