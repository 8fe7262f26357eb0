/** The status changes that a program of Go's takes: a runtime that counts them (an overlay), and a program that makes them. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Go, goEnvironment, minorOf } from "../../../golden/record.ts";
import { CACHE, type Source } from "./read.ts";

const FOLDER = join(import.meta.dir, "taken");
const ADDED = join(FOLDER, "overlay", "gobuf_status.go");
const CAS = /\b([\w.]+)\.atomicstatus\.CompareAndSwap\(/g;
/** The program goes round until nothing new comes: seconds, on a busy machine more. */
const LIMIT_MS = 300_000;
/** The release in which the leak profile is an experiment, which has to be asked for. */
const LEAK_EXPERIMENT = 26;

/** The overlay of a runtime. @returns the path of its map */
function overlay(go: Go, into: string): string {
  const runtime = join(go.goroot, "src", "runtime");
  const replace: Record<string, string> = { [join(runtime, "gobuf_status.go")]: ADDED };
  for (const file of readdirSync(runtime).filter((name) => /(?<!_test)\.go$/.test(name))) {
    const text = readFileSync(join(runtime, file), "utf8");
    const changed = text.replaceAll(CAS, "gobufStatusCAS($1, ");
    if (changed === text) continue;
    replace[join(runtime, file)] = join(into, file);
    writeFileSync(join(into, file), changed);
  }
  const map = join(into, "map.json");
  writeFileSync(map, JSON.stringify({ Replace: replace }));
  return map;
}

/**
 * Runs the program with a Go: it needs a C compiler, and takes half a minute.
 *
 * @returns the edges that it took, "from>to"
 * @throws Error when it does not build, or fails
 */
export function takenBy(go: Go, { statuses }: Source): string[] {
  mkdirSync(CACHE, { recursive: true });
  const building = mkdtempSync(join(CACHE, "taken-"));
  try {
    const env = {
      ...goEnvironment(join(CACHE, "go-build")),
      // nothing is laid over files of the module cache, where a fetched Go lies: this build has another one
      GOMODCACHE: join(CACHE, "modules"),
      CGO_ENABLED: "1",
      ...(minorOf(go.version) === LEAK_EXPERIMENT && { GOEXPERIMENT: "goroutineleakprofile" }),
    };
    const binary = join(building, "taken");
    const line = [go.command, "build", `-overlay=${overlay(go, building)}`, "-o", binary, "."];
    const built = Bun.spawnSync(line, { cwd: FOLDER, env });
    if (built.exitCode !== 0 || !existsSync(binary)) {
      throw new Error(`the program of status changes does not build with ${go.version}:\n${built.stderr}`);
    }
    const ran = Bun.spawnSync([binary], { timeout: LIMIT_MS });
    if (ran.exitCode !== 0) {
      const how = ran.signalCode ?? `exit code ${ran.exitCode}`;
      throw new Error(`the program of status changes, ${go.version}: ${how}\n${ran.stderr.toString().slice(0, 2000)}`);
    }
    const { taken } = JSON.parse(ran.stdout.toString()) as { taken: string[] };
    const nameOf = (number: string) =>
      Object.keys(statuses).find((name) => statuses[name] === Number(number)) ?? `status ${number}`;
    return taken.map((pair) => pair.split(">").map(nameOf).join(">"));
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
}
