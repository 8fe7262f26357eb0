/**
 * Groups: a run, and the threads on which goroutines of it run. This thread is a member of each group whose objects it
 * uses. Here are its waits for others, its inbox, and how it sleeps and is called; what is shared lies in arch/workers/.
 */
import {
  EXECUTE_FIRST,
  EXECUTE_PLATFORM,
  SHARE_OP_CALLS,
  SHARE_OP_HANDLE,
  SHARE_OP_MEMORY,
  SHARE_OP_OVER,
  SHARE_SCRATCH_CALLED,
  SHARE_SCRATCH_CASE,
  SHARE_SCRATCH_SUDOG,
  SHARE_SCRATCH_TICKET,
  SHARE_SCRATCH_WORD,
} from "../runtime/codes.ts";
import { type Address, bytesAt, executeError, M_SCRATCH, mmem, native, onOwnM } from "../runtime/ffi.ts";
import { type Continuation, fatal, mp, type Op, opPending } from "../runtime/m.ts";
import { kick, later } from "../runtime/outside.ts";
import { FatalError } from "../runtime/panic.ts";
import { gopark, goready } from "../runtime/proc.ts";
import { currentWorld, type Run, RunOverError, type World } from "../runtime/world.ts";
import type { Mates } from "./messages.ts";
import { othersOf, type Participant, WorldOthers } from "./others.ts";

/** Where in M.scratch answers lie. */
export const WORD = M_SCRATCH + SHARE_SCRATCH_WORD;
export const SUDOG = M_SCRATCH + SHARE_SCRATCH_SUDOG;
const CALLED = M_SCRATCH + SHARE_SCRATCH_CALLED;
const TICKET = M_SCRATCH + SHARE_SCRATCH_TICKET;
export const CASE = M_SCRATCH + SHARE_SCRATCH_CASE;

/** Each thread has a line of the cache, in words, in the memory by which threads call each other. */
const CELL_WORDS = 16;
const MEMBERS_MAX = 64;
/** In the line of the run's thread: not 0 when a thread has come that gobuf did not start. */
const ATTACHED = 1;
/** Between two looks for threads that have ended without a word, ms. */
const WATCH_MS = 100;
/** Tickets are given out anew after so many. */
const TICKETS = 2 ** 26;

/** What another thread needs to become a member of a group. It can be cloned. */
export interface Invitation {
  readonly number: number;
  readonly cells: Int32Array<SharedArrayBuffer>;
}

/** How a wait ended: a code of SHARE_OP_..., the word that came, and of a select its case. */
export interface Answer {
  readonly outcome: number;
  readonly lo: number;
  readonly hi: number;
  readonly chosen: number;
}

/** A wait for what another goroutine does, of this thread or another one. */
interface Wait {
  readonly ticket: number;
  /** The goroutine that waits; 0: `then` is called. */
  readonly gp: number;
  readonly then: ((answer: Answer) => void) | null;
  /** Names it to the library. */
  readonly lo: number;
  readonly hi: number;
}

/** This thread in a group. */
export class Member implements Participant {
  readonly me: number;
  readonly id: number;
  readonly waits = new Map<number, Wait>();
  /** The same, of goroutines, by G. */
  readonly byG = new Map<number, Wait>();
  readonly answers = new Map<number, Answer>();
  /** The world whose goroutines use it; null before the first did. */
  world: World | null = null;
  /** The group's run is over, or this thread has left. */
  over = false;
  /** Whoever puts something into the inbox calls this thread. */
  parked = false;
  /** The run whose group it is; null where the group is another thread's. */
  run: Run | null = null;
  /** The threads that gobuf started for that run. */
  mates: Mates | null = null;
  ticket = 0;
  /** Is called when the group's run is over. */
  whenOver: (() => void) | null = null;
  private readonly inbox: Int32Array;
  /** Looks for threads that have ended without a word: {@link watch}. */
  watcher: NodeJS.Timeout | null = null;
  /** Objects of the group that this thread has, by handle. */
  readonly objects = new Map<number, WeakRef<object>>();

  constructor(
    me: number,
    readonly cells: Int32Array<SharedArrayBuffer>,
  ) {
    this.me = me;
    this.id = me % MEMBERS_MAX;
    this.inbox = new Int32Array(bytesAt(native.gobuf_share_inbox(me) as Address, 4).buffer);
    this.listen();
  }

  get invitation(): Invitation {
    return { number: this.me - this.id, cells: this.cells };
  }

  /** The goroutine that runs is about to use the group. @throws Error for a run that may not, and when it is over */
  meet(): void {
    const world = currentWorld();
    if (this.over) throw new RunOverError("gobuf: the run that this object was shared by is over");
    if (world === this.world || world === null) return;
    if (world.options.clock !== "real" || world.apart) {
      throw new Error(
        "gobuf: what threads share is for runs with the real clock, without a seed or a hook: a run with a clock, a seed or " +
          "a hook of its own cannot wait for other threads",
      );
    }
    this.world = world;
    othersOf(world).add(this);
  }

