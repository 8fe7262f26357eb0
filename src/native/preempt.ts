/** What became of asynchronous preemptions of native bodies, in the whole process. */
import {
  HEADER_M_COUNT,
  PREEMPTION_G0,
  PREEMPTION_GUARD,
  PREEMPTION_HANDLER,
  PREEMPTION_LATE,
  PREEMPTION_LIBRARY,
  PREEMPTION_RUNTIME,
  PREEMPTION_SENT,
  PREEMPTION_TAKEN,
} from "../runtime/codes.ts";
import { descriptor, mmem } from "../runtime/ffi.ts";

/**
 * Counts of asynchronous preemptions, of all threads of the process since its start: see {@link preemptions}.
 *
 * @example
 * ```ts
 * const counts: native.Preemptions = native.preemptions();
 * console.log(Object.keys(counts.refused).join()); // g0,runtime,library,guard,late
 * ```
 */
export interface Preemptions {
  /** Threads were interrupted so often. */
  readonly sent: number;
  /** So often a body was preempted there. */
  readonly taken: number;
  /** Why a body was not. The next try comes a millisecond later; an operation of the body may come before. */
  readonly refused: {
    /** The thread was on its own stack: in JavaScript, or in what gobuf_systemstack or gobuf_call had called. */
    readonly g0: number;
    /** It was in gobuf's own code, within an operation. */
    readonly runtime: number;
    /** It was outside of the libraries that ask for `preempt: "async"`: in libc, for instance. */
    readonly library: number;
    /** Too little of the stack was left, or the body was on a stack of its own. */
    readonly guard: number;
    /** The turn that was to end was over already. */
    readonly late: number;
  };
  /** So often nothing was sent, because SIGURG has got another handler. */
  readonly unsent: number;
}

/**
 * Counts what became of asynchronous preemptions: those of bodies of libraries that were opened with `preempt: "async"`.
 *
 * @example
 * ```ts
 * const { sent, refused } = native.preemptions();
 * console.log(Number.isInteger(sent), Number.isInteger(refused.library)); // true true
 * ```
 */
export function preemptions(): Preemptions {
  const words = new Array<number>(PREEMPTION_HANDLER + 1).fill(0);
  const ms = Atomics.load(mmem, HEADER_M_COUNT);
  for (let id = 0; id < ms; id++) {
    const first = (descriptor.m_base + id * descriptor.m_stride + descriptor.m_preemptions) >> 2;
    for (let i = 0; i < words.length; i++) words[i] = (words[i] as number) + (Atomics.load(mmem, first + i) >>> 0);
  }
  const at = (i: number) => words[i] as number;
  return {
    sent: at(PREEMPTION_SENT),
    taken: at(PREEMPTION_TAKEN),
    refused: {
      g0: at(PREEMPTION_G0),
      runtime: at(PREEMPTION_RUNTIME),
      library: at(PREEMPTION_LIBRARY),
      guard: at(PREEMPTION_GUARD),
      late: at(PREEMPTION_LATE),
    },
    unsent: at(PREEMPTION_HANDLER),
  };
}
