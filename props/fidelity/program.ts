/**
 * Judges an ops list by its workload alone: every goroutine's events are its body's ops in order, goroutines start on
 * the body they were started with, and channels give out what was put in. What an op may give is judged; what it must
 * give is for the comparison with Go.
 */
import {
  GOROUTINES_MAX,
  isTimerOp,
  ONCE_INDEX_BASE,
  type Op,
  TIMER_SETS_MAX,
  type TimerOp,
  VALUE_STRIDE,
  type Workload,
} from "../../golden/format.ts";
import { Traffic } from "./conservation.ts";
import type { Illegal } from "./legality.ts";

class Mismatch extends Error {}

/** A body as the sequence of its events: `next` takes the event without the goroutine's number. */
type Walk = Generator<void, boolean, string>;

class Goroutine {
  readonly walk: Walk;
  /** The op whose end event is due next, and its index. */
  pending: { readonly op: Op; readonly index: number } | undefined;
  /** Its last event was seen. */
  ended = false;

  constructor(
    private readonly judge: Judge,
    readonly g: number,
    readonly body: number,
  ) {
    this.walk = this.events();
    this.walk.next();
  }

  private *events(): Walk {
    this.expect(yield, ` start ${this.body}`);
    const goexit = yield* this.ops(this.judge.workload.bodies[this.body] as readonly Op[], 0);
    this.pending = undefined;
    this.expect(yield, " exit");
    if (this.g === 0 && !goexit) this.expect(yield, " done");
    return goexit;
  }

  private expect(event: string, expected: string): void {
    if (event !== expected) throw new Mismatch(`expected "${this.g}${expected}"`);
  }

  /** @returns whether an op ended the goroutine */
  private *ops(list: readonly Op[], base: number): Walk {
    for (let i = 0; i < list.length; i++) {
      const op = list[i] as Op;
      const index = base + i;
      this.pending = { op, index };
      let event = yield;
      let goexit = op[0] === "goexit";
      if (op[0] === "once" && event === `.${index} once enter`) {
        goexit = yield* this.ops(op[2], ONCE_INDEX_BASE);
        this.pending = { op, index };
        event = yield;
      }
      this.end(op, index, event);
      if (goexit) return true;
    }
    return false;
  }

  private end(op: Op, index: number, event: string): void {
    const prefix = `.${index} ${op[0]}`;
    if (!event.startsWith(prefix)) throw new Mismatch(`expected "${this.g}${prefix}"`);
    const result = event.slice(prefix.length + 1);
    if (result === "panic") return;
    const value = this.g * VALUE_STRIDE + index;
    if (isTimerOp(op)) {
      if (!mayGive(op, result)) throw new Mismatch(`expected "${this.g}${prefix}" and a result of it`);
      if (op[0] === "afterfunc" && result === "") this.judge.startable.add(op[3]);
      return;
    }
    switch (op[0]) {
      case "go":
        this.judge.created(Number(result), op[1]);
        return;
      case "send":
        this.judge.traffic[op[1]]?.send(value);
        return;
      case "recv":
        if (result !== "closed") this.judge.traffic[op[1]]?.receive(Number(result));
        return;
      case "select": {
        if (result === "default" && op[2]) return;
        const chosen = op[1][Number(result)];
        if (chosen === undefined) throw new Mismatch(`the select has no case ${result}`);
        if (chosen[0] === "timer") return;
        const traffic = this.judge.traffic[chosen[1]];
        if (chosen[0] === "send") traffic?.send(value);
        else traffic?.receiveUnknown();
        return;
      }
      default:
        if (result !== "") throw new Mismatch(`expected "${this.g}${prefix}" and no result`);
    }
  }

  /** Books the op that was under way when the run ended. */
  finish(): void {
    if (this.pending === undefined) return;
    const { op, index } = this.pending;
    const value = this.g * VALUE_STRIDE + index;
    if (op[0] === "send") this.judge.traffic[op[1]]?.pendingSend(value);
    else if (op[0] === "recv") this.judge.traffic[op[1]]?.pendingReceive();
    else if (op[0] === "select") {
      for (const [dir, c] of op[1]) {
        if (dir === "send") this.judge.traffic[c]?.pendingSend(value);
        else if (dir === "recv") this.judge.traffic[c]?.pendingReceive();
      }
    }
  }
}

/** Whether an op on a timer can have this result. */
function mayGive(op: TimerOp, result: string): boolean {
  switch (op[0]) {
    case "trecv":
      return result === "none" || /^\d+$/.test(result);
    case "tstop":
    case "treset":
      return ["", "true", "false", "none"].includes(result);
    default:
      return result === "" || result === "none";
  }
}

class Judge {
  /** By number; one that a timer created has a place when it has begun. */
  readonly goroutines: (Goroutine | undefined)[];
  /** Bodies that timers were set to start. */
  readonly startable = new Set<number>();
  readonly traffic: Traffic[];

  private started = 0;

  constructor(readonly workload: Workload) {
    this.traffic = workload.chans.map((capacity) => new Traffic(capacity ?? 0));
    this.goroutines = [new Goroutine(this, 0, 0)];
  }

  created(number: number, body: number): void {
    const next = this.goroutines.length;
    const expected = ++this.started > GOROUTINES_MAX ? 0 : next;
    // between two that were started, timers may have created others
    const skipped = this.workload.timers === undefined ? 0 : TIMER_SETS_MAX;
    if (number !== expected && !(expected > 0 && number > expected && number <= expected + skipped)) {
      throw new Mismatch(`expected goroutine ${expected} to be created`);
    }
    if (number !== 0) this.goroutines[number] = new Goroutine(this, number, body);
  }

  /** A goroutine that a timer created shows when it begins. */
  private begun(g: number, event: string): Goroutine | undefined {
    const body = Number(/^\d+ start (\d+)$/.exec(event)?.[1] ?? -1);
    if (!this.startable.has(body) || g > GOROUTINES_MAX + TIMER_SETS_MAX) return undefined;
    const goroutine = new Goroutine(this, g, body);
    this.goroutines[g] = goroutine;
    return goroutine;
  }

  step(event: string): void {
    const digits = /^\d+/.exec(event)?.[0] ?? "";
    const goroutine = this.goroutines[digits === "" ? -1 : Number(digits)] ?? this.begun(Number(digits), event);
    if (goroutine === undefined) throw new Mismatch("no such goroutine was created");
    if (goroutine.ended) throw new Mismatch(`goroutine ${goroutine.g} has ended`);
    goroutine.ended = goroutine.walk.next(event.slice(digits.length)).done === true;
  }
}

/**
 * Checks an ops list against the workload it came from.
 *
 * @returns the first fault, with the length of the list as its index where the sums at the end are what is wrong
 */
export function checkProgram(workload: Workload, ops: readonly string[]): Illegal | undefined {
  const judge = new Judge(workload);
  for (let index = 0; index < ops.length; index++) {
    try {
      judge.step(ops[index] as string);
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
      return { index, reason: error.message };
    }
  }
  for (const goroutine of judge.goroutines) goroutine?.finish();
  for (let c = 0; c < judge.traffic.length; c++) {
    const fault = judge.traffic[c]?.fault();
    if (fault !== undefined) return { index: ops.length, reason: `channel ${c}: ${fault}` };
  }
  return undefined;
}
