/** Seeded faults of what several threads share, of what a fault leaves behind, and of what an unwinder reads. Found by props/teeth. */
import type { Mutant } from "./mutant.ts";

function zig(kind: string, file: string, from: string, to: string): Mutant {
  return { name: `linux-x64/${kind}`, subject: "linux-x64", kind, edits: [{ file: `arch/${file}`, from, to }] };
}

export const THREAD_MUTANTS: readonly Mutant[] = [
  zig(
    "a lock does nothing",
    "os.zig",
    "while (@atomicRmw(u32, &lock.held, .Xchg, 1, .acquire) != 0) {",
    "while (false) {\n            lock.held = 1;",
  ),
  zig(
    "chunks are taken without the lock",
    "chunk.zig",
    "return codes.execute.arena;\n    lock.acquire();\n    defer lock.release();",
    "return codes.execute.arena;",
  ),
  zig(
    "an M is claimed without the lock",
    "m.zig",
    "    lock.acquire();\n    defer lock.release();\n    reclaimLocked(header);\n    const m =",
    "    reclaimLocked(header);\n    const m =",
  ),
  zig(
    "the pool is looked up by its bucket alone",
    "stack.zig",
    "        if (pool.size == size) return pool;",
    "        if (size != 0) return pool;",
  ),
  zig(
    "the direction flag outlives a fault",
    "os/linux_signal.zig",
    "context.rflags &= ~(direction_flag | alignment_check);",
    "context.rflags &= ~(alignment_check | (direction_flag >> 11));",
  ),
  zig(
    "the flag of alignment checks outlives a fault",
    "os/linux_signal.zig",
    "context.rflags &= ~(direction_flag | alignment_check);",
    "context.rflags &= ~(direction_flag | (alignment_check >> 19));",
  ),
  zig("the x87 stack outlives a fault", "os/linux_signal.zig", "                fpstate.tags = 0;\n", ""),
  zig(
    "an unwinder goes on behind the first frame",
    "sysv_x86_64.S",
    "  .cfi_undefined %rip\n  movq ENTRY_ARG",
    "  movq ENTRY_ARG",
  ),
  zig(
    "a body that calls back goes on when its thread is terminated",
    "call.zig",
    "if (m.trapg != null) {",
    "if (m.trapg != null and m.calls > 1 << 20) {",
  ),
  {
    name: "src/when a wait begins is not noted by a turn",
    subject: "src",
    kind: "a text of a report",
    edits: [
      {
        file: "src/runtime/schedule.ts",
        from: "        if (parks) mem[i + G_WAITSINCE] = m.now;\n        else {",
        to: "        if (!parks) {",
      },
    ],
  },
];
