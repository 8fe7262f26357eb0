/**
 * select with channels that threads share, beside others: selectgo of runtime/select.go, in two parts. The channels of this
 * thread cannot change while it looks; those that are shared are locked together by the library.
 */
import type { Hchan } from "../runtime/chan.ts";
import {
  DIR_RECV,
  DIR_SEND,
  SHARE_OP_BUSY,
  SHARE_OP_NOWAIT,
  SHARE_OP_OK,
  SHARE_OP_PANIC,
  SHARE_OP_PARKED,
} from "../runtime/codes.ts";
import {
  G_PARAM,
  G_SELECTDONE,
  G_STRIDE,
  G_WAITING,
  gmem,
  M_SCRATCH,
  mmem,
  native,
  SUDOG_STRIDE,
  smem,
} from "../runtime/ffi.ts";
import { mp, type Op, opPending, opReady } from "../runtime/m.ts";
import { PanicError } from "../runtime/panic.ts";
import { gopark } from "../runtime/proc.ts";
import { cheaprandn } from "../runtime/rand.ts";
import { waitReasonSelect } from "../runtime/runtime2.ts";
import type { SelectCase } from "../runtime/scase.ts";
import { attempt, DEFAULT_CASE } from "../runtime/select.ts";
import {
  acquireSudog,
  releaseSudog,
  S_CASE,
  S_ISSELECT,
  S_SUCCESS,
  S_WAITLINK,
  SHARED_SELECT,
  sc,
  selem,
} from "../runtime/sudog.ts";
import { type Codec, word } from "../runtime/word.ts";
import { currentWorld } from "../runtime/world.ts";
import { CASE, type Member, WORD } from "./group.ts";
import { SharedChan } from "./sharedchan.ts";
import { dropWord, fromWord, toWord } from "./values.ts";

const WAITS_TO_SEND = SHARED_SELECT;
const WAITS_TO_RECEIVE = SHARED_SELECT + 1;
/** M.scratch has room for so many. */
const SHARED_MAX = 64;
const CASE_WORDS = 4;

/** A case of a shared channel, and its place among all. */
interface SharedCase {
  readonly index: number;
  readonly send: boolean;
  readonly handle: number;
  readonly codec: Codec<unknown> | null;
  readonly lo: number;
  readonly hi: number;
}

interface Result {
  index: number;
  value: unknown;
  ok: boolean;
}

/** A select that is under way. */
class Selecting {
  readonly shared: SharedCase[] = [];
  readonly local: number[] = [];
  member!: Member;

  constructor(readonly cases: readonly SelectCase[]) {
    try {
      for (const [index, { c, send, elem }] of cases.entries()) {
        if (c instanceof SharedChan) this.add(index, c, send, elem);
        else if (!c.nil) this.local.push(index);
      }
    } catch (error) {
      // Ends no goroutine: a value or a channel is refused, and the values of the cases before it stay here.
      this.drop(-1);
      throw error;
    }
    if (this.shared.length > SHARED_MAX) {
      this.drop(-1);
      throw new PanicError(`select: too many cases with shared channels (max ${SHARED_MAX})`);
    }
  }

  private add(index: number, c: SharedChan<unknown>, send: boolean, elem: unknown): void {
    const { member, handle, codec } = c.sharing;
    this.member ??= member;
    if (member !== this.member) throw new Error("gobuf: select: its shared channels are of several runs");
    if (currentWorld() !== member.world) member.meet();
    if (send) toWord(member, codec, "select", elem);
    this.shared.push({
      index,
      send,
      handle,
      codec,
      lo: send ? (word[0] as number) : 0,
      hi: send ? (word[1] as number) : 0,
    });
  }

  /** Looks at the shared ones. @param gp waits if none is ready; SHARE_OP_NOWAIT: nobody does @returns SHARE_OP_... */
  ask(gp: number): number {
    for (const [i, { send, handle, lo, hi }] of this.shared.entries()) {
      const at = M_SCRATCH + i * CASE_WORDS;
      mmem[at] = send ? DIR_SEND : DIR_RECV;
      mmem[at + 1] = handle;
      mmem[at + 2] = lo;
      mmem[at + 3] = hi;
    }
    const { member, shared } = this;
    const first = cheaprandn(shared.length);
    return member.heed(native.gobuf_share_select(member.me, shared.length, first, gp, member.ticket));
  }

  /** What a shared case came to. @throws PanicError */
  came(i: number, outcome: number, lo: number, hi: number): Result {
    const { index, send, codec } = this.shared[i] as SharedCase;
    this.drop(outcome === SHARE_OP_PANIC ? -1 : i);
    if (outcome === SHARE_OP_PANIC) throw new PanicError("send on closed channel");
    const ok = outcome === SHARE_OP_OK;
    return { index, value: send || !ok ? undefined : fromWord(this.member, codec, lo, hi), ok };
  }

