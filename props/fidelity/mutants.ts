/**
 * Deliberate faults, one rule each, for the suite to find: what is changed in which file, and what the run must name.
 * `from` is searched as it stands; a mutant whose place is gone fails, so that none goes missing unnoticed.
 */
export interface Mutant {
  /** The rule that is broken, as golden/'s named cases number them where they do. */
  readonly rule: string;
  /** Under the package's root. */
  readonly file: string;
  /** Comes once in the file. */
  readonly from: string;
  readonly to: string;
  /** What the output must hold: the case, the edge, the register. */
  readonly named: string;
}

/** Faults of the scheduler and of what stands on it: found by the goldens and the relation, on generator bodies. */
export const SCHEDULER_MUTANTS: readonly Mutant[] = [
  {
    rule: "an edge of the relation is missing that the goldens do not walk",
    file: "src/runtime/gstatus.ts",
    from: "  [Gpreempted, Grunnable],\n",
    to: "",
    named: "casgstatus preempted>runnable is refused, expected: allowed",
  },
  {
    rule: "an edge of the relation is missing that the goldens walk",
    file: "src/runtime/gstatus.ts",
    from: "  [Grunning, Gdead],\n",
    to: "",
    named: "casgstatus running>dead is refused, expected: allowed",
  },
  {
    rule: "an edge too many",
    file: "src/runtime/gstatus.ts",
    from: "  [Gidle, Grunnable],\n",
    to: "  [Gidle, Grunnable],\n  [Gdead, Gwaiting],\n",
    named: "casgstatus dead>waiting is allowed, expected: refused",
  },
  {
    rule: "5: the global queue every 61st slice",
    file: "src/runtime/schedule.ts",
    from: "tick === 60 ? 0",
    to: "tick === 59 ? 0",
    named: 'case "rule-05-every-61st-slice-is-global"',
  },
  {
    rule: "9: close readies from the top of a stack",
    file: "src/runtime/chan.ts",
    from: "stack.pop()",
    to: "stack.shift()",
    named: 'case "rule-09-close-wakes-receivers-lifo"',
  },
  {
    rule: "10: the draw of select",
    file: "src/runtime/rand.ts",
    from: "gobuf_cheaprandn(mid, n)",
    to: "gobuf_cheaprandn(mid, n + 1) % n",
    named: 'case "rule-10-select-draws-its-poll-order"',
  },
  {
    rule: "11: a waiter that lost queues where it was first queued",
    file: "src/sync/mutex.ts",
    from: "const lifo = waitStart !== 0;",
    to: "const lifo = false;",
    named: 'case "rule-11-a-woken-waiter-can-lose"',
  },
  {
    rule: "12: a mutex starves after 1 ms",
    file: "src/sync/mutex.ts",
    from: "starvationThresholdNs = 1e6",
    to: "starvationThresholdNs = 4e6",
    named: 'case "rule-12-',
  },
  {
    rule: "11: a WaitGroup whose counter went negative panics",
    file: "src/sync/waitgroup.ts",
    from: "if (v < 0) throw",
    to: "if (v < -1) throw",
    named: 'case "rule-11-a-negative-waitgroup-stays-negative"',
  },
];

const SYSV = "arch/sysv_x86_64.S";

/** Faults of the switch on System V x86-64: found by the register probe, on native bodies. */
export const SYSV_MUTANTS: readonly Mutant[] = [
  {
    rule: "mcall saves rbx",
    file: SYSV,
    from: "  movq %rbx, RBX(%r9)\n",
    to: "",
    named: "rbx (register, seen from the goroutine",
  },
  {
    rule: "mcall saves two registers in two slots",
    file: SYSV,
    from: "movq %r14, R14(%r9)",
    to: "movq %r14, R13(%r9)",
    named: "r13 (register, seen from the goroutine",
  },
  {
    rule: "gogo loads r15",
    file: SYSV,
    from: "  movq R15(%rdi), %r15\n",
    to: "",
    named: "r15 (register, seen from the goroutine",
  },
  {
    rule: "gogo saves g0's r12",
    file: SYSV,
    from: "  movq %r12, R12(%rdx)\n",
    to: "",
    named: "r12 (register of g0, after execute",
  },
  {
    rule: "mcall stores MXCSR",
    file: SYSV,
    from: "  stmxcsr G_FP0(%r9)\n",
    to: "",
    named: "mxcsr (floating-point control word, seen from the goroutine",
  },
  {
    rule: "mcall loads g0's x87 control word",
    file: SYSV,
    from: "  fldcw G_FP1(%rdx)\n",
    to: "",
    named: "x87cw (floating-point control word of g0, after execute",
  },
];
