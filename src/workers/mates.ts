/**
 * The threads that gobuf starts for a run, so that goroutines in TypeScript run on several cores: Workers, each an M with an
 * event loop. They start when go.worker wants them, stay for the run, and end with it.
 */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { failRun } from "../runtime/m.ts";
import { kick } from "../runtime/outside.ts";
import { FatalError, UncaughtError } from "../runtime/panic.ts";
import { goroutineDumpOf } from "../runtime/traceback.ts";
import type { Run } from "../runtime/world.ts";
import { groupOf, invite, leaveFor, type Member, startedGroupOf } from "./group.ts";
import { type Beginning, type FromStage, type Mates, STAGE, type Start, type ToStage } from "./messages.ts";

/** Threads of a run. */
const MS_MAX = 32;
/** A thread that computes does not answer: so long the report waits for it. */
const GATHER_MS = 250;
/** So long a thread has to leave the frames of its goroutines when the run is over; then it is ended where it is. */
const LEAVE_MS = 500;

/**
 * The Worker's script. It imports nothing by itself, so that a bundle and an executable need no file for it. Where gobuf is no
 * part of a bundle, it loads the copy that started it; else that of the stage's module.
 */
const SCRIPT = `
const { workerData, parentPort } = require("node:worker_threads");
import(workerData.first).then(() => {
  const serve = globalThis[Symbol.for(${JSON.stringify(Symbol.keyFor(STAGE))})];
  if (serve === undefined) throw new Error(workerData.first + " does not import gobuf, which a stage of a bundle has to");
  serve(workerData, parentPort);
}).catch((error) => {
  parentPort.postMessage({ type: "broken", error: String(error?.message ?? error) });
});
`;

/** The copy of gobuf that this module is of, for another thread to load; null in a bundle. */
const OWN: string | null = (() => {
  const { url } = import.meta;
  const tail = "/workers/mates.ts";
  if (url.endsWith(tail)) return `${url.slice(0, -tail.length)}/index.ts`;
  // The package's own module lies beside its sources; a user's bundle does not.
  return url.endsWith("/dist/bun/core.js") && existsSync(new URL("../../src/workers/mates.ts", url)) ? url : null;
})();

/** A goroutine that another thread is asked for. */
interface Asked {
  resolve(goid: number): void;
  reject(error: Error): void;
}

/** A thread. */
class M {
  readonly asked = new Map<number, Asked>();
  readonly ended: Promise<void>;
  text = "";
  /** Called when it has said what its goroutines do, or cannot: a verdict and a failure may both ask. */
  private waiting: (() => void)[] = [];
  private late: NodeJS.Timeout | null = null;
  gone = false;
  /** Its run has failed, and `text` is what its goroutines did then. */
  failed = false;
  private readonly worker: Worker;
  /** Its place in the group. */
  private readonly me: number;
  private failure: Error | null = null;

  constructor(
    readonly mates: RunMates,
    readonly m: number,
    first: string,
  ) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.me = invite(mates.member);
    const beginning: Beginning & { first: string } = {
      me: this.me,
      cells: mates.member.cells,
      m,
      loads: mates.loads,
      tracebackAll: mates.run.tracebackAll,
      first: OWN ?? first,
    };
    this.worker = new Worker(SCRIPT, { eval: true, workerData: beginning });
    this.worker.on("message", (message: FromStage | { type: "broken"; error: string }) => this.hear(message));
    this.worker.on("error", (error: Error) => {
      this.failure = error;
    });
    this.worker.on("exit", (code: number) => {
      this.lost(code);
      resolve();
    });
  }

  say(message: ToStage, transfer: readonly ArrayBuffer[] = []): void {
    this.worker.postMessage(message, [...transfer]);
  }

  end(): void {
    this.say({ type: "end" });
    const timer = setTimeout(() => this.terminate(), LEAVE_MS);
    void this.ended.then(() => clearTimeout(timer));
  }

  /** Ends the thread where it is. */
  terminate(): void {
    void this.worker.terminate();
  }

  private hear(message: FromStage | { type: "broken"; error: string }): void {
    switch (message.type) {
      case "started":
        this.answer(message.id)?.resolve(message.goid);
        break;
      case "refused":
        this.answer(message.id)?.reject(new Error(message.error, { cause: message.cause }));
        break;
      case "goroutines":
        this.told(message.text);
        break;
      case "failed":
        this.mates.failed(this, message);
        break;
      case "broken":
        this.failure = new Error(message.error);
        this.terminate();
    }
  }

  private answer(id: number): Asked | undefined {
    const asked = this.asked.get(id);
    this.asked.delete(id);
    return asked;
  }

  /** Asks what its goroutines do. */
  gather(done: () => void): void {
    if (this.gone || this.failed) return done();
    this.waiting.push(done);
    if (this.waiting.length > 1) return;
    this.text = "";
    this.say({ type: "gather" });
    this.late = setTimeout(
      () => this.told(`M ${this.m}: it has computed for ${GATHER_MS} ms, and does not say what its goroutines do\n`),
      GATHER_MS,
    );
  }

  private told(text: string): void {
    const { waiting } = this;
    if (waiting.length === 0) return;
    this.waiting = [];
    if (this.late !== null) clearTimeout(this.late);
    this.text = text;
    for (const done of waiting) done();
  }

  /** The thread has ended. */
  private lost(code: number): void {
    this.gone = true;
    this.mates.ms.delete(this.m);
    leaveFor(this.mates.member, this.me);
    this.told("");
    const why = this.failure === null ? `exit code ${code}` : this.failure.message;
    const error = new FatalError(`go.worker: M ${this.m}: its thread has ended: ${why}`);
    if (this.failure !== null) error.cause = this.failure;
    const { asked } = this;
    if (asked.size > 0 && this.failure !== null && !this.mates.run.over) {
      // It has run nothing: whoever asked for it is told.
      for (const { reject } of asked.values()) reject(new Error(`gobuf: go.worker: ${why}`, { cause: this.failure }));
      asked.clear();
      if (this.mates.loads[this.m] === 0) return;
    }
    // Why is known: the run fails of that as soon as all have said what they do.
    if (!this.failed) this.mates.lost(error);
  }
}

