/**
 * The descriptor of the native library: the words `gobuf_descriptor()` points at, in the order of arch/descriptor.zig.
 *
 * Everything that TypeScript knows about the layout of Stack, Gobuf, G, M, P and sudog comes from here, so that one
 * build of src/ serves every ABI, and a library whose layout is another is refused before it is used.
 */
import { ABI_TEXTS, CONTRACT_ABI_VERSION, DESCRIPTOR_MAGIC } from "./codes.ts";

/** Names of the descriptor's words, in order. Sizes, strides and offsets are bytes; counts are plain numbers. */
export const DESCRIPTOR_WORDS = [
  "magic",
  "abi_version",
  "words",
  "abi",
  "os",
  "callee_saved_slots",
  "gobuf_size",
  "g_size",
  "g_full_size",
  "g_stride",
  "m_stride",
  "p_stride",
  "sudog_stride",
  "gobuf_sp",
  "gobuf_pc",
  "gobuf_g",
  "gobuf_ctxt",
  "gobuf_ret",
  "gobuf_lr",
  "gobuf_bp",
  "gobuf_regs",
  "g_stack_lo",
  "g_stack_hi",
  "g_stackguard0",
  "g_m",
  "g_sched",
  "g_atomicstatus",
  "g_selectdone",
  "g_goid",
  "g_schedlink",
  "g_param",
  "g_waitreason",
  "g_preempt",
  "g_kind",
  "g_exiting",
  "g_waitsince",
  "g_fp0",
  "g_fp1",
  "g_op",
  "m_g0",
  "m_curg",
  "m_id",
  "m_cheaprand",
  "m_scratch",
  "m_slice",
  "m_slice_over",
  "m_faulted",
  "m_handle_base",
  "m_handle_next",
  "m_schedtick",
  "m_preemptions",
  "m_lanes",
  "m_lane_count",
  "lane_count",
  "lane_size",
  "lane_sendx",
  "lane_recvx",
  "lane_keeps",
  "lane_ring",
  "scratch_words",
  "m_base",
  "p_base",
  "p_runqhead",
  "p_runqtail",
  "p_runnext",
  "p_runq",
  "runq_size",
  "g_max",
  "sudog_max",
  "m_max",
  "chunk_size",
  "page_size",
  "stack_size_default",
  "stack_guard_size",
  "stack_colour_step",
  "stack_colour_span",
] as const;

/** One word of the descriptor. */
export type DescriptorWord = (typeof DESCRIPTOR_WORDS)[number];

/** Offsets of gobuf's own fields that are read as 32-bit words. */
const WORD_OFFSETS = DESCRIPTOR_WORDS.filter((name) => /^(m|p|lane)_/.test(name) && name !== "m_max");

/** A descriptor by name. */
export type Descriptor = Readonly<Record<DescriptorWord, number>>;

/** For each ABI, how many callee-saved slots the Rust seed's Gobuf has. All other words follow from it. */
const CALLEE_SAVED_SLOTS = [0, 5, 18, 27] as const;

/**
 * The words that follow from the Rust seed's layout for an ABI: Gobuf is seven words and the callee-saved slots, G is
 * the seed's fields around it, and this port's own words (two of FP control, four operands) come last.
 */
export function seedLayout(abi: number): Partial<Record<DescriptorWord, number>> {
  const slots = CALLEE_SAVED_SLOTS[abi] ?? 0;
  const gobuf = 56 + 8 * slots;
  const tail = 32 + gobuf;
  return {
    callee_saved_slots: slots,
    gobuf_size: gobuf,
    gobuf_sp: 0,
    gobuf_pc: 8,
    gobuf_g: 16,
    gobuf_ctxt: 24,
    gobuf_ret: 32,
    gobuf_lr: 40,
    gobuf_bp: 48,
    gobuf_regs: 56,
    g_stack_lo: 0,
    g_stack_hi: 8,
    g_stackguard0: 16,
    g_m: 24,
    g_sched: 32,
    g_atomicstatus: tail,
    g_selectdone: tail + 4,
    g_goid: tail + 8,
    g_schedlink: tail + 16,
    g_param: tail + 24,
    g_waitreason: tail + 32,
    g_preempt: tail + 33,
    g_kind: tail + 34,
    g_exiting: tail + 35,
    g_waitsince: tail + 36,
    g_size: tail + 40,
    g_fp0: tail + 40,
    g_fp1: tail + 44,
    g_op: tail + 48,
    g_full_size: tail + 64,
    sudog_stride: 32,
    runq_size: 256,
  };
}

/**
 * Reads a descriptor and checks it against {@link seedLayout}.
 *
 * @param words the library's descriptor, at least its first three words
 * @param where the library's path, for the error
 * @throws Error that names the word, what was expected and what was found
 */
export function parseDescriptor(words: Uint32Array, where: string): Descriptor {
  const fail = (what: string, want: string, got: string): never => {
    throw new Error(`gobuf: ${where} is refused: its descriptor's ${what} is ${got}, expected ${want}`);
  };
  const hex = (n: number | undefined) => `0x${(n ?? 0).toString(16)}`;
  if (words[0] !== DESCRIPTOR_MAGIC) fail("magic", hex(DESCRIPTOR_MAGIC), hex(words[0]));
  if (words[1] !== CONTRACT_ABI_VERSION) fail("ABI version", String(CONTRACT_ABI_VERSION), String(words[1]));
  if (words[2] !== DESCRIPTOR_WORDS.length) fail("word count", String(DESCRIPTOR_WORDS.length), String(words[2]));
  const found = {} as Record<DescriptorWord, number>;
  DESCRIPTOR_WORDS.forEach((name, i) => {
    found[name] = words[i];
  });
  if (ABI_TEXTS[found.abi] === undefined) fail("abi", Object.keys(ABI_TEXTS).join(" or "), String(found.abi));
  for (const [name, want] of Object.entries(seedLayout(found.abi))) {
    const got = found[name as DescriptorWord];
    if (got !== want) fail(name, String(want), String(got));
  }
  for (const name of ["g_stride", "m_stride", "p_stride", "m_base", "p_base"] as const) {
    if (found[name] % 64 !== 0) fail(name, "a multiple of 64", String(found[name]));
  }
  if (found.g_stride < found.g_full_size) fail("g_stride", `at least ${found.g_full_size}`, String(found.g_stride));
  for (const name of WORD_OFFSETS) {
    if (found[name] % 4 !== 0) fail(name, "a multiple of 4", String(found[name]));
  }
  for (const name of ["scratch_words", "g_max", "sudog_max", "m_max", "chunk_size", "page_size"] as const) {
    if (found[name] === 0) fail(name, "not 0", "0");
  }
  return found;
}
