/**
 * Builds the subjects that this machine can build, puts them under the kit, and writes conform/RESULTS.md:
 * `bun run conform:subjects --write`.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { abisFolder, WINE, wineEnv } from "../scripts/abis/abis.ts";
import { libraryFolder } from "../scripts/build.ts";
import { command } from "../scripts/command.ts";
import { buildDriver, importLibrary, zig, zigCc } from "./build.ts";
import { putTo } from "./src/driver.ts";
import type { Result } from "./src/result.ts";

const here = import.meta.dir;
const root = join(here, "..");
const RESULTS = join(here, "RESULTS.md");
const PLATFORM = "linux-x64";
type Platform = keyof typeof ZIG_TARGETS;
const ZIG_TARGETS = {
  "linux-x64": "x86_64-linux-gnu.2.17",
  "linux-arm64": "aarch64-linux-gnu.2.17",
  "windows-x64": "x86_64-windows-gnu",
} as const;

const suffix = (platform: Platform) => (platform === "windows-x64" ? "dll" : "so");

/** Compiles an adapter in C. */
export function compileC(name: string, to: string, platform: Platform = PLATFORM): string {
  const path = join(to, `${name}.${suffix(platform)}`);
  zigCc(platform, ["-shared", "-fPIC", join(here, "subjects", `${name}.c`), "-o", path]);
  return path;
}

/** What Windows' linker needs of the library, which has no import library; the DLL is found beside the adapter. */
function windowsLibrary(to: string): string {
  const source = readFileSync(join(here, "subjects", "gobuf.zig"), "utf8");
  const names = [...source.matchAll(/^extern fn (\w+)/gm)].map(([, name]) => name as string);
  copyFileSync(join(libraryFolder("windows-x64"), "gobuf.dll"), join(to, "gobuf.dll"));
  return importLibrary("gobuf.dll", names, to);
}

/** Compiles gobuf's own adapter, against the library of this checkout. */
export function compileGobuf(to: string, platform: Platform = PLATFORM): string {
  const path = join(to, `gobuf-subject.${suffix(platform)}`);
  const library = libraryFolder(platform);
  const windows = platform === "windows-x64";
  const modules = [
    "--dep",
    "layout",
    `-Mroot=${join(here, "subjects", "gobuf.zig")}`,
    `-Mlayout=${join(root, "arch/layout.zig")}`,
  ];
  const against = windows ? [windowsLibrary(to)] : [join(library, "libgobuf.so"), "-rpath", library];
  const link = [...against, `-femit-bin=${path}`];
  const args = ["build-lib", "-dynamic", "-OReleaseFast", "-target", ZIG_TARGETS[platform], ...modules, ...link];
  zig(args, to);
  return path;
}

