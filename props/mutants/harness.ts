/**
 * Builds a mutant in a copy of the project and runs the suite on it, in a process of its own with a time limit.
 *
 * A copy belongs to one job at a time: an edit is made, judged, and taken back.
 */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AbiName, startBun } from "../../scripts/abis/abis.ts";
import { findZig } from "../../scripts/zig.ts";
import { libraryFile, packageRoot } from "../../src/runtime/library.ts";
import type { Failure } from "../fidelity/result.ts";
import { listed } from "./listed.ts";
import type { Mutant, Outcome, Subject, Verdict } from "./mutant.ts";

const COPIED = [
  "src",
  "golden",
  "props",
  "scripts",
  "arch",
  "build.zig",
  "build.zig.zon",
  "package.json",
  "tsconfig.json",
];

/** Which emulator runs a subject; undefined: this machine. */
const EMULATOR: Readonly<Record<Subject, AbiName | undefined>> = {
  "linux-x64": undefined,
  "linux-arm64": "arm64",
  "windows-x64": "windows",
  src: undefined,
};

/** Milliseconds a step of the suite may take: many times what it takes without a fault. */
const LIMIT_MS: Readonly<Record<Subject, number>> = {
  "linux-x64": 20_000,
  "linux-arm64": 180_000,
  "windows-x64": 60_000,
  src: 30_000,
};

/** Where fidelity leaves its result, in the copy. */
const RESULT = "mutant.json";

/** What one step of the suite said. */
interface Step {
  readonly red: boolean;
  /** The check that went red, the signal, or the time-out. */
  readonly by: string;
}

/** Where a job makes its edits. */
export class Workshop {
  private readonly folder = mkdtempSync(join(tmpdir(), "gobuf-mutants-"));

  constructor() {
    for (const name of COPIED) {
      const filter = (path: string) => !path.includes(".cache");
      cpSync(join(packageRoot, name), join(this.folder, name), { recursive: true, filter });
    }
    symlinkSync(join(packageRoot, "node_modules"), join(this.folder, "node_modules"));
  }

  /** Removes the copy. */
  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Judges one mutant. */
  async judge(mutant: Mutant): Promise<Outcome> {
    const start = performance.now();
    let undo = () => {};
    try {
      undo = this.apply(mutant);
      const step = await this.run(mutant.subject);
      return { mutant, ...verdictOf(mutant, step), ms: performance.now() - start };
    } catch (error) {
      return { mutant, verdict: "WRONG", by: (error as Error).message, ms: performance.now() - start };
    } finally {
      undo();
    }
  }

  private apply({ edits, name }: Mutant): () => void {
    const before = new Map<string, string>();
    for (const { file, from, to } of edits) {
      const path = join(this.folder, file);
      const text = readFileSync(path, "utf8");
      if (!before.has(path)) before.set(path, text);
      writeFileSync(path, edit(text, from, to, `${name}: ${file}`));
    }
    return () => {
      for (const [path, text] of before) writeFileSync(path, text);
    };
  }

  private async run(subject: Subject): Promise<Step> {
    const platform = subject === "src" ? "linux-x64" : subject;
    const library = join(this.folder, "zig-out", "lib", platform, libraryFile("gobuf", platform));
    if (subject !== "src" || !existsSync(library)) await this.build(platform);
    let last: Step = { red: false, by: "" };
    for (const args of ladder(subject, library)) {
      last = await this.step(subject, args, library);
      if (last.red) return last;
    }
    return last;
  }

  private async build(platform: string): Promise<void> {
    const run = Bun.spawn([...findZig(), "build", `-Dplatform=${platform}`], {
      cwd: this.folder,
      stdout: "ignore",
      stderr: "pipe",
    });
    const [code, text] = await Promise.all([run.exited, new Response(run.stderr).text()]);
    if (code !== 0) throw new Error(`does not build: ${/error: .*/.exec(text)?.[0] ?? text.slice(0, 200)}`);
  }

  private async step(subject: Subject, args: readonly string[], library: string): Promise<Step> {
    const emulator = EMULATOR[subject];
    const own = { ...process.env, GOBUF_LIBRARY: library };
    const { command, env } =
      emulator === undefined ? { command: [process.execPath], env: own } : startBun(emulator, own);
    const limit = LIMIT_MS[subject];
    rmSync(join(this.folder, RESULT), { force: true });
    const run = Bun.spawn([...command, ...args], {
      cwd: this.folder,
      env,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      timeout: limit,
      killSignal: "SIGKILL",
    });
    const [code, out, err] = await Promise.all([
      run.exited,
      new Response(run.stdout).text(),
      new Response(run.stderr).text(),
    ]);
    if (run.signalCode === "SIGKILL") return { red: true, by: `time-out after ${limit / 1000} s` };
    if (run.signalCode) return { red: true, by: `crash: ${run.signalCode}` };
    // Under wine a crash may end with exit code 0: what went well says so.
    if (code === 0 && hasSaidSo(out + err, join(this.folder, RESULT))) return { red: false, by: "" };
    return { red: true, by: failureOf(out + err, join(this.folder, RESULT)) ?? `crash: exit code ${code}` };
  }
}

