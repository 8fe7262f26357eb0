/**
 * select: selectgo of runtime/select.go, with the case order of Go's compiler.
 */
import { bufget, bufput, chanrecv, chansend, Hchan, hasRoom, recv, recvContinue, send, sendContinue } from "./chan.ts";
import type { Chan, RecvChan, SendChan } from "./channel.ts";
import { checkOptions, refuse, refuseOption } from "./expect.ts";
import { G_PARAM, G_SELECTDONE, G_STRIDE, G_WAITING, gmem, SUDOG_STRIDE, smem } from "./ffi.ts";
import { refuseChan, selectsAsk } from "./foreign.ts";
import { gcont } from "./g.ts";
import { getg, mp, type Op, opOwnCall, opPending, opReady } from "./m.ts";
import { FatalError, PanicError } from "./panic.ts";
import { gopark } from "./proc.ts";
import { cheaprandn } from "./rand.ts";
import { waitReasonSelect, waitReasonSelectNoCases } from "./runtime2.ts";
import type {
  NamedCases,
  RecvCase,
  SelectCase,
  Selected,
  SelectedDefault,
  SelectedNamed,
  SelectedNamedDefault,
  SelectOptions,
  SendCase,
} from "./scase.ts";
import { acquireSudog, releaseSudog, S_CASE, S_ISSELECT, S_SUCCESS, S_WAITLINK, sc, selem } from "./sudog.ts";
import { RECVQ, SENDQ } from "./waitq.ts";
import { word } from "./word.ts";

/**
 * Makes a case that sends: Go's `case ch <- value`.
 *
 * @param c the channel; the case of a nil channel is never chosen
 * @throws TypeError for something else than a channel; PanicError when the channel has a codec (`native.chan`) that refuses the value
 * @example
 * ```ts
 * const words = chan<string>(1);
 * yield* select([sendCase(words, "ant")]);
 * console.log(words.len); // 1
 * ```
 */
export function sendCase<T>(c: SendChan<T>, value: T): SendCase {
  if (!(c instanceof Hchan)) refuseChan("sendCase", c);
  const { codec } = c as Chan<T>;
  if (codec !== null) codec.toWord(value, word);
  return { c: c as Chan<T>, send: true, elem: value };
}

/**
 * Makes a case that receives: Go's `case v, ok := <-ch`.
 *
 * @param c the channel; the case of a nil channel is never chosen
 * @throws TypeError for something else than a channel
 * @example
 * ```ts
 * const words = chan<string>(1);
 * yield* words.send("ant");
 * const r = yield* select([recvCase(words)]);
 * if (r.ok) console.log(r.value.toUpperCase()); // ANT
 * ```
 */
export function recvCase<T>(c: RecvChan<T>): RecvCase<T> {
  if (!(c instanceof Hchan)) refuseChan("recvCase", c);
  return { c: c as Chan<T>, send: false, elem: undefined };
}

/** Chosen when no case was ready and there is a default. */
export const DEFAULT_CASE = -1;

/** More cases than this are refused, as by Go's reflect.Select. */
const CASES_MAX = 65_536;

// selectgo is done with these before anything else can run: the poll order and the lock order, which hold indices of
// cases, and the channel's key of each case.
const poll = new Uint16Array(CASES_MAX);
const lock = new Uint16Array(CASES_MAX);
const keys = new Int32Array(CASES_MAX);

/**
 * The poll order: an inside-out shuffle over the cases with a non-nil channel, which come in the order in which Go's
 * compiler hands them over: sends in source order, then receives in reverse source order.
 *
 * @returns how many there are
 */
function shuffle(cases: readonly SelectCase[]): number {
  let n = 0;
  for (let i = 0; i < cases.length; i++) if (cases[i]?.send) n = draw(cases, i, n);
  for (let i = cases.length - 1; i >= 0; i--) if (!cases[i]?.send) n = draw(cases, i, n);
  return n;
}

/** Gives the case `i` its place among the `n` that have one. @returns how many have one now */
function draw(cases: readonly SelectCase[], i: number, n: number): number {
  // Untyped code may have given anything: what is no channel has no such field.
  const c = cases[i]?.c;
  if (c?.nil !== false) return leftOut(cases, i, n);
  if (c.source !== null) c.source.poll();
  keys[i] = c.sortkey;
  const j = cheaprandn(n + 1);
  poll[n] = poll[j];
  poll[j] = i;
  return n + 1;
}

/** The case `i` is of a nil channel, or none at all. @returns n @throws TypeError for none */
function leftOut(cases: readonly unknown[], i: number, n: number): number {
  checkCase(cases[i], i);
  return n;
}

let caseHook: ((cases: readonly SelectCase[], poll: Uint16Array) => void) | null = null;

