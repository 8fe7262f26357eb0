/**
 * Contexts between threads: the other thread has a context of its own, which ends when this one does, for the same reason.
 * The news goes through a shared channel: the reason, once for each thread that may wait for it, and then its end.
 */

import { CancelCtx } from "../context/cancelctx.ts";
import { background } from "../context/context.ts";
import { Canceled, type Context, DeadlineExceeded } from "../context/types.ts";
import type { Chan } from "../runtime/channel.ts";
import {
  PROCS_KIND_CHANNEL,
  SHARE_OP_NOWAIT,
  SHARE_OP_OK,
  SHARE_OP_PARKED,
  TRAP_CLOSE,
  TRAP_RECV,
  TRAP_SEND,
} from "../runtime/codes.ts";
import { mmem, native, onOwnM } from "../runtime/ffi.ts";
import { now } from "../runtime/time.ts";
import { word } from "../runtime/word.ts";
import { isContext } from "./check.ts";
import { type Answer, type Member, WORD } from "./group.ts";
import type { Passage } from "./marks.ts";
import { fromWord, toWord } from "./values.ts";

/** As many threads can be in a group besides this one. */
const READERS_MAX = 63;

/** What of a context passes. */
interface ContextName {
  /** Of the channel that brings its end; 0: it never ends. */
  readonly handle: number;
  readonly deadline: number | undefined;
}

/** How a context ended: whether it was late. A cause of its own has to be copied for each reader; the rest goes as a word. */
type End = boolean | { readonly late: boolean; readonly cause: unknown };

/** Ends with the context that passes, and tells the others. */
class PassedCtx extends CancelCtx {
  constructor(
    parent: Context,
    private readonly member: Member,
    readonly handle: number,
  ) {
    super(parent);
  }

  protected override left(): void {
    const { member, handle } = this;
    if (member.over) return;
    member.rouse();
    const end = endOf(this);
    onOwnM(() => {
      for (let i = 0; i < READERS_MAX; i++) {
        toWord(member, null, "context", end);
        member.heed(
          native.gobuf_share_op(member.me, TRAP_SEND, handle, word[0] >>> 0, word[1] >>> 0, SHARE_OP_NOWAIT, 0),
        );
      }
      member.heed(native.gobuf_share_op(member.me, TRAP_CLOSE, handle, 0, 0, 0, 0));
    });
  }
}

function endOf(ctx: CancelCtx): End {
  const err = ctx.err();
  const late = err === DeadlineExceeded;
  const { cause } = ctx;
  if (cause === err) return late;
  // An error of the program's own class passes as an Error.
  const text =
    cause instanceof Error ? Object.assign(new Error(cause.message), { name: cause.name }) : new Error(String(cause));
  return { late, cause: text };
}

/** A context that another thread ends. */
class RemoteCtx extends CancelCtx {
  constructor(
    private readonly member: Member,
    private readonly when: number | undefined,
  ) {
    super(background());
  }

  /** Looks at what has come, for a goroutine that computes gives its thread no turn; and at the clock. */
  override err(): Error | undefined {
    if (super.err() !== undefined) return super.err();
    const { member, when } = this;
    if (member.hasMail) onOwnM(() => member.drain());
    if (when !== undefined && now() >= when) this.cancel(false, DeadlineExceeded);
    return super.err();
  }

  override deadline(): number | undefined {
    return this.when;
  }

  override get suffix(): string {
    return ".Remote";
  }

  finish(end: End | undefined): void {
    const { late, cause } = typeof end === "object" ? end : { late: end === true, cause: undefined };
    this.cancel(false, late ? DeadlineExceeded : Canceled, cause as Error | undefined);
  }

  /** Waits for the end, as nobody: no goroutine of this thread does. */
  watch(handle: number): void {
    const { member } = this;
    const heard = ({ outcome, lo, hi }: Pick<Answer, "outcome" | "lo" | "hi">) =>
      this.finish(outcome === SHARE_OP_OK ? (fromWord(member, null, lo, hi) as End) : undefined);
    onOwnM(() => {
      const code = member.heed(native.gobuf_share_op(member.me, TRAP_RECV, handle, 0, 0, 0, member.ticket));
      if (code === SHARE_OP_PARKED) member.begin(0, heard);
      else heard({ outcome: code, lo: mmem[WORD], hi: mmem[WORD + 1] });
    });
  }
}

/** What this thread has passed, so that a context has one channel. */
const passed = new WeakMap<Context, PassedCtx>();

/** How contexts pass. */
export const contexts: Passage = {
  name(member, ctx): ContextName | null {
    if (!isContext(ctx)) return null;
    const deadline = ctx.deadline();
    if (ctx.err() === undefined && (ctx.done() as Chan<never>).nil) return { handle: 0, deadline };
    const known = passed.get(ctx);
    const made = known ?? new PassedCtx(ctx, member, member.make(PROCS_KIND_CHANNEL, READERS_MAX, "context"));
    if (known === undefined) {
      passed.set(ctx, made);
      made.propagate("go.worker");
    }
    return { handle: made.handle, deadline };
  },
  thing(member, { handle, deadline }: ContextName) {
    if (handle === 0) return background();
    const known = member.objects.get(handle)?.deref();
    if (known !== undefined) return known;
    const ctx = new RemoteCtx(member, deadline);
    member.objects.set(handle, new WeakRef(ctx));
    ctx.watch(handle);
    return ctx;
  },
};
