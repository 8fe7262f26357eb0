/**
 * Pools: a run with several Ps has its native goroutines run by other threads, in the loop of arch/procs/. Here is what
 * main's thread does of it: it starts the pool when the first native goroutine wants it, hears what the pool has to say, and
 * ends it with the run.
 *
 * Generator goroutines stay on the thread of the run. They wait on the pool's objects (shared.ts) as on any other; who wakes
 * them is another thread, which puts them into the pool's inbox and has this one look at it.
 */
import {
  EXECUTE_FIRST,
  PROCS_CALLBACK,
  PROCS_EXECUTE,
  PROCS_HANDLE,
  PROCS_MEMORY,
  PROCS_ON_G0,
  PROCS_OVERFLOW,
  PROCS_SELECT,
  PROCS_STATUS,
  PROCS_SYSCALL,
  PROCS_TRAP,
  PROCS_TWICE,
  PROCS_UNLOCK,
  TRAP_CALLS,
  TRAP_EXITSYSCALL,
  TRAP_RUNLOCK,
  TRAP_WUNLOCK,
} from "../runtime/codes.ts";
import {
  type Address,
  addressOf,
  bytesAt,
  calledFromAnywhere,
  coverG,
  executeError,
  G_CTXT,
  G_GOID,
  G_OP_V,
  G_STACK_HI,
  G_STACK_LO,
  G_STRIDE,
  G_STRIDE_BYTES,
  G_WAITREASON_BYTE,
  gmem,
  gmem8,
  M_SCRATCH,
  mmem,
  native,
  onOwnM,
} from "../runtime/ffi.ts";
import { failRun, mp } from "../runtime/m.ts";
import { expectOutside, kick } from "../runtime/outside.ts";
import { FatalError, StackOverflowError, StatusError } from "../runtime/panic.ts";
import { goready } from "../runtime/proc.ts";
import { Gscan, Gwaiting, statusName, waitReasonStrings } from "../runtime/runtime2.ts";
import { addSteals, type GoroutineInfo, setPooled } from "../runtime/traceback.ts";
import type { Run } from "../runtime/world.ts";
import { type MWorker, startWorker } from "./mworker.ts";
import { type Begun, wishOf } from "./wish.ts";

/** What a wait of a generator goroutine came to: the outcome (codes.ts, STATUS_...) and the word that was received. */
export type Answer = readonly [outcome: number, lo: number, hi: number];

/** Pools by their numbers. */
const pools = new Map<number, Pool>();
let heard: Address | null = null;

/** The pool of a run with several Ps, which is started if need be; null for a run with one. */
export function poolOf(run: Run, stackBytes: number): Pool | null {
  const wish = wishOf(run);
  if (wish === undefined) return null;
  wish.pool ??= new Pool(run, wish.procs, stackBytes);
  return wish.pool as Pool;
}

/** The same, where there is one already. */
export function startedPoolOf(run: Run): Pool | null {
  return (wishOf(run)?.pool ?? null) as Pool | null;
}

/** What the monitor of a run with several Ps shows of a P, in the order of Sched.Stats of arch/procs/sched.zig. */
export const STATS = [
  "executed",
  "migrated",
  "steals",
  "stolen",
  "parked",
  "woken",
  "preempted",
  "timed",
  "syscalls",
  "retaken",
  "locked",
] as const;
export type PStats = Record<(typeof STATS)[number], number>;

/** One status change that an M has noted. */
export interface PoolEvent {
  readonly number: number;
  readonly gp: number;
  readonly old: number;
  readonly new: number;
  /** The M; {@link MAIN} for main's thread. */
  readonly who: number;
  /** The P that it had; {@link NO_P} for none. */
  readonly p: number;
}
export const MAIN = 255;
export const NO_P = 255;
/** Ms at most beside one for each P: spares_max of arch/procs/sched.zig. */
export const SPARES_MAX = 32;
/** On a thread that may be terminated, and waits for its Workers then: so often they look whether they are to end. */
const BREATH_MS = 20;
/** Event of arch/procs/log.zig. */
const EVENT_BYTES = 16;

