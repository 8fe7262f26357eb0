/**
 * Builds the subjects that this machine can build, puts them under the kit, and writes conform/RESULTS.md:
 * `bun run conform:subjects --write`.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

/** Debian's packages that adapters are built against, each of one version. They are unpacked, and not installed. */
const DEBIAN = [
  "libboost1.81-dev=1.81.0-5+deb12u1",
  "libboost-context1.81-dev=1.81.0-5+deb12u1",
  "libpth-dev=2.0.7-22",
  "libpth20=2.0.7-22",
  "libst-dev=1.9-3.2",
  "libst1=1.9-3.2",
  "libpcl1-dev=1.12-2",
  "libpcl1=1.12-2",
];

/** Adapters of those, each with what it is linked with, below usr/. */
const DEBIAN_SUBJECTS: readonly (readonly [source: string, library: string])[] = [
  ["fcontext.c", "lib/x86_64-linux-gnu/libboost_context.a"],
  ["boost-fiber.cpp", "lib/x86_64-linux-gnu/libboost_context.a"],
  ["pth.c", "lib/x86_64-linux-gnu/libpth.so.20"],
  ["state-threads.c", "lib/libst.so.1"],
  ["pcl.c", "lib/x86_64-linux-gnu/libpcl.so.1"],
];

function run(command: readonly string[], cwd: string): void {
  const ran = Bun.spawnSync([...command], { cwd, stdout: "ignore", stderr: "pipe" });
  if (ran.exitCode !== 0) throw new Error(`${command.join(" ")}: ${ran.stderr}`);
}

/** Compiles the adapters of Debian's libraries. @returns nothing, and why, where this is no such machine */
export function compileDebian(to: string): readonly string[] | string {
  const lacking = ["apt-get", "dpkg", "gcc", "g++"].filter((name) => Bun.which(name) === null);
  if (lacking.length > 0) return `there is no ${lacking.join(", ")}`;
  const unpacked = join(to, "debian");
  mkdirSync(unpacked);
  try {
    run(["apt-get", "download", ...DEBIAN], unpacked);
  } catch (error) {
    return `its packages are not to be had: ${(error as Error).message.split("\n", 1)[0]}`;
  }
  for (const name of new Bun.Glob("*.deb").scanSync(unpacked)) run(["dpkg", "-x", name, "."], unpacked);
  const usr = join(unpacked, "usr");
  return DEBIAN_SUBJECTS.map(([source, library]) => {
    const path = join(to, `${source}.so`);
    const [compiler, standard] = source.endsWith(".c") ? ["gcc", "gnu11"] : ["g++", "c++17"];
    const flags = ["-shared", "-fPIC", "-O2", `-std=${standard}`, "-I", join(usr, "include")];
    const file = join(usr, library);
    run([compiler, ...flags, join(here, "subjects", source), file, `-Wl,-rpath,${join(file, "..")}`, "-o", path], to);
    return path;
  });
}

const nameOf = ({ subject, version }: Result) => `${subject} ${version}`;

/** The table of the page: a row a property, a column a subject. */
export function table(results: readonly Result[]): string {
  const subjects = [...new Set(results.map(nameOf))];
  const rows = Map.groupBy(results, ({ property }) => property);
  const lines = [`| property | ${subjects.join(" | ")} |`, `|---|${"---|".repeat(subjects.length)}`];
  for (const [property, cells] of rows) {
    const cell = (name: string) => cells.find((each) => nameOf(each) === name)?.verdict ?? "";
    lines.push(`| ${property} | ${subjects.map(cell).join(" | ")} |`);
  }
  return lines.join("\n");
}

/** What a document says of a difference. */
function documented({ property, text }: Result): string {
  const [preserved, start] = ["psABI 3.2.1", "psABI 3.4.1 gives a process's first words; of a context it says nothing"];
  if (property === "entry") return start;
  if (/mxcsr|x87cw/.test(text))
    return `${preserved}: the control bits of MXCSR and the x87 control word are callee-saved`;
  if (property === "sigmask") return "POSIX asks it of swapcontext alone";
  return "none asks for it";
}

/** Every difference, a row each: what was found, and what a document says of it. */
export function differences(results: readonly Result[]): string {
  const told = results.filter(({ verdict }) => verdict === "FAIL" || verdict === "CHOICE");
  const lines = ["| subject | ABI | property | verdict | found | the document |", "|---|---|---|---|---|---|"];
  for (const result of told) {
    const { abi, property, verdict, text } = result;
    // how many signals or steps there were is another number each time
    const found = text.split("; ").find((part) => !/^\d+ (?:signals|instructions)/.test(part)) ?? text;
    lines.push(`| ${nameOf(result)} | ${abi} | ${property} | ${verdict} | ${found} | ${documented(result)} |`);
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
    if (rust === undefined) console.log("the crates: skipped, there is no cargo");
    const debian = compileDebian(folder);
    if (typeof debian === "string") console.log(`Debian's libraries: skipped, ${debian}`);
    const built = [...(typeof debian === "string" ? [] : debian), ...(rust === undefined ? [] : [rust])];
    for (const path of [compileGobuf(folder), compileC("swapcontext", folder), ...built]) {
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
    writeFileSync(RESULTS, `${head}<!-- results -->\n\n${table(results)}\n\n${differences(results)}\n`);
  }
  process.exit(results.some(({ subject, verdict }) => subject === "gobuf" && verdict === "FAIL") ? 1 : 0);
}
