/**
 * Judges a status list on its own: whether it is a legal history of one processor's goroutines, whatever the workload.
 * It knows nothing of the scheduler it judges, and reads the strings of a trace.
 */
import { TRANSITIONS, WAIT_REASONS } from "../../golden/format.ts";

/** What is wrong with a history, and at which event. */
export interface Illegal {
  /** Index of the event; the length of the list when the end is what is wrong. */
  readonly index: number;
  readonly reason: string;
}

type State = "runnable" | "running" | "dead" | `waiting ${string}`;

const EVENT = /^(\d+) ([a-z]+)>([a-z]+)(?: (.+))?$/;

/** Waits that only a timer ends. */
const TIMED = "waiting sleep";
/** Waits that a timer may end, too, by its channel. */
const ON_TIMERS: readonly string[] = ["waiting chan receive", "waiting select"];
/** Waits that nothing ends. */
const FOREVER: readonly string[] = ["chan receive (nil chan)", "chan send (nil chan)", "select (no cases)"];

class History {
  /** Main runs from the start. */
  readonly states: State[] = ["running"];
  running = 0;

  /** @param timers whether the workload has timers: they start goroutines, and end waits on their channels */
  constructor(private readonly timers: boolean) {}

  /** Takes one event. @returns what is wrong with it */
  step(event: string): string | undefined {
    const match = EVENT.exec(event);
    if (match === null) return "it is no status event";
    const g = Number(match[1]);
    const from = match[2] as string;
    const to = match[3] as string;
    const reason = match[4];
    if (!(TRANSITIONS as readonly string[]).includes(`${from}>${to}`)) return "no such transition in a trace";
    if (from === "idle") return this.create(g);
    const state = this.states[g];
    if (state === undefined) return `goroutine ${g} was never created`;
    if (state.split(" ")[0] !== from) return `goroutine ${g} is ${state}`;
    switch (`${from}>${to}`) {
      case "runnable>running":
        if (this.running !== NOBODY) return `goroutine ${this.running} is running on the only processor`;
        this.running = g;
        break;
      case "waiting>runnable": {
        const wait = this.wake(state);
        if (wait !== undefined) return wait;
        break;
      }
      default:
        this.running = NOBODY;
    }
    return this.enter(g, to, reason);
  }

  private create(g: number): string | undefined {
    if (g !== this.states.length) return `the next goroutine to be created is ${this.states.length}`;
    if (this.running === NOBODY && !this.timers) return "nobody is running who could create it";
    this.states.push("runnable");
    return undefined;
  }

  private wake(state: State): string | undefined {
    if (FOREVER.includes(state.slice("waiting ".length))) return `nothing can end a wait for ${state}`;
    if (state === TIMED && this.running !== NOBODY) return "timers expire while nobody is running";
    if (state !== TIMED && this.running === NOBODY && !(this.timers && ON_TIMERS.includes(state)))
      return "nobody is running who could wake it";
    return undefined;
  }

  private enter(g: number, to: string, reason: string | undefined): string | undefined {
    if (to === "waiting") {
      if (!(WAIT_REASONS as readonly (string | undefined)[]).includes(reason)) return "no such wait reason";
      this.states[g] = `waiting ${reason}`;
      return undefined;
    }
    if (reason !== undefined) return "only a wait has a reason";
    this.states[g] = to as State;
    return undefined;
  }

  /** Whether the history may stop here with this outcome. @returns what speaks against it */
  end(outcome: string): string | undefined {
    if (outcome === "return") return this.running === 0 ? undefined : "main returned while it was not running";
    const able = this.states.findIndex((s) => s === "runnable" || s === "running" || s === TIMED);
    if (able >= 0) return `the verdict is ${outcome}, and goroutine ${able} is ${this.states[able]}`;
    const left = this.states.findIndex((s) => s !== "dead");
    if (outcome === "nogoroutines")
      return left < 0 ? undefined : `no goroutine is left, and ${left} is ${this.states[left]}`;
    if (outcome === "deadlock") return left >= 0 ? undefined : "all goroutines are asleep, and none is left";
    return `no such outcome: ${outcome}`;
  }
}

/** In place of a goroutine's number, while the scheduler itself runs. */
const NOBODY = -1;

/**
 * Checks that every transition is legal, that no two goroutines run at once, that every wake-up could come where it comes,
 * and that the outcome is what the last states say: a deadlock exactly when nothing can run and no timer is pending.
 *
 * @param timers whether the workload has timers of its own, beside those of sleeps
 * @returns the first fault, or undefined
 */
export function checkHistory(status: readonly string[], outcome: string, timers = false): Illegal | undefined {
  const history = new History(timers);
  for (let index = 0; index < status.length; index++) {
    const reason = history.step(status[index] as string);
    if (reason !== undefined) return { index, reason };
  }
  const reason = history.end(outcome);
  return reason === undefined ? undefined : { index: status.length, reason };
}
