/**
 * Channels: runtime/chan.go. Values are handed over directly, both ways; the active side goes on, the other is readied.
 *
 * What programs hold of a channel is made of this in channel.ts.
 */
import { refuse } from "./expect.ts";
import { G_PARAM, G_STRIDE, G_WAITING, gmem, SUDOG_STRIDE, smem } from "./ffi.ts";
import { mp } from "./m.ts";
import { PanicError } from "./panic.ts";
import { gopark, goready } from "./proc.ts";
import {
  waitReasonChanReceive,
  waitReasonChanReceiveNilChan,
  waitReasonChanSend,
  waitReasonChanSendNilChan,
} from "./runtime2.ts";
import { acquireSudog, releaseSudog, S_G, S_SUCCESS, sc, selem } from "./sudog.ts";
import { RECVQ, SENDQ, Waitqs } from "./waitq.ts";
import type { Codec } from "./word.ts";
import { onSwitch } from "./world.ts";

let created = 0;

/** The buffer of every unbuffered channel: nothing ever looks into it. */
const noBuffer: unknown[] = [];

/** A buffer begins with room for so many values; one of a larger channel grows with what is in it. */
const RING_BEGINS = 64;

/**
 * What feeds a channel in place of a goroutine: a timer (hchan.timer in Go), or the world outside. The channel tells it
 * when goroutines begin and cease to wait.
 */
export interface Source {
  /** The channel is looked at: puts in the buffer what is due. */
  poll(): void;
  /** A goroutine will wait on the channel. */
  block(): void;
  /** One that waited runs again. */
  unblock(): void;
}

/**
 * A buffer that takes the place of a channel's own: words in native memory (native/lane.ts). A value that it cannot
 * hold goes into the channel's own buffer, with all that is here.
 */
export interface Lane {
  /** Values in it. */
  readonly count: number;
  /** Values that it holds: the channel's capacity. */
  readonly size: number;
  /** Puts a value in. @returns false when there is no room */
  put(elem: unknown): boolean;
  /** Takes the oldest value out; there must be one. */
  get(): unknown;
  /** Gives the channel its own buffer back, with what is here. */
  spill(): void;
}

function boundToItsThread(): void {}

/**
 * What a channel is to the scheduler: hchan. Bound to the thread that made it. Users' editors show none of it: its fields are
 * left out of the package's declarations (tsconfig.types.json).
 */
export class Hchan extends Waitqs {
  /** Never there: without it anything would pass for a channel in the declarations. */
  declare protected readonly hchan: true;
  /** Stands for the channel's address: a select locks in this order. @internal */
  readonly sortkey: number = ++created;
  /** @internal */
  qcount = 0;
  /** A ring of `bufsiz` places. Its array grows to that as values come. @internal */
  readonly buf: unknown[];
  /** Places of the ring: `dataqsiz`, or less where so many values were never in it. @internal */
  bufsiz: number;
  /** @internal */
  sendx = 0;
  /** @internal */
  recvx = 0;
  /** @internal */
  closed = false;
  /** @internal */
  source: Source | null = null;
  /** How its values are words to native bodies; null: whole numbers and BigInts as they are. @internal */
  codec: Codec<unknown> | null = null;
  /** Takes the place of `buf`, whose `dataqsiz` and `qcount` are 0 meanwhile. @internal */
  lane: Lane | null = null;
  /** @internal */
  dataqsiz: number;
  /** A nil channel blocks forever. @internal */
  readonly nil: boolean;
  /** No structured clone takes a function, and so none takes the channel: it would arrive as a plain object. @internal */
  bound: (() => void) | null = boundToItsThread;

  /** Whether threads share it: src/workers/. @internal */
  get isShared(): boolean {
    return false;
  }

  constructor(dataqsiz: number, nil = false) {
    super();
    this.dataqsiz = dataqsiz;
    this.nil = nil;
    this.buf = dataqsiz === 0 ? noBuffer : [];
    this.bufsiz = Math.min(dataqsiz, RING_BEGINS);
    for (let i = 0; i < this.bufsiz; i++) this.buf.push(undefined);
  }
}

/** The largest capacity. */
export const CAPACITY_MAX = 0x7fffffff;

/** @throws PanicError as makechan does; TypeError for what is no number. @internal */
export function checkCapacity(what: string, capacity: number): void {
  if (capacity >= 0 && capacity <= CAPACITY_MAX && Number.isInteger(capacity)) return;
  if (typeof capacity === "number") throw new PanicError("makechan: size out of range");
  refuse(what, capacity, "a capacity, an integer from 0 to 2^31-1");
}

