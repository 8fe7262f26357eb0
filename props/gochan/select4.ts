/** A select takes the ready case, and does nothing for the others. */
import { chan, recvCase, select } from "gobuf";
import { must, type Program } from "./program.ts";

export const select4: Program = {
  name: "select4",
  pins: "a select goes on when one value is ready, and only that case's code runs",
  *main() {
    const ready = chan<number>(1);
    const idle = chan<number>();
    const ran: string[] = [];
    yield* ready.send(42);
    const r = yield* select([recvCase(idle), recvCase(ready)]);
    switch (r.index) {
      case 0:
        ran.push("idle");
        break;
      case 1:
        ran.push(`ready ${r.value}`);
        break;
    }
    must(ran.join() === "ready 42", `what ran: ${ran.join()}`);
  },
};
