/**
 * The end of a run: its goroutines leave every queue, their frames are left, so that `finally` and `using` run, and what
 * they held is given back. In Go the process ends here and takes all of it along; a Bun process lives on.
 */
import { contextOf, dropContext } from "./asynccontext.ts";
import { generatorNext, generatorReturn, generatorThrow } from "./body.ts";
import { G_PARAM, G_STATUS, G_STRIDE, G_WAITING, gmem, SUDOG_STRIDE, smem } from "./ffi.ts";
import { gbody, gcont, gfput, gtimer, isNative, livingGs, popFrame } from "./g.ts";
import { readgstatus } from "./gstatus.ts";
import { type Frame, MCALL_CALL, mp, RESUME, takeForgotten } from "./m.ts";
import { runqremove } from "./runq.ts";
import { Gdead, Grunning } from "./runtime2.ts";
import { forgetSites } from "./sites.ts";
import { type Queued, releaseSudog, S_ISSELECT, S_LIFO, S_SUCCESS, S_TICKET, S_WAITLINK, sc } from "./sudog.ts";
import { stopTimer, stopTimersOf, type Timer } from "./time.ts";
import { closeRun, type Run, RunOverError, runOf } from "./world.ts";

/** What a module above the runtime holds for a native goroutine is let go: nativestate.ts sets it. */
let releaseNative: (gp: number) => void = () => {};

/** Sets what lets go what JavaScript holds for a native goroutine. */
export function setNativeRelease(f: (gp: number) => void): void {
  releaseNative = f;
}

/** A goroutine waits for other threads no more: src/workers/ sets it. */
let releaseWait: ((gp: number) => void) | null = null;

/** Sets what takes back a goroutine's wait for other threads. */
export function setWaitRelease(f: (gp: number) => void): void {
  releaseWait = f;
}

/**
 * Ends a run, whose world is the current one: no goroutine of it is in a queue, on a channel or in a timer afterwards, and
 * every promise that waited for one is rejected, but that of a send whose value was received. Their frames are still to be
 * left: {@link leaveFrames}.
 *
 * It takes a time that grows with the goroutines of the thread if any of the run are left, and with the queues that they
 * are on.
 *
 * @returns the Gs whose frames are to be left
 */
export function endGoroutines(run: Run): number[] {
  closeRun(run);
  run.world.expected -= run.expected;
  run.expected = 0;
  for (const [gp, resolve] of run.sends) if (isReceived(gp)) resolve();
  run.sends.clear();
  for (const reject of run.waiters)
    reject(new RunOverError("gobuf: the run is over: what was waited for will not come"));
  run.waiters.clear();
  const gone = (gp: number) => runOf(gp) === run;
  stopTimersOf(run);
  if (run.gcount === 0) return [];
  // Most end so: main has returned, and nobody else is left.
  if (run.gcount === 1 && run.main !== 0 && readgstatus(run.main) === Grunning) return [run.main];
  const left = livingGs(run.gcount, gone);
  runqremove(gone);
  const queues = new Set<Queued>();
  for (const gp of left) detach(gp, queues);
  for (const queue of queues) queue.abandon(gone);
  for (const gp of left) releaseSudogs(gp);
  return left;
}

/** Whether what a G waited to send has been received, though it had no turn since. */
function isReceived(gp: number): boolean {
  const s = gmem[gp * G_STRIDE + G_PARAM];
  return s !== 0 && smem[s * SUDOG_STRIDE + S_SUCCESS] !== 0;
}

/** Stops what would wake a G, and notes the queues that it is on. */
function detach(gp: number, queues: Set<Queued>): void {
  if (releaseWait !== null) releaseWait(gp);
  const timer = gtimer.get(gp) as Timer | undefined;
  if (timer !== undefined) {
    stopTimer(timer);
    gtimer.delete(gp);
  }
  for (let s = gmem[gp * G_STRIDE + G_WAITING]; s !== 0; s = smem[s * SUDOG_STRIDE + S_WAITLINK]) {
    const queue = sc[s];
    if (queue !== undefined) queues.add(queue);
  }
}

/** Gives back the sudogs of a G that is on no queue any more. */
function releaseSudogs(gp: number): void {
  let s = gmem[gp * G_STRIDE + G_WAITING];
  gmem[gp * G_STRIDE + G_WAITING] = 0;
  while (s !== 0) {
    const i = s * SUDOG_STRIDE;
    const next = smem[i + S_WAITLINK];
    for (const word of [S_WAITLINK, S_ISSELECT, S_SUCCESS, S_TICKET, S_LIFO]) smem[i + word] = 0;
    releaseSudog(s);
    s = next;
  }
}

/** Times that a frame may ask for something while it is left; one that goes on is dropped. */
const ASKS_MAX = 1000;

/**
 * Leaves the frames of a G, top first, and gives the G back. An operation that would wait throws RunOverError; what a
 * frame throws is nobody's.
 */
export function leaveFrames(gp: number): void {
  contextOf(gp)(leaveFramesHere, gp);
  dropContext(gp);
}

/** The same in the context that is in place. */
function leaveFramesHere(gp: number): void {
  const { curg, turn } = mp;
  mp.curg = gp;
  mp.turn = true;
  mp.leaving = true;
  gcont[gp] = null;
  for (let frame = gbody[gp]; frame; frame = gbody[gp]) {
    popFrame(gp);
    try {
      finishFrame(gp, frame, generatorReturn.call(frame, undefined));
    } catch {
      // Ends no goroutine: this one is being dropped, and has nobody to tell.
      takeForgotten();
    }
  }
  mp.leaving = false;
  mp.turn = turn;
  mp.curg = curg;
  bury(gp);
}

/** Goes on with a frame until it is done: an operation of it that would wait throws. @throws what the frame throws */
function finishFrame(gp: number, frame: Frame, first: IteratorResult<unknown, unknown>): unknown {
  let r = first;
  for (let asks = 0; r.done !== true; asks++) {
    if (asks === ASKS_MAX) throw new RunOverError("gobuf: the run is over, and a frame of it does not end");
    const callee = mp.mcall === MCALL_CALL ? mp.callee : null;
    mp.callee = null;
    mp.waitunlockf = null;
    gcont[gp] = null;
    takeForgotten();
    let failed = true;
    let error: unknown;
    if (callee === null) {
      withdraw(gp);
      error = new RunOverError("gobuf: the run is over: nothing can be waited for");
    } else {
      try {
        mp.result = finishFrame(gp, callee, generatorNext.call(callee, RESUME));
        failed = false;
      } catch (thrown) {
        // Ends no goroutine: the end is under way; the frame above gets what was thrown.
        error = thrown;
      }
    }
    r = failed ? generatorThrow.call(frame, error) : generatorNext.call(frame, RESUME);
  }
  takeForgotten();
  return r.value;
}

/** Takes back what an operation did that would have waited. */
function withdraw(gp: number): void {
  const queues = new Set<Queued>();
  detach(gp, queues);
  for (const queue of queues) queue.abandon((other) => other === gp);
  releaseSudogs(gp);
}

/** The G is dead, and free. Its status stands outside the relation here, as a dead G's that becomes idle. */
function bury(gp: number): void {
  const run = runOf(gp);
  if (isNative(gp)) releaseNative(gp);
  forgetSites(gp);
  Atomics.store(gmem, gp * G_STRIDE + G_STATUS, Gdead);
  run.gcount--;
  if (run.main === gp) run.main = 0;
  gfput(gp);
}
