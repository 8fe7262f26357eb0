/**
 * The status machine of a G: readgstatus, casgstatus, castogscanstatus, casfrom_Gscanstatus of runtime/proc.go.
 *
 * The relation of 13 edges is enforced in every build, and every change is one compare-and-swap on the G's own word.
 */
import { G_GOID, G_PARENTGOID, G_STATUS, G_STRIDE, gmem } from "./ffi.ts";
import { condemn, mp } from "./m.ts";
import { StatusError } from "./panic.ts";
import {
  Gcopystack,
  Gdead,
  Gidle,
  Gpreempted,
  Grunnable,
  Grunning,
  Gscan,
  Gsyscall,
  Gwaiting,
  statusName,
} from "./runtime2.ts";
import { onSwitch } from "./world.ts";

/** The edges of the status relation, the scan bit stripped. */
export const edges: readonly (readonly [from: number, to: number])[] = [
  [Gidle, Grunnable],
  [Grunnable, Grunning],
  [Grunning, Grunnable],
  [Grunning, Gwaiting],
  [Grunning, Gsyscall],
  [Grunning, Gcopystack],
  [Grunning, Gpreempted],
  [Grunning, Gdead],
  [Gwaiting, Grunnable],
  [Gsyscall, Grunning],
  [Gsyscall, Grunnable],
  [Gcopystack, Grunning],
  [Gpreempted, Grunnable],
];

const relation = new Uint8Array(256);
for (const [from, to] of edges) relation[(from << 4) | to] = 1;

/** Whether a G may go from one status to another; scan bits are stripped first. */
export function isLegalTransition(from: number, to: number): boolean {
  const f = from & ~Gscan;
  const t = to & ~Gscan;
  return f < 16 && t < 16 && f >= 0 && t >= 0 && relation[(f << 4) | t] === 1;
}

/** Called after each transition; `from` and `to` are statuses of runtime2.ts. */
export type TransitionHook = (gp: number, from: number, to: number) => void;

/** The run's own hook, the trace's, and what stands for both. */
let runHook: TransitionHook | null = null;
let traceHook: TransitionHook | null = null;
let hook: TransitionHook | null = null;

/** Transitions that the ring keeps, for errors. */
const RING_SIZE = 256;
export const RING_MASK = RING_SIZE - 1;
/**
 * The last transitions, each as the lower 24 bits of the goid and both statuses; behind them how many there were
 * (modulo 2^32), and whether there is a hook.
 */
export const ring = new Int32Array(RING_SIZE + 2);
export const RING_COUNT = RING_SIZE;
export const RING_HOOKED = RING_SIZE + 1;

/** Sets the hook that sees every transition of this thread, or none: RunOptions.onTransition. */
export function setTransitionHook(f: TransitionHook | null): void {
  runHook = f;
  composeHooks();
}

/** Sets the hook of a trace, or none; it comes before the other. */
export function setTraceHook(f: TransitionHook | null): void {
  traceHook = f;
  composeHooks();
}

onSwitch({
  init() {
    runHook = null;
    traceHook = null;
    composeHooks();
  },
  save: () => [runHook, traceHook],
  load(saved) {
    [runHook, traceHook] = saved as [TransitionHook | null, TransitionHook | null];
    composeHooks();
  },
  end() {
    runHook = null;
    composeHooks();
  },
});

function composeHooks(): void {
  const first = traceHook;
  const second = runHook;
  if (first === null || second === null) hook = first ?? second;
  else {
    hook = (gp, from, to) => {
      first(gp, from, to);
      second(gp, from, to);
    };
  }
  ring[RING_HOOKED] = hook === null ? 0 : 1;
}

/** Tells the hook of a transition. */
export function callHook(gp: number, from: number, to: number): void {
  if (hook !== null) hook(gp, from, to);
}

/** What the ring holds of an edge. @throws StatusError when it is not in the relation: schedule asks once, at its start */
export function ringEdge(from: number, to: number): number {
  if (!isLegalTransition(from, to)) fail("an edge of the scheduler's", 0, from, to);
  return (from << 4) | to;
}

/** {@link casgstatus} along an edge that was found legal once, by {@link ringEdge}. */
export function casAlong(edge: number, gp: number, from: number, to: number): void {
  const mem = gmem;
  const log = ring;
  const i = gp * G_STRIDE;
  if (Atomics.compareExchange(mem, i + G_STATUS, from, to) !== from) casgstatusWait(gp, from, to);
  const count = log[RING_COUNT];
  log[count & RING_MASK] = (mem[i + G_GOID] << 8) | edge;
  log[RING_COUNT] = count + 1;
  if (log[RING_HOOKED] !== 0) callHook(gp, from, to);
}

/** Gs whose scan bit this M holds: waiting for one of them would be waiting for itself. */
const scanHeld = new Set<number>();

/** The goroutine number of a G, 0 for one that was never made. */
export function goidOf(gp: number): number {
  return goidAt(gp * G_STRIDE + G_GOID);
}

/** The number of the goroutine that started a G's, 0 for main's. */
export function parentOf(gp: number): number {
  return goidAt(gp * G_STRIDE + G_PARENTGOID);
}

/** A goroutine number in two words of `gmem`. */
function goidAt(i: number): number {
  const low = gmem[i];
  const high = gmem[i + 1];
  return high === 0 && low >= 0 ? low : (high >>> 0) * 0x1_0000_0000 + (low >>> 0);
}