/** Sets what may change the poll order, or nothing: gobuf/testing. */
export function setCaseHook(f: ((cases: readonly SelectCase[], poll: Uint16Array) => void) | null): void {
  caseHook = f;
}

/**
 * The lock order of `n` cases: by channel, from a heap sort, which is not stable; where a channel is named twice, the
 * order of its cases is that of these very steps.
 */
function sortByChannel(n: number): void {
  for (let i = 0; i < n; i++) {
    const item = poll[i];
    const c = keys[item];
    let j = i;
    while (j > 0) {
      const parent = (j - 1) >> 1;
      if (keys[lock[parent]] >= c) break;
      lock[j] = lock[parent];
      j = parent;
    }
    lock[j] = item;
  }
  for (let i = n - 1; i >= 0; i--) {
    const item = lock[i];
    const c = keys[item];
    lock[i] = lock[0];
    let j = 0;
    for (;;) {
      let k = j * 2 + 1;
      if (k >= i) break;
      if (k + 1 < i && keys[lock[k]] < keys[lock[k + 1]]) k++;
      if (c >= keys[lock[k]]) break;
      lock[j] = lock[k];
      j = k;
    }
    lock[j] = item;
  }
}

/** Whether a case may be ready: most that receive are not, and this much is looked at without a call. */
function mayGo({ c, send: isSend }: SelectCase): boolean {
  return isSend || c.first(SENDQ) !== 0 || c.qcount > 0 || c.closed || c.lane !== null;
}

/** The lock order of `n` cases. */
function lockorder(n: number): void {
  if (n !== 2) return sortByChannel(n);
  // What the sort comes to for the most usual select.
  const first = keys[poll[0]] < keys[poll[1]] ? 0 : 1;
  lock[0] = poll[first];
  lock[1] = poll[1 - first];
}

/** Carries a case out if it is ready; the result is in mp.elem and mp.ok. @internal */
export function attempt({ c, send: isSend, elem }: SelectCase): boolean {
  if (isSend) {
    if (c.closed) throw new PanicError("send on closed channel");
    const s = c.dequeue(RECVQ);
    if (s !== 0) send(s, elem);
    else if (hasRoom(c)) bufput(c, elem);
    else if (!c.lane?.put(elem)) return false;
    mp.elem = undefined;
    mp.ok = true;
    return true;
  }
  const s = c.dequeue(SENDQ);
  if (s !== 0) {
    mp.elem = recv(c, s);
    mp.ok = true;
  } else if (c.qcount > 0) {
    mp.elem = bufget(c);
    mp.ok = true;
  } else if (c.lane !== null && c.lane.count > 0) {
    mp.elem = c.lane.get();
    mp.ok = true;
  } else if (c.closed) {
    mp.elem = undefined;
    mp.ok = false;
  } else return false;
  return true;
}

/** The goroutine has asked to park; the chosen case comes from its continuation. */
export const SELECT_PARKED = -2;

/**
 * Carries out one of the cases: selectgo.
 *
 * @param block whether to wait when none is ready
 * @param cont gives the operation's result after a park, by {@link selectContinue}
 * @returns index of the case, DEFAULT_CASE, or SELECT_PARKED; the received value is in mp.elem, mp.ok
 */
export function selectgo(
  gp: number,
  cases: readonly SelectCase[],
  block: boolean,
  cont: (gp: number) => unknown,
): number {
  if (cases.length === 0 && block) {
    gopark(gp, null, waitReasonSelectNoCases, null);
    return SELECT_PARKED;
  }
  if (cases.length > CASES_MAX) throw new PanicError(`select: too many cases (max ${CASES_MAX})`);
  const n = shuffle(cases);
  if (caseHook !== null) caseHook(cases, poll.subarray(0, n));
  for (let i = 0; i < n; i++) {
    const chosen = poll[i];
    const one = cases[chosen] as SelectCase;
    if (mayGo(one) && attempt(one)) return chosen;
  }
  if (!block) {
    mp.elem = undefined;
    mp.ok = true;
    return DEFAULT_CASE;
  }
  lockorder(n);
  let last = 0;
  for (let i = 0; i < n; i++) {
    const item = lock[i];
    const { c, send: isSend, elem } = cases[item] as SelectCase;
    const s = acquireSudog(gp);
    const at = s * SUDOG_STRIDE;
    smem[at + S_ISSELECT] = isSend ? WAITS_TO_SEND : WAITS_TO_RECEIVE;
    smem[at + S_CASE] = item;
    selem[s] = elem;
    sc[s] = c;
    if (last === 0) gmem[gp * G_STRIDE + G_WAITING] = s;
    else smem[last * SUDOG_STRIDE + S_WAITLINK] = s;
    last = s;
    c.enqueue(isSend, s);
    if (c.source !== null) c.source.block();
  }
  gmem[gp * G_STRIDE + G_PARAM] = 0;
  gopark(gp, null, waitReasonSelect, cont);
  return SELECT_PARKED;
}

