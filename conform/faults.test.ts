/**
 * The commands of RESULTS.md that show each fault without the kit print what stands beside them, where the library is there.
 */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { currentAbi } from "../scripts/abis/abis.ts";

interface Fault {
  readonly library: string;
  readonly command: string;
  readonly prints: string;
}

const here = import.meta.dir;
const rows = /## Faults, without the kit\n(.*?)\n## /s.exec(readFileSync(join(here, "RESULTS.md"), "utf8"))?.[1] ?? "";
const faults: readonly Fault[] = [...rows.matchAll(/^\| (\S+ [\d.]+) \| .*? \| `([^`]+)` \| `([^`]+)` \|$/gm)].map(
  ([, library = "", command = "", prints = ""]) => ({ library, command, prints }),
);

/** Of a package of Cargo's, whether all that it needs is on this machine: a test asks no registry. */
function cargoHas(manifest: string): boolean {
  if (Bun.which("cargo") === null) return false;
  const { exitCode } = Bun.spawnSync(["cargo", "fetch", "--locked", "--offline", "--manifest-path", manifest], {
    cwd: join(here, "subjects"),
    stderr: "ignore",
  });
  return exitCode === 0;
}

/** Why a command cannot be tried here. */
function lacking({ command }: Fault): string | undefined {
  if (process.platform !== "linux" || process.arch !== "x64" || currentAbi() !== undefined) return "Linux, x86-64";
  const manifest = /--manifest-path (\S+)/.exec(command)?.[1];
  if (manifest !== undefined) return cargoHas(manifest) ? undefined : "cargo, and its crates without a registry";
  if (/-lst\b/.test(command))
    return existsSync("/usr/include/st.h") && Bun.which("gcc") ? undefined : "libst-dev and gcc";
  return undefined;
}

describe("faults of others, without the kit", () => {
  test("each fault of the page has a command and what it prints", () => {
    expect(faults.length).toBe(rows.split("\n").filter((line) => /^\| [^-l]/.test(line)).length);
    expect(faults.length).toBeGreaterThanOrEqual(7);
    for (const { command } of faults) expect(command.split("\n").length).toBeLessThanOrEqual(2);
  });

  for (const fault of faults) {
    const lacks = lacking(fault);
    const title = `${fault.library}: ${fault.command}${lacks === undefined ? "" : ` (skipped: it needs ${lacks})`}`;
    test.skipIf(lacks !== undefined)(
      title,
      () => {
        const script = `bun() { "${process.execPath}" "$@"; }\n${fault.command}`;
        const ran = Bun.spawnSync(["bash", "-c", script], { cwd: join(here, "subjects"), stderr: "pipe" });
        expect(`${ran.stdout}${ran.exitCode === 0 ? "" : ran.stderr}`.trim()).toBe(fault.prints);
      },
      600_000,
    );
  }
});
