/**
 * Builds the subjects that this machine can build, puts them under the kit, and writes conform/RESULTS.md:
 * `bun run conform:subjects --write`.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { libraryFolder } from "../scripts/build.ts";
import { command } from "../scripts/command.ts";
import { findZig, zigEnv } from "../scripts/zig.ts";
import { buildDriver, zigCc } from "./build.ts";
import { putTo } from "./src/driver.ts";
import type { Result } from "./src/result.ts";

const here = import.meta.dir;
const root = join(here, "..");
const RESULTS = join(here, "RESULTS.md");
const PLATFORM = "linux-x64";

/** Compiles an adapter in C. */
export function compileC(name: string, to: string): string {
  const path = join(to, `${name}.so`);
  zigCc(PLATFORM, ["-shared", "-fPIC", join(here, "subjects", `${name}.c`), "-o", path]);
  return path;
}

/** Compiles gobuf's own adapter, against the library of this checkout. */
export function compileGobuf(to: string): string {
  const path = join(to, "gobuf.so");
  const library = libraryFolder(PLATFORM);
  const modules = [
    "--dep",
    "layout",
    `-Mroot=${join(here, "subjects", "gobuf.zig")}`,
    `-Mlayout=${join(root, "arch/layout.zig")}`,
  ];
  const link = [join(library, "libgobuf.so"), "-rpath", library, `-femit-bin=${path}`];
  const args = ["build-lib", "-dynamic", "-OReleaseFast", "-target", "x86_64-linux-gnu.2.17", ...modules, ...link];
  const ran = Bun.spawnSync([...findZig(), ...args], { cwd: to, env: zigEnv(), stderr: "pipe" });
  if (ran.exitCode !== 0) throw new Error(`zig build-lib: ${ran.stderr}`);
  return path;
}

/** Compiles the adapters of crates, where there is cargo. @returns nothing where there is none */
export function compileRust(to: string): string | undefined {
  const cargo = Bun.which("cargo");
  if (cargo === null) return undefined;
  const args = ["build", "--release", "--locked", "--target-dir", join(to, "rust")];
  const ran = Bun.spawnSync([cargo, ...args], { cwd: join(here, "subjects", "rust"), stderr: "pipe" });
  if (ran.exitCode !== 0) throw new Error(`cargo build: ${ran.stderr}`);
  return join(to, "rust", "release", "libconform_subjects.so");
}

/** The table of the page: a row a property, a column a subject. */
export function table(results: readonly Result[]): string {
  const subjects = [...new Set(results.map(({ subject, version }) => `${subject} ${version}`))];
  const rows = Map.groupBy(results, ({ property }) => property);
  const lines = [`| property | ${subjects.join(" | ")} |`, `|---|${"---|".repeat(subjects.length)}`];
  for (const [property, cells] of rows) {
    const cell = (name: string) => {
      const found = cells.find(({ subject, version }) => `${subject} ${version}` === name);
      if (found === undefined) return "";
      const tells = found.verdict === "FAIL" || found.verdict === "CHOICE";
      return tells ? `${found.verdict}: ${found.text.split("; ")[0]}` : found.verdict;
    };
    lines.push(`| ${property} | ${subjects.map(cell).join(" | ")} |`);
  }
  return lines.join("\n");
}

if (import.meta.main) {
  const program = command("bun run conform:subjects", "Puts the kit's subjects under the kit.");
  program.option("--write", "writes conform/RESULTS.md");
  program.parse();
  const { write } = program.opts<{ write?: boolean }>();
  const folder = mkdtempSync(join(tmpdir(), "gobuf-subjects-"));
  const results: Result[] = [];
  try {
    const driver = buildDriver(PLATFORM);
    const rust = compileRust(folder);
    if (rust === undefined) console.log("corosensei: skipped, there is no cargo");
    for (const path of [compileGobuf(folder), compileC("swapcontext", folder), ...(rust === undefined ? [] : [rust])]) {
      const ran = await putTo(
        path,
        {},
        (result) => console.log(`${result.subject} ${result.property}: ${result.verdict}`),
        [driver],
      );
      if (ran.code === 2) throw new Error(ran.complaint);
      results.push(...ran.results);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  if (write) {
    const head = readFileSync(RESULTS, "utf8").split("<!-- results -->")[0] ?? "";
    writeFileSync(RESULTS, `${head}<!-- results -->\n\n${table(results)}\n`);
  }
  process.exit(results.some(({ subject, verdict }) => subject === "gobuf" && verdict === "FAIL") ? 1 : 0);
}
