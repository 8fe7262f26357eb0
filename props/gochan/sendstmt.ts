/** A channel received from a channel is sent on at once, and a sent value is the whole expression. */
import { type Chan, chan, select, sendCase } from "gobuf";
import { must, type Program } from "./program.ts";

export const sendstmt: Program = {
  name: "sendstmt",
  pins: "channels travel through channels; what is sent is the whole expression",
  *main() {
    const letters = chan<Chan<number>>(1);
    const box = chan<number>(1);
    yield* letters.send(box);
    const to = yield* letters.recv();
    must(to === box, "another channel arrived");
    const r = yield* select([sendCase(to, 2)], { default: true });
    must(r.index === 0, "the send did not go through");
    must((yield* box.recv()) === 2, "another number arrived");

    const flags = chan<boolean>(1);
    const no = (yield* select([sendCase(flags, true)], { default: true })).index !== 0;
    must(!no, "the flag was not sent");
    must((yield* flags.recv()) === true, "false arrived");
    yield* flags.send(no || true);
    must((yield* flags.recv()) === true, "false arrived of an expression");
  },
};
