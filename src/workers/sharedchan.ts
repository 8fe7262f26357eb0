/**
 * Channels between threads. The channel lies in native memory; each thread that has it has an object of this class for it, and
 * goroutines use that as any other channel.
 */
import { Chan, type Received } from "../runtime/channel.ts";
import {
  SHARE_OP_CLOSED,
  SHARE_OP_OK,
  SHARE_OP_PANIC,
  SHARE_OP_PARKED,
  TRAP_CLOSE,
  TRAP_RECV,
  TRAP_SEND,
} from "../runtime/codes.ts";
import { mmem, native, onOwnM } from "../runtime/ffi.ts";
import { askInSelects } from "../runtime/foreign.ts";
import { callDone, checkFatal, getg, mp, type Op, opReady } from "../runtime/m.ts";
import { PanicError } from "../runtime/panic.ts";
import { waitReasonChanReceive, waitReasonChanSend } from "../runtime/runtime2.ts";
import * as words from "../runtime/word.ts";
import { type Codec, word } from "../runtime/word.ts";
import { currentWorld } from "../runtime/world.ts";
import { type Answer, type Invitation, type Member, WORD } from "./group.ts";
import type { Passage } from "./marks.ts";
import { dropWord, fromWord, toWord } from "./values.ts";

/** The codecs that every thread finds by name. A user's own is a function of one thread. */
export const CODECS = new Map<string, Codec<unknown>>(
  [words.i32, words.u32, words.f64, words.i64, words.u64].map((codec) => [codec.name, codec as Codec<unknown>]),
);

/** What of a channel passes from thread to thread: it can be cloned. */
interface ChannelName {
  readonly handle: number;
  readonly codec: string | null;
}

/** The same for a thread that is in no group of the channel's. */
export interface SharedName extends ChannelName {
  readonly group: Invitation;
}

export class SharedChan<T> extends Chan<T> {
  /** Passes through postMessage; the methods do not. @internal */
  readonly shared: SharedName;
  readonly #member: Member;
  readonly #handle: number;
  readonly #codec: Codec<unknown> | null;

  constructor(member: Member, { handle, codec }: ChannelName) {
    super(0);
    // Before the first there is none in any select.
    askInSelects();
    this.bound = null;
    this.shared = { group: member.invitation, handle, codec };
    this.#member = member;
    this.#handle = handle;
    this.#codec = codec === null ? null : (CODECS.get(codec) as Codec<unknown>);
  }

  override get isShared(): boolean {
    return true;
  }

  /** @internal */
  get sharing(): { member: Member; handle: number; codec: Codec<unknown> | null } {
    return { member: this.#member, handle: this.#handle, codec: this.#codec };
  }

  override get len(): number {
    return this.#stat(0);
  }

  override get cap(): number {
    return this.#stat(1);
  }

  #stat(half: 0 | 1): number {
    return onOwnM(() =>
      native.gobuf_share_stat(this.#member.me, this.#handle) === 0 ? 0 : (mmem[WORD + half] as number),
    );
  }

  override send(value: T): Op<void> {
    const gp = getg("send");
    const member = this.#member;
    if (currentWorld() !== member.world) member.meet();
    toWord(member, this.#codec, "send", value);
    const lo = word[0] as number;
    const hi = word[1] as number;
    const code = member.heed(
      native.gobuf_share_op(member.me, TRAP_SEND, this.#handle, lo >>> 0, hi >>> 0, gp, member.ticket),
    );
    if (code === SHARE_OP_OK) return opReady<void>(undefined);
    const codec = this.#codec;
    if (code === SHARE_OP_PARKED) {
      return member.park(
        gp,
        waitReasonChanSend,
        ({ outcome }) => {
          if (outcome !== SHARE_OP_OK) sendPanics(member, codec, lo, hi);
          return undefined;
        },
        this,
      );
    }
    return sendPanics(member, codec, lo, hi);
  }

  override recv(): Op<T | undefined> {
    const gp = getg("recv");
    const member = this.#member;
    if (currentWorld() !== member.world) member.meet();
    const code = member.heed(native.gobuf_share_op(member.me, TRAP_RECV, this.#handle, 0, 0, gp, member.ticket));
    if (code === SHARE_OP_OK) return opReady(this.#value(mmem[WORD] as number, mmem[WORD + 1] as number));
    if (code === SHARE_OP_CLOSED) return opReady(undefined);
    return member.park(gp, waitReasonChanReceive, (answer) => this.#received(answer), this);
  }

  override recvOk(): Op<Received<T>> {
    const gp = getg("recvOk");
    const member = this.#member;
    if (currentWorld() !== member.world) member.meet();
    const code = member.heed(native.gobuf_share_op(member.me, TRAP_RECV, this.#handle, 0, 0, gp, member.ticket));
    if (code === SHARE_OP_OK) return opReady([this.#value(mmem[WORD] as number, mmem[WORD + 1] as number), true]);
    if (code === SHARE_OP_CLOSED) return opReady([undefined, false]);
    return member.park(
      gp,
      waitReasonChanReceive,
      (answer): Received<T> => {
        const value = this.#received(answer);
        return answer.outcome === SHARE_OP_OK ? [value as T, true] : [undefined, false];
      },
      this,
    );
  }

  #received({ outcome, lo, hi }: Answer): T | undefined {
    return outcome === SHARE_OP_OK ? this.#value(lo, hi) : undefined;
  }

  #value(lo: number, hi: number): T {
    return fromWord(this.#member, this.#codec, lo, hi) as T;
  }

  override close(): void {
    checkFatal();
    const member = this.#member;
    // A run that is over leaves its frames, and more than one may close.
    if (member.over && mp.leaving) return;
    if (member.over) member.meet();
    member.rouse();
    const code = onOwnM(() =>
      member.heed(native.gobuf_share_op(member.me, TRAP_CLOSE, this.#handle, 0, 0, 0, member.ticket)),
    );
    if (code === SHARE_OP_PANIC && !mp.leaving) throw new PanicError("close of closed channel");
    callDone();
  }
}

/** A send to a closed channel: nobody will have the value. */
function sendPanics(member: Member, codec: Codec<unknown> | null, lo: number, hi: number): never {
  dropWord(member, codec, lo, hi);
  throw new PanicError("send on closed channel");
}

/** This thread's object of a shared channel. */
export function objectOf(member: Member, name: ChannelName): SharedChan<unknown> {
  const known = member.objects.get(name.handle)?.deref();
  if (known !== undefined) return known as SharedChan<unknown>;
  const made = new SharedChan<unknown>(member, name);
  member.objects.set(name.handle, new WeakRef(made));
  return made;
}

/** How shared channels pass. */
export const channels: Passage = {
  name(member, value) {
    if (!(value instanceof SharedChan)) return null;
    if (value.sharing.member !== member) {
      throw new TypeError("gobuf: this shared channel is of another run, whose end would not be this one's");
    }
    const { handle, codec } = value.shared;
    return { handle, codec };
  },
  thing: (member, name: ChannelName) => objectOf(member, name),
};
