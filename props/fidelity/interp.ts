/** Runs a workload on generator bodies. The semantics are golden/README.md's, one function for each part of it. */
import {
  type CaseInput,
  GOROUTINES_MAX,
  isTimerOp,
  ONCE_INDEX_BASE,
  type Op,
  VALUE_STRIDE,
  type Workload,
} from "../../golden/format.ts";
import { Recording } from "./recording.ts";
import type {
  Channel,
  Choice,
  Condition,
  GeneratorPort,
  Group,
  Lock,
  OnceOnly,
  Part,
  ReadWriteLock,
  Target,
} from "./target.ts";
import { TimerSlots } from "./timer-ops.ts";
import { OPEN_LIMITS, type Trace, type TraceLimits } from "./trace.ts";

/** The objects of a workload. */
export interface Objects {
  readonly chans: readonly Channel[];
  readonly mutexes: readonly Lock[];
  readonly rwmutexes: readonly ReadWriteLock[];
  readonly waitgroups: readonly Group[];
  readonly conds: readonly Condition[];
  readonly onces: readonly OnceOnly[];
  /** The WaitGroup J of a workload that joins. */
  readonly join: Group | undefined;
}

/** Makes the objects, channels first and in order: their order of creation stands for their address. */
export function makeObjects(port: GeneratorPort, workload: Workload): Objects {
  const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
  return {
    chans: workload.chans.map((capacity) => port.chan(capacity)),
    mutexes: times(workload.mutexes, port.mutex),
    rwmutexes: times(workload.rwmutexes, port.rwmutex),
    waitgroups: times(workload.waitgroups, port.waitgroup),
    conds: times(workload.conds, port.cond),
    onces: times(workload.onces, port.once),
    join: workload.join ? port.waitgroup() : undefined,
  };
}

/** What one goroutine holds, by index. */
class Held {
  readonly mutexes = new Set<number>();
  readonly writes = new Set<number>();
  readonly reads = new Set<number>();
}

/** One run of a workload. */
class Interpreter {
  private started = 0;
  private readonly timers: TimerSlots;

  constructor(
    private readonly port: GeneratorPort,
    private readonly workload: Workload,
    private readonly objects: Objects,
    private readonly recording: Recording,
  ) {
    // It is of none that main waits for. Its number is known when it was created, which is before this is called.
    this.timers = new TimerSlots(port.timers, (body) => this.goroutine(recording.running, body, false));
  }

  /** In Go the process is gone when a run is over: what frames do that are left afterwards is no event. */
  private log(event: string): void {
    if (this.port.leaving?.() !== true) this.recording.op(event);
  }

  /** A goroutine from its first event to its last. @param joins whether a main that joins waits for it */
  *goroutine(g: number, body: number, joins = g !== 0): Part {
    const held = new Held();
    this.log(`${g} start ${body}`);
    try {
      yield* this.run(g, this.workload.bodies[body] as readonly Op[], 0, held);
      yield* this.unlockAll(held);
    } finally {
      this.log(`${g} exit`);
      if (joins) this.objects.join?.done();
    }
    if (g === 0) {
      if (this.objects.join) yield* this.objects.join.wait();
      this.log("0 done");
      this.recording.done = true;
    }
  }

  private *run(g: number, ops: readonly Op[], base: number, held: Held): Part {
    for (let i = 0; i < ops.length; i++) yield* this.op(g, base + i, ops[i] as Op, held);
  }

  /** One op and its end event, written also when the op ends the goroutine. */
  private *op(g: number, index: number, op: Op, held: Held): Part {
    let result = "";
    try {
      result = yield* this.perform(g, index, op, held);
    } catch (error) {
      if (!this.port.isPanic(error)) throw error;
      result = " panic";
    } finally {
      this.log(`${g}.${index} ${op[0]}${result}`);
    }
  }

