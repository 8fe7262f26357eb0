/** The ops of the extension `timers`, on generator bodies: golden/README.md, What gobuf adds. */
import { TIMER_SETS_MAX, type TimerOp } from "../../golden/format.ts";
import type { ClockObject, Part, TimerPort } from "./target.ts";

/** The slots of a run, and what is set in them. */
export class TimerSlots {
  private readonly slots: (ClockObject | undefined)[] = [];
  private readonly origin: number;
  private sets = 0;

  /** @param start makes the body of the goroutine that a timer starts */
  constructor(
    private readonly port: TimerPort,
    private readonly start: (body: number) => Part,
  ) {
    this.origin = port.now();
  }

  /** What a slot holds; undefined at first. */
  at(slot: number): ClockObject | undefined {
    return this.slots[slot];
  }

  /** @returns the result as the event has it, with a space before it */
  *perform(op: TimerOp): Part<string> {
    const slot = this.slots[op[1]];
    switch (op[0]) {
      case "trecv":
        if (slot?.channel === undefined) return " none";
        return ` ${(yield* slot.channel.recv()) - this.origin}`;
      case "tstop":
        return slot?.stop === undefined ? " none" : result(slot.stop());
      default:
        if (this.sets === TIMER_SETS_MAX) return " none";
        this.sets++;
        if (op[0] === "treset") return slot?.reset === undefined ? " none" : result(slot.reset(op[2]));
        this.slots[op[1]] = this.make(op);
        return "";
    }
  }

  private make(op: Exclude<TimerOp, readonly ["trecv" | "tstop" | "treset", ...unknown[]]>): ClockObject {
    const { port } = this;
    const us = op[2];
    switch (op[0]) {
      case "afterfunc": {
        const body = op[3];
        return port.afterFunc(us, () => this.start(body));
      }
      case "newtimer":
        return port.newTimer(us);
      case "newticker":
        return port.newTicker(us);
      default:
        return port.after(us);
    }
  }
}

function result(was: boolean | undefined): string {
  return was === undefined ? "" : ` ${was}`;
}