/** Compiles adapters of crates, where there is cargo. @returns nothing where there is none */
export function compileRust(to: string, package_: "rust" | "go-lib" = "rust"): string | undefined {
  const cargo = Bun.which("cargo");
  if (cargo === null) return undefined;
  const args = ["build", "--release", "--locked", "--lib", "--target-dir", join(to, package_)];
  const ran = Bun.spawnSync([cargo, ...args], { cwd: join(here, "subjects", package_), stderr: "pipe" });
  if (ran.exitCode !== 0) throw new Error(`cargo build: ${ran.stderr}`);
  const name = package_ === "rust" ? "libconform_subjects.so" : "libconform_go_lib.so";
  return join(to, package_, "release", name);
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
  mkdirSync(unpacked, { recursive: true });
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

/** What of Debian's is put under the kit on AArch64, with what it is linked with. */
const ARM_PACKAGES = DEBIAN.filter((name) => /^libboost-context|^libpcl1=/.test(name));
const ARM_SUBJECTS = DEBIAN_SUBJECTS.filter(([source]) => ["fcontext.c", "pcl.c"].includes(source));
const QEMU = ["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu"];

/**
 * Compiles adapters for AArch64, against Debian's packages of that architecture, of which a list of its own is fetched.
 *
 * @param headers where the packages of this machine were unpacked: headers are the same
 */
export function compileArm(to: string, headers: string): readonly string[] | string {
  if (Bun.which(QEMU[0] as string) === null || !existsSync(QEMU[2] as string)) return "there is no qemu-aarch64";
  if (!existsSync(libraryFolder("linux-arm64")))
    return "gobuf's library for it is not built (bun run setup:abis arm64)";
  const lists = join(to, "lists");
  mkdirSync(join(lists, "partial"), { recursive: true });
  const options = ["APT::Architecture=arm64", "APT::Architectures=arm64", `Dir::State::Lists=${lists}`];
  const apt = ["apt-get", ...options.flatMap((option) => ["-o", option])];
  try {
    run([...apt, "update"], to);
    run([...apt, "download", ...ARM_PACKAGES], to);
  } catch (error) {
    return `its packages are not to be had: ${(error as Error).message.split("\n", 1)[0]}`;
  }
  for (const name of new Bun.Glob("*.deb").scanSync(to)) run(["dpkg", "-x", name, "."], to);
  const built = ARM_SUBJECTS.map(([source, library]) => {
    const path = join(to, `${source}.so`);
    const file = join(to, "usr", library.replace("x86_64", "aarch64"));
    const flags = ["-shared", "-fPIC", "-I", join(headers, "usr", "include"), "-Wl,--allow-shlib-undefined"];
    zigCc("linux-arm64", [
      ...flags,
      join(here, "subjects", source),
      file,
      `-Wl,-rpath,${join(file, "..")}`,
      "-o",
      path,
    ]);
    return path;
  });
  return [compileGobuf(to, "linux-arm64"), compileC("swapcontext", to, "linux-arm64"), ...built];
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
function documented({ abi, property, text }: Result): string {
  const windows = abi === "Microsoft x64";
  const conventions = "Microsoft's x64 calling convention";
  if (property === "bounds")
    return "the TEB is of the system's inside: no convention names it, and exceptions and probes need it";
  if (abi === "AAPCS64" && /fpcr/.test(text))
    return "AAPCS64 6.1.2: FPCR is a global register, which support functions may change: none asks for it";
  if (property === "entry")
    return windows
      ? `${conventions} gives a program's first words (FPCSR, MxCsr); of a context it says nothing`
      : "psABI 3.4.1 gives a process's first words; of a context it says nothing";
  if (/mxcsr|x87cw/.test(text))
    return windows
      ? `${conventions}, FPCSR and MxCsr: a callee that changes their nonvolatile fields restores them`
      : "psABI 3.2.1: the control bits of MXCSR and the x87 control word are callee-saved";
  if (/the process died/.test(text)) return "a process that dies needs none";
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

/** Puts adapters under the kit. @throws Error where one cannot be tried */
async function tried(paths: readonly string[], runner: readonly string[]): Promise<Result[]> {
  const results: Result[] = [];
  for (const path of paths) {
    const say = ({ subject, abi, property, verdict }: Result) =>
      console.log(`${subject}, ${abi}, ${property}: ${verdict}`);
    const ran = await putTo(path, {}, say, runner);
    if (ran.code === 2) throw new Error(ran.complaint);
    results.push(...ran.results);
  }
  return results;
}

/** The wine of `setup:abis`, with its prefix, as a command that the driver follows. */
function wine(): readonly string[] | string {
  const folder = abisFolder();
  if (!existsSync(WINE) || !existsSync(join(folder, "windows"))) return "there is no wine (bun run setup:abis windows)";
  const env = Object.entries(wineEnv(folder)).map(([name, value]) => `${name}=${value}`);
  return ["env", ...env, WINE];
}

/** Compiles adapters for Windows. @returns nothing, and why, where there is no library */
export function compileWindows(to: string): readonly string[] | string {
  if (!existsSync(libraryFolder("windows-x64")))
    return "gobuf's library for it is not built (bun run setup:abis windows)";
  return [compileGobuf(to, "windows-x64"), compileC("fibers", to, "windows-x64")];
}

/** Builds for Windows, and puts it under the kit by wine. */
async function onWindows(to: string): Promise<Result[]> {
  mkdirSync(to, { recursive: true });
  const runner = wine();
  const built = typeof runner === "string" ? runner : compileWindows(to);
  if (typeof built !== "string" && typeof runner !== "string")
    return tried(built, [...runner, buildDriver("windows-x64")]);
  console.log(`Microsoft x64: skipped, ${built}`);
  return [];
}

/** Builds what the machine can, and puts it under the kit. */
async function all(folder: string): Promise<Result[]> {
  const rust = (["rust", "go-lib"] as const).flatMap((name) => compileRust(folder, name) ?? []);
  if (rust.length === 0) console.log("the crates: skipped, there is no cargo");
  const debian = compileDebian(folder);
  if (typeof debian === "string") console.log(`Debian's libraries: skipped, ${debian}`);
  const own = [compileGobuf(folder), compileC("swapcontext", folder)];
  const built = [...own, ...(typeof debian === "string" ? [] : debian), ...rust];
  const results = [...(await tried(built, [buildDriver(PLATFORM)])), ...(await onWindows(join(folder, "windows")))];
  const to = join(folder, "arm64");
  mkdirSync(to, { recursive: true });
  const arm = typeof debian === "string" ? debian : compileArm(to, join(folder, "debian"));
  if (typeof arm === "string") {
    console.log(`AArch64: skipped, ${arm}`);
    return results;
  }
  return [...results, ...(await tried(arm, [...QEMU, buildDriver("linux-arm64")]))];
}

if (import.meta.main) {
  const program = command("bun run conform:subjects", "Puts the kit's subjects under the kit.");
  program.option("--write", "writes conform/RESULTS.md");
  program.option("--folder <path>", "builds there, and leaves it, so that the next run has less to build");
  program.parse();
  const { write, folder: kept } = program.opts<{ write?: boolean; folder?: string }>();
  const folder = kept === undefined ? mkdtempSync(join(tmpdir(), "gobuf-subjects-")) : resolve(kept);
  mkdirSync(folder, { recursive: true });
  let results: Result[];
  try {
    results = await all(folder);
  } finally {
    if (kept === undefined) rmSync(folder, { recursive: true });
  }
  if (write) {
    const head = readFileSync(RESULTS, "utf8").split("<!-- results -->")[0] ?? "";
    const abis = [...Map.groupBy(results, ({ abi }) => abi)].map(([abi, of]) => `### ${abi}\n\n${table(of)}`);
    writeFileSync(
      RESULTS,
      `${head}<!-- results -->\n\n${abis.join("\n\n")}\n\n### What differs\n\n${differences(results)}\n`,
    );
  }
  process.exit(results.some(({ subject, verdict }) => subject === "gobuf" && verdict === "FAIL") ? 1 : 0);
}