  /** @returns the result as the event has it, with a space before it */
  private *perform(g: number, index: number, op: Op, held: Held): Part<string> {
    const { objects, port } = this;
    if (isTimerOp(op)) return yield* this.timers.perform(op);
    switch (op[0]) {
      case "go":
        return ` ${this.go(op[1])}`;
      case "send":
        yield* (objects.chans[op[1]] as Channel).send(g * VALUE_STRIDE + index);
        return "";
      case "recv": {
        const [value, ok] = yield* (objects.chans[op[1]] as Channel).recvOk();
        return ok ? ` ${value}` : " closed";
      }
      case "close":
        (objects.chans[op[1]] as Channel).close();
        return "";
      case "select": {
        const choices = op[1].map(([dir, c]): Choice => {
          if (dir === "timer") return { channel: this.timers.at(c)?.channel?.channel ?? port.chan(null) };
          const channel = objects.chans[c] as Channel;
          return dir === "send" ? { channel, send: g * VALUE_STRIDE + index } : { channel };
        });
        const { index: chosen } = yield* port.select(choices, op[2]);
        return chosen < 0 ? " default" : ` ${chosen}`;
      }
      case "wgadd":
        (objects.waitgroups[op[1]] as Group).add(1);
        return "";
      case "wgdone":
        (objects.waitgroups[op[1]] as Group).done();
        return "";
      case "wgwait":
        yield* (objects.waitgroups[op[1]] as Group).wait();
        return "";
      case "condwait": {
        const cond = objects.conds[op[1]] as Condition;
        yield* cond.L.lock();
        yield* cond.wait();
        yield* cond.L.unlock();
        return "";
      }
      case "signal":
        (objects.conds[op[1]] as Condition).signal();
        return "";
      case "broadcast":
        (objects.conds[op[1]] as Condition).broadcast();
        return "";
      case "gosched":
        yield* port.gosched();
        return "";
      case "goexit":
        yield* port.goexit();
        return "";
      case "sleep":
        yield* port.sleepMicros(op[1]);
        return "";
      case "once":
        yield* (objects.onces[op[1]] as OnceOnly).do(() => this.onceBody(g, index, op[2], held));
        return "";
      case "work":
        return "";
      default:
        yield* this.lockOp(op[0], op[1], held);
        return "";
    }
  }

  private go(body: number): number {
    if (this.started === GOROUTINES_MAX) return 0;
    this.objects.join?.add(1);
    this.started++;
    const number = this.recording.created + 1;
    this.port.go(() => this.goroutine(number, body));
    // a port that tells no status changes has not said so
    this.recording.created = Math.max(this.recording.created, number);
    return number;
  }

  private *onceBody(g: number, index: number, ops: readonly Op[], held: Held): Part {
    this.log(`${g}.${index} once enter`);
    yield* this.run(g, ops, ONCE_INDEX_BASE, held);
  }

  /** The six ops on locks: skipped where the goroutine holds the lock already, or does not hold it. */
  private *lockOp(
    name: "lock" | "unlock" | "wlock" | "wunlock" | "rlock" | "runlock",
    index: number,
    held: Held,
  ): Part {
    const mutex = this.objects.mutexes[index] as Lock;
    const rwmutex = this.objects.rwmutexes[index] as ReadWriteLock;
    switch (name) {
      case "lock":
        if (held.mutexes.has(index)) return;
        yield* mutex.lock();
        held.mutexes.add(index);
        return;
      case "unlock":
        if (held.mutexes.delete(index)) yield* mutex.unlock();
        return;
      case "wlock":
      case "rlock":
        if (held.writes.has(index) || held.reads.has(index)) return;
        yield* name === "wlock" ? rwmutex.lock() : rwmutex.rlock();
        (name === "wlock" ? held.writes : held.reads).add(index);
        return;
      case "wunlock":
        if (held.writes.delete(index)) yield* rwmutex.unlock();
        return;
      case "runlock":
        if (held.reads.delete(index)) rwmutex.runlock();
    }
  }

  /** What a body that ends by itself does for the locks it still holds. */
  private *unlockAll(held: Held): Part {
    for (let i = 0; i < this.workload.mutexes; i++) yield* this.lockOp("unlock", i, held);
    for (let i = 0; i < this.workload.rwmutexes; i++) {
      yield* this.lockOp("wunlock", i, held);
      yield* this.lockOp("runlock", i, held);
    }
  }
}

/** Runs a workload on generator bodies. */
export function runGenerators(
  target: Pick<Target, "generator" | "waitReason">,
  input: CaseInput,
  limits: TraceLimits = OPEN_LIMITS,
): Trace {
  const { generator } = target;
  const { workload, seed } = input;
  const recording = new Recording(target.waitReason, limits);
  const onTransition = (g: number, from: string, to: string) => recording.transition(g, from, to);
  return recording.finish(() => {
    generator.run(
      // within the run: its clock is there, and its channels are counted from its own first one
      function* () {
        yield* new Interpreter(generator, workload, makeObjects(generator, workload), recording).goroutine(0, 0);
      },
      { seed, onTransition },
    );
  });
}
