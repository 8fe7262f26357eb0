/**
 * Seeded faults of preemption: each instruction of the injected call, each component of the processor's state that it keeps,
 * each bound of what is refused, and who asks and looks. On Linux x86-64; found by props/preempt and
 * props/native/preempt.test.ts. The injected calls of the other ABIs lose each instruction, too.
 */
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { packageRoot } from "../../src/runtime/library.ts";
import { ASYNC_CALL, sitesOf } from "./assembly.ts";
import { ABIS, type Abi, type Edit, type Mutant } from "./mutant.ts";

/** The ABI of the mutants whose subject is preemption itself. */
const HERE = "linux-x64";

const STEPS = [
  ["test", "props/preempt/async.test.ts"],
  ["test", "props/native/preempt.test.ts"],
];

/** Every instruction: what it must find by itself. */
const INSTRUCTIONS = [["test", "props/preempt/steps.test.ts"]];

function fault(kind: string, ...edits: Edit[]): Mutant {
  return { name: `preempt/${kind}`, subject: "preempt", kind: "preemption", edits, steps: STEPS };
}

/** The same fault, to be found by the steps through every instruction. */
function stepped(kind: string, file: string, from: string, to: string): Mutant {
  const edits = [{ file: `arch/${file}`, from, to }];
  return {
    name: `preempt/every instruction/${kind}`,
    subject: "preempt",
    kind: "preemption",
    edits,
    steps: INSTRUCTIONS,
  };
}

const zig = (kind: string, file: string, from: string, to: string) => fault(kind, { file: `arch/${file}`, from, to });
const ts = (kind: string, file: string, from: string, to: string) => fault(kind, { file: `src/${file}`, from, to });

/** A mutant for each instruction of an ABI's injected call. */
export function preemptDeletions(abi: Abi): Mutant[] {
  const file = ASYNC_CALL[abi];
  const source = readFileSync(join(packageRoot, file), "utf8");
  return sitesOf(source, abi).map(({ fn, line, place, text, without }) => {
    const kind = `delete ${fn} ${place}: ${text.replace(/\s+/g, " ")}`;
    const edit = { file, from: line, to: without };
    if (abi === HERE) return fault(kind, edit);
    return {
      name: `${abi}/preempt/${kind}`,
      subject: abi,
      kind: "preemption",
      edits: [edit],
      steps: [
        ["test", "props/preempt/async.test.ts"],
        ["test", "props/assembly.test.ts"],
      ],
      hangs: true,
    };
  });
}

const KEEPS = "  movl $-1, %eax\n  movl $-1, %edx\n  xsave64 (%rsp)";

/** Components of XSAVE by their bit; the later ones only where the processor has them. */
const COMPONENTS = [
  ["x87", 0, ""],
  ["SSE", 1, ""],
  ["AVX", 2, " avx "],
  ["opmask", 5, " avx512bw "],
  ["the upper halves of ZMM", 6, " avx512bw "],
  ["the upper ZMM registers", 7, " avx512bw "],
] as const;

/** What this processor has, as Linux lists it. */
function flags(): string {
  try {
    return /^flags\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "latin1"))?.[1]?.concat(" ") ?? "";
  } catch {
    return "";
  }
}

function componentMutants(): Mutant[] {
  const here = flags();
  return COMPONENTS.filter(([, , wants]) => here.includes(wants)).flatMap(([name, bit]) => {
    const mask = `0x${(0xffff_ffff - 2 ** bit).toString(16)}`;
    const to = KEEPS.replace("$-1, %eax", `$${mask}, %eax`);
    const kind = `${name} is not kept`;
    return [
      fault(kind, { file: ASYNC_CALL[HERE], from: KEEPS, to }),
      stepped(kind, basename(ASYNC_CALL[HERE]), KEEPS, to),
    ];
  });
}

const REFUSES = "asyncpreempt.zig";

