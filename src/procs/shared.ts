/**
 * Objects that generator goroutines share with the native goroutines of a pool. A channel, Mutex or WaitGroup of TypeScript
 * becomes one when it gets a handle in a run with several Ps: its state moves into the pool, and its methods are put in
 * place of the class's on this one object. Others pay nothing for it.
 */
import { chanlen, Hchan, type Source } from "../runtime/chan.ts";
import { Chan } from "../runtime/channel.ts";
import {
  PROCS_KIND_CHANNEL,
  PROCS_KIND_MUTEX,
  PROCS_KIND_WAITGROUP,
  PROCS_OP_CLOSED,
  PROCS_OP_HANDLE,
  PROCS_OP_MEMORY,
  PROCS_OP_OK,
  PROCS_OP_PANIC,
  PROCS_OP_PARKED,
  PROCS_OP_WOKE,
  STATUS_OK,
  TRAP_CHAN_CAP,
  TRAP_CHAN_LEN,
  TRAP_CLOSE,
  TRAP_LOCK,
  TRAP_RECV,
  TRAP_SEND,
  TRAP_UNLOCK,
  TRAP_WGADD,
  TRAP_WGWAIT,
} from "../runtime/codes.ts";
import { M_SCRATCH, mmem, native, onOwnM } from "../runtime/ffi.ts";
import {
  type Continuation,
  callDone,
  checkFatal,
  fatal,
  getg,
  mp,
  type Op,
  type OptionalOp,
  opOptional,
  opPending,
  opReady,
} from "../runtime/m.ts";
import { FatalError, PanicError } from "../runtime/panic.ts";
import { gopark } from "../runtime/proc.ts";
import {
  waitReasonChanReceive,
  waitReasonChanSend,
  waitReasonSyncMutexLock,
  waitReasonSyncWaitGroupWait,
} from "../runtime/runtime2.ts";
import { RECVQ, SENDQ } from "../runtime/waitq.ts";
import { type Codec, plain, word } from "../runtime/word.ts";
import { RunOverError, runOf } from "../runtime/world.ts";
import { Mutex } from "../sync/mutex.ts";
import { WaitGroup } from "../sync/waitgroup.ts";
import type { Answer, Pool } from "./pool.ts";

/** The pool that has an object. */
const owners = new WeakMap<object, Pool>();

const kindOf = (object: object) => (object instanceof Chan ? "channel" : object.constructor.name);

/** @throws Error where an object is another pool's */
function refuseOther(pool: Pool, object: object): void {
  const owner = owners.get(object);
  if (owner === undefined || owner === pool) return;
  const over = owner.run.over ? ", which is over" : "";
  throw new Error(
    `gobuf: this ${kindOf(object)} is shared with native goroutines of another run with several procs${over}: ` +
      "make one for each run",
  );
}

/** @throws Error for an object of a pool: its handle lasts as long as the run */
export function refuseRelease(object: object): void {
  if (!owners.has(object)) return;
  throw new Error(
    `gobuf: native.release: this ${kindOf(object)} is shared with native goroutines of a run with several ` +
      "procs: its handle lasts until the run is over",
  );
}

const SELECT = "gobuf: select on a channel that native goroutines of a run with several procs share: not there yet";

/** The handle by which the pool's goroutines name an object. @throws TypeError or Error that says why there is none */
export function sharedHandle(pool: Pool, object: object): number {
  const known = pool.handles.get(object);
  if (known !== undefined) return known;
  if (object instanceof Chan && object.nil) return 0;
  refuseOther(pool, object);
  let handle: number;
  if (object instanceof Chan) handle = shareChan(pool, object as Chan<unknown>);
  else if (object instanceof Mutex) handle = shareMutex(pool, object);
  else if (object instanceof WaitGroup) handle = shareWaitGroup(pool, object);
  else {
    throw new TypeError(
      `gobuf: ${object instanceof Hchan ? "this channel" : `a ${object.constructor.name}`} has no handle in a run with ` +
        `several procs yet: expected a channel of chan or native.chan, a Mutex, or a WaitGroup`,
    );
  }
  return keep(pool, object, handle);
}

function keep(pool: Pool, object: object, handle: number): number {
  pool.handles.set(object, handle);
  pool.objects.set(handle, object);
  owners.set(object, pool);
  return handle;
}

