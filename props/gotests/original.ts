/** Go's own tests, as they stand in the installed GOROOT and in the module cache: run by `go test`, and listed. */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { arch, platform } from "node:os";
import { join } from "node:path";
import { goEnvironment, installedGo } from "../go.ts";
import type { GoFile } from "./gotest.ts";

const CACHE = join(import.meta.dir, ".cache");
const environment = goEnvironment(join(CACHE, "go-build"));
/** A module that names the versions of golang.org/x/sync and golang.org/x/time whose tests are told. */
const XSYNC = join(import.meta.dir, "xsync");

/** What Go says of one of its tests. "compiled": an Example without output, which Go builds and does not run. */
export type Verdict = "pass" | "skip" | "fail" | "compiled";

/** Node's names of what Go calls GOHOSTARCH and GOHOSTOS. */
const ARCHES: Readonly<Record<string, string>> = { amd64: "x64", arm64: "arm64" };
const SYSTEMS: Readonly<Record<string, string>> = { windows: "win32" };

/** What a command did. */
interface Done {
  readonly code: number;
  /** Its standard output, then its standard error output. */
  readonly output: string;
}

async function command(line: readonly string[], cwd: string, extra: NodeJS.ProcessEnv = {}): Promise<Done> {
  const env = { ...environment, ...extra };
  const child = Bun.spawn([...line], { cwd, env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, output: out + err };
}

/** The tests of one installed Go. */
export class Originals {
  private constructor(
    /** For example `go1.26.8`. */
    readonly version: string,
    private readonly goroot: string,
    private readonly go: string,
  ) {}

  /** Those of the Go on PATH, or why there are none. */
  static find(): Originals | string {
    const go = installedGo();
    if (!go.ok) return go.reason;
    if (ARCHES[go.goarch] !== arch() || (SYSTEMS[go.goos] ?? go.goos) !== platform()) {
      return `Go is ${go.goos}/${go.goarch}'s, and this process is emulated`;
    }
    if (!existsSync(join(go.goroot, "src", "runtime", "chan_test.go"))) return `${go.version} has no sources`;
    mkdirSync(CACHE, { recursive: true });
    return new Originals(go.version, go.goroot, go.command);
  }

  /** The test functions and examples of a file. @returns undefined when its module is not in the module cache */
  names({ file, module }: GoFile): string[] | undefined {
    const root = module === undefined ? join(this.goroot, "src") : this.moduleFolder(module);
    if (root === undefined) return undefined;
    const source = readFileSync(join(root, file), "utf8");
    return [...source.matchAll(/^func ((?:Test|Example)\w*)\(/gm)].map((m) => m[1] as string);
  }

  private moduleFolder(module: string): string | undefined {
    const line = [this.go, "list", "-m", "-f", "{{.Dir}}", module];
    const list = Bun.spawnSync(line, { cwd: XSYNC, env: { ...environment, GOFLAGS: "-mod=mod", GOPROXY: "off" } });
    const folder = list.stdout.toString().trim();
    return list.exitCode === 0 && folder !== "" && existsSync(folder) ? folder : undefined;
  }

  /**
   * Runs tests of one package.
   *
   * @param mode Go's short mode leaves some tests out
   * @throws Error when they do not build, or one that Go does not know
   */
  async run(
    pkg: string,
    module: string | undefined,
    names: readonly string[],
    mode: "short" | "long" = "short",
  ): Promise<Map<string, Verdict>> {
    const pattern = `^(${names.join("|")})$`;
    const line = [this.go, "test", `-short=${mode === "short"}`, "-vet=off", "-count=1", "-v", "-run", pattern, pkg];
    const { code, output } = await command(line, module === undefined ? this.goroot : XSYNC);
    const found = new Map<string, Verdict>();
    for (const [, verdict, name] of output.matchAll(/^--- (PASS|SKIP|FAIL): (\w+) /gm)) {
      found.set(name as string, (verdict as string).toLowerCase() as Verdict);
    }
    if (found.size === 0 || (code !== 0 && ![...found.values()].includes("fail"))) {
      throw new Error(`${line.join(" ")}: exit code ${code}\n${output}`);
    }
    for (const name of names) {
      if (found.has(name)) continue;
      if (!name.startsWith("Example")) throw new Error(`${pkg} has no test ${name}\n${output}`);
      found.set(name, "compiled");
    }
    return found;
  }

  /** Builds Go's crash programs. @returns runs one, and gives what it prints */
  async crashPrograms(): Promise<(name: string, traceback: "single" | "all") => Promise<Done>> {
    const folder = join(this.goroot, "src", "runtime", "testdata", "testprog");
    const binary = join(CACHE, `testprog-${this.version.replaceAll(/[^\w.-]/g, "_")}`);
    if (!existsSync(binary)) {
      const { code, output } = await command([this.go, "build", "-o", binary, "."], folder);
      if (code !== 0) throw new Error(`go build of ${folder}: exit code ${code}\n${output}`);
    }
    // With one P, as here: which goroutine is in which state does not hang on the machine.
    return (name, traceback) => command([binary, name], CACHE, { GOTRACEBACK: traceback, GOMAXPROCS: "1" });
  }
}
