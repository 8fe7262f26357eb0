/**
 * What a trace sees of the runs of this thread: each status change, main's among them, and when the P is idle. What
 * comes of it is the business of a {@link TraceFormat}.
 */

import { G_STRIDE_BYTES, G_WAITREASON_BYTE, gmem8 } from "../runtime/ffi.ts";
import { allgs } from "../runtime/g.ts";
import { goidOf, readgstatus, setTraceHook } from "../runtime/gstatus.ts";
import { mp } from "../runtime/m.ts";
import { Gdead, Gidle, Gpreempted, Grunnable, Grunning, Gscan, Gwaiting } from "../runtime/runtime2.ts";
import { framesOf, operationSites } from "../runtime/sites.ts";
import { clockIsFake, nanotime } from "../runtime/time.ts";
import { entryName } from "../runtime/traceback.ts";
import { isObserving, setRunObserver } from "../runtime/world.ts";
import type { TraceFormat } from "./format.ts";
import { STOP_GOSCHED, STOP_PREEMPTED } from "./reasons.ts";
import { type Stack, Stacks } from "./stacks.ts";
import type { Task } from "./task.ts";

function reasonOf(gp: number): number {
  return gmem8[gp * G_STRIDE_BYTES + G_WAITREASON_BYTE];
}

function statusOf(gp: number): number {
  return readgstatus(gp) & ~Gscan;
}

/** Why no other recorder can be made, while there is one: a thread has one hook for status changes. */
export let recording: string | null = null;

/** Records from its making until {@link Recorder.stop}. */
export class Recorder {
  private readonly stacks = new Stacks();
  /** What each G starts in. */
  private readonly entries: Stack[] = [];
  private begun = false;
  private procRuns = false;
  /** The G that runs, 0 for none. */
  private running = 0;
  /**
   * A goroutine's number in the trace is so much more than in its run: runs count from 1, and a trace may have several.
   */
  private base = 0;
  private lastGoid = 0;
  /** The last time, and what the clock is behind the trace's time. */
  private last = 0;
  private shift = 0;
  private wasFake = false;
  /** Tasks count in the order that this trace hears of them: another trace of the same program has the same numbers. */
  private readonly taskIds = new WeakMap<Task, number>();
  private tasks = 0;

  /** @param why no other one can be made meanwhile */
  constructor(
    private readonly format: TraceFormat,
    why = "tracing is already enabled",
  ) {
    recording = why;
    setRunObserver(this);
    if (isObserving()) this.joinRun();
  }

  /** The end of the trace. */
  stop(): void {
    recording = null;
    setTraceHook(null);
    setRunObserver(null);
    if (!this.begun) this.begin();
    this.format.end(isObserving() ? this.now() : ++this.last);
  }

  /** A run begins: nothing of it has happened yet. */
  runBegins(): void {
    this.begin();
    setTraceHook((gp, from, to) => this.transition(gp, from, to));
  }

  /** Nothing of the run can go on before the event loop has had its turn. */
  runIdles(): void {
    if (this.procRuns) this.format.proc(this.now(), false);
    this.procRuns = false;
  }

  /** The run is over: the goroutine that was running, main or one that failed, stops. */
  runEnds(): void {
    setTraceHook(null);
    const { running } = this;
    this.running = 0;
    if (running !== 0) this.format.destroy(this.now(), running, this.idOf(running));
    this.runIdles();
    this.format.over(this.now());
    this.base += this.lastGoid;
    this.lastGoid = 0;
  }

  /** A message of the running goroutine. */
  log(task: Task | null, category: string, message: string): void {
    const gp = this.running;
    this.format.log(this.now(), gp, this.idOf(gp), this.taskId(task), category, message, this.stackOf(gp));
  }

  /** A region of the running goroutine begins or ends. */
  region(task: Task | null, begins: boolean, type: string): void {
    const gp = this.running;
    this.format.region(this.now(), gp, this.idOf(gp), this.taskId(task), begins, type, this.stackOf(gp));
  }

