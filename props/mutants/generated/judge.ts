/** Judges generated mutants in a copy of the project: compiles one, climbs the ladder, and makes sure of what goes red. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { findZig } from "../../../scripts/zig.ts";
import { hostPlatform } from "../../../src/runtime/library.ts";
import { applyEdits, type Copy } from "../copy.ts";
import { type Ended, type Limits, runLimited } from "../limits.ts";
import { failureOf, hasSaidSo } from "../verdict.ts";
import { type Candidate, digest, type GeneratedVerdict } from "./candidate.ts";
import { RESULT, type Step, stepNamed, testStep } from "./ladder.ts";
import type { Results } from "./results.ts";
import { languageOf } from "./text.ts";
import { isSameCode } from "./typescript.ts";

/** What a process may take beyond what it takes without a fault, many times over. */
const CPU_BASE_MS = 30_000;
const CPU_TIMES = 5;
const IDLE_MS = 60_000;
const WALL_BASE_MS = 1_200_000;
const WALL_TIMES = 50;
const BYTES_MAX = 4 * 2 ** 30;
/** The build and the type checker. */
const COMPILE_MS = 60_000;

function limitsOf(usualMs: number): Limits {
  const [cpuMs, wallMs] = [CPU_BASE_MS + CPU_TIMES * usualMs, WALL_BASE_MS + WALL_TIMES * usualMs];
  return { cpuMs, wallMs, idleMs: IDLE_MS, bytes: BYTES_MAX };
}

/** Where the test runner leaves its report, in the copy; its folder is git's to ignore. */
const REPORT = join("zig-out", "mutant.xml");

/** What a verdict says. */
export interface Judgement {
  readonly verdict: GeneratedVerdict;
  readonly by: string;
  readonly step: string;
}

/** Bounds of a judgement. */
interface Bounds {
  /** Milliseconds after which it is left: a step that runs then is ended. */
  readonly leftMs?: () => number;
  readonly isCompiled?: boolean;
  readonly mostMs?: number;
  /** Of a step that usually takes so long. */
  readonly limits?: (usualMs: number) => Limits;
}

/** How often the type checker is asked about what is left of many edits. */
const ROUNDS = 3;

/** Errors of which only the file itself can be the cause: what is declared and not read, and what is not reached. */
const LOCAL_ERRORS = new Set(["6133", "6192", "6196", "6198", "7027"]);

/** What a step said. */
interface Said {
  readonly red: boolean;
  readonly by: string;
  /** The test file, or the step's name. */
  readonly step: string;
  /** It came to a limit. */
  readonly limited: boolean;
  readonly cpuMs: number;
}

/** Makes an edit, and takes it back, with what was built of either. */
interface Toggle {
  undo: () => void;
  off(): void;
  on(): void;
}

/** The test file that bun test was in when something failed: the last one named above the first failure. */
export function failedFile(output: string, tests: readonly string[]): string | undefined {
  const lines = output.split("\n").map((line) => line.trimEnd());
  const fail = lines.findIndex((line) => line.startsWith("(fail)"));
  const above = fail < 0 ? lines : lines.slice(0, fail);
  return above.map((line) => line.replace(/:$/, "")).findLast((line) => tests.includes(line));
}

/**
 * The processor time of each test file of a green step: the step's, shared by how long each took.
 *
 * @param xml the test runner's own report, as JUnit has it
 */
export function timesOf(xml: string, cpuMs: number): Map<string, number> {
  const suites = [...xml.matchAll(/^ {2}<testsuite name="([^"]+\.test\.ts)"[^>]* time="([\d.]+)"/gm)];
  const seconds = suites.map(([, file = "", time]): [string, number] => [file, Number(time)]);
  const all = seconds.reduce((sum, [, time]) => sum + time, 0);
  return new Map(all === 0 ? [] : seconds.map(([file, time]) => [file, (cpuMs * time) / all]));
}

/** A copy of the project, and what is known of it. */
export class Judge {
  private readonly env: Record<string, string | undefined>;
  /** The native libraries as they are without a fault. */
  private readonly libraries: string;
  private limits = limitsOf;
  private leftMs: () => number = () => Number.POSITIVE_INFINITY;

  /**
   * @param stateOf the state of what some steps depend on: `States`
   * @param red what was red without any fault, and what it said: no judge believes it any more
   */
  constructor(
    private readonly copy: Copy,
    private readonly results: Results,
    private readonly stateOf: (steps: readonly string[]) => string,
    private readonly red: Map<string, string>,
  ) {
    this.env = { ...process.env, GOBUF_LIBRARY: undefined };
    try {
      const [zig = "", ...more] = findZig();
      if (more.length === 0) this.env.ZIG = zig;
    } catch {
      // None is needed where nothing native is changed.
    }
    this.libraries = this.librariesOf();
    this.keepLibrary("pristine");
    mkdirSync(join(this.copy.folder, "zig-out"), { recursive: true });
  }

