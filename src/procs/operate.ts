/**
 * Operations of generator goroutines on objects of a pool (shared.ts, sharedsync.ts): one call of the library each, and a wait
 * whose answer comes through the pool's inbox.
 */
import {
  PROCS_OP_CLOSED,
  PROCS_OP_HANDLE,
  PROCS_OP_MEMORY,
  PROCS_OP_OK,
  PROCS_OP_PANIC,
  PROCS_OP_PARKED,
  PROCS_OP_WOKE,
} from "../runtime/codes.ts";
import { M_SCRATCH, mmem, native } from "../runtime/ffi.ts";
import { type Continuation, fatal, type Op, opPending } from "../runtime/m.ts";
import { FatalError } from "../runtime/panic.ts";
import { gopark } from "../runtime/proc.ts";
import { RunOverError, runOf } from "../runtime/world.ts";
import type { Answer, Pool } from "./pool.ts";

/** Makes an object of the pool. @param n a channel's capacity, the handle of a Cond's lock @returns its handle */
export function made(pool: Pool, kind: number, n: number, what: string): number {
  const handle = native.gobuf_procs_make(pool.index, kind, n);
  if (handle === 0) throw new FatalError(`procs: no memory for a ${what} of native goroutines`);
  return handle;
}

/** @throws Error for a goroutine of another run than the pool's; gp 0 is none */
export function refuseOthers(pool: Pool, gp: number): void {
  if (gp === 0 || runOf(gp) === pool.run) return;
  throw new Error(
    "gobuf: this object is shared with native goroutines of another run with several procs: only goroutines of that run " +
      "may wait for it",
  );
}

/** An operation on an object of the pool. @param gp who would wait; 0: nobody @returns its answer, or null when the goroutine is to wait for it */
export function operate(pool: Pool, code: number, handle: number, lo: number, hi: number, gp: number): Answer | null {
  if (pool.run.over) throw new RunOverError("gobuf: the run that shared this object with native goroutines is over");
  refuseOthers(pool, gp);
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
export function parkFor(pool: Pool, gp: number, reason: number, use: (answer: Answer) => unknown): Op<never> {
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
export function replace<T extends object>(object: T, methods: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(object, name, { value, configurable: true, writable: true, enumerable: false });
  }
}

/** Puts a getter in the place of a class's, on one object. */
export function replaceGetter(object: object, name: string, get: () => number): void {
  Object.defineProperty(object, name, { get, configurable: true, enumerable: false });
}