// The two values of S_ISSELECT: they also tell which queue a sudog is on.
const WAITS_TO_SEND = 1;
const WAITS_TO_RECEIVE = 2;

/** The channel that the select received from, whose {@link selectContinue} came last; null when it sent. */
export let selectedFrom: Hchan | null = null;

/** What stands behind selectgo's gopark: leaves the other queues. @returns index of the chosen case */
export function selectContinue(gp: number): number {
  const g = gp * G_STRIDE;
  gmem[g + G_SELECTDONE] = 0;
  const chosen = gmem[g + G_PARAM];
  gmem[g + G_PARAM] = 0;
  let s = gmem[g + G_WAITING];
  gmem[g + G_WAITING] = 0;
  let index = SELECT_PARKED;
  let sending = false;
  while (s !== 0) {
    const at = s * SUDOG_STRIDE;
    const next = smem[at + S_WAITLINK];
    const isSend = smem[at + S_ISSELECT] === WAITS_TO_SEND;
    const c = sc[s] as Hchan;
    if (c.source !== null) c.source.unblock();
    if (s === chosen) {
      index = smem[at + S_CASE];
      sending = isSend;
      selectedFrom = isSend ? null : c;
      mp.ok = smem[at + S_SUCCESS] !== 0;
      mp.elem = isSend ? undefined : selem[s];
    } else c.remove(isSend, s);
    smem[at + S_WAITLINK] = 0;
    smem[at + S_ISSELECT] = 0;
    releaseSudog(s);
    s = next;
  }
  if (index === SELECT_PARKED) throw new FatalError("selectgo: bad wakeup");
  if (sending && !mp.ok) throw new PanicError("send on closed channel");
  return index;
}

function selectResult(gp: number): { index: number; value: unknown; ok: boolean } {
  const index = selectContinue(gp);
  return { index, value: mp.elem, ok: mp.ok };
}

/** One case without a default is the plain operation, as Go compiles it: it draws nothing. */
function selectOne(gp: number, { c, send: isSend, elem }: SelectCase): Op<unknown> {
  const done = isSend ? chansend(gp, c, elem) : chanrecv(gp, c, receivedOne);
  if (!done) {
    // chansend's own continuation has no result.
    if (isSend && !c.nil) gcont[gp] = sentOne;
    return opPending();
  }
  return opReady({ index: 0, value: isSend ? undefined : mp.elem, ok: isSend || mp.ok });
}

/** One case and a default is the operation that does not wait: selectnbsend, selectnbrecv. */
function selectNow(only: SelectCase): Op<unknown> {
  const { c } = only;
  if (c.source !== null) c.source.poll();
  if (!c.nil && attempt(only)) return opReady({ index: 0, value: mp.elem, ok: mp.ok });
  return opReady({ index: DEFAULT_CASE, value: undefined, ok: true });
}

function sentOne(gp: number): unknown {
  sendContinue(gp);
  return { index: 0, value: undefined, ok: true };
}

function receivedOne(gp: number): unknown {
  const value = recvContinue(gp);
  return { index: 0, value, ok: mp.ok };
}

/**
 * Waits until one of the cases is ready, and carries it out: Go's `select` (selectgo in runtime/select.go). When
 * several are ready, one is chosen at random (RunOptions.seed). Without cases and without a default it waits for ever.
 *
 * @param cases 0 to 65,536, made by {@link sendCase} and {@link recvCase}: a list, or an object whose keys name them
 * @throws PanicError "send on closed channel", "select: too many cases (max 65536)"; TypeError for something else;
 *   Error outside a goroutine
 * @example
 * ```ts
 * const jobs = chan<string>();
 * const r = yield* select({ job: recvCase(jobs), late: recvCase(after(5)) });
 * console.log(r.case === "late" ? "no job within 5 ms" : r.value?.toUpperCase()); // no job within 5 ms
 * ```
 * @example
 * ```ts
 * const numbers = chan<number>();
 * const words = chan<string>(1);
 * go(function* () {
 *   yield* numbers.send(41);
 * });
 * for (let i = 0; i < 2; i++) {
 *   const r = yield* select([recvCase(numbers), sendCase(words, "ant")]);
 *   if (r.index === 1) console.log("sent");
 *   else if (r.ok) console.log(r.value + 1);
 * }
 * // Output:
 * // sent
 * // 42
 * ```
 */
