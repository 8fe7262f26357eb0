/** Reads an assembly file of arch/, finds its instructions, and makes the mutants that lack one of them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../src/runtime/library.ts";
import type { Abi, Mutant } from "./mutant.ts";

/** The assembly file of each ABI. */
export const ASSEMBLY: Readonly<Record<Abi, string>> = {
  "linux-x64": "arch/sysv_x86_64.S",
  "linux-arm64": "arch/aarch64.S",
  "windows-x64": "arch/ms_x86_64.S",
};

/** Functions of the switch: their instructions are deleted one by one. */
const SWITCH = ["gobuf_g0save", "gobuf_gogo", "gobuf_mcall", "gobuf_leave", "gobuf_systemstack", "gobuf_entry"];
/** The call that is injected into a preempted body. */
export const ASYNC_CALL: Readonly<Record<Abi, string>> = {
  "linux-x64": "arch/async_sysv_x86_64.S",
  "linux-arm64": "arch/async_aarch64.S",
  "windows-x64": "arch/async_ms_x86_64.S",
};
const DELETED = [...SWITCH, "gobuf_async_preempt"];

/** One instruction. */
export interface Site {
  readonly fn: string;
  /** Line in the file, counted from 0. */
  readonly line: number;
  /** Place in its function, counted from 1. */
  readonly place: number;
  readonly text: string;
  /** What the line becomes without the instruction: a nop, or a macro's other lines. */
  readonly without: string;
}

/** A macro's parameters and lines. */
interface Macro {
  readonly params: readonly string[];
  readonly body: readonly string[];
}

const NOP = "  nop";

/** An instruction without its comment; empty for what is none. */
function instruction(raw: string): string {
  const text = raw.replace(/\/\/.*/, "").trim();
  return /^\s/.test(raw) && !text.startsWith(".") && !/^\w+:$/.test(text) ? text : "";
}

/** The lines that a use of a macro stands for. */
function expand({ params, body }: Macro, operands: string): string[] {
  const given = operands.split(",").map((operand) => operand.trim());
  return body.map((line) => params.reduce((text, param, i) => text.replaceAll(`\\${param}`, given[i] ?? ""), line));
}

/** Which branch of `#if defined(...)` an assembly file takes on a platform. */
function isTaken(condition: string, subject: Abi): boolean {
  const os = subject.startsWith("windows") ? "_WIN32" : "__linux__";
  const named = [...condition.matchAll(/(!?)defined\((\w+)\)/g)];
  return named.length > 0 && named.every(([, not, name]) => (name === os) !== (not === "!"));
}

/** The lines that count on a platform, with their numbers: #if and its like are resolved. */
function* linesOf(source: string, subject: Abi): Generator<[line: number, raw: string]> {
  /** For each open #if: whether this branch counts, and whether one has counted. */
  const open: { on: boolean; any: boolean }[] = [];
  for (const [line, raw] of source.split("\n").entries()) {
    const condition = /^#\s*(if|elif|else|endif)\b(.*)/.exec(raw);
    if (condition === null) {
      if (open.every(({ on }) => on)) yield [line, raw];
      continue;
    }
    const [, word, rest = ""] = condition;
    const top = open.at(-1);
    if (word === "if") {
      const on = isTaken(rest, subject);
      open.push({ on, any: on });
    } else if (word === "endif") open.pop();
    else if (top) {
      top.on = !top.any && (word === "else" || isTaken(rest, subject));
      top.any ||= top.on;
    }
  }
}

/** The instructions of the switch in an assembly file, as this platform assembles them; macros are looked into. */
export function sitesOf(source: string, subject: Abi): Site[] {
  const sites: Site[] = [];
  const macros = new Map<string, Macro>();
  let macro: { name: string; params: string[]; body: string[] } | undefined;
  let fn = "";
  let place = 0;
  for (const [line, raw] of linesOf(source, subject)) {
    const defined = /^\s*\.macro\s+(\w+)\s*(.*)/.exec(raw);
    if (defined)
      macro = { name: defined[1] ?? "", params: (defined[2] ?? "").split(/[,\s]+/).filter(Boolean), body: [] };
    else if (/^\s*\.endm/.test(raw) && macro) {
      macros.set(macro.name, macro);
      macro = undefined;
    } else if (macro) macro.body.push(raw);
    else if (/^(FUNC|HIDDEN|LABEL)\s/.test(raw)) {
      fn = raw.split(/\s+/)[1] ?? "";
      place = 0;
    } else if (/^END\b/.test(raw)) fn = "";
    else if (DELETED.includes(fn)) {
      const text = instruction(raw);
      const used = macros.get(text.split(/\s/, 1)[0] ?? "");
      if (text === "") continue;
      if (used === undefined) {
        sites.push({ fn, line, place: ++place, text, without: NOP });
        continue;
      }
      const body = expand(used, text.replace(/^\S+\s*/, ""));
      body.forEach((inner, i) => {
        const without = body.map((other, j) => (j === i ? NOP : other)).join("\n");
        if (instruction(inner) !== "") sites.push({ fn, line, place: ++place, text: instruction(inner), without });
      });
    }
  }
  return sites;
}

/** A mutant for each instruction of the switch. */
export function deletions(subject: Abi): Mutant[] {
  const file = ASSEMBLY[subject];
  const source = readFileSync(join(packageRoot, file), "utf8");
  return sitesOf(source, subject).map(({ fn, line, place, text, without }) => ({
    name: `${subject}/delete ${fn} ${place}: ${text.replace(/\s+/g, " ")}`,
    subject,
    kind: "instruction deletion",
    edits: [{ file, from: line, to: without }],
  }));
}
