/**
 * Mutants that pass, with the argument why. A name may stand for several, as a regular expression. One that is found
 * after all is WRONG: the list must stay true.
 */

/** A mutant, or several, that the suite does not find. */
export interface Listed {
  readonly name: RegExp;
  readonly verdict: "EQUIVALENT" | "UNTESTABLE-HERE";
  readonly why: string;
  /** The check that reads it in the source, where no run can tell: that one goes red. */
  readonly readBy?: RegExp;
}

export const LISTED: readonly Listed[] = [
  {
    name: /delete gobuf_\w+ \d+: (testl \$MXCSR_CONTROL, %eax|jz 9f)$/,
    verdict: "EQUIVALENT",
    why:
      "of the comparison of MXCSR's control bits: without the test the flags are those of xorl, and the word is loaded where " +
      "the sticky flags differ, too; without the jump it is loaded each time. That costs time and nothing else",
  },
  {
    name: /delete gobuf_entry \d+: (ud2|brk 1)$/,
    verdict: "EQUIVALENT",
    why: "it stands behind a call that does not return: nothing executes it",
  },
  {
    name: /windows-x64\/delete gobuf_systemstack (?!4:)\d+: subq \$32, %rsp$/,
    verdict: "EQUIVALENT",
    why: "the second one, before the call on g0: g0's saved sp already points at shadow space, gogo's own, which gogo no longer needs",
  },
  {
    name: /delete gobuf_\w+ \d+: bti c$/,
    verdict: "UNTESTABLE-HERE",
    why: "a missing landing pad faults on hardware with BTI in a page that announces it; qemu-user maps none so",
    readBy: /begins with a landing pad/,
  },
  {
    name: /delete gobuf_async_preempt \d+: mov x29, xzr$/,
    verdict: "EQUIVALENT",
    why: "it ends a walk along frame pointers, which a debugger may make and no program does; unwinders read .cfi_undefined x30",
  },
  {
    name: /delete gobuf_async_preempt \d+: (cmpl \$0, (SYM\(gobuf_avx\)|gobuf_avx)\(%rip\)|je 1f|vzeroupper)$/,
    verdict: "EQUIVALENT",
    why: "the upper halves are restored whatever is in them meanwhile: that they are clear saves time and nothing else",
  },
  {
    name: /delete gobuf_async_preempt \d+: movl \$-1, %edx$/,
    verdict: "EQUIVALENT",
    why: "no processor has a component of 32 or above that a body's edx could leave out",
  },
  {
    name: /^procs\/an order: /,
    verdict: "UNTESTABLE-HERE",
    why:
      "x86-64 orders loads and stores but for a load behind a store, and each swap is a fence: its instructions are the same, or " +
      "a fence follows. A weaker order shows on a machine that reorders; the model checker knows sequential consistency only",
  },
];

/** The entry of a mutant's name. */
export function listed(name: string): Listed | undefined {
  return LISTED.find((entry) => entry.name.test(name));
}
