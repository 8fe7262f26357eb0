/** The Go programs themselves, as they stand in the installed GOROOT: built once, and run. */
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { goEnvironment, installedGo } from "../go.ts";
import type { Program } from "./program.ts";

const CACHE = join(import.meta.dir, ".cache");
const environment = goEnvironment(join(CACHE, "go-build"));

/** What a command did. */
export interface Outcome {
  readonly exitCode: number;
  /** What it wrote to stdout, then what it wrote to stderr, where Go's print goes. */
  readonly output: string;
}

async function run(command: readonly string[]): Promise<Outcome> {
  const child = Bun.spawn([...command], { env: environment, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [out, err, exitCode] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { exitCode, output: out + err };
}

async function mustRun(command: readonly string[]): Promise<string> {
  const { exitCode, output } = await run(command);
  if (exitCode !== 0) throw new Error(`${command.join(" ")}: exit code ${exitCode}\n${output}`);
  return output;
}

/** The Go programs of one installed Go. */
export class Originals {
  private constructor(
    /** For example `go1.26.8`. */
    readonly version: string,
    private readonly go: string,
    private readonly sources: string,
    private readonly folder: string,
  ) {}

  /** Those of the Go on PATH, or why there are none. */
  static find(): Originals | string {
    const go = installedGo();
    if (!go.ok) return go.reason;
    const sources = join(go.goroot, "test", "chan");
    if (!existsSync(sources)) return `${go.version} came without its test/chan`;
    const folder = join(CACHE, go.version.replaceAll(/[^\w.-]/g, "_"));
    mkdirSync(folder, { recursive: true });
    return new Originals(go.version, go.command, sources, folder);
  }

  private source({ name }: Program): string {
    return join(this.sources, `${name}.go`);
  }

  private binary({ name }: Program): string {
    return join(this.folder, process.platform === "win32" ? `${name}.exe` : name);
  }

  /** Builds those that are not built yet. @throws Error when one fails */
  async build(programs: readonly Program[]): Promise<void> {
    const missing = programs.filter((p) => p.original !== "errorcheck" && !existsSync(this.binary(p)));
    const worker = async () => {
      for (let p = missing.pop(); p !== undefined; p = missing.pop()) await this.buildOne(p);
    };
    await Promise.all(Array.from({ length: availableParallelism() }, worker));
  }

  private async buildOne(program: Program): Promise<void> {
    const binary = this.binary(program);
    let source = this.source(program);
    if (program.original === "runoutput") {
      const generated = join(this.folder, `${program.name}-generated.go`);
      await Bun.write(generated, await mustRun([this.go, "run", source]));
      source = generated;
    }
    // Under another name until it is whole.
    const unfinished = `${binary}.${process.pid}`;
    await mustRun([this.go, "build", "-o", unfinished, source]);
    renameSync(unfinished, binary);
  }

  /** Runs one that was built. */
  run(program: Program): Promise<Outcome> {
    return run([this.binary(program), ...(program.args ?? [])]);
  }

  /** The lines that the compiler refuses, and those that the program says it must refuse. */
  async errorLines(program: Program): Promise<{ refused: number[]; marked: number[] }> {
    const source = this.source(program);
    const discard = join(this.folder, `${program.name}.discard`);
    const { output } = await run([this.go, "build", "-gcflags=-e", "-o", discard, source]);
    const refused = [...output.matchAll(/\.go:(\d+):\d+: /g)].map((m) => Number(m[1]));
    const marked: number[] = [];
    for (const [i, line] of readFileSync(source, "utf8").split("\n").entries()) {
      if (line.includes("// ERROR")) marked.push(i + 1);
    }
    return { refused, marked };
  }
}