  private get libraryFolder(): string {
    return join(this.copy.folder, "zig-out", "lib", hostPlatform());
  }

  /** Keeps what is built, so that it need not be built once more. */
  private keepLibrary(name: "pristine" | "mutant"): void {
    const kept = join(this.copy.folder, "zig-out", name);
    rmSync(kept, { recursive: true, force: true });
    if (existsSync(this.libraryFolder)) cpSync(this.libraryFolder, kept, { recursive: true });
  }

  /** Puts it where it was. Its times are new, so that Zig does not take it for what it built last. */
  private useLibrary(name: "pristine" | "mutant"): void {
    rmSync(this.libraryFolder, { recursive: true, force: true });
    cpSync(join(this.copy.folder, "zig-out", name), this.libraryFolder, { recursive: true });
  }

  /** A digest of the libraries in the copy. */
  private librariesOf(): string {
    const folder = this.libraryFolder;
    if (!existsSync(folder)) return "";
    const names = readdirSync(folder).filter((name) => /\.(so|dylib|dll)$/.test(name));
    return names
      .sort()
      .map((name) => `${name} ${digest(readFileSync(join(folder, name)).toString("latin1"))}`)
      .join("\n");
  }

  private run(command: readonly string[], limits: Limits): Promise<Ended> {
    return runLimited(command, { cwd: this.copy.folder, env: this.env, limits });
  }

  /**
   * Makes the edit, judges it by a ladder, and takes it back.
   *
   * @param isCompiled the type checker takes it: it need not be asked again
   * @param mostMs what the steps may take, by what they usually take, before it is left for later
   */
  async judge(
    candidate: Candidate,
    ladder: () => readonly Step[],
    {
      leftMs = () => Number.POSITIVE_INFINITY,
      isCompiled = false,
      mostMs = Number.POSITIVE_INFINITY,
      limits = limitsOf,
    }: Bounds = {},
  ): Promise<Judgement> {
    this.limits = limits;
    this.leftMs = leftMs;
    const { file, id } = candidate;
    const path = join(this.copy.folder, file);
    const original = readFileSync(path, "utf8");
    const isNative = languageOf(file) !== undefined;
    const edit: Toggle = {
      undo: applyEdits(this.copy.folder, [candidate], id),
      off: () => {
        edit.undo();
        if (isNative) this.useLibrary("pristine");
      },
      on: () => {
        edit.undo = applyEdits(this.copy.folder, [candidate], id);
        if (isNative) this.useLibrary("mutant");
      },
    };
    try {
      const early = await this.compile(isNative, isCompiled, original, readFileSync(path, "utf8"));
      if (early !== undefined) return early;
      if (isNative) this.keepLibrary("mutant");
      let usedMs = 0;
      for (const step of ladder()) {
        // The first step is always taken.
        const isLate = usedMs > 0 && usedMs + step.usualMs > mostMs;
        usedMs += step.usualMs;
        if (this.isOver() || isLate) return { verdict: "not judged", by: "the time is over", step: "" };
        const said = await this.climb(id, step, edit);
        if (this.isOver() && said?.limited !== false)
          return { verdict: "not judged", by: "the time is over", step: "" };
        if (said !== undefined) {
          return { verdict: said.limited ? "timed out" : "found", by: said.by, step: said.step };
        }
      }
      return { verdict: "survived", by: "", step: "" };
    } finally {
      edit.off();
    }
  }

  /** Takes a step with the edit made. @returns what is surely red; undefined when all of the step passes or says nothing */
  private async climb(id: string, step: Step, edit: Toggle): Promise<Said | undefined> {
    let open: Step | undefined = step;
    while (open !== undefined) {
      const names: readonly string[] = open.tests.length === 0 ? [open.name] : open.tests;
      const said: Said = await this.step(open);
      if (!said.red) {
        for (const name of names) this.results.passed(id, name, this.stateOf([name]));
        return undefined;
      }
      if (await this.isSure(said, edit)) return said;
      // The files behind it have not run.
      const rest: readonly string[] = names.filter((name) => name !== said.step);
      open = rest.length === 0 || rest.length === names.length ? undefined : testStep(rest, this.results);
    }
    return undefined;
  }