/** Sees a pool that has stopped, before it is freed: a judge. */
let witness: ((pool: Pool) => void) | null = null;
/** Status changes that each M of a pool notes from now on; 0: none. */
let logRoom = 0;
export function setPoolWitness(f: ((pool: Pool) => void) | null, room = 0): void {
  witness = f;
  logRoom = room;
}

export class Pool implements Begun {
  readonly procs: number;
  readonly index: number;
  readonly stackBytes: number;
  private readonly workers: MWorker[] = [];
  /** Memory of bodies' arguments: until the end of the run, as no thread tells this one of each goroutine's end. */
  private readonly kept: object[] = [];
  /** The objects of TypeScript that the pool has, with their handles. */
  readonly handles = new Map<object, number>();
  readonly objects = new Map<number, object>();
  /** Answers of waits that are over, by the G that waits. */
  readonly answers = new Map<number, Answer>();
  /** The run counts the pool as something outside that may still make its goroutines runnable. */
  private counted = true;

  constructor(
    readonly run: Run,
    procs: number,
    stackBytes: number,
  ) {
    this.procs = procs;
    this.stackBytes = stackBytes;
    if (heard === null) {
      heard = calledFromAnywhere(hear);
      process.on("exit", stopAll);
      setPooled(goroutinesOfPools);
    }
    const index = onOwnM(native.gobuf_procs_new, procs, stackBytes, heard, logRoom, Bun.isMainThread ? 0 : BREATH_MS);
    if (index >= EXECUTE_FIRST) throw new FatalError(`procs: ${procs}: ${executeError(index)}`);
    this.index = index;
    pools.set(index, this);
    expectOutside(run, 1);
    for (let id = 0; id < procs; id++) this.startM(id);
  }

  private startM(id: number): void {
    this.workers.push(startWorker(this.index, id, (error) => this.lost(id, error)));
  }

  /** Starts a goroutine on a native function. @param kept what is to stay alive with it @returns its G */
  go(fn: Address, arg: Address | null, kept: object | null): number {
    const gp = native.gobuf_procs_go(this.index, fn, arg);
    if (gp === 0) throw new FatalError(`newproc: no memory for a goroutine with a stack of ${this.stackBytes} bytes`);
    if (kept !== null) this.kept.push(kept);
    coverG(gp);
    this.busy();
    return gp;
  }

  /** Goroutines of the pool that are not dead. */
  gcount(): number {
    return native.gobuf_procs_gcount(this.index);
  }

  /** Its goroutines that are not dead, for reports: they do not stop for it. */
  goroutines(): GoroutineInfo[] {
    const room = this.gcount() + SEEN_MORE;
    const words = new Uint32Array(room * SEEN_WORDS);
    const count = native.gobuf_procs_goroutines(this.index, addressOf(words), room);
    return Array.from({ length: count }, (_, i) => {
      const [gp = 0, seen = 0, m = 0, p = 0] = words.subarray(i * SEEN_WORDS, (i + 1) * SEEN_WORDS);
      coverG(gp);
      const status = seen & ~Gscan;
      return {
        goid: goid(gp),
        state: status === Gwaiting ? waitReasonOf(gp) : statusName(status),
        waited: 0,
        name: `native 0x${wide(gp * G_STRIDE + G_CTXT).toString(16)}`,
        createdBy: 0,
        creator: "",
        frames: [],
        createdAt: "",
        ...(m === 0 ? {} : { m: m - 1 }),
        ...(p === 0 ? {} : { p: p - 1 }),
      };
    });
  }

  /** A native goroutine was made runnable: the run may go on without anything else. */
  busy(): void {
    if (this.counted || this.run.over) return;
    this.counted = true;
    expectOutside(this.run, 1);
  }

