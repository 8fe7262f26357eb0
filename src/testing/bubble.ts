/**
 * Bubbles: runs in which a test can wait until all goroutines are blocked, and that end when all their goroutines have
 * ended (runtime/synctest.go). A bubble is a world of its own, with one run.
 *
 * In Go a goroutine that waits for a Mutex is not durably blocked, because a goroutine outside the bubble may hold it.
 * Here no goroutine is outside, and it is.
 */

import { type Body, frameOf, type Go } from "../runtime/body.ts";
import { Chan } from "../runtime/channel.ts";
import { G_STRIDE, G_WAITING, gmem, SUDOG_STRIDE, smem } from "../runtime/ffi.ts";
import { own } from "../runtime/foreign.ts";
import { allgs } from "../runtime/g.ts";
import { readgstatus } from "../runtime/gstatus.ts";
import { getg, isGoexit, type Op, opCall, opPending } from "../runtime/m.ts";
import { currentRun } from "../runtime/outside.ts";
import { FatalError, PanicError } from "../runtime/panic.ts";
import { finishRun, gopark, goready } from "../runtime/proc.ts";
import { Gwaiting, waitReasonSynctestRun, waitReasonSynctestWait } from "../runtime/runtime2.ts";
import { nameForFrames } from "../runtime/sites.ts";
import { S_WAITLINK, sc } from "../runtime/sudog.ts";
import { Timer, timeinitBubble, wakeTime } from "../runtime/time.ts";
import { type Run, runOf, type World } from "../runtime/world.ts";
import { WaitGroupSema } from "../sync/waitgroup.ts";

/** A bubble: what a world knows that is one. */
interface Bubble {
  readonly run: Run;
  /** The G that is in `wait`, 0 for none: bubble.waiter. */
  waiter: number;
  /** The run is over only when all goroutines have ended. */
  readonly whole: boolean;
  /** Main, which has returned and waits for the others; 0 before: bubble.root. */
  root: number;
  /** Timers that may still expire after main has returned, and how many the bubble allows. */
  timersLeft: number;
  readonly timersAllowed: number;
}

const bubbles = new WeakMap<World, Bubble>();

function deadlock(text: string): FatalError {
  const error = new FatalError(`deadlock: ${text}`);
  return error;
}

/** All goroutines are blocked: maybeWakeLocked, and what follows it in Run. */
function idle(bubble: Bubble): boolean {
  const { run } = bubble;
  if (bubble.waiter !== 0) {
    goready(bubble.waiter);
    return true;
  }
  if (!bubble.whole) return false;
  if (bubble.root !== 0) {
    if (run.gcount > 1) return afterMain(bubble);
    goready(bubble.root);
    bubble.root = 0;
    return true;
  }
  if (run.gcount === 0) {
    finishRun(run, undefined);
    return true;
  }
  if (wakeTime() === 0) throw deadlock("all goroutines in bubble are blocked");
  return false;
}

/**
 * Main has returned, and the other goroutines are blocked. In Go's bubble time stands still then: a goroutine that
 * sleeps would sleep for ever. A bubble that allows timers goes on to the next one.
 */
function afterMain(bubble: Bubble): boolean {
  if (wakeTime() === 0 || bubble.timersAllowed === 0) {
    throw deadlock("main bubble goroutine has exited but blocked goroutines remain");
  }
  if (bubble.timersLeft-- > 0) return false;
  const error = new FatalError(
    `no end: main has returned, and ${bubble.timersAllowed} timers later there are goroutines that only timers wake: ` +
      'stop them, or explore with `leaks: "ignore"`',
  );
  throw error;
}

/** Parks main, as Go does with the goroutine that runs a bubble, until the other goroutines have ended. */
function others(bubble: Bubble): Op<void> {
  const gp = getg("the bubble");
  bubble.root = gp;
  gopark(gp, null, waitReasonSynctestRun, null);
  return opPending();
}

/**
 * The body of a bubble's main goroutine: runs `main`, then waits for the goroutines that are left.
 *
 * @param all false for a bubble that is over when `main` is, as an ordinary run
 * @param timers that may expire after `main` has returned: more than none in an explored program, where whoever sleeps
 *   goes on; none in Go's bubble
 * @throws FatalError (the run's end) when goroutines are blocked, and no timer will wake one
 */
export function* bubbled<R>(main: Body<R>, all = true, timers = 0): Go<R> {
  const run = currentRun("synctest.test");
  const bubble: Bubble = { run, waiter: 0, whole: all, root: 0, timersLeft: timers, timersAllowed: timers };
  bubbles.set(run.world, bubble);
  // An explored program's schedule does not draw.
  timeinitBubble(all && timers === 0);
  run.world.idleHook = () => idle(bubble);
  if (all && timers === 0) {
    own(run.world);
    run.world.waitsOutside = () => waitsOutside(run);
  }
  let panicking = false;
  try {
    return yield* opCall(frameOf("synctest.test", main, []));
  } catch (error) {
    panicking = !isGoexit(error);
    throw error;
  } finally {
    // Also when main ends by goexit.
    if (all && !panicking && run.gcount > 1) yield* others(bubble);
  }
}

/**
 * Whether a goroutine waits for a channel or a WaitGroup that is not the bubble's: something outside may wake it. A timer's
 * channel is served by the bubble's clock, wherever it was made.
 */
function waitsOutside(run: Run): boolean {
  return allgs().some((gp) => readgstatus(gp) === Gwaiting && runOf(gp) === run && isForeign(gp, run.world));
}

function isForeign(gp: number, world: World): boolean {
  for (let s = gmem[gp * G_STRIDE + G_WAITING]; s !== 0; s = smem[s * SUDOG_STRIDE + S_WAITLINK]) {
    const on = sc[s];
    if (on instanceof WaitGroupSema && on.wg.bubble !== world) return true;
    if (on instanceof Chan && !(on.source instanceof Timer) && !on.nil && on.bubble !== world) return true;
  }
  return false;
}

/** Gives a body a name: reports call main by it. */
export function namedAs<R>(name: string, body: Body<R>): Body<R> {
  return Object.defineProperty(body, "name", { value: name });
}

/** The body of {@link wait}: synctestWait. */
export function bubbleWait(): Op<void> {
  const gp = getg("synctest.wait");
  const bubble = bubbles.get(currentRun("synctest.wait").world);
  if (bubble === undefined) throw new PanicError("goroutine is not in a bubble");
  if (bubble.waiter !== 0) throw new PanicError("wait already in progress");
  bubble.waiter = gp;
  gopark(gp, null, waitReasonSynctestWait, () => {
    bubble.waiter = 0;
  });
  return opPending();
}

nameForFrames({ bubbleWait });