// A world counts its channels from 1, so that the lock order of a run does not depend on the runs before it.
onSwitch({
  init() {
    created = 0;
  },
  save: () => created,
  load(saved) {
    created = saved as number;
  },
});

function enqueueAndPark(gp: number, c: Hchan, sending: boolean, elem: unknown): void {
  const s = acquireSudog(gp);
  const mem = gmem;
  const i = gp * G_STRIDE;
  selem[s] = elem;
  sc[s] = c;
  mem[i + G_WAITING] = s;
  mem[i + G_PARAM] = 0;
  c.enqueue(sending, s);
}

/**
 * Sends on a channel: chansend with block.
 *
 * @returns true when it is sent; false when the goroutine has asked to park, and its result is the continuation's
 */
export function chansend(gp: number, c: Hchan, elem: unknown): boolean {
  if (c.nil) {
    gopark(gp, null, waitReasonChanSendNilChan, null);
    return false;
  }
  if (c.closed) throw new PanicError("send on closed channel");
  const s = c.dequeue(RECVQ);
  if (s !== 0) {
    send(s, elem);
    return true;
  }
  if (hasRoom(c)) {
    bufput(c, elem);
    return true;
  }
  if (c.lane?.put(elem)) return true;
  enqueueAndPark(gp, c, SENDQ, elem);
  gopark(gp, null, waitReasonChanSend, sendContinue);
  return false;
}

/** Values in the buffer: len. */
export function chanlen(c: Hchan): number {
  return c.lane === null ? c.qcount : c.lane.count;
}

/** Size of the buffer: cap. */
export function chancap(c: Hchan): number {
  return c.lane === null ? c.dataqsiz : c.lane.size;
}

/** Whether the buffer has room for a value; a full ring that may grow does. */
export function hasRoom(c: Hchan): boolean {
  return c.qcount < c.bufsiz || (c.bufsiz !== c.dataqsiz && bufgrow(c));
}

/** Gives a full ring, which has less than `dataqsiz` places, twice as many. */
function bufgrow(c: Hchan): true {
  const { buf } = c;
  // The oldest value comes first: the new places are at the end.
  if (c.recvx > 0) for (const elem of buf.splice(0, c.recvx)) buf.push(elem);
  c.recvx = 0;
  c.sendx = c.bufsiz;
  c.bufsiz = Math.min(2 * c.bufsiz, c.dataqsiz);
  return true;
}

/** Puts a value in the buffer, where the ring has room. */
export function bufput(c: Hchan, elem: unknown): void {
  c.buf[c.sendx] = elem;
  c.sendx = c.sendx + 1 === c.bufsiz ? 0 : c.sendx + 1;
  c.qcount++;
}

/** Takes the oldest value from the buffer. */
export function bufget(c: Hchan): unknown {
  const elem = c.buf[c.recvx];
  c.buf[c.recvx] = undefined;
  c.recvx = c.recvx + 1 === c.bufsiz ? 0 : c.recvx + 1;
  c.qcount--;
  return elem;
}

/** Hands a value to a waiting receiver: send. */
export function send(s: number, elem: unknown): void {
  selem[s] = elem;
  wake(s, 1);
}

/** Takes a value from a waiting sender, or from the full buffer, into which the sender's goes: recv. */
export function recv(c: Hchan, s: number): unknown {
  let elem: unknown;
  if (c.dataqsiz === 0) {
    if (c.lane === null) elem = selem[s];
    else {
      elem = c.lane.get();
      c.lane.put(selem[s]);
    }
  } else {
    elem = c.buf[c.recvx];
    c.buf[c.recvx] = selem[s];
    c.recvx = c.recvx + 1 === c.bufsiz ? 0 : c.recvx + 1;
    c.sendx = c.recvx;
  }
  selem[s] = undefined;
  wake(s, 1);
  return elem;
}

/** Sends on an open channel if a receiver waits or the buffer has room: chansend without block. @returns whether */
export function trySend(c: Hchan, elem: unknown): boolean {
  const s = c.dequeue(RECVQ);
  if (s !== 0) send(s, elem);
  else if (hasRoom(c)) bufput(c, elem);
  else return c.lane?.put(elem) ?? false;
  return true;
}