export const PREEMPT_MUTANTS: readonly Mutant[] = [
  ...ABIS.flatMap(preemptDeletions),
  ...componentMutants(),
  zig("the red zone is a word short", "os/x86_64_frame.zig", "0 else 128;", "0 else 120;"),
  fault("the red zone is not given back", { file: ASYNC_CALL[HERE], from: "  ret $RED_ZONE", to: "  ret" }),
  zig("the operation's words are another's", "preempt.zig", "    gp.op = op;\n", "    _ = op;\n"),
  stepped("the operation's words are another's", "preempt.zig", "    gp.op = op;\n", "    _ = op;\n"),
  stepped("gobuf's own code is nobody's", REFUSES, "    if (inside(&own, pc)) return codes.preemption.runtime;\n", ""),
  stepped("any code is taken", REFUSES, "    if (!isAllowed(pc)) return codes.preemption.library;\n", ""),
  stepped(
    "gobuf's own code begins behind its first function",
    REFUSES,
    "own.lo = text.lo;",
    "own.lo = @intFromPtr(&body.gobuf_mcall);",
  ),
  stepped(
    "gobuf's own code ends before mcall",
    REFUSES,
    "&own.hi, text.hi,",
    "&own.hi, @intFromPtr(&body.gobuf_mcall),",
  ),
  stepped(
    "g0's stack is anybody's",
    REFUSES,
    "const gp = @atomicLoad(?*os.G, &m.trapg, .monotonic);",
    "const gp = @atomicLoad(?*os.G, &m.curg, .monotonic);",
  ),
  stepped("the red zone is a word short", "os/x86_64_frame.zig", "0 else 128;", "0 else 120;"),
  zig("code ends an instruction late", REFUSES, "return pc < hi and", "return pc <= hi and"),
  zig("code ends an instruction early", REFUSES, "return pc < hi and", "return pc + 1 < hi and"),
  zig("code begins an instruction late", REFUSES, "pc >= @atomicLoad", "pc > @atomicLoad"),
  zig("code begins an instruction early", REFUSES, "pc >= @atomicLoad", "pc + 1 >= @atomicLoad"),
  zig("the stack's top is refused", REFUSES, "sp > gp.stack.hi", "sp >= gp.stack.hi"),
  zig("above the stack's top is taken", REFUSES, "sp > gp.stack.hi", "sp > gp.stack.hi + 1"),
  zig("the frame is a byte too large", REFUSES, "sp < gp.stack.lo +", "sp <= gp.stack.lo +"),
  zig("the frame is a byte too small", REFUSES, "sp < gp.stack.lo +", "sp + 1 < gp.stack.lo +"),
  zig("gobuf's own code is nobody's", REFUSES, "    if (inside(&own, pc)) return codes.preemption.runtime;\n", ""),
  zig("any code is taken", REFUSES, "    if (!isAllowed(pc)) return codes.preemption.library;\n", ""),
  zig(
    "a preemption that nobody wants is taken",
    REFUSES,
    "    if (!preempt.isAsked(gp)) return codes.preemption.late;\n",
    "",
  ),
  zig(
    "bodies that have not asked are interrupted",
    REFUSES,
    "if (!isAllowed(@atomicLoad(u64, &gp.sched.ctxt, .monotonic))) return;",
    "if (gp.sched.ctxt == 1) return;",
  ),
  zig(
    "a closed library keeps its code",
    REFUSES,
    "        @atomicStore(usize, &text.hi, 0, .release);\n",
    "        _ = &text;\n",
  ),
  zig(
    "a handler of somebody else is replaced",
    "os/posix_preempt.zig",
    "    if (handler != sys.sig_default and handler != sys.sig_ignore) return .signal;\n",
    "",
  ),
  zig("the request is never taken back", "g.zig", "    if (preempt.isAsked(gp)) preempt.takeBack(gp);\n", ""),
  zig(
    "the request says nothing in preempt",
    "preempt.zig",
    "    _ = @atomicRmw(u8, &gp.preempt, .Or, bits, .monotonic);\n",
    "    _ = bits;\n",
  ),
  zig("preempt stays", "preempt.zig", "    @atomicStore(u8, &gp.preempt, 0, .monotonic);\n", ""),
  zig("checkpoints are not asked to look", "preempt.zig", "    @atomicStore(u32, &asked, 1, .monotonic);\n", ""),
  zig("a lane does not look", "lane.zig", "    if (preempt.isAsked(gp)) return null;\n", ""),
  zig("turns are not counted", "g.zig", "m.schedtick +% 1, .monotonic", "m.schedtick, .monotonic"),
  zig(
    "each operation is a turn",
    "g.zig",
    "if (turn == .begins) @atomicStore",
    "if (turn == .begins or turn == .goes_on) @atomicStore",
  ),
  ts(
    "an operation that need not wait is not followed by a look",
    "native/native.ts",
    "    if (gmem[i + G_STACKGUARD0] === STACK_PREEMPT && preempts(gp)) return true;\n",
    "",
  ),
  ts(
    "one that fails is not followed by a look",
    "native/native.ts",
    "      if (preempts(gp)) return true;\n      code = mp.goon(gp);",
    "      code = mp.goon(gp);",
  ),
  ts(
    "the fake clock's goroutines are preempted",
    "native/native.ts",
    "  if (currentSlice() === NO_SLICE || clockIsFake()) return false;\n",
    "",
  ),
  ts(
    "a body may send the trap by itself",
    "native/native.ts",
    "code === TRAP_PREEMPT && gmem[i + G_STACKGUARD0] === STACK_PREEMPT",
    "code === TRAP_PREEMPT",
  ),
  ts(
    "a preempted goroutine goes to the local queue",
    "runtime/proc.ts",
    "      mp.preempted = false;\n      globrunqput(gp);",
    "      mp.preempted = false;\n      runqput(gp, true);",
  ),
  ts("a run without slices is not watched", "turns.ts", "  const watch = beginWatch();\n", "  const watch = false;\n"),
  fault("the header's checkpoint looks at nothing", {
    file: "arch/include/gobuf.h",
    from: "  if (*gobuf_runtime->asked) {",
    to: "  if (0) {",
  }),
];