/** The channel of a handle that a native body has made; undefined where it names none. */
export function sharedChan(pool: Pool, handle: number): Chan<unknown> | undefined {
  const known = pool.objects.get(handle);
  if (known !== undefined) return known instanceof Chan ? known : undefined;
  if (handle < 2 ** 31) return undefined;
  const c = new Chan<unknown>(0);
  override(pool, c, handle, plain);
  keep(pool, c, handle);
  return c;
}

function made(pool: Pool, kind: number, n: number, what: string): number {
  const handle = native.gobuf_procs_make(pool.index, kind, n);
  if (handle === 0) throw new FatalError(`procs: no memory for a ${what} of native goroutines`);
  return handle;
}

/** An operation on an object of the pool. Its answer, or null when the goroutine is to wait for it. */
function operate(pool: Pool, code: number, handle: number, lo: number, hi: number, gp: number): Answer | null {
  if (pool.run.over) throw new RunOverError("gobuf: the run that shared this object with native goroutines is over");
  if (gp !== 0 && runOf(gp) !== pool.run) {
    throw new Error(
      "gobuf: this object is shared with native goroutines of another run with several procs: only goroutines of that run " +
        "may wait for it",
    );
  }
  const answer = native.gobuf_procs_op(pool.index, code, handle, lo >>> 0, hi >>> 0, gp);
  if ((answer & PROCS_OP_WOKE) !== 0) pool.busy();
  switch (answer & ~PROCS_OP_WOKE) {
    case PROCS_OP_PARKED:
      return null;
    case PROCS_OP_OK:
    case PROCS_OP_CLOSED:
    case PROCS_OP_PANIC:
      return [answer & ~PROCS_OP_WOKE, mmem[M_SCRATCH], mmem[M_SCRATCH + 1]];
    case PROCS_OP_HANDLE:
      return fatal(`an operation on handle ${handle}, which was freed`);
    case PROCS_OP_MEMORY:
      return fatal("out of memory for a wait");
    default:
      return fatal(`gobuf_procs_op answers ${answer}`);
  }
}

/** Parks a goroutine that waits for an answer. */
function parkFor(pool: Pool, gp: number, reason: number, use: (answer: Answer) => unknown): Op<never> {
  const cont: Continuation = () => {
    const answer = pool.answers.get(gp);
    pool.answers.delete(gp);
    if (answer === undefined) return fatal("a wait has ended without an answer");
    return use(answer);
  };
  gopark(gp, null, reason, cont);
  return opPending();
}

/** Puts methods in the place of a class's, on one object. */
function replace<T extends object>(object: T, methods: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(object, name, { value, configurable: true, writable: true, enumerable: false });
  }
}

/** Puts a getter in the place of a class's, on one object. */
function replaceGetter(object: object, name: string, get: () => number): void {
  Object.defineProperty(object, name, { get, configurable: true, enumerable: false });
}

/** Whoever looks at the channel's own buffer is told that it is not there. */
const refusing: Source = {
  poll(): never {
    throw new Error(SELECT);
  },
  block(): void {},
  unblock(): void {},
};

function shareChan(pool: Pool, c: Chan<unknown>): number {
  if (c.source !== null) throw new TypeError("gobuf: a timer's channel has no handle in a run with several procs yet");
  if (c.first(RECVQ) !== 0 || c.first(SENDQ) !== 0) {
    throw new Error(
      "gobuf: goroutines wait on this channel already: in a run with several procs give it to native goroutines first",
    );
  }
  const codec = c.codec ?? plain;
  const buffered = Array.from({ length: chanlen(c) }, (_, i) => c.buf[(c.recvx + i) % c.bufsiz]);
  const handle = made(pool, PROCS_KIND_CHANNEL, c.dataqsiz, "channel");
  for (const value of buffered) {
    codec.toWord(value, word);
    operate(pool, TRAP_SEND, handle, word[0] as number, word[1] as number, 0);
  }
  if (c.closed) operate(pool, TRAP_CLOSE, handle, 0, 0, 0);
  override(pool, c, handle, codec);
  return handle;
}

