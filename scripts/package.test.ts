/**
 * The package as a user gets it: packed, checked, installed into an empty project without Zig and without a network,
 * run, bundled and compiled. On this machine only: what an emulated one would load, every other test there loads too.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, posix, resolve } from "node:path";
import { hostPlatform, libraryFile } from "../src/runtime/library.ts";
import { currentAbi } from "./abis/abis.ts";
import { PLATFORMS } from "./build.ts";
import { statedOutput } from "./stated.ts";
import { findZig } from "./zig.ts";

const root = resolve(import.meta.dir, "..");
const readme = readFileSync(join(root, "README.md"), "utf8");
/**
 * What the tarball may have, bytes. The sources are 245 kB of it, to which the maps of declarations and modules lead; the modules
 * that are loaded 120 and their maps 35; the libraries of five platforms 145 (those of Linux have the scheduler of several Ms and
 * what threads share, 48 kB each); the declarations 70;
 * 22 kB the maps from declarations to sources, 20 kB guides and examples.
 */
const SIZE_MAX = 720_000;
const STEP_MS = 60_000;
setDefaultTimeout(STEP_MS);
/** Packing builds the library of every platform, in a fresh checkout. */
const PACK_MS = 120_000;

const tsc = join(root, "node_modules", "typescript-7", "bin", "tsc");

/** The options that `bun init` gives a project; they are stricter than this project's own. */
const BUN_INIT = {
  lib: ["ESNext"],
  target: "ESNext",
  module: "Preserve",
  moduleDetection: "force",
  moduleResolution: "bundler",
  allowImportingTsExtensions: true,
  verbatimModuleSyntax: true,
  noEmit: true,
  strict: true,
  skipLibCheck: true,
  noFallthroughCasesInSwitch: true,
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
};

const folder = mkdtempSync(join(tmpdir(), "gobuf-package-"));
afterAll(() => rmSync(folder, { recursive: true }));
const project = join(folder, "project");
const elsewhere = join(folder, "elsewhere");
const executable = process.platform === "win32" ? "app.exe" : "app";

/** The environment of a user's machine: no Zig to be found, no registry to be reached. */
const userEnv: Record<string, string | undefined> = {
  ...process.env,
  PATH: join(folder, "empty"),
  ZIG: undefined,
  GOBUF_LIBRARY: undefined,
  BUN_INSTALL_CACHE_DIR: join(folder, "cache"),
  BUN_CONFIG_REGISTRY: "http://127.0.0.1:9/",
};

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function run(command: readonly string[], cwd: string, env: Record<string, string | undefined> = userEnv): Ran {
  const ran = Bun.spawnSync([...command], { cwd, env, stdout: "pipe", stderr: "pipe" });
  return { code: ran.exitCode, out: ran.stdout.toString(), err: ran.stderr.toString() };
}

function bun(args: readonly string[], cwd: string): Ran {
  return run([process.execPath, ...args], cwd);
}

/** Runs what must work. @returns its output */
function must(ran: Ran): string {
  if (ran.code !== 0) throw new Error(`exit code ${ran.code}:\n${ran.out}${ran.err}`);
  return ran.out;
}

/** Makes a project that has gobuf installed, and the README's examples. */
function install(where: string): void {
  mkdirSync(where);
  writeFileSync(join(where, "package.json"), '{ "name": "app", "type": "module", "private": true }\n');
  const example = /```ts\n(.*?)```/s.exec(readme)?.[1];
  writeFileSync(join(where, "app.ts"), `${example}\nconsole.log(total);\n`);
  const [, c = "", ts = ""] = /```c\n(.*?)```.*?```ts\n(.*?)```/s.exec(readme) ?? [];
  writeFileSync(join(where, "squares.c"), c);
  writeFileSync(join(where, "squares.ts"), `${ts}\nconsole.log(sum);\n`);
  must(bun(["add", tarball], where));
  // A peer that a guide has beside gobuf, and the SDK with it.
  symlinkSync(join(root, "node_modules", "@opentelemetry"), join(where, "node_modules", "@opentelemetry"), "junction");
}

const library = join("zig-out", "lib", hostPlatform(), libraryFile("gobuf", hostPlatform()));
let tarball = "";
let paths: string[] = [];