  /**
   * Asks the type checker about edits of many files at once.
   *
   * @param isReached whether an error in a file can come from an edit of another
   * @returns those of which no error can come, and those that have one which no other file can make; nothing is said of the
   * others
   */
  async compiled(
    candidates: readonly Candidate[],
    isReached: (from: string, file: string) => boolean,
  ): Promise<{ good: readonly Candidate[]; bad: ReadonlyMap<Candidate, string> }> {
    let open = [...candidates];
    const good: Candidate[] = [];
    const bad = new Map<Candidate, string>();
    for (let round = 0; round < ROUNDS && open.length > 1; round++) {
      const undo = open.map((candidate) => applyEdits(this.copy.folder, [candidate], candidate.id));
      try {
        const { code, output } = await this.types();
        const errors = [...output.matchAll(/^(\S+)\(\d+,\d+\): (error TS(\d+).*)/gm)];
        const wrong = new Set(errors.map(([, file = ""]) => file));
        if (code !== 0 && wrong.size === 0) break;
        for (const [, file = "", why = "", number = ""] of errors) {
          const one = LOCAL_ERRORS.has(number) ? open.find((candidate) => candidate.file === file) : undefined;
          if (one !== undefined && !bad.has(one)) bad.set(one, why.slice(0, 160));
        }
        good.push(...open.filter(({ file }) => ![...wrong].some((other) => isReached(file, other))));
        // An edit without an error of its own may only be near one that has.
        open = open.filter((candidate) => !wrong.has(candidate.file) && !good.includes(candidate));
      } finally {
        for (const back of undo) back();
      }
    }
    return { good, bad };
  }

  private isOver(): boolean {
    return this.leftMs() <= 0;
  }

  /** Limits that end a process when the time is over. */
  private bounded(limits: Limits): Limits {
    return { ...limits, wallMs: Math.max(0, Math.min(limits.wallMs, this.leftMs())) };
  }

  private async build(): Promise<Ended> {
    return this.run([process.execPath, "scripts/build.ts"], limitsOf(COMPILE_MS));
  }

  /** A verdict that needs no suite; undefined where the edit is code, and other code. */
  private async compile(
    isNative: boolean,
    isCompiled: boolean,
    original: string,
    mutated: string,
  ): Promise<Judgement | undefined> {
    if (!isNative && isSameCode(original, mutated)) return { verdict: "same code", by: "", step: "" };
    if (!isNative && isCompiled) return undefined;
    const { code, ended, output } = isNative ? await this.build() : await this.types();
    const why = /\berror(?: TS\d+)?: .*/.exec(output)?.[0].trim().slice(0, 160) ?? ended;
    if (code !== 0) return { verdict: "does not compile", by: why, step: "" };
    return isNative && this.librariesOf() === this.libraries ? { verdict: "same code", by: "", step: "" } : undefined;
  }

  /** The type checker, as `bun run typecheck` asks it: what nobody could merge. */
  private types(): Promise<Ended> {
    return this.run([process.execPath, "run", "typecheck"], limitsOf(COMPILE_MS));
  }

  private async step({ name, args, tests, usualMs }: Step): Promise<Said> {
    const result = join(this.copy.folder, RESULT);
    rmSync(result, { force: true });
    const report = join(this.copy.folder, REPORT);
    rmSync(report, { force: true });
    const reporter = tests.length === 0 ? [] : ["--reporter=junit", `--reporter-outfile=${report}`];
    const command = [process.execPath, ...args, ...reporter];
    const { code, ended, output, cpuMs } = await this.run(command, this.bounded(this.limits(usualMs)));
    if (code === 0 && hasSaidSo(output, result)) {
      const times = existsSync(report) ? timesOf(readFileSync(report, "utf8"), cpuMs) : [];
      for (const [file, ms] of times) this.results.timed(file, ms);
      return { red: false, by: "", step: name, limited: false, cpuMs };
    }
    const step = failedFile(output, tests) ?? (tests.length === 1 ? (tests[0] as string) : name);
    const limited = ended !== "" && !ended.startsWith("signal");
    const by = limited
      ? `it came to its limit of ${ended}`
      : (failureOf(output, result) ?? `crash: ${ended || `exit code ${code}`}`);
    return { red: true, by, step, limited, cpuMs };
  }

  /**
   * Whether what went red is red once more alone, and green without the fault: neither a busy machine nor a test that
   * depends on others finds anything. What is red without any fault is told, and the ladder goes on.
   */
  private async isSure({ step, limited }: Said, edit: Toggle): Promise<boolean> {
    if (this.red.has(step)) return false;
    const alone = stepNamed(step, this.results);
    // What came to a limit does not pass by chance: the limits are many times what is usual, and to wait once more takes long.
    if (!limited && !(await this.step(alone)).red) return false;
    const state = this.stateOf([step]);
    if (this.results.isGreen(step, state)) return true;
    const isTimed = this.results.msOf(step) !== undefined;
    edit.off();
    let clean = await this.step(alone);
    if (clean.red) clean = await this.step(alone);
    edit.on();
    // What was ended with the time says nothing.
    if (this.isOver()) return false;
    if (clean.red) {
      this.red.set(step, clean.by);
      console.log(`RED WITHOUT A FAULT ${step}: ${clean.by}`);
      return false;
    }
    this.results.green(step, state);
    // Nobody knew how long it takes: it may have been the first to build something, and have its limit from now on.
    return !limited || isTimed || (await this.step(stepNamed(step, this.results))).red;
  }
}
