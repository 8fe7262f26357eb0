/** Checks the two kinds of event line by syntax and by range; whether an event is the right one is the comparer's matter. */
import { ONCE_INDEX_BASE, OP_NAMES, type OpName, TIMER_OPS, TRANSITIONS, WAIT_REASONS } from "../../golden/format.ts";
import { Fault, show } from "./golden-error.ts";

/** What numbers in an event may be. */
export interface EventRanges {
  /** Length of the longest body. */
  readonly ops: number;
  /** Length of the longest once body. */
  readonly onceOps: number;
  readonly bodies: number;
  /** Highest number of a goroutine. */
  readonly goroutinesMax: number;
  /** Whether the workload has timers. */
  readonly timers: boolean;
}

const TIMER_NAMES = Object.keys(TIMER_OPS) as (keyof typeof TIMER_OPS)[];
const NUMBER = "0|[1-9][0-9]{0,15}";
const EVENT = new RegExp(`^(${NUMBER})(?:\\.(${NUMBER}))? ([a-z]+)(?: ([a-z0-9]+))?$`);
const STATUS = new RegExp(`^(${NUMBER}) ([a-z]+>[a-z]+)(?: (.+))?$`);

/** Integers of 0 to max in decimal, without leading zeros. */
function number(text: string | undefined, what: string, max: number): number {
  const value = text !== undefined && /^(0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : -1;
  if (value < 0 || value > max) throw new Fault(`${what} ${show(text)}`, `a number of 0 to ${max}`);
  return value;
}

/** What may stand after the name of an op. */
function checkResult(name: OpName, result: string | undefined, what: string, ranges: EventRanges): void {
  if (result === "panic") return;
  switch (name) {
    case "go":
      number(result, `${what}: the new goroutine is`, ranges.goroutinesMax);
      return;
    case "recv":
      if (result !== "closed") number(result, `${what}: the value is`, Number.MAX_SAFE_INTEGER);
      return;
    case "select":
      if (result !== "default") number(result, `${what}: the chosen case is`, 2);
      return;
    case "trecv":
      if (result !== "none") number(result, `${what}: the time is`, Number.MAX_SAFE_INTEGER);
      return;
    case "tstop":
    case "treset":
      if (result !== undefined && !["true", "false", "none"].includes(result)) {
        throw new Fault(what, `nothing, "true", "false", "none" or "panic" after ${show(name)}`);
      }
      return;
    case "afterfunc":
    case "newtimer":
    case "newticker":
    case "after":
      if (result !== undefined && result !== "none") {
        throw new Fault(what, `nothing, "none" or "panic" after ${show(name)}`);
      }
      return;
    case "once":
      if (result !== undefined && result !== "enter") throw new Fault(`${what}`, '"once" or "once enter"');
      return;
    default:
      if (result !== undefined) throw new Fault(`${what}`, `nothing or "panic" after ${show(name)}`);
  }
}

/**
 * Checks an event of `ops`.
 *
 * @param what its place, e.g. `ops[17]`
 * @throws Fault
 */
export function checkOpEvent(event: string, what: string, ranges: EventRanges): void {
  const place = `${what} is ${show(event)}`;
  const match = EVENT.exec(event);
  if (match === null) {
    throw new Fault(place, '"G start B", "G.I OP RESULT", "G.I once enter", "G exit" or "0 done"');
  }
  const [, g, i, word, result] = match;
  number(g, `${place}: the goroutine is`, ranges.goroutinesMax);
  if (i === undefined) {
    if (word === "start") number(result, `${place}: the body is`, ranges.bodies - 1);
    else if (result !== undefined || !(word === "exit" || (word === "done" && g === "0"))) {
      throw new Fault(place, '"G start B", "G exit" or "0 done" where there is no op index');
    }
    return;
  }
  const names: readonly OpName[] = ranges.timers ? [...OP_NAMES, ...TIMER_NAMES] : OP_NAMES;
  if (!names.includes(word as OpName)) throw new Fault(place, `an op: ${names.join(", ")}`);
  const index = Number(i);
  if (index >= ranges.ops && !(index >= ONCE_INDEX_BASE && index < ONCE_INDEX_BASE + ranges.onceOps)) {
    throw new Fault(`${place}: the index is ${i}`, "the index of an op of a body or of a once body");
  }
  checkResult(word as OpName, result, place, ranges);
}

/**
 * Checks an event of `status`.
 *
 * @param what its place, e.g. `status[17]`
 * @throws Fault
 */
export function checkStatusEvent(event: string, what: string, ranges: EventRanges): void {
  const place = `${what} is ${show(event)}`;
  const match = STATUS.exec(event);
  if (match === null) throw new Fault(place, '"G from>to", with a reason after "running>waiting"');
  const [, g, transition, reason] = match;
  number(g, `${place}: the goroutine is`, ranges.goroutinesMax);
  if (!(TRANSITIONS as readonly string[]).includes(transition as string)) {
    throw new Fault(place, `a transition: ${TRANSITIONS.join(", ")}`);
  }
  if (transition === "running>waiting") {
    if (!(WAIT_REASONS as readonly (string | undefined)[]).includes(reason)) {
      throw new Fault(place, `a wait reason: ${WAIT_REASONS.join(", ")}`);
    }
  } else if (reason !== undefined) throw new Fault(place, "a reason after running>waiting only");
}