/** All threads of a run. */
class RunMates implements Mates {
  readonly ms = new Map<number, M>();
  readonly loads = new Int32Array(new SharedArrayBuffer(4 * (MS_MAX + 1)));
  private asked = 0;
  private ending = false;

  constructor(
    readonly run: Run,
    readonly member: Member,
  ) {}

  /** The thread for the next goroutine. @param wanted its number, 0 for the least busy one */
  private choose(wanted: number, module: string): M {
    if (wanted > 0) return this.ms.get(wanted) ?? this.start(wanted, module);
    let best: M | null = null;
    for (const m of this.ms.values()) if (best === null || this.load(m) < this.load(best)) best = m;
    const max = Math.min(MS_MAX, availableParallelism());
    if (best === null || (this.load(best) > 0 && this.ms.size < max)) return this.start(this.free(), module);
    return best;
  }

  private free(): number {
    for (let m = 1; ; m++) if (!this.ms.has(m)) return m;
  }

  private load({ m }: M): number {
    return Atomics.load(this.loads, m);
  }

  private start(m: number, module: string): M {
    this.loads[m] = 0;
    const started = new M(this, m, module);
    this.ms.set(m, started);
    return started;
  }

  /** Starts a goroutine on another thread. @returns its number */
  go(wanted: number, start: Omit<Start, "type" | "id">, transfer: readonly ArrayBuffer[]): Promise<number> {
    const m = this.choose(wanted, start.module);
    const id = ++this.asked;
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    Atomics.add(this.loads, m.m, 1);
    m.asked.set(id, { resolve, reject });
    try {
      m.say({ type: "start", id, ...start }, transfer);
    } catch (error) {
      // Ends no goroutine: what cannot be cloned is the caller's.
      Atomics.sub(this.loads, m.m, 1);
      m.asked.delete(id);
      reject(error);
    }
    return promise;
  }

  gather(done: () => void): void {
    let left = this.ms.size + 1;
    const one = () => {
      if (--left === 0) done();
    };
    for (const m of this.ms.values()) m.gather(one);
    one();
  }

  get text(): string {
    return [...this.ms.values()]
      .map(({ text }) => text)
      .filter((text) => text !== "")
      .join("\n");
  }

  /** The run of a thread has failed. */
  failed(m: M, { fatal, report, goid, cause }: Extract<FromStage, { type: "failed" }>): void {
    if (this.run.over || this.ending) return;
    m.failed = true;
    if (fatal !== null) {
      m.text = report;
      this.fail(new FatalError(fatal));
      return;
    }
    if (!this.run.tracebackAll) return this.fail(new UncaughtError(report, goid, cause));
    // The thread that failed has listed its own.
    this.gather(() => this.fail(new UncaughtError(`${report}\n${goroutineDumpOf(this.run.world)}`, goid, cause)));
  }

  private fail(error: Error): void {
    failRun(this.run, error);
    kick(this.run.world);
  }

  lost(error: Error): void {
    if (this.ending || this.run.over || this.run.ends) return;
    this.fail(error);
  }

  /** The run is over. @returns what resolves when all threads have ended */
  async end(): Promise<void> {
    this.ending = true;
    const all = [...this.ms.values()];
    for (const m of all) m.end();
    await Promise.all(all.map((m) => m.ended));
  }
}

/** The threads of a run, which has none before it asks. */
export function matesOf(run: Run, what: string): RunMates {
  const member = groupOf(run, what);
  member.meet();
  member.mates ??= new RunMates(run, member);
  return member.mates as RunMates;
}

/** A run is over: its group ends, and its threads. @returns what resolves then; null when it has none */
export function endWorkers(run: Run): Promise<void> | null {
  const member = startedGroupOf(run);
  if (member === undefined) return null;
  member.close();
  const { mates } = member;
  if (mates === null) {
    member.leave();
    return null;
  }
  return (mates as RunMates).end().then(() => member.leave());
}