/**
 * Receives if a value is there or the channel is closed: chanrecv without block. A timer's channel is not for it.
 *
 * @returns whether; then the value is in mp.elem, and in mp.ok whether there was one
 */
export function tryRecv(c: Hchan): boolean {
  const m = mp;
  const s = c.dequeue(SENDQ);
  m.ok = true;
  if (s !== 0) m.elem = recv(c, s);
  else if (c.qcount > 0) m.elem = bufget(c);
  else if (chanlen(c) > 0) m.elem = (c.lane as Lane).get();
  else if (!c.closed) return false;
  else {
    m.elem = undefined;
    m.ok = false;
  }
  return true;
}

/** Empties a timer's channel: timerchandrain. @returns whether anything was in it */
export function timerchandrain(c: Hchan): boolean {
  const any = c.qcount > 0;
  while (c.qcount > 0) bufget(c);
  return any;
}

function wake(s: number, success: number): void {
  const i = s * SUDOG_STRIDE;
  const gp = smem[i + S_G];
  smem[i + S_SUCCESS] = success;
  gmem[gp * G_STRIDE + G_PARAM] = s;
  goready(gp);
}

/** What stands behind chansend's gopark. */
export function sendContinue(gp: number): void {
  const s = takeParam(gp);
  const success = smem[s * SUDOG_STRIDE + S_SUCCESS] !== 0;
  releaseSudog(s);
  if (!success) throw new PanicError("send on closed channel");
}

function takeParam(gp: number): number {
  const mem = gmem;
  const i = gp * G_STRIDE;
  const s = mem[i + G_PARAM];
  mem[i + G_PARAM] = 0;
  mem[i + G_WAITING] = 0;
  return s;
}

/** What stands behind chanrecv's gopark: the value, and mp.ok. */
export function recvContinue(gp: number): unknown {
  const s = takeParam(gp);
  const source = (sc[s] as Hchan).source;
  if (source !== null) source.unblock();
  mp.ok = smem[s * SUDOG_STRIDE + S_SUCCESS] !== 0;
  const elem = selem[s];
  releaseSudog(s);
  return elem;
}

/** The same for a receive with two results: the value, and whether there was one. */
export function recvOkContinue(gp: number): [unknown, boolean] {
  const elem = recvContinue(gp);
  return [elem, mp.ok];
}

/**
 * Receives from a channel: chanrecv with block.
 *
 * @param cont gives the result after a park
 * @returns true when there is a result, in mp.elem and mp.ok; false when the goroutine has asked to park
 */
export function chanrecv(gp: number, c: Hchan, cont: (gp: number) => unknown): boolean {
  if (c.nil) {
    gopark(gp, null, waitReasonChanReceiveNilChan, null);
    return false;
  }
  if (c.closed) {
    if (c.qcount === 0) {
      mp.elem = undefined;
      mp.ok = false;
      return true;
    }
  } else {
    const s = c.dequeue(SENDQ);
    if (s !== 0) {
      mp.elem = recv(c, s);
      mp.ok = true;
      return true;
    }
  }
  if (c.source !== null) c.source.poll();
  if (c.qcount > 0) {
    mp.elem = bufget(c);
    mp.ok = true;
    return true;
  }
  if (c.lane !== null && c.lane.count > 0) {
    mp.elem = c.lane.get();
    mp.ok = true;
    return true;
  }
  enqueueAndPark(gp, c, RECVQ, undefined);
  if (c.source !== null) c.source.block();
  gopark(gp, null, waitReasonChanReceive, cont);
  return false;
}

/** Closes a channel: closechan. Receivers, then senders, are collected on a stack and readied from its top. */
export function closechan(c: Hchan): void {
  if (c.nil || c.closed) {
    // A run that is over leaves its frames, and more than one may close.
    if (mp.leaving) return;
    throw new PanicError(c.nil ? "close of nil channel" : "close of closed channel");
  }
  c.checkWorld();
  c.closed = true;
  // Native bodies are to trap from now on.
  c.lane?.spill();
  const stack: number[] = [];
  for (let s = c.dequeue(RECVQ); s !== 0; s = c.dequeue(RECVQ)) {
    selem[s] = undefined;
    stack.push(s);
  }
  for (let s = c.dequeue(SENDQ); s !== 0; s = c.dequeue(SENDQ)) {
    selem[s] = undefined;
    stack.push(s);
  }
  while (stack.length > 0) wake(stack.pop() as number, 0);
}
