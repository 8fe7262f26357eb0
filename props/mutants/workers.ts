/**
 * Faults of what threads share whose goroutines are in TypeScript: src/workers/ and arch/workers/. Each names the test that must
 * find it. None is a race: the tests find them whatever the threads' speed.
 */
import type { Edit, Mutant } from "./mutant.ts";

function found(file: string, test: string) {
  return (kind: string, edit: Edit): Mutant => ({
    name: `${edit.file.startsWith("arch/") ? "linux-x64" : "src"}/threads: ${kind}`,
    subject: edit.file.startsWith("arch/") ? "linux-x64" : "src",
    kind,
    edits: [edit],
    steps: [["test", `./props/workers/${file}.test.ts`, "-t", test]],
    hangs: true,
  });
}

const edit = (file: string, from: string, to: string): Edit => ({ file, from, to });

const equal = found("values", "met twice|numbers that JSON");
const refused = found("values", "refused: a class's instance");
const bound = found("values", "postMessage takes nothing");
const closed = found("channels", "close, and what comes behind it|waits to send panics");
const verdict = found("channels", "all wait on all threads|comes to it last|sleeps or computes");
const missed = found("ends", "is nobody to wait for|takes along what others wait for");
const canceled = found("sync", "a context that is canceled|a deadline comes");
const counted = found("sync", "a WaitGroup counts");

export const WORKER_MUTANTS: readonly Mutant[] = [
  equal(
    "an object that is met twice arrives as two",
    edit("src/workers/check.ts", "    this.json = false;\n    return true;", "    return true;"),
  ),
  equal(
    "minus zero goes as JSON",
    edit(
      "src/workers/check.ts",
      "if (!Number.isFinite(value) || Object.is(value, -0))",
      "if (!Number.isFinite(value))",
    ),
  ),
  refused(
    "an instance of a class passes",
    edit(
      "src/workers/check.ts",
      "if (ERRORS.has(proto)) return this.error(value as Error);\n",
      "if (ERRORS.has(proto)) return this.error(value as Error);\n    if (proto !== null) return null;\n",
    ),
  ),
  bound(
    "a channel of one thread can be cloned",
    edit("src/runtime/chan.ts", "bound: (() => void) | null = boundToItsThread;", "bound: (() => void) | null = null;"),
  ),
  closed(
    "who waits on a channel that is closed gets a value",
    edit(
      "arch/workers/ops.zig",
      "if (sg.success) op_code.ok else if (sg.sends)",
      "if (true) op_code.ok else if (sg.sends)",
    ),
  ),
  verdict("a thread gives the verdict alone", edit("src/turns.ts", "    if (world.others?.idles()) return;\n", "")),
  verdict(
    "the run's thread is not called for the verdict",
    edit(
      "arch/workers/group.zig",
      "    tell(group.call(0));\n    return codes.share_park.tells;",
      "    return codes.share_park.tells;",
    ),
  ),
  verdict(
    "one that is woken counts as idle",
    edit(
      "arch/workers/group.zig",
      "if (was == .idle) _ = A.add(u32, &group.busy, 1, .acq_rel);",
      "if (false) _ = A.add(u32, &group.busy, 1, .acq_rel);",
    ),
  ),
  missed(
    "nobody looks whether a program's own thread is there",
    edit("src/workers/group.ts", "      this.inform(native.gobuf_share_reap);\n", ""),
  ),
  missed(
    "the run's thread does not hear of those that come",
    edit("src/workers/group.ts", "  Atomics.store(cells, ATTACHED, 1);\n", ""),
  ),
  missed(
    "who waits for a run whose thread has ended is not told",
    edit("src/workers/group.ts", "      if (native.gobuf_share_closed(this.me) !== 0) this.called();\n", ""),
  ),
  missed(
    "the verdict that the last one's end brings is lost",
    edit("arch/workers/group.zig", "            if (all_idle) group.verdict_due = true;\n", ""),
  ),
  canceled(
    "the end of a context is told to one thread",
    edit(
      "src/workers/context.ts",
      "      for (let i = 0; i < READERS_MAX; i++) {",
      "      for (let i = 0; i < 1; i++) {",
    ),
  ),
  canceled(
    "who computes does not hear of the deadline",
    edit(
      "src/workers/context.ts",
      "    if (when !== undefined && now() >= when) this.cancel(false, DeadlineExceeded);\n",
      "",
    ),
  ),
  counted(
    "a WaitGroup of several threads counts down by none",
    edit("src/workers/sync.ts", "    this.changeShared(-1);\n", "    this.changeShared(0);\n"),
  ),
];
