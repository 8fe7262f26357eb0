/**
 * Objects that generator goroutines share with the native goroutines of a pool. A channel or an object of sync of TypeScript
 * becomes one when it gets a handle in a run with several Ps: its state moves into the pool, and its methods are put in
 * place of the class's on this one object. Others pay nothing for it.
 */
import { chanlen, Hchan, type Source } from "../runtime/chan.ts";
import { Chan } from "../runtime/channel.ts";
import {
  PROCS_KIND_CHANNEL,
  PROCS_OP_PANIC,
  STATUS_OK,
  TRAP_CHAN_CAP,
  TRAP_CHAN_LEN,
  TRAP_CLOSE,
  TRAP_RECV,
  TRAP_SEND,
} from "../runtime/codes.ts";
import { onOwnM } from "../runtime/ffi.ts";
import { callDone, checkFatal, getg, mp, type Op, opReady } from "../runtime/m.ts";
import { PanicError } from "../runtime/panic.ts";
import { waitReasonChanReceive, waitReasonChanSend } from "../runtime/runtime2.ts";
import { RECVQ, SENDQ } from "../runtime/waitq.ts";
import { type Codec, plain, word } from "../runtime/word.ts";
import { Cond } from "../sync/cond.ts";
import { Mutex } from "../sync/mutex.ts";
import { Once } from "../sync/once.ts";
import { RWMutex } from "../sync/rwmutex.ts";
import { WaitGroup } from "../sync/waitgroup.ts";
import { made, operate, parkFor, replace, replaceGetter } from "./operate.ts";
import type { Answer, Pool } from "./pool.ts";
import { shareCond, shareMutex, shareOnce, shareRWMutex, shareWaitGroup } from "./sharedsync.ts";

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
  else if (object instanceof RWMutex) handle = shareRWMutex(pool, object);
  else if (object instanceof Once) handle = shareOnce(pool, object);
  else if (object instanceof Cond) handle = shareCond(pool, object, sharedLocker(pool, object));
  else {
    throw new TypeError(
      `gobuf: ${object instanceof Hchan ? "this channel" : `a ${object.constructor.name}`} has no handle in a run with ` +
        `several procs yet: expected a channel of chan or native.chan, or a Mutex, RWMutex, WaitGroup, Cond or Once`,
    );
  }
  return keep(pool, object, handle);
}

/** The handle of a Cond's lock. @throws TypeError for a Locker that native code cannot lock */
function sharedLocker(pool: Pool, { L }: Cond): number {
  if (L instanceof Mutex || L instanceof RWMutex) return sharedHandle(pool, L);
  throw new TypeError(
    "gobuf: in a run with several procs native goroutines share a Cond whose lock is a Mutex or an RWMutex: this one has " +
      "another Locker",
  );
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