describe.skipIf(currentAbi() !== undefined)("the package (skipped under an emulator, which packs nothing)", () => {
  beforeAll(async () => {
    for (const name of ["empty", "packed", "elsewhere"]) mkdirSync(join(folder, name));
    must(run([process.execPath, "pm", "pack", "--destination", join(folder, "packed")], root, process.env));
    const [file = ""] = readdirSync(join(folder, "packed"));
    tarball = join(folder, "packed", file);
    const files = await new Bun.Archive(await Bun.file(tarball).bytes()).files();
    paths = [...files.keys()].map((path) => path.replace("package/", ""));
    install(project);
  }, PACK_MS);

  test("it holds the library of every platform, the header, the declarations, and nothing of the suite", () => {
    for (const platform of PLATFORMS)
      expect(paths).toContain(`zig-out/lib/${platform}/${libraryFile("gobuf", platform)}`);
    for (const path of [
      "arch/include/gobuf.h",
      "arch/include/gobuf.zig",
      "src/index.ts",
      "dist/bun/index.js",
      "dist/bun/core.js.map",
      "types/index.d.ts",
      "LICENSE",
      "NOTICE",
    ]) {
      expect(paths).toContain(path);
    }
    expect(paths.filter((path) => /\.test\.|probe\.|^(scripts|props|golden|bench)\//.test(path))).toEqual([]);
  });

  test(`it has at most ${SIZE_MAX / 1000} kB`, () => {
    expect(Bun.file(tarball).size).toBeLessThanOrEqual(SIZE_MAX);
  });

  test("its size is what the README says, within a tenth", () => {
    const said = 1000 * Number(/about (\d+) kB/.exec(readme)?.[1]);
    expect(Math.abs(Bun.file(tarball).size / said - 1)).toBeLessThan(0.1);
  });

  test("no link of its pages is dead: each leads to a file that it has, or to the web", () => {
    const pages = ["README.md", "CHANGELOG.md", ...paths.filter((path) => /^docs\/.*\.md$/.test(path))];
    const links = pages.flatMap((page) =>
      [...readFileSync(join(project, "node_modules", "gobuf", page), "utf8").matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(
        ([, to = ""]) => ({ page, to, path: posix.join(posix.dirname(page), to) }),
      ),
    );
    const leads = ({ to, path }: { to: string; path: string }) =>
      /^https:/.test(to) || paths.some((file) => file === path || file.startsWith(`${path}/`));
    expect(links.filter((link) => !leads(link))).toEqual([]);
    expect(links.length).toBeGreaterThan(15);
    expect(leads({ to: "FIDELITY.md", path: "FIDELITY.md" })).toBe(false);
  });

  test("publint has nothing to say", () => {
    must(run([process.execPath, "x", "publint", "--strict", tarball], root, process.env));
  });

  test(
    "arethetypeswrong has nothing to say of an ES module",
    () => {
      const options = ["--profile", "esm-only", "--exclude-entrypoints", "gobuf.h", "gobuf.zig"];
      must(run([process.execPath, "x", "attw", tarball, ...options], root, process.env));
    },
    STEP_MS,
  );

  test("the README's example runs, without Zig", () => {
    expect(must(bun(["app.ts"], project))).toBe("14\n");
  });

  test("its modules' maps lead to its sources", () => {
    const maps = paths.filter((path) => path.endsWith(".js.map"));
    for (const map of maps) {
      const { sources } = JSON.parse(readFileSync(join(project, "node_modules", "gobuf", map), "utf8"));
      const ofSrc = (sources as string[]).map((source) => posix.join(posix.dirname(map), source));
      expect(ofSrc.filter((source) => !/^src\/.*\.ts$/.test(source) || !paths.includes(source))).toEqual([]);
      expect(ofSrc.length).toBeGreaterThan(0);
    }
    expect(maps.length).toBeGreaterThan(4);
  });

  test("a stack shows gobuf's places by its sources, and a report the program's own", () => {
    const program = `import { chan, FatalError, go, run } from "gobuf";
      const error = await run(function* main() {
        const c = chan<number>();
        go(function* sender() { yield* c.send(1); });
        yield* c.recv();
        yield* c.recv();
      }, { traceback: "all" }).catch((error: FatalError) => error);
      console.log(error.message);
      try { chan(-1); } catch (error) { console.log((error as Error).stack); }`;
    writeFileSync(join(project, "places.ts"), program);
    const out = must(bun(["places.ts"], project));
    expect(out).toMatch(/goroutine 1 \[chan receive\]:\nmain\(\.\.\.\)\n\t.*places\.ts:6/);
    expect(out).toMatch(/at checkCapacity \(.*gobuf.src.runtime.chan\.ts:\d+/);
  });

  test("two copies are known apart, and each has its library", () => {
    const other = join(project, "node_modules", "other");
    cpSync(join(project, "node_modules", "gobuf"), other, { recursive: true });
    const program = `import { chan, run } from "gobuf";
      import * as other from "./node_modules/other/dist/bun/index.js";
      console.log(await other.run(function* () { yield* other.gosched(); return 7; }));
      await run(function* () { yield* other.chan().recv(); }).catch((error) => console.log(error.message));`;
    writeFileSync(join(project, "copies.ts"), program);
    const [seven, refused] = must(bun(["copies.ts"], project)).split("\n");
    rmSync(other, { recursive: true });
    expect(seven).toBe("7");
    expect(refused).toMatch(/^gobuf: recv of another copy of gobuf: it is of the copy in .*other, .* in .*gobuf:/);
  });

  test("a bundle of a program without native bodies has none of them, and no traces", () => {
    /** Texts of modules that programs leave out: of native.cc, of the traces' format. */
    const texts = ["gobuf: native.cc: no source at", "go 1.26 trace"];
    const kept = (program: string) => {
      writeFileSync(join(project, "kept.ts"), program);
      must(bun(["build", "kept.ts", "--target=bun", "--outdir=kept"], project));
      const text = readFileSync(join(project, "kept", "kept.js"), "utf8");
      must(bun([join("kept", "kept.js")], project));
      rmSync(join(project, "kept"), { recursive: true });
      return texts.filter((each) => text.includes(each));
    };
    const contexts = 'import { context, run } from "gobuf"; await run(function* () { context.background().err(); });';
    expect(kept(contexts)).toEqual([]);
    expect(kept(`${contexts} import { native } from "gobuf"; globalThis.kept = native.cc;`)).toEqual([
      "gobuf: native.cc: no source at",
    ]);
    expect(kept(`${contexts} import { trace } from "gobuf"; globalThis.kept = trace.start;`)).toEqual([
      "go 1.26 trace",
    ]);
  });

  test("it type-checks under the options of `bun init`", () => {
    const config = {
      compilerOptions: { ...BUN_INIT, types: ["bun"], typeRoots: [join(root, "node_modules", "@types")] },
      include: ["app.ts", "squares.ts"],
    };
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify(config));
    must(run([process.execPath, tsc, "-p", project], root, process.env));
  });

  const guides = readdirSync(join(root, "docs", "guide")).flatMap((page) =>
    [...readFileSync(join(root, "docs", "guide", page), "utf8").matchAll(/^```ts\n(.*?)^```$/gms)].map(
      ([, code = ""], i) => ({ name: `${page.replace(".md", "")}-${i + 1}.ts`, code }),
    ),
  );

  test.each(guides)("the guides' code runs, and prints what it says: $name", ({ name, code }) => {
    writeFileSync(join(project, name), code);
    expect(
      must(bun([name], project))
        .trimEnd()
        .split("\n"),
    ).toEqual(statedOutput(code));
  });

  test("the guides' code type-checks", () => {
    expect(guides.length).toBeGreaterThan(10);
    const config = {
      compilerOptions: { ...BUN_INIT, types: ["bun"], typeRoots: [join(root, "node_modules", "@types")] },
      include: guides.map(({ name }) => name),
    };
    writeFileSync(join(project, "tsconfig.guides.json"), JSON.stringify(config));
    must(run([process.execPath, tsc, "-p", "tsconfig.guides.json"], project, process.env));
  });

  test("the plugin for ESLint loads in Bun and in Node, which loads no TypeScript from a package", () => {
    const script = `const { default: gobuf } = await import("gobuf/eslint");
      console.log(gobuf.meta.name, Object.keys(gobuf.rules).join(), JSON.stringify(gobuf.configs.recommended.rules));`;
    const loads = 'gobuf yield-star {"gobuf/yield-star":"error","require-yield":"off"}\n';
    expect(must(bun(["-e", script], project))).toBe(loads);
    const node = Bun.which("node");
    if (node !== null) expect(must(run([node, "--input-type=module", "-e", script], project))).toBe(loads);
  });

  test("the header, in C and in Zig, is found by the package's name", () => {
    const script = (file: string) =>
      `console.log(await Bun.file(Bun.fileURLToPath(import.meta.resolve("gobuf/${file}"))).text())`;
    expect(must(bun(["-e", script("gobuf.h")], project))).toContain("#define GOBUF_RUNTIME ");
    expect(must(bun(["-e", script("gobuf.zig")], project))).toContain("export fn gobuf_attach(");
  });

  test("the README's body in C runs beside it, found by its header", () => {
    expect(must(bun(["squares.ts"], project))).toBe("285\n");
  });

  test(
    "libraries of bodies that other compilers make with its gobuf.h and gobuf.zig",
    () => {
      const include = join(project, "node_modules", "gobuf", "arch", "include");
      const bodies = join(root, "examples", "native");
      const c = join(project, libraryFile("c", hostPlatform()));
      const zig = join(project, libraryFile("zig", hostPlatform()));
      const modules = [`-Mroot=${join(bodies, "walks.zig")}`, `-Mgobuf=${join(include, "gobuf.zig")}`];
      const zigBuild = ["build-lib", "-dynamic", "-OReleaseFast", "--dep", "gobuf", ...modules, `-femit-bin=${zig}`];
      must(run([...findZig(), ...zigBuild], folder, process.env));
      const cBuild = ["cc", "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-I", include, join(bodies, "walks.c")];
      must(run([...findZig(), ...cBuild, "-o", c], folder, process.env));
      const script = `
        import { go, native, run, WaitGroup } from "gobuf";
        for (const path of ${JSON.stringify([c, zig])}) {
          const { symbols, close } = native.dlopen(path, { walker: native.body });
          await run(function* () {
            const jobs = native.chan(native.u32);
            const results = native.chan(native.u64);
            const count = native.callback((n) => console.log(n, "walks"));
            const wg = new WaitGroup();
            wg.add(1);
            go.native(symbols.walker, Uint32Array.from([jobs, results, count, wg], native.handle));
            yield* jobs.send(27);
            console.log(((yield* results.recv()) ?? 0n) >> 32n, "steps");
            jobs.close();
            yield* wg.wait();
          });
          close();
        }`;
      writeFileSync(join(project, "own.ts"), script);
      expect(must(bun(["own.ts"], project))).toBe("111n steps\n1 walks\n".repeat(2));
    },
    3 * STEP_MS,
  );

  describe("moved to another folder, with the project gone", () => {
    /** Builds, hides the project, and runs what was made. */
    function buildAndRun(args: readonly string[], output: string, command: readonly string[]): string {
      must(bun(["build", "app.ts", ...args], project));
      renameSync(join(project, output), join(elsewhere, output));
      renameSync(project, `${project}.gone`);
      try {
        return must(run(command, elsewhere));
      } finally {
        renameSync(`${project}.gone`, project);
        rmSync(join(elsewhere, output), { recursive: true });
      }
    }

    for (const flags of ["", " --minify --bytecode --format=esm"]) {
      test(
        `an executable: bun build --compile${flags}`,
        () => {
          const args = ["--compile", "--outfile", executable, ...flags.split(" ").slice(1)];
          expect(buildAndRun(args, executable, [join(elsewhere, executable)])).toBe("14\n");
        },
        STEP_MS,
      );
    }

    test("a bundle, which has the libraries of all platforms and no code that builds", () => {
      must(bun(["build", "app.ts", "--target=bun", "--outdir=dist"], project));
      const files = readdirSync(join(project, "dist")).filter((name) => name !== "app.js");
      // The header comes with native.cc alone.
      expect(files.filter((name) => /gobuf.*\.(so|dylib|dll)$/.test(name))).toHaveLength(PLATFORMS.length);
      expect(files).toHaveLength(PLATFORMS.length);
      expect(readFileSync(join(project, "dist", "app.js"), "utf8")).not.toContain("-Dplatform");
      const args = ["--target=bun", "--outdir=dist"];
      expect(buildAndRun(args, "dist", [process.execPath, join("dist", "app.js")])).toBe("14\n");
    });
  });

  describe("without the library for this platform, the error names platform and path", () => {
    let broken = "";
    beforeAll(() => {
      broken = join(folder, "broken");
      cpSync(project, broken, { recursive: true });
      rmSync(join(broken, "node_modules", "gobuf", library));
    });

    test("installed", () => {
      const ran = bun(["app.ts"], broken);
      const path = join(broken, "node_modules", "gobuf", library);
      expect(ran.code).toBe(1);
      expect(ran.err).toContain(
        `gobuf: no native library for ${hostPlatform()} at ${path}: the installed package lacks it`,
      );
    });

    test(
      "compiled",
      () => {
        must(bun(["build", "--compile", "app.ts", "--outfile", executable], broken));
        const ran = run([join(broken, executable)], elsewhere);
        expect(ran.code).toBe(1);
        expect(ran.err).toContain(`gobuf: the bundle has no native library for ${hostPlatform()}`);
        expect(ran.err).toContain(library.replaceAll("\\", "/"));
      },
      STEP_MS,
    );
  });
});
