/** Seeded faults of the native library: the switch, the stacks, the fault handler. */
import { ASSEMBLY } from "./assembly.ts";
import type { Abi, Edit, Mutant } from "./mutant.ts";

function fault(subject: Abi, kind: string, ...edits: Edit[]): Mutant {
  return { name: `${subject}/${kind}`, subject, kind, edits };
}

const sysv = (kind: string, from: string, to: string) =>
  fault("linux-x64", kind, { file: ASSEMBLY["linux-x64"], from, to });
const zig = (kind: string, file: string, from: string, to: string) =>
  fault("linux-x64", kind, { file: `arch/${file}`, from, to });

const win = (kind: string, from: string, to: string) =>
  fault("windows-x64", kind, { file: ASSEMBLY["windows-x64"], from, to });
const arm = (kind: string, from: string, to: string) =>
  fault("linux-arm64", kind, { file: ASSEMBLY["linux-arm64"], from, to });

/** Microsoft x64 has a callee preserve all 128 bits of xmm6 to xmm15: saving half of one is a bug that was shipped. */
function xmmMutants(): Mutant[] {
  const saves = "  movups %xmm6, XMM6(%r11)";
  return [
    win("the low 64 bits of an XMM only, saved", saves, saves.replace("movups", "movq")),
    win("the low 64 bits of an XMM only, loaded", "  movups XMM6(%rcx), %xmm6", "  movq XMM6(%rcx), %xmm6"),
  ];
}

