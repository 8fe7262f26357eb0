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
  SHARE_PARK_DEAD,
  SHARE_PARK_LOOK,
  SHARE_PARK_TELLS,
  SHARE_SCRATCH_CALLED,
  SHARE_SCRATCH_CASE,
  SHARE_SCRATCH_SUDOG,
  SHARE_SCRATCH_TICKET,
  SHARE_SCRATCH_WORD,
} from "../runtime/codes.ts";
import { type Address, bytesAt, executeError, M_SCRATCH, mmem, native, onOwnM } from "../runtime/ffi.ts";
import { type Continuation, fatal, mp, type Op, opPending } from "../runtime/m.ts";
import { kick, later } from "../runtime/outside.ts";
import { FatalError, isA } from "../runtime/panic.ts";
import { gopark, goready } from "../runtime/proc.ts";
import { currentWorld, type Others, type Run, RunOverError, type World } from "../runtime/world.ts";

/** Where in M.scratch answers lie. */
export const WORD = M_SCRATCH + SHARE_SCRATCH_WORD;
export const SUDOG = M_SCRATCH + SHARE_SCRATCH_SUDOG;
const CALLED = M_SCRATCH + SHARE_SCRATCH_CALLED;
const TICKET = M_SCRATCH + SHARE_SCRATCH_TICKET;
export const CASE = M_SCRATCH + SHARE_SCRATCH_CASE;

/** Each thread has a line of the cache, in words, in the memory by which threads call each other. */
const CELL_WORDS = 16;
const MEMBERS_MAX = 64;
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

/** What a thread that asks for it says of a group's other threads, and does for it. */
export interface Mates {
  /** Asks the others what their goroutines do; `done` is called when they have said it, or cannot. */
  gather(done: () => void): void;
  /** What they have said. */
  readonly text: string;
}

/** This thread in a group. */
export class Member {
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
  /** The threads that gobuf started for the run, if this is the run's own. */
  mates: Mates | null = null;
  ticket = 0;
  /** Is called when the group's run is over. */
  whenOver: (() => void) | null = null;
  private readonly inbox: Int32Array;
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

  private called(): void {
    this.parked = false;
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

/** Spins for so long before it sleeps, nanoseconds, where others of the group go on. */
const SPIN_NS = 20_000;

/** All groups whose objects goroutines of a world use. */
class WorldOthers implements Others {
  private readonly members: Member[] = [];
  private idle = false;
  private gathering = false;
  private gathered = false;
  /** What spinning has brought lately: where nothing comes, a thread does not spin. */
  private spins = 0;

  constructor(private readonly world: World) {}

  add(member: Member): void {
    this.members.push(member);
  }

  remove(member: Member): void {
    const i = this.members.indexOf(member);
    if (i >= 0) this.members.splice(i, 1);
  }

  begin(): void {
    this.idle = false;
    for (const member of this.members) member.rouse();
  }

  look(): boolean {
    let any = false;
    for (const member of this.members) {
      if (member.hasMail && onOwnM(() => member.drain())) any = true;
    }
    return any;
  }

  spin(): boolean {
    if (this.members.length === 0) return false;
    if (this.spins < 0) {
      this.spins++;
      return false;
    }
    const end = Bun.nanoseconds() + SPIN_NS;
    do {
      for (let i = 0; i < 64; i++) {
        for (const member of this.members) if (member.hasMail) return this.look();
      }
    } while (Bun.nanoseconds() < end);
    // So many sleeps without a spin.
    this.spins = -8;
    return false;
  }

  park(): void {
    if (this.idle) return;
    for (const member of this.members) {
      if (member.over || member.parked) continue;
      if (native.gobuf_share_park(member.me, 0) === SHARE_PARK_LOOK) {
        onOwnM(() => member.drain());
        if (!this.world.scheduled) later(this.world);
        return;
      }
      member.parked = true;
    }
  }

  idles(): boolean {
    const members = this.members.filter((member) => !member.over);
    if (members.length === 0) return false;
    let dead = true;
    for (const member of members) {
      const code = onOwnM(() => {
        const answer = native.gobuf_share_park(member.me, 1);
        if (answer === SHARE_PARK_TELLS) member.call();
        return answer;
      });
      if (code === SHARE_PARK_LOOK) {
        onOwnM(() => member.drain());
        later(this.world);
        return true;
      }
      member.parked = true;
      if (code !== SHARE_PARK_DEAD) dead = false;
    }
    this.idle = true;
    if (!dead) return true;
    if (this.gathered) return false;
    this.gather();
    return true;
  }

  gathers(run: Run): boolean {
    if (this.gathered || !(isA(run.error, FatalError) || run.tracebackAll)) return false;
    const member = this.members.find((each) => each.mates !== null && runs.get(run) === each);
    if (member === undefined || member.over) return false;
    if (!this.gathering) this.gather();
    return this.gathering;
  }

  private gather(): void {
    if (this.gathering) return;
    this.gathering = true;
    let left = 1;
    const done = () => {
      if (--left !== 0) return;
      this.gathering = false;
      this.gathered = true;
      kick(this.world);
    };
    for (const { mates } of this.members) {
      if (mates === null) continue;
      left++;
      mates.gather(done);
    }
    queueMicrotask(done);
  }

  get goroutines(): string {
    const texts = this.members.map(({ mates }) => mates?.text ?? "");
    this.gathered = false;
    return texts.filter((text) => text !== "").join("\n");
  }
}

function othersOf(world: World): WorldOthers {
  world.others ??= new WorldOthers(world);
  return world.others as WorldOthers;
}

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