/** Tells the ring and the hook of a transition of this M's, which somebody else may have made. */
export function recordTransition(gp: number, from: number, to: number): void {
  const n = ring[RING_COUNT];
  ring[n & RING_MASK] = (gmem[gp * G_STRIDE + G_GOID] << 8) | (from << 4) | to;
  ring[RING_COUNT] = n + 1;
  if (ring[RING_HOOKED] !== 0) callHook(gp, from, to);
}

/** The last transitions of all Gs of this thread, oldest first, as "goid from>to". @param most how many */
export function lastTransitions(most = 16): string[] {
  const out: string[] = [];
  const count = ring[RING_COUNT] >>> 0;
  for (let n = Math.max(0, count - Math.min(most, RING_SIZE)); n < count; n++) {
    const packed = ring[n & RING_MASK];
    out.push(`${packed >>> 8} ${statusName((packed >> 4) & 15)}>${statusName(packed & 15)}`);
  }
  return out;
}

/** Forgets the ring and the scans held: the scheduler was reset. */
export function resetTransitions(): void {
  ring[RING_COUNT] = 0;
  scanHeld.clear();
}

function fail(what: string, gp: number, from: number, to: number): never {
  const goid = goidOf(gp);
  const found = Atomics.load(gmem, gp * G_STRIDE + G_STATUS);
  const error = new StatusError(
    `${what}: goroutine ${goid} (G ${gp}): ${statusName(from)}>${statusName(to)}, its status is ${statusName(found)}; ` +
      `last transitions: ${lastTransitions().join(", ") || "none"}`,
    goid,
    from,
    to,
  );
  // A goroutine that caught it would go on in a broken state.
  if (mp.curg !== 0) condemn(error);
  throw error;
}

/** The status of a G, scan bit included: readgstatus. @param gp index of the G */
export function readgstatus(gp: number): number {
  return Atomics.load(gmem, gp * G_STRIDE + G_STATUS);
}

/**
 * Moves a G from one status to another: casgstatus.
 *
 * Waits only while another thread holds the scan bit. A pair that is not in the relation, a scan bit in either status,
 * a G in any other status, and a scan held by this M are refused at once.
 *
 * @param gp index of the G
 * @throws StatusError that names the goroutine, both statuses and the last transitions
 */
export function casgstatus(gp: number, oldval: number, newval: number): void {
  if (relation[(oldval << 4) | newval] !== 1) fail("casgstatus: illegal transition", gp, oldval, newval);
  if (Atomics.compareExchange(gmem, gp * G_STRIDE + G_STATUS, oldval, newval) !== oldval) {
    casgstatusWait(gp, oldval, newval);
  }
  recordTransition(gp, oldval, newval);
}

/** Spins of one look at the word before the thread gives its time slice away. */
const SPINS = 1000;
/** A scan takes microseconds; a holder that is gone must be an error and not a hang. Milliseconds. */
const SCAN_WAIT_MAX_MS = 10_000;
const sleepWord = new Int32Array(new SharedArrayBuffer(4));

/** The rest of {@link casgstatus} where the word did not hold `oldval`. */
export function casgstatusWait(gp: number, oldval: number, newval: number): void {
  const i = gp * G_STRIDE + G_STATUS;
  if (scanHeld.has(gp)) fail("casgstatus: this M holds the scan bit itself", gp, oldval, newval);
  const start = performance.now();
  for (let spin = 1; ; spin++) {
    const found = Atomics.compareExchange(gmem, i, oldval, newval);
    if (found === oldval) return;
    if (found !== (oldval | Gscan)) fail("casgstatus: the goroutine is in another status", gp, oldval, newval);
    if (spin % SPINS === 0) {
      if (performance.now() - start > SCAN_WAIT_MAX_MS) {
        fail(`casgstatus: the scan bit was held for ${SCAN_WAIT_MAX_MS} ms`, gp, oldval, newval);
      }
      Atomics.wait(sleepWord, 0, 0, 0.05);
    }
  }
}

/** Statuses whose scan bit castogscanstatus takes. A preempted G's is taken in another way (casGToPreemptScan). */
export const scannable: readonly number[] = [Grunnable, Grunning, Gwaiting, Gsyscall];
/** Statuses whose scan bit casfrom_Gscanstatus gives back. */
const releasable: readonly number[] = [...scannable, Gpreempted];

/**
 * Takes the scan bit of a G, so that its status stays as it is: castogscanstatus.
 *
 * @returns whether the G had that status; on false nothing changed
 * @throws StatusError when `newval` is not `oldval | Gscan`, or nothing in that status can be scanned
 */
export function castogscanstatus(gp: number, oldval: number, newval: number): boolean {
  if (!scannable.includes(oldval) || newval !== (oldval | Gscan)) {
    fail("castogscanstatus: bad statuses", gp, oldval, newval);
  }
  if (Atomics.compareExchange(gmem, gp * G_STRIDE + G_STATUS, oldval, newval) !== oldval) return false;
  scanHeld.add(gp);
  return true;
}

/**
 * Gives the scan bit of a G back: casfrom_Gscanstatus.
 *
 * @throws StatusError when the G is not in `oldval`, or `newval` is not `oldval` without the bit
 */
export function casfrom_gscanstatus(gp: number, oldval: number, newval: number): void {
  if ((oldval & Gscan) === 0 || newval !== (oldval & ~Gscan) || !releasable.includes(newval)) {
    fail("casfrom_gscanstatus: bad statuses", gp, oldval, newval);
  }
  if (Atomics.compareExchange(gmem, gp * G_STRIDE + G_STATUS, oldval, newval) !== oldval) {
    fail("casfrom_gscanstatus: the goroutine is not in that scan status", gp, oldval, newval);
  }
  scanHeld.delete(gp);
}