  /** The pool has something to say. */
  look(): void {
    // Code of a goroutine lets the event loop turn, below us on the stack.
    if (mp.turn) {
      setImmediate(() => pools.get(this.index) === this && this.look());
      return;
    }
    this.startWanted();
    const woken: number[] = [];
    const { dead, failure } = onOwnM(() => {
      native.gobuf_procs_looks(this.index);
      // In this order: what it has said before it died is in the inbox.
      const isDead = native.gobuf_procs_dead(this.index) !== 0;
      for (let gp = native.gobuf_procs_drain(this.index); gp !== 0; gp = native.gobuf_procs_drain(this.index)) {
        this.answers.set(gp, [mmem[M_SCRATCH + 2], mmem[M_SCRATCH], mmem[M_SCRATCH + 1]]);
        woken.push(gp);
      }
      return { dead: isDead, failure: this.failure() };
    });
    if (this.run.over) return;
    if (failure !== null) {
      failRun(this.run, failure);
      kick(this.run.world);
      return;
    }
    for (const gp of woken) goready(gp);
    if (!dead || !this.counted) return;
    this.counted = false;
    expectOutside(this.run, -1);
  }

  /** Starts the threads that the pool asks for, since all that it has are in use. */
  private startWanted(): void {
    if (this.run.over) return;
    for (let m = native.gobuf_procs_wish(this.index); m !== 0; m = native.gobuf_procs_wish(this.index))
      this.startM(m - 1);
  }

  /** What went wrong first; null: nothing. */
  private failure(): Error | null {
    const words = new Uint32Array(4);
    native.gobuf_procs_failure(this.index, addressOf(words));
    const [kind = 0, gp = 0, a = 0, b = 0] = words;
    if (kind === 0) return null;
    if (gp !== 0) coverG(gp);
    return failureOf(kind, gp, a, b);
  }

  /** A Worker has ended, or failed, before the pool did. */
  private lost(id: number, error: Error | null): void {
    const came = native.gobuf_procs_came(this.index, id) !== 0;
    if (this.run.over) return;
    const what = came ? "its thread has ended" : "its thread did not start";
    const why = error === null ? "" : `: ${error.message}`;
    const failed = new FatalError(`procs: M ${id} of ${this.workers.length}: ${what}${why}`);
    failRun(this.run, error === null ? failed : Object.assign(failed, { cause: error }));
    kick(this.run.world);
  }

  /** Ends it: all threads leave, and everything of it goes back. */
  async end(): Promise<void> {
    native.gobuf_procs_stop(this.index);
    await Promise.all(this.workers.map((worker) => worker.ended));
    witness?.(this);
    addSteals(this.stats().reduce((sum, p) => sum + p.steals, 0));
    pools.delete(this.index);
    if (native.gobuf_procs_free(this.index) === 0) {
      throw new Error(`gobuf: procs: ${native.gobuf_procs_inside(this.index)} threads are still in a run that is over`);
    }
  }

  /** What a writer has noted, in its own order, and how many more it had no room for. For a pool that has stopped. */
  events(who: number): { events: PoolEvent[]; lost: number } {
    const counts = new Uint32Array(2);
    const at = native.gobuf_procs_events(this.index, who, addressOf(counts));
    const [count = 0, lost = 0] = counts;
    if (!at || count === 0) return { events: [], lost };
    const bytes = bytesAt(at as Address, count * EVENT_BYTES);
    const words = new Uint32Array(bytes.buffer);
    const events = Array.from({ length: count }, (_, i) => ({
      number: (words[4 * i] as number) + 2 ** 32 * (words[4 * i + 1] as number),
      gp: words[4 * i + 2] as number,
      old: bytes[EVENT_BYTES * i + 12] as number,
      new: bytes[EVENT_BYTES * i + 13] as number,
      who: bytes[EVENT_BYTES * i + 14] as number,
      p: bytes[EVENT_BYTES * i + 15] as number,
    }));
    return { events, lost };
  }

  /** Counts of each P, for a pool that has stopped. */
  stats(): PStats[] {
    const words = new BigUint64Array(STATS.length);
    return Array.from({ length: this.procs }, (_, id) => {
      native.gobuf_procs_stats(this.index, id, addressOf(words as never));
      return Object.fromEntries(STATS.map((name, i) => [name, Number(words[i])])) as PStats;
    });
  }
}

/** Seen of arch/procs/report.zig; goroutines that may come while it looks. */
const SEEN_WORDS = 4;
const SEEN_MORE = 16;