  /** Gives back the values that were not sent. @param but this case's was */
  drop(but: number): void {
    for (const [i, { send, codec, lo, hi }] of this.shared.entries()) {
      if (send && i !== but) dropWord(this.member, codec, lo, hi);
    }
  }

  /** Tries the cases of this thread. */
  tryLocal(): Result | null {
    const first = this.local.length > 1 ? cheaprandn(this.local.length) : 0;
    for (let k = 0; k < this.local.length; k++) {
      const index = this.local[(first + k) % this.local.length] as number;
      const one = this.cases[index] as SelectCase;
      if (one.c.source !== null) one.c.source.poll();
      if (!attempt(one)) continue;
      this.drop(-1);
      return { index, value: mp.elem, ok: mp.ok };
    }
    return null;
  }

  /** Queues the goroutine on the channels of this thread: nobody has used them since {@link tryLocal}. */
  enqueueLocal(gp: number): void {
    let last = 0;
    for (const index of this.local) {
      const { c, send, elem } = this.cases[index] as SelectCase;
      const s = acquireSudog(gp);
      const at = s * SUDOG_STRIDE;
      smem[at + S_ISSELECT] = send ? WAITS_TO_SEND : WAITS_TO_RECEIVE;
      smem[at + S_CASE] = index;
      selem[s] = elem;
      sc[s] = c;
      if (last === 0) gmem[gp * G_STRIDE + G_WAITING] = s;
      else smem[last * SUDOG_STRIDE + S_WAITLINK] = s;
      last = s;
      c.enqueue(send, s);
      if (c.source !== null) c.source.block();
    }
    gmem[gp * G_STRIDE + G_PARAM] = 0;
  }

  /** Leaves the queues of this thread. @returns the result, if one of those has come */
  leaveLocal(gp: number): Result | null {
    const g = gp * G_STRIDE;
    const chosen = gmem[g + G_PARAM];
    gmem[g + G_PARAM] = 0;
    let s = gmem[g + G_WAITING] as number;
    gmem[g + G_WAITING] = 0;
    let result: Result | null = null;
    while (s !== 0) {
      const at = s * SUDOG_STRIDE;
      const next = smem[at + S_WAITLINK] as number;
      const send = smem[at + S_ISSELECT] === WAITS_TO_SEND;
      const c = sc[s] as Hchan;
      if (c.source !== null) c.source.unblock();
      if (s === chosen) {
        const ok = smem[at + S_SUCCESS] !== 0;
        result = { index: smem[at + S_CASE] as number, value: send ? undefined : selem[s], ok };
      } else c.remove(send, s);
      smem[at + S_WAITLINK] = 0;
      smem[at + S_ISSELECT] = 0;
      releaseSudog(s);
      s = next;
    }
    return result;
  }

  /** What stands behind the park. */
  resume(gp: number): Result {
    const { member } = this;
    const local = this.leaveLocal(gp);
    const wait = member.byG.get(gp);
    if (local === null) {
      gmem[gp * G_STRIDE + G_SELECTDONE] = 0;
      const { outcome, lo, hi, chosen } = member.take(gp);
      return this.came(chosen, outcome, lo, hi);
    }
    if (wait !== undefined) {
      member.forget(wait);
      native.gobuf_share_finish(member.me, wait.lo >>> 0, wait.hi >>> 0);
    }
    // Not before: while it is set no other thread can win the select.
    gmem[gp * G_STRIDE + G_SELECTDONE] = 0;
    this.drop(-1);
    if (this.cases[local.index]?.send && !local.ok) throw new PanicError("send on closed channel");
    return local;
  }
}

/** A select of which a channel at least is shared. @param block false: it has a default */
export function selectShared(gp: number, cases: readonly SelectCase[], block: boolean): Op<unknown> {
  const select = new Selecting(cases);
  const { shared, local } = select;
  // Which part is looked at first is drawn by how many cases each has.
  if (local.length > 0 && cheaprandn(local.length + shared.length) < local.length) {
    const result = select.tryLocal();
    if (result !== null) return opReady(result);
  }
  const waits = block && local.length === 0;
  let code = select.ask(waits ? gp : SHARE_OP_NOWAIT);
  if (code === SHARE_OP_BUSY) {
    const result = select.tryLocal();
    if (result !== null) return opReady(result);
    if (!block) {
      select.drop(-1);
      return opReady({ index: DEFAULT_CASE, value: undefined, ok: true });
    }
    code = select.ask(gp);
  }
  if (code !== SHARE_OP_PARKED) {
    return opReady(select.came(mmem[CASE] as number, code, mmem[WORD] as number, mmem[WORD + 1] as number));
  }
  select.member.begin(gp, null);
  select.enqueueLocal(gp);
  gopark(gp, null, waitReasonSelect, (g) => select.resume(g));
  return opPending();
}