  /** Waits to be called. The promise of one call is that of the next look: there is one at a time. */
  private listen(): void {
    const at = this.id * CELL_WORDS;
    const called = Atomics.waitAsync(this.cells, at, Atomics.load(this.cells, at));
    const wake = () => {
      if (this.over) return;
      this.listen();
      this.called();
    };
    if (called.async) void called.value.then(wake);
    else queueMicrotask(wake);
  }

  /** Threads that gobuf did not start end when they like, and tell nobody. Looks for that from now on, until the group is over. */
  watch(): void {
    this.watcher ??= setInterval(() => {
      this.inform(native.gobuf_share_reap);
      // Whoever waits keeps the process: see WorldOthers.idles.
      if (this.waits.size === 0) this.watcher?.unref();
      if (native.gobuf_share_closed(this.me) !== 0) this.called();
    }, WATCH_MS);
  }

  private called(): void {
    this.parked = false;
    if (this.id === 0 && Atomics.load(this.cells, ATTACHED) !== 0) this.watch();
    if (native.gobuf_share_closed(this.me) !== 0) onOwnM(() => this.drain());
    const { world } = this;
    if (world === null || world.runs.size === 0) {
      // No run goes on by itself here: whoever waits is ordinary code.
      if (this.drain()) for (const other of groups) if (other.world !== null) kick(other.world);
      return;
    }
    if (mp.turn) {
      if (!world.scheduled) later(world);
      return;
    }
    kick(world);
  }

  /** Calls the threads that the last call of the library has named. */
  call(): void {
    for (let half = 0; half < 2; half++) {
      for (let bits = mmem[CALLED + half] as number; bits !== 0; bits &= bits - 1) {
        const at = (32 * half + 31 - Math.clz32(bits & -bits)) * CELL_WORDS;
        Atomics.add(this.cells, at, 1);
        Atomics.notify(this.cells, at);
      }
    }
  }

  /** Is about to do something while no turn is under way. */
  rouse(): void {
    if (!this.parked) return;
    this.parked = false;
    native.gobuf_share_unpark(this.me);
    if (this.world !== null) kick(this.world);
  }

  /** Whether the inbox has something. It may be late by a moment. */
  get hasMail(): boolean {
    return Atomics.load(this.inbox, 0) !== 0;
  }

  /** Makes goroutines runnable whose waits are over. @returns whether there were any */
  drain(): boolean {
    let any = false;
    while (native.gobuf_share_drain(this.me) !== 0) {
      const wait = this.waits.get(mmem[TICKET] as number);
      // It was taken back too late.
      if (wait === undefined) continue;
      this.arrive(wait, {
        outcome: mmem[TICKET + 1] as number,
        lo: mmem[WORD] as number,
        hi: mmem[WORD + 1] as number,
        chosen: mmem[CASE] as number,
      });
      any = true;
    }
    if (this.over || native.gobuf_share_closed(this.me) === 0) return any;
    this.end();
    return true;
  }

  private arrive(wait: Wait, answer: Answer): void {
    this.forget(wait);
    if (wait.then !== null) return wait.then(answer);
    this.answers.set(wait.gp, answer);
    goready(wait.gp);
  }

  forget(wait: Wait): void {
    this.waits.delete(wait.ticket);
    if (wait.gp !== 0) this.byG.delete(wait.gp);
  }

  /** Notes the wait that an operation has begun. */
  begin(gp: number, then: ((answer: Answer) => void) | null): Wait {
    const wait = { ticket: this.ticket, gp, then, lo: mmem[SUDOG] as number, hi: mmem[SUDOG + 1] as number };
    this.ticket = (this.ticket + 1) % TICKETS;
    this.waits.set(wait.ticket, wait);
    if (gp !== 0) this.byG.set(gp, wait);
    return wait;
  }

  /** Parks the goroutine that runs, until its wait is over. */
  park<T>(gp: number, reason: number, use: (answer: Answer, held: T) => unknown, held: T): Op<never> {
    this.begin(gp, null);
    // The object that it waits on lives as long.
    const cont: Continuation = () => use(this.take(gp), held);
    gopark(gp, null, reason, cont);
    return opPending();
  }

  /** What a goroutine's wait has come to. @throws RunOverError when the run is over */
  take(gp: number): Answer {
    const answer = this.answers.get(gp);
    this.answers.delete(gp);
    if (answer === undefined) return fatal("a wait has ended without an answer");
    if (answer.outcome === SHARE_OP_OVER)
      throw new RunOverError("gobuf: the run that this object was shared by is over");
    return answer;
  }

