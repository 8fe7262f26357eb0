/** A fault for each row of FIDELITY.md that is about the Rust seed. */
import type { Mutant } from "./mutant.ts";
import { arch, breaks, src } from "./rows-fault.ts";

/** Two fields of a record change places, for whoever states or asserts where they are. */
const ASSEMBLY = "sysv_x86_64.S";

export const SEED_ROW_MUTANTS: readonly Mutant[] = [
  breaks(
    "GIDLE ... GPREEMPTED, GSCAN",
    src("runtime/runtime2.ts", "export const Gpreempted = 9;", "export const Gpreempted = 10;"),
  ),
  breaks(
    "STACK_PREEMPT",
    arch(
      "preempt.zig",
      "@atomicStore(u64, &gp.stackguard0, layout.stack_preempt, .monotonic);",
      "@atomicStore(u64, &gp.stackguard0, layout.stack_preempt - 1, .monotonic);",
    ),
  ),
  breaks(
    "STACK_GUARD, stackguard0",
    arch("g.zig", "gp.stackguard0 = gp.stack.lo + layout.stack_guard_offset;", "gp.stackguard0 = 0;"),
  ),
  breaks(
    "Stack",
    arch("layout.zig", "    lo: usize = 0,\n    hi: usize = 0,", "    hi: usize = 0,\n    lo: usize = 0,"),
    arch("layout.zig", 'assert(@offsetOf(Stack, "lo") == 0);', 'assert(@offsetOf(Stack, "lo") == 8);'),
    arch("layout.zig", 'assert(@offsetOf(Stack, "hi") == 8);', 'assert(@offsetOf(Stack, "hi") == 0);'),
    src("runtime/layout.ts", "g_stack_lo: 0,\n    g_stack_hi: 8,", "g_stack_lo: 8,\n    g_stack_hi: 0,"),
  ),
  breaks(
    "Gobuf",
    arch("layout.zig", "            lr: u64,\n            bp: u64,", "            bp: u64,\n            lr: u64,"),
    arch("layout.zig", '"ret", "lr", "bp", "regs"', '"ret", "bp", "lr", "regs"'),
    src("runtime/layout.ts", "gobuf_lr: 40,\n    gobuf_bp: 48,", "gobuf_lr: 48,\n    gobuf_bp: 40,"),
  ),
  breaks(
    "CALLEE_SAVED_GPR_COUNT",
    arch("layout.zig", "enum(usize) { rbx, r12, r13, r14, r15 }", "enum(usize) { rbx, r12, r13, r14, r15, spare }"),
    arch("layout.zig", ".sysv_x86_64 => extern struct {},", ".sysv_x86_64 => extern struct { fill: [7]u64 },"),
    arch(
      "layout.zig",
      ".gobuf = 96, .seed = 168, .full = 192, .stride = 192",
      ".gobuf = 104, .seed = 176, .full = 200, .stride = 256",
    ),
    src("runtime/layout.ts", "[0, 5, 18, 27]", "[0, 6, 18, 27]"),
  ),
  breaks(
    "GOBUF_*_OFFSET",
    arch("layout.zig", "            g: u64,\n            ctxt: u64,", "            ctxt: u64,\n            g: u64,"),
    arch("layout.zig", '"pc", "g", "ctxt", "ret"', '"pc", "ctxt", "g", "ret"'),
    src("runtime/layout.ts", "gobuf_g: 16,\n    gobuf_ctxt: 24,", "gobuf_g: 24,\n    gobuf_ctxt: 16,"),
  ),
  breaks("WaitReason", src("runtime/runtime2.ts", '"sync.Mutex.Lock",', '"sync.Mutex.lock",')),
  breaks(
    "G: the Rust seed's fields",
    arch(
      "layout.zig",
      "            atomicstatus: u32,\n            selectdone: u32,",
      "            selectdone: u32,\n            atomicstatus: u32,",
    ),
    arch(
      "layout.zig",
      'assert(@offsetOf(G, "atomicstatus") == after);',
      'assert(@offsetOf(G, "atomicstatus") == after + 4);',
    ),
    arch(
      "layout.zig",
      'assert(@offsetOf(G, "selectdone") == after + 4);',
      'assert(@offsetOf(G, "selectdone") == after);',
    ),
    src(
      "runtime/layout.ts",
      "g_atomicstatus: tail,\n    g_selectdone: tail + 4,",
      "g_atomicstatus: tail + 4,\n    g_selectdone: tail,",
    ),
  ),
  breaks(
    "size of G",
    arch("layout.zig", 'e("g_size", R.seed_size),', 'e("g_size", R.seed_size + 8),'),
    src("runtime/layout.ts", "g_size: tail + 40,", "g_size: tail + 48,"),
  ),
  breaks(
    "current_g",
    src("runtime/schedule.ts", "    m.curg = gp;\n", "    if (m.curg === 0) m.curg = gp;\n"),
    src(
      "runtime/schedule.ts",
      "    m.curg = 0;\n  }\n  s.inherited = inherited;\n  s.schedtick61 = tick;\n  m.switches += budget - n - idle;\n  return true;",
      "  }\n  s.inherited = inherited;\n  s.schedtick61 = tick;\n  m.switches += budget - n - idle;\n  return true;",
    ),
  ),
  breaks("g0's Gobuf", arch(ASSEMBLY, "  movq %r12, R12(%rdx)\n", "")),
  breaks(
    "per-thread context",
    arch(
      "layout.zig",
      "            g0: ?*G,\n            /// The goroutine this thread runs; stays while it is on g0's stack through systemstack.\n            curg: ?*G,",
      "            curg: ?*G,\n            g0: ?*G,",
    ),
  ),
  breaks("is_valid_transition", src("runtime/gstatus.ts", "  [Gpreempted, Grunnable],\n", "")),
  breaks(
    "GIDLE>GRUNNABLE",
    src("runtime/gstatus.ts", "  [Gidle, Grunnable],\n", "  [Gidle, Grunnable],\n  [Gidle, Gdead],\n"),
  ),
  breaks("casgstatus", src("runtime/gstatus.ts", "relation[(oldval << 4) | newval] !== 1", "false")),
  breaks(
    "castogscanstatus",
    src("runtime/gstatus.ts", "[Grunnable, Grunning, Gwaiting, Gsyscall];", "[Grunnable, Grunning, Gwaiting];"),
  ),
  breaks("casfrom_gscanstatus", src("runtime/gstatus.ts", "if ((oldval & Gscan) === 0 || newval", "if (newval")),
  breaks(
    "readgstatus",
    src(
      "runtime/gstatus.ts",
      "export function readgstatus(gp: number): number {\n  return Atomics.load(gmem, gp * G_STRIDE + G_STATUS);",
      "export function readgstatus(gp: number): number {\n  return Atomics.load(gmem, gp * G_STRIDE + G_STATUS) & ~Gscan;",
    ),
  ),
  breaks(
    "GPREEMPTED>GRUNNABLE",
    src(
      "runtime/suspend.ts",
      "gmem, gp * G_STRIDE + G_STATUS, Gpreempted, Gwaiting)",
      "gmem, gp * G_STRIDE + G_STATUS, Gpreempted, Grunnable)",
    ),
  ),
  breaks(
    "scan_stack",
    src(
      "runtime/suspend.ts",
      "  try {\n    return scanner(gp);\n  } finally {\n    casfrom_gscanstatus(gp, status | Gscan, status);\n  }",
      "  casfrom_gscanstatus(gp, status | Gscan, status);\n  return scanner(gp);",
    ),
  ),
  breaks("FP control state", arch(ASSEMBLY, "  LOAD_MXCSR %rdi, %rdx\n  fldcw", "  fldcw")),
];
