/**
 * What the suite must say of some mutants: the case, the edge, the register. Found by something else they are WRONG; of the
 * other mutants any failure counts. The first step of the suite says it, so `bun test` runs these as well.
 */

/** What is to be said of one mutant. */
export interface Named {
  /** The name of one mutant, and of no other. */
  readonly name: RegExp;
  /** Somewhere in the output. */
  readonly says: string;
}

export const NAMED: readonly Named[] = [
  // The relation of statuses; the goldens walk the second edge, not the first.
  { name: /^src\/a status edge removed$/, says: "casgstatus preempted>runnable is refused, expected: allowed" },
  { name: /^src\/a status edge of every run removed$/, says: "casgstatus running>dead is refused, expected: allowed" },
  { name: /^src\/a status edge added$/, says: "casgstatus dead>waiting is allowed, expected: refused" },
  // Rules, as golden/'s named cases number them.
  { name: /^src\/the 61 rule at 60$/, says: 'case "rule-05-every-61st-slice-is-global"' },
  { name: /^src\/close in FIFO order$/, says: 'case "rule-09-close-wakes-receivers-lifo"' },
  { name: /^src\/the draw is of one more$/, says: 'case "rule-10-select-draws-its-poll-order"' },
  { name: /^src\/lifo requeue lost$/, says: 'case "rule-11-a-woken-waiter-can-lose"' },
  { name: /^src\/starvation after 4 ms$/, says: 'case "rule-12-' },
  { name: /^src\/WaitGroup may go negative$/, says: 'case "rule-11-a-negative-waitgroup-stays-negative"' },
  // Registers, which the probe watches on native bodies.
  { name: /^linux-x64\/delete gobuf_mcall \d+: movq %rbx, RBX/, says: "rbx (register, seen from the goroutine" },
  { name: /^linux-x64\/two saves to one slot$/, says: "r13 (register, seen from the goroutine" },
  { name: /^linux-x64\/delete gobuf_gogo \d+: movq R15\(%rdi\)/, says: "r15 (register, seen from the goroutine" },
  { name: /^linux-x64\/delete gobuf_gogo \d+: movq %r12, R12/, says: "r12 (register of g0, after execute" },
  {
    name: /^linux-x64\/delete gobuf_mcall \d+: stmxcsr G_FP0/,
    says: "mxcsr (floating-point control word, seen from the goroutine",
  },
  {
    name: /^linux-x64\/delete gobuf_leave \d+: fldcw G_FP1/,
    says: "x87cw (floating-point control word of g0, after execute",
  },
];

/** What must be said of a mutant; undefined where any failure counts. */
export function saysOf(name: string): string | undefined {
  return NAMED.find((entry) => entry.name.test(name))?.says;
}