  /** The running goroutine makes a task. */
  taskBegins(task: Task, parent: Task | null, type: string): void {
    const gp = this.running;
    const of = this.taskId(parent);
    this.format.taskBegin(this.now(), gp, this.idOf(gp), this.taskId(task), of, type, this.stackOf(gp));
  }

  /** The running goroutine ends a task. */
  taskEnds(task: Task): void {
    const gp = this.running;
    this.format.taskEnd(this.now(), gp, this.idOf(gp), this.taskId(task), this.stackOf(gp));
  }

  /** The trace's time begins with 1; what clock a run has is known when it begins. */
  private begin(): void {
    if (!this.begun || clockIsFake() || this.wasFake) this.shift = this.last + 1 - nanotime();
    this.wasFake = clockIsFake();
    if (this.begun) return;
    this.begun = true;
    this.format.begin(this.now(), this.procRuns);
  }

  /** The trace begins in the middle of a run. */
  private joinRun(): void {
    const there = allgs().filter((gp) => ![Gdead, Gidle].includes(statusOf(gp)));
    // The M sets it some steps later: a trace that a hook starts in between sees a status change before it is set.
    this.running = there.find((gp) => statusOf(gp) === Grunning) ?? 0;
    this.procRuns = this.running !== 0;
    this.runBegins();
    const time = this.now();
    for (const gp of there.sort((a, b) => goidOf(a) - goidOf(b))) {
      this.enter(gp);
      this.format.exists(time, gp, this.idOf(gp), statusOf(gp), reasonOf(gp), this.entries[gp] as Stack);
    }
  }

  private transition(gp: number, from: number, to: number): void {
    const time = this.now();
    if (from === Gwaiting || from === Gpreempted) {
      const by = this.running;
      this.format.unblock(time, gp, this.idOf(gp), by === 0 ? 0 : this.idOf(by), by === 0 ? null : this.stackOf(by));
      return;
    }
    if (!this.procRuns) {
      this.procRuns = true;
      this.format.proc(time, true);
    }
    switch (to) {
      case Grunning:
        this.running = gp;
        this.format.start(time, gp, this.idOf(gp));
        return;
      case Gwaiting:
      case Gpreempted: // as Go's: blocked, with that reason
        this.running = 0;
        this.format.block(time, gp, this.idOf(gp), reasonOf(gp), this.stackOf(gp));
        return;
      case Gdead:
        this.running = 0;
        this.format.destroy(time, gp, this.idOf(gp));
        return;
      case Grunnable:
        if (from === Gidle) return this.create(time, gp);
        this.running = 0;
        this.format.stop(time, gp, this.idOf(gp), mp.preempted ? STOP_PREEMPTED : STOP_GOSCHED, this.stackOf(gp));
    }
  }

  private create(time: number, gp: number): void {
    this.enter(gp);
    const by = this.running;
    const at = by === 0 ? null : this.stackOf(by);
    this.format.create(time, gp, this.idOf(gp), this.entries[gp] as Stack, by === 0 ? 0 : this.idOf(by), at);
  }

  private enter(gp: number): void {
    while (this.entries.length <= gp) this.entries.push(NO_STACK);
    this.entries[gp] = this.stacks.ofFunction(entryName(gp));
    this.lastGoid = Math.max(this.lastGoid, goidOf(gp));
  }

  private idOf(gp: number): number {
    return this.base + goidOf(gp);
  }

  /** Number of a task, also of one that is older than the trace; 0 for none. */
  private taskId(task: Task | null): number {
    if (task === null) return 0;
    let id = this.taskIds.get(task);
    if (id === undefined) {
      id = ++this.tasks;
      this.taskIds.set(task, id);
    }
    return id;
  }

  /** Where a goroutine stands: its last operation, or with tracebacks off the function that it was started on. */
  private stackOf(gp: number): Stack {
    const entry = this.entries[gp] as Stack;
    const sites = operationSites(gp);
    return sites === undefined ? entry : this.stacks.ofSites(sites, framesOf, entry);
  }

  /** The time, later than any before. */
  private now(): number {
    const time = nanotime() + this.shift;
    this.last = time > this.last ? time : this.last + 1;
    return this.last;
  }
}

const NO_STACK: Stack = { frames: [], id: 0, generation: 0 };