export const SWITCH_MUTANTS: readonly Mutant[] = [
  sysv("two saves to one slot", "  movq %r14, R14(%r9)", "  movq %r14, R13(%r9)"),
  sysv(
    "wrong slot order",
    "  movq R12(%rdi), %r12\n  movq R13(%rdi), %r13",
    "  movq R13(%rdi), %r12\n  movq R12(%rdi), %r13",
  ),
  sysv("the frame pointer of another", "  movq BP(%rdx), %rbp", "  movq BP(%r9), %rbp"),
  sysv("MXCSR of g0 kept", "  LOAD_MXCSR %rdi, %rdx\n  fldcw", "  fldcw"),
  sysv("of MXCSR only the rounding is compared", "#define MXCSR_CONTROL 0xFFC0", "#define MXCSR_CONTROL 0x6000"),
  sysv(
    "the fault handler's way leaves MXCSR as it is",
    "LABEL gobuf_leave               // the fault handler comes here with edi = code, r8 = M\n  movq M_G0(%r8), %rdx\n  ldmxcsr G_FP0(%rdx)           // those that execute's caller had\n",
    "  ldmxcsr G_FP0(%rdx)\nLABEL gobuf_leave\n  movq M_G0(%r8), %rdx\n",
  ),
  sysv("the stack pointer 8 too low", "  movq %rsp, SP(%r9)", "  subq $8, %rsp\n  movq %rsp, SP(%r9)"),
  sysv(
    "store below the stack pointer",
    "  movq PC(%rdx), %rcx\n  movq SP(%rdx), %rsp\n  movq BP(%rdx), %rbp",
    "  movq PC(%rdx), %rcx\n  movq SP(%rdx), %rsp\n  movq %rcx, -8(%rsp)\n  movq $0, -16(%rsp)\n  movq -8(%rsp), %rcx\n  movq BP(%rdx), %rbp",
  ),
  sysv(
    "misaligned entry SP",
    "  movq ENTRY_ARG, %rdi\n  callq *ENTRY_FUNC",
    "  pushq ENTRY_ARG\n  movq ENTRY_ARG, %rdi\n  callq *ENTRY_FUNC",
  ),
  sysv(
    "the place to go on is never saved",
    "  movq %rcx, PC(%r9)\n  movq %rsp, SP(%r9)",
    "  movq %rsp, SP(%r9)\n  movq PC(%r9), %rcx\n  movq %rcx, PC(%r9)",
  ),
  sysv("current G left behind", "  movq %rax, M_CURG(%r8)\n", ""),
  sysv("the result is the code", "  movq RET(%rdi), %rax", "  movl OP_A(%rdi), %eax"),
  sysv(
    "direction flag set",
    "  jmpq *%rcx\n  .cfi_endproc\nEND gobuf_gogo",
    "  std\n  jmpq *%rcx\n  .cfi_endproc\nEND gobuf_gogo",
  ),
  zig(
    "MXCSR 0 in a new context",
    "layout.zig",
    ".sysv_x86_64 => .{ 0x1F80, 0x037F }",
    ".sysv_x86_64 => .{ 0, 0x037F }",
  ),
  zig(
    "x87 control word 0 in a new context",
    "layout.zig",
    ".sysv_x86_64 => .{ 0x1F80, 0x037F }",
    ".sysv_x86_64 => .{ 0x1F80, 0 }",
  ),
  zig(
    "entry SP not a multiple of 16",
    "g.zig",
    "gp.sched.sp = gp.stack.hi - stack.colour(gp.stack);",
    "gp.sched.sp = gp.stack.hi - stack.colour(gp.stack) - 8;",
  ),
  zig(
    "entry SP above the stack",
    "g.zig",
    "gp.sched.sp = gp.stack.hi - stack.colour(gp.stack);",
    "gp.sched.sp = gp.stack.hi + 4096;",
  ),
  zig("re-entry not refused", "g.zig", "if (m.curg != null) return codes.execute.reentry;", ""),
  zig(
    "a G that is not running is run",
    "g.zig",
    "!= codes.gstatus.running) return codes.execute.not_running;",
    "== 77) return codes.execute.not_running;",
  ),
  zig(
    "no guard",
    "os/linux.zig",
    "if (guardMethod() == .madvise) {",
    "if (true) return true;\n    if (guardMethod() == .madvise) {",
  ),
  zig(
    "the guard one page too narrow",
    "stack.zig",
    "slotArm(@ptrFromInt(guard), layout.stack_guard_size, size)",
    "slotArm(@ptrFromInt(guard), layout.stack_guard_size - 4096, size)",
  ),
  zig(
    "the low bound reaches into the guard",
    "stack.zig",
    "    const lo = guard + layout.stack_guard_size;",
    "    const lo = guard + layout.stack_guard_size - 4096;",
  ),
  zig(
    "stacks overlap",
    "stack.zig",
    "        return layout.stack_guard_size + pool.size + padOf(pool.size);",
    "        return layout.stack_guard_size + pool.size + padOf(pool.size) - 4096;",
  ),
  zig(
    "a freed stack comes back a page off",
    "stack.zig",
    "return .{ .lo = hi - size, .hi = hi };",
    "return .{ .lo = hi - size, .hi = hi - 16 };",
  ),
  zig("freed stacks are lost", "stack.zig", "    pool.free = link;\n", ""),
  zig("odd sizes are taken", "stack.zig", "if (size % os.impl.pageSize() != 0) return .size_odd;", ""),
  zig("huge sizes are taken", "stack.zig", "if (size > layout.stack_size_max) return .size_huge;", ""),
  zig(
    "a guard hit is nobody's",
    "fault.zig",
    "if (address >= gp.stack.lo or",
    "if (address != 0 or address >= gp.stack.lo or",
  ),
  zig("the fault's address is lost", "fault.zig", "gp.op[codes.op.v] = @truncate(address);", "gp.op[codes.op.v] = 0;"),
  zig(
    "size rounded up to the next power of two",
    "g.zig",
    "gp.stack = stack.alloc(size) orelse again: {",
    'gp.stack = stack.alloc(@import("std").math.ceilPowerOfTwoAssert(usize, size)) orelse again: {',
  ),
  zig(
    "current G kept from the first call on",
    "body.zig",
    "    const m = m_.current() orelse return null;\n    return m.curg;",
    "    const kept = struct {\n        var g: ?*os.G = null;\n    };\n    const m = m_.current() orelse return null;\n    kept.g = kept.g orelse m.curg;\n    return kept.g;",
  ),
  zig("the draw's constant", "rand.zig", "0xe7037ed1a0b428db", "0xe7037ed1a0b428da"),
  zig(
    "the TLS address kept from the first thread on",
    "m.zig",
    "    return gobuf_tls().*;",
    "    const kept = struct {\n        var tls: ?*?*M = null;\n    };\n    kept.tls = kept.tls orelse gobuf_tls();\n    return kept.tls.?.*;",
  ),
  ...xmmMutants(),
  fault("windows-x64", "a spent guard is not armed again", {
    file: "arch/g.zig",
    from: "    if (!os.impl.slotRearm(@ptrFromInt(gp.stack.lo))) return false;\n",
    to: "",
  }),
  win("stale StackBase", "  movq %rax, %gs:TEB_STACK_BASE\n", ""),
  win("stale StackLimit", "  movq %rax, %gs:TEB_STACK_LIMIT\n", ""),
  win("stale DeallocationStack", "  movq %rax, %gs:TEB_DEALLOCATION_STACK\n", ""),
  arm("half of d8-d15 forgotten", "  stp d8, d9, [x4, D8]", "  stp d8, d8, [x4, D8]"),
  arm("FPCR of g0 kept", "  stp d14, d15, [x4, D14]\n  mrs x13, fpcr", "  stp d14, d15, [x4, D14]\n  mov x13, xzr"),
];