function edit(text: string, from: string | number, to: string, where: string): string {
  if (typeof from === "number") {
    const lines = text.split("\n");
    lines[from] = to;
    return lines.join("\n");
  }
  const at = text.indexOf(from);
  if (at < 0 || text.indexOf(from, at + 1) >= 0) {
    throw new Error(
      `${where} has ${at < 0 ? "no" : "more than one"} ${JSON.stringify(from)}: the mutant must follow the source`,
    );
  }
  return text.slice(0, at) + to + text.slice(at + from.length);
}

/** The steps of the suite, the quickest first. */
function ladder(subject: Subject, library: string): string[][] {
  const command = ["props/fidelity/main.ts", "--library", library, "--json", RESULT];
  const named = [...command, "--golden", "golden/named.jsonl", "--runs", "0"];
  const tests = ["src/native/native.test.ts", "props/assembly.test.ts", "props/probe.test.ts", "props/stacks.test.ts"];
  if (subject === "src") {
    const own = [
      "props/scan.test.ts",
      "props/runq.test.ts",
      "src/runtime/schedule.test.ts",
      "src/sync/mutex.test.ts",
      "src/runtime/time.test.ts",
      "src/runtime/chan.test.ts",
      "src/native/lane.test.ts",
    ];
    return [
      [...named, "--bodies", "generator"],
      [...command, "--bodies", "generator", "--runs", "0"],
      ["test", ...own.map((file) => `./${file}`)],
      [...command, "--bodies", "both", "--runs", "200"],
      ["test", "./props/native"],
    ];
  }
  return [
    [...named, "--bodies", "native"],
    ["test", ...tests.map((file) => `./${file}`)],
    // What these look at is the same on every ABI, and takes an emulator half a minute.
    ...(subject === "linux-x64" ? [["test", "./props/native"]] : []),
  ];
}

/** Whether a step that exits with 0 has come to its end: a result that is in order, or the test runner's own counts. */
function hasSaidSo(output: string, result: string): boolean {
  if (existsSync(result)) return (JSON.parse(readFileSync(result, "utf8")) as { ok?: boolean }).ok === true;
  return /^ *0 fail\r?$/m.test(output);
}

/** The check that failed first, in one line; undefined when none has spoken. */
function failureOf(output: string, result: string): string | undefined {
  if (existsSync(result)) {
    const { failures = [] } = JSON.parse(readFileSync(result, "utf8")) as { failures?: Failure[] };
    const [first] = failures;
    if (first !== undefined) return [first.part, first.title, first.details[0] ?? ""].join(": ").slice(0, 160);
  }
  const lines = output.split("\n").map((line) => line.trim());
  const test = lines.find((line) => line.startsWith("(fail)"));
  if (test !== undefined) return test.replace(/ \[[\d.]+ms\]$/, "");
  const crash = lines.find((line) => line.startsWith("panic(") || line.includes("Segmentation fault"));
  if (crash !== undefined) return `crash: ${crash.replace(/0x[0-9A-F]+/i, "...")}`;
  return lines.find((line) => /^(error|fidelity|[A-Z]\w*Error):|is refused/.test(line))?.slice(0, 160);
}

function verdictOf(mutant: Mutant, { red, by }: Step): { verdict: Verdict; by: string } {
  if (mutant.neutral)
    return red ? { verdict: "WRONG", by: `a neutral change failed: ${by}` } : { verdict: "NEUTRAL-OK", by };
  const entry = listed(mutant.name);
  if (entry === undefined) return red ? { verdict: "EXPECTED", by } : { verdict: "SURVIVED", by };
  // What no run can tell must at least be seen by who reads the source.
  if (entry.readBy !== undefined) {
    if (entry.readBy.test(by)) return { verdict: entry.verdict, by: `${entry.why}; ${by}` };
    return { verdict: "WRONG", by: `listed as read by ${entry.readBy}, which said nothing${by && `, but: ${by}`}` };
  }
  return red
    ? { verdict: "WRONG", by: `listed as ${entry.verdict}, but found: ${by}` }
    : { verdict: entry.verdict, by: entry.why };
}
