/**
 * Every instruction: native goroutines are stepped by the trap flag (arch/probe/steps.zig), and a preemption arrives before
 * the k-th instruction of a round trip through an operation of gobuf.h, for each k: entry, body, header, lane, mcall, g0,
 * and back. It is taken or refused as the place alone says, the body finds every outcome, and the goroutine's edges are those
 * of an undisturbed run and one preemption. On x86-64 Linux.
 */
import { readFileSync } from "node:fs";
import { type Chan, Cond, chan, go, gosched, Mutex, native, RWMutex, run, WaitGroup } from "gobuf";
import { setLanes } from "../../src/native/lane.ts";
import { setExecute, setTrapHandler } from "../../src/native/native.ts";
import {
  PREEMPTION_G0,
  PREEMPTION_GUARD,
  PREEMPTION_HANDLER,
  PREEMPTION_LATE,
  PREEMPTION_LIBRARY,
  PREEMPTION_RUNTIME,
  PREEMPTION_SENT,
  PREEMPTION_TAKEN,
} from "../../src/runtime/codes.ts";
import { addressOf, descriptor, dlopen, native as library, mid } from "../../src/runtime/ffi.ts";
import { goidOf, isLegalTransition } from "../../src/runtime/gstatus.ts";
import { Gdead, Gidle, Grunnable, Grunning, statusName } from "../../src/runtime/runtime2.ts";
import { libraryPath } from "../native/bodies.ts";
import { Hog, OPERATIONS } from "../native/hogs.ts";
import { openAsync, Watch } from "./async.ts";

/** Why nothing can be stepped here; null where it can. */
export function noSteps(): string | null {
  if (process.platform === "linux" && process.arch === "x64") return null;
  return `single steps want the trap flag of x86-64 and Linux's signals, not ${process.platform} ${process.arch}`;
}

/** Reasons by their bits and words. */
const OUTCOMES: Readonly<Record<number, string>> = {
  [PREEMPTION_SENT]: "sent",
  [PREEMPTION_TAKEN]: "taken",
  [PREEMPTION_G0]: "g0",
  [PREEMPTION_RUNTIME]: "runtime",
  [PREEMPTION_LIBRARY]: "library",
  [PREEMPTION_GUARD]: "guard",
  [PREEMPTION_LATE]: "late",
  [PREEMPTION_HANDLER]: "handler",
};
const OUTCOME_WORDS = PREEMPTION_HANDLER + 1;

function outcomes(bits: bigint): string {
  const names = Object.entries(OUTCOMES).filter(([i]) => (bits >> BigInt(i)) & 1n);
  return names.map(([, name]) => name).join(" or ") || "nothing";
}

/** The executable mapping that an address is in. */
function text(address: number): readonly [lo: bigint, hi: bigint] {
  for (const line of readFileSync("/proc/self/maps", "latin1").split("\n")) {
    const [, lo, hi, rights] = /^([0-9a-f]+)-([0-9a-f]+) (\S+)/.exec(line) ?? [];
    if (!rights?.includes("x") || Number(`0x${lo}`) > address || Number(`0x${hi}`) <= address) continue;
    return [BigInt(`0x${lo}`), BigInt(`0x${hi}`)];
  }
  throw new Error(`no executable mapping has address 0x${address.toString(16)}`);
}

const pointerOf = (f: unknown) => BigInt((f as { ptr: number }).ptr);

/** Words of struct Steps of arch/probe/steps.zig: what is to be done, and the first of what was counted. */
const AT = 9;
const BECAME = AT + 5;