export function select<const C extends readonly SelectCase[]>(cases: C): Op<Selected<C>>;
export function select<const C extends readonly SelectCase[]>(
  cases: C,
  options: { default: true },
): Op<Selected<C> | SelectedDefault>;
export function select<const C extends readonly SelectCase[]>(
  cases: C,
  options: SelectOptions,
): Op<Selected<C> | SelectedDefault>;
export function select<const C extends NamedCases>(cases: C): Op<SelectedNamed<C>>;
export function select<const C extends NamedCases>(
  cases: C,
  options: SelectOptions,
): Op<SelectedNamed<C> | SelectedNamedDefault>;
export function select(given: readonly SelectCase[] | NamedCases, options?: SelectOptions): Op<unknown> {
  const gp = getg("select");
  // The usual one goes on without a call.
  if (options !== undefined || !Array.isArray(given) || given.length < 2) return selectOther(gp, given, options);
  if (selectsAsk) {
    checkUses(given);
    if (otherSelect !== null && given.some(isOthers)) return otherSelect(gp, given, true);
  }
  const index = selectgo(gp, given, true, selectResult);
  return index === SELECT_PARKED ? opPending() : opReady({ index, value: mp.elem, ok: mp.ok });
}

function selectOther(gp: number, given: readonly SelectCase[] | NamedCases, options?: SelectOptions): Op<unknown> {
  if (options !== undefined) checkSelectOptions(options);
  if (!Array.isArray(given)) {
    if (!isNamed(given)) refuse("select", given, CASES);
    return opOwnCall(selectNamed(given as NamedCases, options));
  }
  const cases: readonly SelectCase[] = given;
  try {
    if (selectsAsk) {
      checkUses(cases);
      if (otherSelect !== null && cases.some(isOthers)) return otherSelect(gp, cases, options?.default !== true);
    }
    if (cases.length !== 1) return selectAny(gp, cases, options);
    return options?.default === true ? selectNow(cases[0] as SelectCase) : selectOne(gp, cases[0] as SelectCase);
  } catch (error) {
    checkCases(cases);
    throw error;
  }
}

/** A select with channels that other threads share: src/workers/ sets it. */
export type OtherSelect = (gp: number, cases: readonly SelectCase[], block: boolean) => Op<unknown>;
let otherSelect: OtherSelect | null = null;

/** Sets what carries out a select with channels that threads share. */
export function setOtherSelect(f: OtherSelect): void {
  otherSelect = f;
}

/** Whether a case's channel is one of those. */
function isOthers(one: SelectCase): boolean {
  return (one?.c as Partial<Hchan> | undefined)?.isShared === true;
}

/** Refuses a goroutine that a channel is not for; what is no channel is found later. */
function checkUses(cases: readonly SelectCase[]): void {
  for (let i = 0; i < cases.length; i++) (cases[i]?.c as Partial<Chan<unknown>> | undefined)?.checkUse?.("select");
}

/** The cases in the order of their keys, and the chosen one's name for its index. */
function* selectNamed(cases: NamedCases, options?: SelectOptions): Generator<unknown, unknown, true> {
  const names = Object.keys(cases);
  const list = names.map((name) => namedCase(name, cases[name]));
  const r: Selected | SelectedDefault = yield* options === undefined ? select(list) : select(list, options);
  return { case: names[r.index] ?? null, value: r.value, ok: r.ok };
}

/** Whether this may be `{ name: case, ... }`. Without names it waits for ever, as a list without cases does. */
function isNamed(given: unknown): boolean {
  if (typeof given !== "object" || given === null) return false;
  const proto = Object.getPrototypeOf(given);
  return proto === Object.prototype || proto === null;
}

function namedCase(name: string, made: SelectCase | undefined): SelectCase {
  if (typeof made === "object" && made !== null && "c" in made) return made;
  const got = made === null ? "null" : typeof made;
  throw new TypeError(`gobuf: select: case ${JSON.stringify(name)}: expected a recvCase or a sendCase, got ${got}`);
}

/** A select that is always by {@link selectgo}, as Go's reflect.Select. */
export function selectMany(cases: readonly SelectCase[], options?: SelectOptions): Op<unknown> {
  return selectAny(getg("select"), cases, options);
}

function selectAny(gp: number, cases: readonly SelectCase[], options?: SelectOptions): Op<unknown> {
  const index = selectgo(gp, cases, options?.default !== true, selectResult);
  return index === SELECT_PARKED ? opPending() : opReady({ index, value: mp.elem, ok: mp.ok });
}

const CASES = "a list of cases, made by sendCase and recvCase";

/** @throws TypeError where untyped code gave something else, or a list with a hole */
function checkCases(cases: readonly unknown[]): void {
  for (let i = 0; i < cases.length; i++) checkCase(cases[i], i);
}

function checkCase(given: unknown, i: number): void {
  const c = given as Partial<SelectCase> | null | undefined;
  if (!(c?.c instanceof Hchan)) refuse("select", c, `${CASES}: at index ${i}`);
}

function checkSelectOptions(options: SelectOptions): void {
  checkOptions("select", options, ["default"]);
  const { default: chooses } = options;
  if (chooses !== undefined && typeof chooses !== "boolean") refuseOption("select", "default", chooses, "a boolean");
}