/** What a goroutine waits for. */
function waitReasonOf(gp: number): string {
  const reason = gmem8[gp * G_STRIDE_BYTES + G_WAITREASON_BYTE] ?? 0;
  return reason === 0 ? statusName(Gwaiting) : (waitReasonStrings[reason] ?? `wait reason ${reason}`);
}

function goroutinesOfPools(wanted: (run: Run) => boolean): GoroutineInfo[] {
  return [...pools.values()].flatMap((pool) => (wanted(pool.run) ? pool.goroutines() : []));
}

function hear(index: number): void {
  pools.get(index)?.look();
}

/** A thread in the library keeps no process alive, but a process that ends waits for none of them either: they are told. */
function stopAll(): void {
  for (const { index } of pools.values()) native.gobuf_procs_stop(index);
}

function goid(gp: number): number {
  const i = gp * G_STRIDE + G_GOID;
  return (gmem[i + 1] as number) * 2 ** 32 + ((gmem[i] as number) >>> 0);
}

function wide(i: number): bigint {
  return (BigInt((gmem[i + 1] as number) >>> 0) << 32n) | BigInt((gmem[i] as number) >>> 0);
}

const SEVERAL = "in a run with several procs";

/** What Go says to an unlock of what is not locked, by the trap. */
const UNLOCKED: Readonly<Record<number, string>> = {
  [TRAP_RUNLOCK]: "sync: RUnlock of unlocked RWMutex",
  [TRAP_WUNLOCK]: "sync: Unlock of unlocked RWMutex",
};

/** What a goroutine of a pool did that ends the run. */
function failureOf(kind: number, gp: number, a: number, b: number): Error {
  const name = gp === 0 ? "a goroutine" : `goroutine ${goid(gp)}`;
  const call = TRAP_CALLS[a] ?? `trap ${a}`;
  const i = gp * G_STRIDE;
  switch (kind) {
    case PROCS_OVERFLOW:
      return new StackOverflowError(goid(gp), wide(i + G_OP_V), wide(i + G_STACK_LO), wide(i + G_STACK_HI));
    case PROCS_ON_G0:
      return new FatalError(
        `${name} called an operation of gobuf.h inside gobuf_systemstack: on g0's stack only gobuf_call may be called`,
      );
    case PROCS_CALLBACK:
      return new FatalError(`${name}: gobuf_call: the callback has no outcome`);
    case PROCS_STATUS:
      return new StatusError(
        `casgstatus: ${name} (G ${gp}) is ${statusName(a)}, expected ${statusName(b >>> 16)}, on its way to ` +
          statusName(b & 0xffff),
        gp === 0 ? 0 : goid(gp),
        b >>> 16,
        b & 0xffff,
      );
    case PROCS_HANDLE:
      return new FatalError(`${name}: ${call} on handle ${b}: it names no such object ${objectHint(b)}`);
    case PROCS_TRAP:
      return new FatalError(`${name}: ${call}: not ${SEVERAL} yet: leave out the option procs, or do it in TypeScript`);
    case PROCS_UNLOCK:
      return new FatalError(UNLOCKED[a] ?? "sync: unlock of unlocked mutex");
    case PROCS_MEMORY:
      return new FatalError(`${name}: ${call}: out of memory`);
    case PROCS_EXECUTE:
      return new FatalError(`${name}: execute: ${executeError(a)}`);
    case PROCS_TWICE:
      return new FatalError(`${name} (G ${gp}) was on two run queues`);
    case PROCS_SYSCALL:
      return new FatalError(
        a === TRAP_EXITSYSCALL
          ? `${name}: gobuf_exitsyscall without gobuf_entersyscall`
          : `${name}: ${call} between gobuf_entersyscall and gobuf_exitsyscall: no operation may stand there, nor the end of the body`,
      );
    case PROCS_SELECT:
      return new FatalError(`${name}: gobuf_select: its cases are not there, too many, or without a direction`);
    default:
      return new FatalError(`procs: failure ${kind} of ${name}`);
  }
}

function objectHint(handle: number): string {
  return handle < 2 ** 31 ? `${SEVERAL}: it may be of another run` : "of this run";
}
