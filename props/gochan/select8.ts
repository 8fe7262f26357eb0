/** Leaving a case's code early goes on behind the select, with one, two and three cases. */
import { chan, type Go, go, recvCase, select, sendCase } from "gobuf";
import { must, type Program } from "./program.ts";

export const select8: Program = {
  name: "select8",
  pins: "a break leaves the select, not what stands around it",
  *main() {
    const ch = chan<number>();
    go(function* endless(): Go {
      for (;;) yield* ch.send(5);
    });
    const left: string[] = [];

    switch ((yield* select([recvCase(ch)])).index) {
      case 0:
        left.push("one");
        break;
    }
    switch ((yield* select([], { default: true })).index) {
      case -1:
        left.push("default");
        break;
    }
    // The sender has parked again by now or has not: both ways the select goes on.
    switch ((yield* select([recvCase(ch)], { default: true })).index) {
      case 0:
      case -1:
        left.push("two");
        break;
    }
    switch ((yield* select([recvCase(ch), sendCase(ch, 10)], { default: true })).index) {
      case 0:
      case -1:
        left.push("three");
        break;
      case 1:
        throw new Error("the select sent to nobody");
    }
    must(left.join() === "one,default,two,three", `left: ${left}`);
  },
};