  /** Says of an answer of the library what it means. @returns the same, without the bit that others are to be called */
  heed(code: number): number {
    if ((code & SHARE_OP_CALLS) !== 0) this.call();
    const answer = code & ~SHARE_OP_CALLS;
    switch (answer) {
      case SHARE_OP_HANDLE:
        return fatal("an operation on something shared that is not there");
      case SHARE_OP_MEMORY:
        return fatal("out of memory for what threads share");
      case SHARE_OP_OVER:
        throw new RunOverError("gobuf: the run that this object was shared by is over");
      default:
        return answer;
    }
  }

  /** A goroutine leaves: its wait is taken back. */
  cancel(gp: number): void {
    const wait = this.byG.get(gp);
    this.answers.delete(gp);
    if (wait === undefined) return;
    this.forget(wait);
    native.gobuf_share_cancel(this.me, wait.lo, wait.hi);
  }

  /** Makes an object of the group. @param kind PROCS_KIND_... @returns its handle */
  make(kind: number, n: number, what: string): number {
    const handle = native.gobuf_share_make(this.me, kind, n);
    if (handle === 0) throw new FatalError(`no memory for a shared ${what}`);
    return handle;
  }

  /** The group's run is over: whoever waits is told so. */
  end(): void {
    if (this.over) return;
    this.over = true;
    if (this.watcher !== null) clearInterval(this.watcher);
    this.whenOver?.();
    for (const wait of [...this.waits.values()]) {
      if (wait.then === null) this.arrive(wait, { outcome: SHARE_OP_OVER, lo: 0, hi: 0, chosen: 0 });
      else this.forget(wait);
    }
    // Its own promise of a call is over with it.
    Atomics.add(this.cells, this.id * CELL_WORDS, 1);
    Atomics.notify(this.cells, this.id * CELL_WORDS);
  }

  /** The run is over: every thread is told. */
  close(): void {
    this.inform(native.gobuf_share_close);
  }

  /** Does what may leave threads to be called. */
  inform(f: (me: number) => void): void {
    onOwnM(() => {
      f(this.me);
      this.call();
    });
  }

  /** This thread uses the group no more. */
  leave(): void {
    this.end();
    this.inform(native.gobuf_share_leave);
    groups.delete(this);
    if (this.world?.others instanceof WorldOthers) this.world.others.remove(this);
  }
}

/** The groups that this thread is a member of. */
const groups = new Set<Member>();

/** A goroutine leaves: its waits for other threads are taken back. */
export function cancelWaits(gp: number): void {
  for (const member of groups) member.cancel(gp);
}

/** Groups of runs of this thread. */
const runs = new WeakMap<Run, Member>();

/** The group of a run of this thread, which is made if need be. @throws Error where there are none */
export function groupOf(run: Run, what: string): Member {
  const known = runs.get(run);
  if (known !== undefined) return known;
  const me = onOwnM(native.gobuf_share_new);
  if (me === EXECUTE_PLATFORM) {
    throw new Error(`gobuf: ${what}: threads share nothing on ${process.platform}: it needs Linux`);
  }
  if (me >= EXECUTE_FIRST) throw new Error(`gobuf: ${what}: ${executeError(me)}`);
  const member = new Member(me, new Int32Array(new SharedArrayBuffer(4 * CELL_WORDS * MEMBERS_MAX)));
  groups.add(member);
  runs.set(run, member);
  member.run = run;
  return member;
}

/** The same, where there is one. */
export function startedGroupOf(run: Run): Member | undefined {
  return runs.get(run);
}

/** This thread in a group that it was invited to. @throws RunOverError when that is over */
export function memberOf({ number, cells }: Invitation): Member {
  for (const member of groups) if (member.me - member.id === number) return member;
  const me = onOwnM(native.gobuf_share_join, number);
  if (me >= EXECUTE_FIRST) throw new RunOverError("gobuf: the run that this object was shared by is over");
  const member = new Member(me, cells);
  groups.add(member);
  member.watch();
  Atomics.store(cells, ATTACHED, 1);
  Atomics.add(cells, 0, 1);
  Atomics.notify(cells, 0);
  return member;
}

/** Makes a place in a group for a thread that is about to be started. @returns what the thread comes with */
export function invite(member: Member): number {
  const me = native.gobuf_share_invite(member.me);
  if (me >= EXECUTE_FIRST) throw new Error(`gobuf: go.worker: ${executeError(me)}`);
  return me;
}

/** The thread of a place is gone. */
export function leaveFor(member: Member, me: number): void {
  member.inform(() => native.gobuf_share_leave(me));
}

/** This thread takes the place that was made for it, and uses the group in a world of its own. */
export function come(me: number, cells: Int32Array<SharedArrayBuffer>, world: World): Member {
  if (onOwnM(native.gobuf_share_come, me) === 0) throw new RunOverError("gobuf: go.worker: the run is over");
  const member = new Member(me, cells);
  groups.add(member);
  member.world = world;
  othersOf(world).add(member);
  return member;
}
