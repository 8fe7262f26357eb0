/**
 * Compares the layout of Stack, Gobuf and G, as the library's descriptor states it, with that of the Rust seed. The
 * expected offsets are written down as rows of numbers, one column for each ABI, as the Rust seed has them; none is
 * computed from the descriptor.
 */
import type { TableCheck } from "./relation.ts";
import type { LayoutTable } from "./target.ts";

/** ABIs by their number in the descriptor; the columns of the rows below. */
const ABIS = ["System V x86-64", "AArch64", "Microsoft x64"] as const;

/** Bytes: [System V, AArch64, Microsoft x64]. */
const SEED: Readonly<Record<string, readonly [sysv: number, aarch64: number, ms64: number]>> = {
  callee_saved_slots: [5, 18, 27],
  g_stack_lo: [0, 0, 0],
  g_stack_hi: [8, 8, 8],
  g_stackguard0: [16, 16, 16],
  g_m: [24, 24, 24],
  g_sched: [32, 32, 32],
  gobuf_sp: [0, 0, 0],
  gobuf_pc: [8, 8, 8],
  gobuf_g: [16, 16, 16],
  gobuf_ctxt: [24, 24, 24],
  gobuf_ret: [32, 32, 32],
  gobuf_lr: [40, 40, 40],
  gobuf_bp: [48, 48, 48],
  gobuf_regs: [56, 56, 56],
  gobuf_size: [96, 200, 272],
  g_atomicstatus: [128, 232, 304],
  g_selectdone: [132, 236, 308],
  g_goid: [136, 240, 312],
  g_schedlink: [144, 248, 320],
  g_param: [152, 256, 328],
  g_waitreason: [160, 264, 336],
  g_preempt: [161, 265, 337],
  g_size: [168, 272, 344],
  // gobuf's own words, which follow the Rust seed's
  g_fp0: [168, 272, 344],
  g_fp1: [172, 276, 348],
  g_op: [176, 280, 352],
  g_full_size: [192, 296, 368],
  runq_size: [256, 256, 256],
};

/** Bytes of a cache line: every record begins on one. */
const LINE = 64;
/** What a guard must at least span: frames of so many bytes, less a page, do not jump it. */
const GUARD_MIN = 131_072;

/** Compares a descriptor with the Rust seed's layout. */
export function checkLayout(layout: LayoutTable): TableCheck {
  const faults: string[] = [];
  let checked = 0;
  const column = (layout.abi ?? 0) - 1;
  const name = ABIS[column];
  if (name === undefined) return { checked: 1, faults: [`abi is ${layout.abi}, expected 1 to ${ABIS.length}`] };
  const expect = (word: string, holds: (value: number) => boolean, expected: string) => {
    checked++;
    const value = layout[word];
    if (value === undefined || !holds(value)) faults.push(`${name}: ${word} is ${value}, expected ${expected}`);
  };
  for (const [word, row] of Object.entries(SEED)) {
    const want = row[column] as number;
    expect(word, (value) => value === want, String(want));
  }
  const full = layout.g_full_size ?? 0;
  expect(
    "g_stride",
    (v) => v % LINE === 0 && v >= full && v < full + 2 * LINE,
    `${full} or a little more, whole lines`,
  );
  for (const word of ["m_stride", "p_stride", "m_base", "p_base"]) expect(word, (v) => v % LINE === 0, "whole lines");
  expect("stack_guard_size", (v) => v >= GUARD_MIN, `at least ${GUARD_MIN}`);
  expect("stack_colour_step", (v) => v % LINE === 0, "whole lines");
  return { checked, faults };
}