/** The probe's steps. One at a time in a process. */
export class Stepper {
  readonly #wide = new BigUint64Array(BECAME + OUTCOME_WORDS + 5);
  readonly #probe = dlopen(libraryPath, {
    gobuf_probe_step_bind: { args: ["ptr"], returns: "void" },
    gobuf_probe_step_execute: { args: ["u32"], returns: "u32" },
    gobuf_probe_step_goon: { args: ["u32"], returns: "u32" },
  });

  constructor() {
    const wide = this.#wide;
    wide[0] = pointerOf(library.gobuf_execute);
    wide[1] = pointerOf(library.gobuf_goon);
    wide[2] = pointerOf(library.gobuf_preempt_now);
    wide[3] = BigInt(Number(library.gobuf_arena(0)) + descriptor.m_base + mid * descriptor.m_stride);
    wide[4] = BigInt(Number(library.gobuf_arena(1)));
    [wide[5], wide[6]] = text(Number(wide[0]));
    [wide[7], wide[8]] = text(Number(pointerOf(this.#probe.symbols.gobuf_probe_step_execute)));
  }

  /** The functions that step, for setExecute. */
  get functions() {
    return [this.#probe.symbols.gobuf_probe_step_execute, this.#probe.symbols.gobuf_probe_step_goon] as const;
  }

  /**
   * Begins: a preemption arrives before step `at` (0: none).
   *
   * @param each not 0: and before each so many-th of the bodies' own instructions from there
   */
  begin(at: number, each = 0): void {
    this.end();
    this.#wide.fill(0n, AT);
    this.#wide[AT] = BigInt(at);
    this.#wide[AT + 1] = BigInt(each);
    this.#probe.symbols.gobuf_probe_step_bind(addressOf(this.#wide) as never);
  }

  end(): void {
    this.#probe.symbols.gobuf_probe_step_bind(null);
  }

  get steps(): number {
    return Number(this.#wide[AT + 2]);
  }
  get delivered(): number {
    return Number(this.#wide[AT + 3]);
  }
  /** How often this became of a preemption. */
  became(outcome: number): number {
    return Number(this.#wide[BECAME + outcome]);
  }
  /** What is wrong with outcomes; empty when nothing is. */
  get wrong(): string {
    const [wrong, step, pc, want, got] = this.#wide.slice(BECAME + OUTCOME_WORDS) as unknown as bigint[];
    if (wrong === 0n) return "";
    return `${wrong} preemptions had another outcome: that before step ${step}, at pc 0x${pc?.toString(16)}, was ${outcomes(got ?? 0n)}: expected ${outcomes(want ?? 0n)}`;
  }
}

/** What came of one operation. */
export interface Stepped {
  readonly name: string;
  /** Instructions of a round trip. */
  readonly steps: number;
  /** Preemptions that were taken before each of the body's own instructions, in one way through. */
  readonly bodies: number;
  /** Preemptions, each before another instruction, one a round trip. */
  readonly delivered: number;
  readonly taken: number;
  /** Refused, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  /** Words that were compared: outcomes, edges, registers. */
  readonly compared: number;
  /** What is wrong, each with its step. */
  readonly faults: readonly string[];
}

/** An operation that is stepped: what the body works on, and how main takes part. */
interface Operation {
  readonly name: string;
  /** Functions of gobuf.h that the body calls. */
  readonly covers: string;
  readonly hog: number;
  readonly prepare?: (h: Hog) => void;
  readonly object: () => native.Handled | native.Callback | null;
  /** The other side, while the body waits. Then the goroutine's edges are not the same twice. */
  readonly partner?: (h: Hog) => Generator<unknown, unknown, unknown>;
  readonly lanes?: false;
}

/** So often a body does what it does: the second time what a refused preemption left behind is met. */
const TIMES = 2;

/** What a name does not say. */
const ALSO: Readonly<Record<string, string>> = {
  gobuf_once_begin: "gobuf_once_begin gobuf_once_end",
  "gobuf_select, a ready case": "gobuf_select gobuf_status",
};

const OF_HOGS: readonly Operation[] = OPERATIONS.map(([name, object], hog) => ({
  name,
  covers: ALSO[name] ?? name,
  hog,
  object,
  ...(name.endsWith("by traps") ? { lanes: false } : {}),
}));

const first = OPERATIONS.length;
let waitedOn: Chan<number>;
let cond: Cond;

function unbuffered(): Chan<number> {
  waitedOn = chan<number>();
  return waitedOn;
}

function* sends() {
  for (let n = 0; n < TIMES; n++) yield* waitedOn.send(n);
}

/** Those of props/native/hogs.ts, and what is stepped here alone. */
export const STEPPED: readonly Operation[] = [
  ...OF_HOGS,
  { name: "gobuf_gosched", covers: "gobuf_gosched", hog: first, object: () => null },
  { name: "gobuf_goyield", covers: "gobuf_goyield", hog: first + 1, object: () => null },
  { name: "gobuf_select, too many", covers: "gobuf_select, too many", hog: first + 2, object: () => null },
  { name: "gobuf_getg", covers: "gobuf_getg", hog: first + 3, object: () => null },
  { name: "gobuf_close, and what follows", covers: "gobuf_close", hog: first + 4, object: () => null },
  { name: "gobuf_trap", covers: "gobuf_trap", hog: first + 5, object: () => null },
  {
    name: "gobuf_recv, which waits",
    covers: "gobuf_recv, which waits",
    hog: first + 6,
    object: unbuffered,
    partner: sends,
  },
  {
    name: "gobuf_send, which waits",
    covers: "gobuf_send, which waits",
    hog: first + 7,
    object: unbuffered,
    *partner() {
      for (let n = 0; n < TIMES; n++) {
        const got = yield* waitedOn.recv();
        if (got !== n) throw new Error(`received ${got}: expected ${n}`);
      }
    },
  },
  {
    name: "gobuf_select, which waits",
    covers: "gobuf_select, which waits",
    hog: first + 8,
    object: unbuffered,
    partner: sends,
  },
  {
    name: "gobuf_cond_wait",
    covers: "gobuf_cond_wait",
    hog: first + 9,
    object: () => {
      cond = new Cond(new Mutex());
      return cond;
    },
    prepare: (h) => {
      h.lock = cond.L as Mutex;
    },
    *partner(h) {
      while (!h.ended) {
        cond.signal();
        yield* gosched();
      }
    },
  },
  { name: "gobuf_goexit", covers: "gobuf_goexit", hog: first + 10, object: () => null },
  {
    name: "gobuf_chan_len, gobuf_chan_cap",
    covers: "gobuf_chan_len gobuf_chan_cap",
    hog: first + 11,
    object: () => chan<number>(3),
  },
  { name: "gobuf_trylock", covers: "gobuf_trylock", hog: first + 12, object: () => new Mutex() },
  {
    name: "gobuf_tryrlock, gobuf_trywlock",
    covers: "gobuf_tryrlock gobuf_trywlock",
    hog: first + 13,
    object: () => new RWMutex(),
  },
  {
    name: "gobuf_timer_make, gobuf_timer_reset, gobuf_timer_stop, gobuf_ticker_make",
    covers: "gobuf_timer_make gobuf_timer_reset gobuf_timer_stop gobuf_ticker_make",
    hog: first + 14,
    object: () => null,
  },
  {
    name: "gobuf_entersyscall, gobuf_exitsyscall",
    covers: "gobuf_entersyscall gobuf_exitsyscall",
    hog: first + 16,
    object: () => null,
  },
  {
    name: "gobuf_lock_thread, gobuf_unlock_thread",
    covers: "gobuf_lock_thread gobuf_unlock_thread",
    hog: first + 17,
    object: () => null,
  },
  { name: "gobuf_wg_go", covers: "gobuf_wg_go", hog: first + 15, object: () => new WaitGroup() },
];

/** Of a goroutine that is preempted once, between the others: the two edges. */
const pairs = (edges: readonly string[]) => edges.filter((edge) => edge === PREEMPTED).length;
const edgeOf = (from: number, to: number) => `${statusName(from)}>${statusName(to)}`;
const PREEMPTED = edgeOf(Grunning, Grunnable);

/** Which instructions. */
export interface Which {
  /** Before every so many-th instruction a preemption arrives; 1: before each. */
  readonly stride: number;
  /** From 0 up to less than the stride: which ones. */
  readonly offset?: number;
}

/** Holds the monitor, which would preempt by itself: a step takes a thousand times as long as an instruction. */
export function alone(): Disposable {
  const never = 0xffff_ffff;
  library.gobuf_sysmon_hurry(1000, never);
  return { [Symbol.dispose]: () => library.gobuf_sysmon_hurry(0, 0) };
}

/** Steps a round trip through an operation, once for each preemption. */
export async function stepOperation(op: Operation, { stride, offset = 0 }: Which): Promise<Stepped> {
  using opened = native.dlopen(libraryPath, { c_hog: native.body }, { preempt: "async" });
  using _ = alone();
  const stepper = new Stepper();
  const faults: string[] = [];
  const refused: Record<string, number> = {};
  let delivered = 0;
  let taken = 0;
  let compared = 0;
  let steps = 0;
  let bodies = 0;
  let edges: string[] = [];
  let illegal = "";
  const status = new Map<number, number>();
  setTrapHandler((_gp, _code, a, lo) => a + lo);
  if (op.lanes === false) setLanes(false);
  try {
    await run(
      function* () {
        /** One round trip with a preemption before step k, if k is not 0; with `each`, before each of the body's. Its edges. */
        function* trip(k: number, each = 0) {
          const where = each === 0 ? `step ${k}` : "each of its own";
          const say = (what: string) => faults.push(`${op.name}, a preemption before ${where}: ${what}`);
          const h = new Hog(op.hog, op.object(), TIMES);
          op.prepare?.(h);
          [edges, illegal] = [[], ""];
          status.clear();
          const wg = new WaitGroup();
          const { partner } = op;
          stepper.begin(k, each);
          setExecute(...stepper.functions);
          go.native(opened.symbols.c_hog, h.words);
          yield* gosched();
          if (partner !== undefined) {
            wg.add(1);
            go(function* () {
              yield* partner(h);
              wg.done();
            });
          }
          const isOver = () => [...status.values()].every((now) => now === Gdead);
          for (let turn = 0; turn < 10_000 && !isOver(); turn++) yield* gosched();
          if (!isOver()) throw new Error(`${op.name}, a preemption before ${where}: the body does not end`);
          yield* wg.wait();
          setExecute(null);
          stepper.end();
          if (stepper.wrong !== "") say(stepper.wrong);
          if (illegal !== "") say(illegal);
          if (h.wrong !== 0) say(`${h.wrong} outcomes are wrong`);
          if (!h.ended || h.times !== TIMES) say(`the body was through ${h.times} times: expected ${TIMES}`);
          compared += 3 + edges.length;
          return edges;
        }
        // The first way through has what is done once: in the loader, and stacks.
        yield* trip(0);
        const quiet = yield* trip(0);
        steps = stepper.steps;
        const often = yield* trip(1, 1);
        const all = stepper.delivered;
        bodies = stepper.became(PREEMPTION_TAKEN);
        if (bodies !== all) faults.push(`${op.name}: ${bodies} of ${all} preemptions in the body were taken`);
        if (op.partner === undefined && pairs(often) !== pairs(quiet) + all) {
          faults.push(`${op.name}: ${pairs(often)} times running>runnable: expected ${pairs(quiet)} and ${all} more`);
        }
        for (let k = 1 + offset; ; k += stride) {
          const seen = yield* trip(k);
          if (stepper.delivered === 0) break;
          delivered += stepper.delivered;
          const was = stepper.became(PREEMPTION_TAKEN);
          taken += was;
          for (const [i, name] of Object.entries(OUTCOMES)) {
            const n = stepper.became(Number(i));
            if (n !== 0 && name !== "taken") refused[name] = (refused[name] ?? 0) + n;
          }
          if (op.partner !== undefined) continue;
          // Of the body and of those that it started. One that was refused may be met by the next look.
          const more = pairs(seen) - pairs(quiet);
          if (more !== 1 && (was === 1 || more !== 0)) {
            faults.push(`${op.name}, a preemption before step ${k}: ${more} times running>runnable: expected ${was}`);
          }
        }
      },
      {
        onTransition: (gp, from, to) => {
          const id = goidOf(gp);
          if (id === 1) return;
          const edge = edgeOf(from, to);
          const last = status.get(id) ?? Gidle;
          if (from !== last || !isLegalTransition(from, to))
            illegal = `goroutine ${id}: ${edge} behind ${statusName(last)}`;
          status.set(id, to);
          edges.push(edge);
        },
      },
    );
  } finally {
    setExecute(null);
    stepper.end();
    setTrapHandler(null);
    setLanes(true);
  }
  if (delivered !== taken + Object.values(refused).reduce((sum, n) => sum + n, 0)) {
    faults.push(
      `${op.name}: ${delivered} preemptions arrived, ${taken} were taken, refused: ${JSON.stringify(refused)}`,
    );
  }
  return { name: op.name, steps, bodies, delivered, taken, refused, compared, faults };
}

/** Steps one round of bodies that have filled every register, and preempts them before each of their instructions. */
export async function stepRegisters(seed: number, { stride, offset = 0 }: Which): Promise<Stepped> {
  const name = "every register";
  using opened = openAsync();
  using _ = alone();
  const stepper = new Stepper();
  const watch = new Watch(seed, 2);
  const other = new Watch(seed + 1, 2);
  stepper.begin(1 + offset, stride);
  setExecute(...stepper.functions);
  try {
    await run(function* () {
      go.native(opened.symbols.gobuf_probe_async, watch.words);
      // Registers of its own, between any two instructions of the other's.
      go.native(opened.symbols.gobuf_probe_async, other.words);
      yield* gosched();
      while (watch.rounds === 0 || other.rounds === 0) {
        for (const { words, rounds } of [watch, other]) if (rounds > 0) words[0] = 1;
        yield* gosched();
      }
      for (const { words } of [watch, other]) words[0] = 1;
      for (let turn = 0; turn < 10; turn++) yield* gosched();
    });
  } finally {
    setExecute(null);
    stepper.end();
  }
  const { steps, delivered } = stepper;
  const taken = stepper.became(PREEMPTION_TAKEN);
  const faults: string[] = [];
  if (stepper.wrong !== "") faults.push(stepper.wrong);
  for (const { bad, first } of [watch, other]) if (bad > 0) faults.push(`${bad} words are wrong; ${first}`);
  if (taken !== delivered) faults.push(`${delivered} preemptions arrived in the body, ${taken} were taken`);
  return {
    name,
    steps,
    bodies: 0,
    delivered,
    taken,
    refused: {},
    compared: watch.compared + other.compared,
    faults: faults.map((fault) => `${name}: ${fault}`),
  };
}
