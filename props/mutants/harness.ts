/**
 * Builds a mutant in a copy of the project and runs the suite on it, in a process of its own with a time limit.
 *
 * A copy belongs to one job at a time: an edit is made, judged, and taken back.
 */
import { cpSync, existsSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { type AbiName, currentAbi, ABIS as EMULATED, startBun } from "../../scripts/abis/abis.ts";
import { ensureNativeSync } from "../../scripts/build.ts";
import { onEnd, type Scratch, scratch } from "../../scripts/scratch.ts";
import { findZig, zigEnv } from "../../scripts/zig.ts";
import { hostPlatform, libraryFile, packageRoot } from "../../src/runtime/library.ts";
import { applyEdits } from "./copy.ts";
import { ABIS, type Abi, type Mutant, type Outcome, type Subject } from "./mutant.ts";
import { failureOf, hasSaidSo, type Step, verdictOf } from "./verdict.ts";

const COPIED = [
  "src",
  "golden",
  "props",
  "scripts",
  "bench",
  ".ci",
  "HACKING.md",
  "FIDELITY.md",
  "arch",
  "examples",
  "conform",
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
  suite: undefined,
  rows: undefined,
  preempt: undefined,
  procs: undefined,
};

/** Milliseconds a step of the suite may take: many times what it takes without a fault. */
const LIMIT_MS: Readonly<Record<Subject, number>> = {
  "linux-x64": 20_000,
  "linux-arm64": 180_000,
  "windows-x64": 60_000,
  src: 60_000,
  suite: 30_000,
  rows: 60_000,
  preempt: 60_000,
  // Each builds the model checker, or the library whose shared accesses come late.
  procs: 60_000,
};

/** The steps that are tests take so many times longer: whole folders of them, of which some start processes. */
const TESTS_SHARE = 4;

/** Milliseconds that a single test may take, Bun's limit, so many times longer: a test that is late has found nothing. */
const TEST_MS = 5000;
const TEST_SHARE = 4;

/** Where fidelity leaves its result, in the copy. */
const RESULT = "mutant.json";

/** How much of the suite judges a mutant: a mutant that must pass passes all of it. */
export type Extent = "first step" | "all steps";

/** Where a job makes its edits. */
export class Workshop implements Disposable {
  private readonly scratch: Scratch = scratch("mutants");
  private readonly folder = this.scratch.path;
  /** Whether the library in the copy is of other sources than the copy's. */
  private stale = false;

  /** @param limits of the steps, milliseconds, by subject */
  constructor(private readonly limits: Readonly<Record<Subject, number>> = LIMIT_MS) {
    for (const name of COPIED) {
      const filter = (path: string) =>
        !/\.cache|[\\/]target|[\\/]conform[\\/](?:bin|dist)\b/.test(path.slice(packageRoot.length));
      cpSync(join(packageRoot, name), join(this.folder, name), { recursive: true, filter });
    }
    if (process.platform !== "win32") symlinkSync(join(packageRoot, "node_modules"), join(this.folder, "node_modules"));
    // Mutants that leave arch/ alone run on the library that is there; the others' is built here.
    const library = join("zig-out", "lib", hostPlatform());
    ensureNativeSync();
    cpSync(join(packageRoot, library), join(this.folder, library), { recursive: true });
  }

  /** Removes the copy. */
  [Symbol.dispose](): void {
    this.scratch[Symbol.dispose]();
  }

  /** Judges one mutant. */
  async judge(mutant: Mutant, extent: Extent = "all steps"): Promise<Outcome> {
    const start = performance.now();
    let undo = () => {};
    try {
      undo = applyEdits(this.folder, mutant.edits, mutant.name);
      const step = await this.run(mutant, extent);
      return { mutant, ...verdictOf(mutant, step), ms: performance.now() - start };
    } catch (error) {
      return { mutant, verdict: "WRONG", by: (error as Error).message, ms: performance.now() - start };
    } finally {
      undo();
    }
  }

  private async run({ subject, edits, steps: own, hangs }: Mutant, extent: Extent): Promise<Step> {
    const platform = isAbi(subject) ? subject : hostPlatform();
    const isArch = edits.some(({ file }) => file.startsWith("arch/"));
    if (isAbi(subject) || isArch || this.stale) await this.build(platform);
    this.stale = isArch;
    const library = join(this.folder, "zig-out", "lib", platform, libraryFile("gobuf", platform));
    if (!existsSync(library)) throw new Error(`there is no ${library}`);
    const steps = own ?? ladder(subject, library);
    let last: Step = { red: false, by: "", output: "" };
    for (const args of extent === "all steps" ? steps : steps.slice(0, 1)) {
      last = await this.step(subject, args, library, hangs);
      if (last.red) return last;
    }
    return last;
  }

  private async build(platform: string): Promise<void> {
    const run = Bun.spawn([...findZig(), "build", `-Dplatform=${platform}`], {
      cwd: this.folder,
      env: zigEnv(),
      stdout: "ignore",
      stderr: "pipe",
    });
    const forget = onEnd(() => run.kill("SIGKILL"));
    const [code, text] = await Promise.all([run.exited, new Response(run.stderr).text()]);
    forget();
    if (code !== 0) throw new Error(`does not build: ${/error: .*/.exec(text)?.[0] ?? text.slice(0, 200)}`);
  }

  /** What a build in a test is to use: the copy has no Zig of its own. */
  private zig(): Record<string, string> {
    try {
      const [zig = "", ...more] = findZig();
      return more.length === 0 ? { ZIG: zig } : {};
    } catch {
      // On an emulated ABI there is none, and nothing is built.
      return {};
    }
  }

  private async step(subject: Subject, args: readonly string[], library: string, hangs = false): Promise<Step> {
    const emulator = EMULATOR[subject];
    const own: Record<string, string | undefined> = { ...process.env, ...this.zig(), GOBUF_LIBRARY: library };
    // Wine cannot make the link to node_modules.
    if (process.platform === "win32") own.NODE_PATH = join(packageRoot, "node_modules");
    const { command, env } =
      emulator === undefined ? { command: [process.execPath], env: own } : startBun(emulator, own);
    const share = args[0] === "test" && !hangs ? TESTS_SHARE : 1;
    const limit = share * this.limits[subject] * (currentAbi()?.slowness ?? 1);
    const slowness = emulator === undefined ? 1 : EMULATED[emulator].slowness;
    const patience = args[0] === "test" ? [`--timeout=${TEST_MS * TEST_SHARE * slowness}`] : [];
    const result = join(this.folder, RESULT);
    rmSync(result, { force: true });
    const run = Bun.spawn([...command, ...args, ...patience], {
      cwd: this.folder,
      env,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      timeout: limit,
      killSignal: "SIGKILL",
    });
    const forget = onEnd(() => run.kill("SIGKILL"));
    const [code, out, err] = await Promise.all([
      run.exited,
      new Response(run.stdout).text(),
      new Response(run.stderr).text(),
    ]);
    forget();
    const output = out + err;
    if (run.signalCode === "SIGKILL") return { red: true, by: `time-out after ${limit / 1000} s`, output };
    if (run.signalCode) return { red: true, by: `crash: ${run.signalCode}`, output };
    // Under wine a crash may end with exit code 0: what went well says so.
    if (code === 0 && hasSaidSo(output, result)) return { red: false, by: "", output };
    return { red: true, by: failureOf(output, result) ?? `crash: exit code ${code}`, output };
  }
}

function isAbi(subject: Subject): subject is Abi {
  return (ABIS as readonly Subject[]).includes(subject);
}

/** The steps of the suite, the quickest first. */
export function ladder(subject: Subject, library: string): string[][] {
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
      "props/teeth",
    ];
    const worlds = ["runs", "apart", "ends", "slices"].map((name) => `./props/faults/${name}.test.ts`);
    return [
      [...named, "--bodies", "generator"],
      [...command, "--bodies", "generator", "--runs", "0"],
      ["test", ...own.map((file) => `./${file}`)],
      ["test", "--bail", ...worlds, "./src/testing/synctest.test.ts"],
      [...command, "--bodies", "both", "--runs", "200"],
      ["test", "./props/native"],
    ];
  }
  return [
    [...named, "--bodies", "native"],
    ["test", ...tests.map((file) => `./${file}`)],
    // What these look at is the same on every ABI, and takes an emulator half a minute.
    ...(subject === "linux-x64" ? [["test", "./props/native", "./props/teeth"]] : []),
  ];
}
