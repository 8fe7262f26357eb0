/** Carries out the checks of FIDELITY.md's rows on a run's results. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../../src/runtime/library.ts";
import type { GoldenCase } from "../reader.ts";
import type { Failure } from "../result.ts";
import type { LayoutTable } from "../target.ts";
import type { CheckName, Item } from "./item.ts";

/** What the checks look at. */
export interface Evidence {
  readonly failures: readonly Failure[];
  /** Parts that ran. */
  readonly parts: ReadonlySet<string>;
  /** The golden cases that ran. */
  readonly cases: readonly GoldenCase[];
  readonly layout: LayoutTable;
}

/** What is wrong with a check, or undefined when it holds. */
type Verdict = string | undefined;

function golden(prefix: string, { cases, failures }: Evidence): Verdict {
  const chosen = cases.filter((c) => c.name.startsWith(prefix));
  if (chosen.length === 0) return `no golden case starts with ${prefix}`;
  const failed = chosen.find((c) => failures.some((f) => f.title.includes(JSON.stringify(c.name))));
  return failed && `golden case ${failed.name} diverges`;
}

function part(name: string, { parts, failures }: Evidence): Verdict {
  if (!parts.has(name)) return `${name} did not run`;
  return failures.find((f) => f.part === name)?.title;
}

async function exported(file: string, name: string): Promise<Verdict> {
  let module: Record<string, unknown>;
  try {
    module = (await import(join(packageRoot, "src", file))) as Record<string, unknown>;
  } catch {
    return `there is no src/${file}`;
  }
  const [head = "", method] = name.split(".");
  const found = module[head];
  if (found === undefined) return `src/${file} has no ${head}`;
  if (method === undefined) return undefined;
  const prototype = (found as { prototype?: Record<string, unknown> }).prototype;
  return typeof prototype?.[method] === "function" ? undefined : `src/${file}: ${head} has no ${method}`;
}

const testRuns = new Map<string, Verdict>();

/** Runs a test file once, or those of its tests whose names match. A run in which no test passed proves nothing. */
function tested(file: string, pattern: string | undefined): Verdict {
  const which = pattern === undefined ? [] : ["-t", pattern];
  const command = ["bun", "test", `./${file}`, ...which].join(" ");
  if (!testRuns.has(command)) {
    const argv = [process.execPath, "test", `./${file}`, ...which];
    const { exitCode, stderr } = Bun.spawnSync(argv, { cwd: packageRoot, stdout: "ignore", stderr: "pipe" });
    const passed = Number(/^\s*(\d+) pass$/m.exec(stderr.toString())?.[1] ?? 0);
    const wrong = exitCode !== 0 ? `${command} fails` : passed === 0 ? `${command}: no test passed` : undefined;
    testRuns.set(command, wrong);
  }
  return testRuns.get(command);
}

/** Text of each file of src/ and arch/, tests left out. */
function sources(): ReadonlyMap<string, string> {
  const files = ["src", "arch"].flatMap((folder) =>
    readdirSync(join(packageRoot, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.(ts|zig)$/.test(name) && !name.endsWith(".test.ts"))
      .map((name) => `${folder}/${name.replaceAll("\\", "/")}`),
  );
  return new Map(files.map((file) => [file, readFileSync(join(packageRoot, file), "utf8")]));
}

/** Holds when nothing is declared under a name: function, constant, class, or method. */
function absent(name: string): Verdict {
  const declared = new RegExp(
    `\\b(?:function\\*?|fn|const|let|var|class)\\s+${name}\\b|^\\s+\\*?${name}\\(.*\\{$`,
    "im",
  );
  for (const [file, text] of sources()) if (declared.test(text)) return `${file} declares ${name}`;
  return undefined;
}

function word(text: string, { layout }: Evidence): Verdict {
  const [name = "", value] = text.split("=");
  return layout[name] === Number(value) ? undefined : `${name} is ${layout[name]}, expected ${value}`;
}

/** Carries one check out. @returns what is wrong, or undefined when it holds */
export async function judge(check: CheckName, evidence: Evidence): Promise<Verdict> {
  const [kind = "", ...rest] = check.split(":");
  switch (kind) {
    case "golden":
      return golden(rest.join(":"), evidence);
    case "goldens":
      return part("golden", evidence);
    case "export":
      return exported(rest[0] ?? "", rest[1] ?? "");
    case "test":
      return tested(rest[0] ?? "", rest[1]);
    case "absent":
      return absent(rest[0] ?? "");
    case "word":
      return word(rest[0] ?? "", evidence);
    default:
      return part(kind, evidence);
  }
}

/** What a reader sees of each expectation that its checks confirm. */
const STATUS = { same: "same", differs: "differs by design", missing: "missing" } as const;

/** Checks that look at names and sizes only: alone they are no evidence of what a function does. */
const isWeak = (check: CheckName) => check.startsWith("export:");

/**
 * Judges a row.
 *
 * @returns its status as the page shows it; and a fault when one of its checks does not hold, or none is evidence
 */
export async function judgeItem(
  item: Item,
  evidence: Evidence,
): Promise<{ status: string; fault: string | undefined }> {
  const wrong: string[] = [];
  if (item.checks.every(isWeak)) wrong.push("no check tests what it does, expected one beside `export:`");
  for (const check of item.checks) {
    const verdict = await judge(check, evidence);
    if (verdict !== undefined) wrong.push(verdict);
  }
  if (wrong.length === 0) return { status: STATUS[item.expect], fault: undefined };
  const claim = item.expect === "missing" ? " is said to be missing" : "";
  return { status: "broken", fault: `${item.name}${claim}: ${wrong.join("; ")}` };
}

/** What judges a check and a row; the test of the page has its own. */
export interface Judges {
  readonly check: typeof judge;
  readonly item: typeof judgeItem;
}

export const JUDGES: Judges = { check: judge, item: judgeItem };
