/** Carries out the checks of FIDELITY.md's rows on a run's results. */
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

/** Runs a test file, once. */
function tested(file: string): Verdict {
  if (!testRuns.has(file)) {
    const run = Bun.spawnSync([process.execPath, "test", `./${file}`], { cwd: packageRoot, stderr: "pipe" });
    testRuns.set(file, run.exitCode === 0 ? undefined : `bun test ${file} fails`);
  }
  return testRuns.get(file);
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
      return tested(rest[0] ?? "");
    case "word":
      return word(rest[0] ?? "", evidence);
    default:
      return part(kind, evidence);
  }
}

/**
 * Judges a row.
 *
 * @returns its status as the page shows it; and a fault when its checks do not say what is expected of them
 */
export async function judgeItem(
  item: Item,
  evidence: Evidence,
): Promise<{ status: string; fault: string | undefined }> {
  const wrong: string[] = [];
  for (const check of item.checks) {
    const verdict = await judge(check, evidence);
    if (verdict !== undefined) wrong.push(verdict);
  }
  if (item.expect === "missing") {
    if (wrong.length > 0) return { status: "missing", fault: undefined };
    return { status: "present", fault: `${item.name} is said to be missing, but ${item.checks[0]} holds` };
  }
  if (wrong.length === 0) {
    return { status: item.expect === "same" ? "same" : "differs by design", fault: undefined };
  }
  return { status: "broken", fault: `${item.name}: ${wrong.join("; ")}` };
}