function override(pool: Pool, c: Chan<unknown>, handle: number, codec: Codec<unknown>): void {
  c.source = refusing;
  const sent = ([outcome]: Answer): undefined => {
    if (outcome !== STATUS_OK) throw new PanicError("send on closed channel");
    return undefined;
  };
  const value = ([outcome, lo, hi]: Answer): unknown => {
    mp.ok = outcome === STATUS_OK;
    return mp.ok ? codec.fromWord(lo, hi) : undefined;
  };
  const valueOk = (answer: Answer): unknown => {
    const v = value(answer);
    return [v, mp.ok];
  };
  const receive = (what: string, use: (answer: Answer) => unknown) => () => {
    const gp = getg(what);
    const answer = operate(pool, TRAP_RECV, handle, 0, 0, gp);
    return answer === null ? parkFor(pool, gp, waitReasonChanReceive, use) : opReady(use(answer));
  };
  const size = (code: number) => () => onOwnM(operate, pool, code, handle, 0, 0, 0)?.[1] ?? 0;
  replaceGetter(c, "len", size(TRAP_CHAN_LEN));
  replaceGetter(c, "cap", size(TRAP_CHAN_CAP));
  replace(c, {
    send(v: unknown): Op<void> {
      const gp = getg("send");
      codec.toWord(v, word);
      const answer = operate(pool, TRAP_SEND, handle, word[0] as number, word[1] as number, gp);
      return answer === null ? parkFor(pool, gp, waitReasonChanSend, sent) : opReady<void>(sent(answer));
    },
    recv: receive("recv", value),
    recvOk: receive("recvOk", valueOk),
    close(): void {
      checkFatal();
      if (pool.run.over && mp.leaving) return;
      const answer = onOwnM(operate, pool, TRAP_CLOSE, handle, 0, 0, 0);
      if (answer?.[0] === PROCS_OP_PANIC && !mp.leaving) throw new PanicError("close of closed channel");
      callDone();
    },
  });
}

function shareMutex(pool: Pool, mutex: Mutex): number {
  const state = (mutex as unknown as { state: number }).state;
  if (state > 1) {
    throw new Error(
      "gobuf: goroutines wait for this Mutex already: in a run with several procs give it to native goroutines first",
    );
  }
  const handle = made(pool, PROCS_KIND_MUTEX, 0, "Mutex");
  if (state === 1) operate(pool, TRAP_LOCK, handle, 0, 0, 0);
  const nothing = (): undefined => undefined;
  const unlockNow = () => {
    const answer = operate(pool, TRAP_UNLOCK, handle, 0, 0, 0);
    if (answer?.[0] === PROCS_OP_PANIC) fatal("sync: unlock of unlocked mutex");
  };
  replace(mutex, {
    lock(): Op<void> {
      const gp = getg("Mutex.lock");
      const answer = operate(pool, TRAP_LOCK, handle, 0, 0, gp);
      return answer === null ? parkFor(pool, gp, waitReasonSyncMutexLock, nothing) : opReady<void>(undefined);
    },
    unlock(): OptionalOp {
      checkFatal();
      if (pool.run.over && mp.leaving) return opOptional();
      unlockNow();
      return opOptional();
    },
    unlockNow,
    tryLock(): never {
      throw new Error(
        "gobuf: Mutex.tryLock: not on a Mutex that native goroutines of a run with several procs share yet",
      );
    },
  });
  return handle;
}

function shareWaitGroup(pool: Pool, wg: WaitGroup): number {
  const { counter, waiters } = wg as unknown as { counter: number; waiters: number };
  if (waiters !== 0) {
    throw new Error(
      "gobuf: goroutines wait for this WaitGroup already: in a run with several procs give it to native goroutines first",
    );
  }
  const handle = made(pool, PROCS_KIND_WAITGROUP, 0, "WaitGroup");
  const change = (delta: number) => {
    if (pool.run.over && mp.leaving) return;
    const answer = onOwnM(operate, pool, TRAP_WGADD, handle, delta, delta >> 31, 0);
    if (answer?.[0] === PROCS_OP_PANIC && !mp.leaving) throw new PanicError("sync: negative WaitGroup counter");
  };
  if (counter !== 0) change(counter);
  // The class's own way down looks here first.
  (wg as unknown as { counter: number }).counter = 0;
  replace(wg, {
    change,
    done(): void {
      checkFatal();
      change(-1);
      callDone();
    },
    wait(): Op<void> {
      const gp = getg("WaitGroup.wait");
      const answer = operate(pool, TRAP_WGWAIT, handle, 0, 0, gp);
      const nothing = (): undefined => undefined;
      return answer === null ? parkFor(pool, gp, waitReasonSyncWaitGroupWait, nothing) : opReady<void>(undefined);
    },
  });
  return handle;
}
