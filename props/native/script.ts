/** Programs of a few goroutines, in C and in TypeScript, on shared channels: step by step, with what came of each. */
import { ptr } from "bun:ffi";
import { type Chan, chan, type Go, go, gosched, native, recvCase, runSync, select, sendCase } from "gobuf";
import { goidOf } from "../../src/runtime/gstatus.ts";

/** In the order of STEP_* in arch/probe/bodies.h. */
const OPS = ["end", "send", "recv", "close", "select", "try", "gosched"] as const;

/** A step: on channels by their index. */
export interface Step {
  readonly op: Exclude<(typeof OPS)[number], "end">;
  readonly channel: number;
  /** The channel that a select sends to. */
  readonly other: number;
  /** What C sends. */
  readonly word: bigint;
  /** What TypeScript sends. */
  readonly value: unknown;
}

export interface Program {
  readonly channels: readonly { readonly codec: native.Codec<unknown> | null; readonly capacity: number }[];
  readonly routines: readonly { readonly native: boolean; readonly steps: readonly Step[] }[];
}

/** A step that was done: when, and what came of it. */
interface Done {
  readonly at: number;
  readonly routine: number;
  readonly step: number;
  readonly outcome: string;
}

/** What a run showed. */
export interface Seen {
  readonly done: readonly Done[];
  /** Of each channel, at the end: its length, its capacity, and what was left in it. */
  readonly left: readonly (readonly unknown[])[];
  readonly transitions: readonly string[];
  /** What ended the run, if it was not main. */
  readonly error: string | null;
}

const STEP_BYTES = 40;

/** Steps as C reads them. */
class Script {
  readonly argument: BigUint64Array<ArrayBuffer>;
  private readonly bytes: DataView<ArrayBuffer>;

  constructor(
    private readonly steps: readonly Step[],
    handles: readonly number[],
    clock: BigUint64Array<ArrayBuffer>,
  ) {
    this.bytes = new DataView(new ArrayBuffer((steps.length + 1) * STEP_BYTES));
    steps.forEach((step, i) => {
      const at = i * STEP_BYTES;
      this.bytes.setUint32(at, OPS.indexOf(step.op), true);
      this.bytes.setUint32(at + 4, handles[step.channel] as number, true);
      this.bytes.setUint32(at + 8, handles[step.other] as number, true);
      this.bytes.setBigUint64(at + 16, step.word, true);
    });
    this.argument = BigUint64Array.of(BigInt(ptr(clock)), BigInt(ptr(this.bytes.buffer)));
  }

  /** What was done. */
  done(routine: number): Done[] {
    return this.steps.flatMap(({ op }, step) => {
      const b = step * STEP_BYTES;
      const at = Number(this.bytes.getBigUint64(b + 32, true));
      if (at === 0) return [];
      const word = `0x${this.bytes.getBigUint64(b + 16, true).toString(16)}`;
      const [outcome, index] = [this.bytes.getUint32(b + 24, true), this.bytes.getUint32(b + 28, true) | 0];
      return [{ at, routine, step, outcome: `${op} ${outcome} ${index} ${word}` }];
    });
  }
}

/** Values by what they are, so that 1 and 1n differ. */
function show(value: unknown): string {
  return Object.is(value, -0) ? "-0" : `${typeof value} ${String(value)}`;
}

function* carryOut(step: Step, channels: readonly Chan<unknown>[]): Go<string> {
  const c = channels[step.channel] as Chan<unknown>;
  const { op, value } = step;
  if (op === "send") yield* c.send(value);
  else if (op === "recv") return (yield* c.recvOk()).map(show).join();
  else if (op === "close") c.close();
  else if (op === "gosched") yield* gosched();
  else {
    const cases = [recvCase(c), sendCase(channels[step.other] as Chan<unknown>, value)];
    const r = yield* select(cases, { default: op === "try" });
    return `${r.index} ${show(r.value)} ${r.ok}`;
  }
  return `len ${c.len}`;
}

/** Runs a program: until nothing moves any more, or something fails. */
export function runProgram(program: Program, body: native.Body): Seen {
  const clock = new BigUint64Array(new ArrayBuffer(8));
  const done: Done[] = [];
  const scripts = new Map<number, Script>();
  const transitions: string[] = [];
  const left: unknown[][] = [];
  let error: string | null = null;
  try {
    runSync(
      function* () {
        const channels = program.channels.map(({ codec, capacity }) =>
          codec === null ? chan<unknown>(capacity) : native.chan(codec, capacity),
        );
        const handles = channels.map((c) => native.handle(c));
        program.routines.forEach((routine, r) => {
          if (routine.native) {
            const script = new Script(routine.steps, handles, clock);
            scripts.set(r, script);
            go.native(body, script.argument);
            return;
          }
          go(function* () {
            for (const [i, step] of routine.steps.entries()) {
              let outcome: string;
              try {
                outcome = yield* carryOut(step, channels);
              } catch (e) {
                outcome = String(e);
              }
              clock[0] = (clock[0] as bigint) + 1n;
              done.push({ at: Number(clock[0]), routine: r, step: i, outcome: `${step.op} ${outcome}` });
            }
          });
        });
        for (let before = -1n; before !== clock[0]; ) {
          before = clock[0] as bigint;
          // Those that only give way count their steps as well.
          for (let k = 0; k < 3; k++) yield* gosched();
        }
        for (const c of channels) {
          const rest: unknown[] = [c.len, c.cap];
          left.push(rest);
          for (let r = yield* select([recvCase(c)], { default: true }); r.index === 0 && r.ok; ) {
            rest.push(show(r.value));
            r = yield* select([recvCase(c)], { default: true });
          }
        }
      },
      { seed: 1, onTransition: (gp, from, to) => void transitions.push(`${goidOf(gp)} ${from} ${to}`) },
    );
  } catch (e) {
    error = String(e);
  }
  for (const [r, script] of scripts) done.push(...script.done(r));
  done.sort((a, b) => a.at - b.at);
  return { done, left, transitions, error };
}
