/** Changes that no program can tell: they go the way of every mutant, and must pass. */
import { ASSEMBLY } from "./assembly.ts";
import type { Mutant, Subject } from "./mutant.ts";

function neutral(subject: Subject, what: string, edits: Mutant["edits"]): Mutant {
  return { name: `${subject}/neutral: ${what}`, subject, kind: "neutral", edits, neutral: true };
}

/** Two stores of gogo that may come in either order, as each x86-64 file spells them. */
const STORES: Readonly<Record<string, string>> = {
  "linux-x64": "  movq %r12, R12(%rdx)\n  movq %r13, R13(%rdx)",
  "windows-x64": "  movq %r12, R12(%r8)\n  movq %r13, R13(%r8)",
};

/** Neutral changes of a subject, and none at all. */
export function neutrals(subject: Subject): Mutant[] {
  const unchanged = neutral(subject, "nothing changed", []);
  // Each of these takes all the steps that find the subject's mutants.
  if (subject === "suite" || subject === "rows" || subject === "preempt" || subject === "procs") return [unchanged];
  if (subject === "src") {
    return [
      unchanged,
      neutral(subject, "a comment", [
        { file: "src/runtime/g.ts", from: "/** Takes the top frame off. */", to: "/** Off. */" },
      ]),
      neutral(subject, "a name", [
        { file: "src/runtime/chan.ts", from: "let created = 0;", to: "let created = 0 + 0;" },
      ]),
      neutral(subject, "an equal number", [
        { file: "src/sync/mutex.ts", from: "starvationThresholdNs = 1e6", to: "starvationThresholdNs = 1_000_000" },
      ]),
    ];
  }
  const file = ASSEMBLY[subject];
  const last = subject === "linux-arm64" ? "  brk 1" : "  ud2";
  const nop = neutral(subject, "a nop more", [
    {
      file,
      from: last,
      to: `  nop
${last}`,
    },
  ]);
  const comment = neutral(subject, "a comment", [
    { file, from: "HIDDEN gobuf_gogo\n", to: "// .\nHIDDEN gobuf_gogo\n" },
  ]);
  if (subject === "linux-arm64") {
    const from = "  stp x21, x22, [x5, X21]\n  stp x23, x24, [x5, X23]";
    const to = from.split("\n").reverse().join("\n");
    return [unchanged, nop, comment, neutral(subject, "two independent stores swapped", [{ file, from, to }])];
  }
  const from = STORES[subject] ?? "";
  const to = from.split("\n").reverse().join("\n");
  return [unchanged, nop, comment, neutral(subject, "two independent stores swapped", [{ file, from, to }])];
}
