/** The build of the native library, in copies of the checkout: what counts as built, and what an odd surrounding does to it. */
import { afterAll, beforeAll, beforeEach, describe, expect, setDefaultTimeout } from "bun:test";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { hostPlatform, libraryFile } from "../src/runtime/library.ts";
import { abiSkip } from "./abis/skip.ts";
import { findZig } from "./zig.ts";

/** A build without a cache, on a machine that does other things as well. */
setDefaultTimeout(180_000);

const root = resolve(import.meta.dir, "..");
const test_ = abiSkip(["arm64", "windows", "musl"], "Zig runs on the machine's own ABI");
const isHere = process.env.GOBUF_ABI === undefined || process.env.GOBUF_ABI === "";

const folder = mkdtempSync(join(tmpdir(), "gobuf-build-"));
afterAll(() => {
  if (isHere) Bun.spawnSync(["chmod", "-R", "u+w", folder]);
  rmSync(folder, { recursive: true, force: true });
});

const platform = hostPlatform();
const library = libraryFile("gobuf", platform);
const probe = libraryFile("gobuf_probe", platform);

/** Makes a copy of what a build and a run need. */
function copyTo(at: string): string {
  mkdirSync(at, { recursive: true });
  for (const name of ["arch", "examples/native", "scripts", "src", "build.zig", "build.zig.zon", "package.json"]) {
    cpSync(join(root, name), join(at, name), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(at, "node_modules"), "junction");
  return at;
}

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a copy's `bun run build`. */
function build(
  at: string,
  env: Readonly<Record<string, string | undefined>> = {},
  prefix: readonly string[] = [],
): Ran {
  const [zig] = findZig();
  const { exitCode, stdout, stderr } = Bun.spawnSync([...prefix, process.execPath, join(at, "scripts", "build.ts")], {
    cwd: at,
    env: { ...process.env, ZIG: zig, ...env },
    stdin: "ignore",
    // Zig without a cache that it can make tries for ever.
    timeout: 120_000,
  });
  return { code: exitCode, out: stdout.toString(), err: stderr.toString() };
}

/** A goroutine runs: the library is loaded. */
const PROGRAM = `
import { go, gosched, run } from "./src/index.ts";
await run(function* () {
  go(function* () {
    console.log("ran");
  });
  yield* gosched();
});
`;

const BUILDING = `gobuf: building the native library for ${platform}\n`;
const silent: Ran = { code: 0, out: "", err: "" };
const built: Ran = { code: 0, out: "", err: BUILDING };

let copy = "";
const at = (name: string) => join(copy, "zig-out", "lib", platform, name);
let digests: readonly string[] = [];
const digestsNow = () => [library, probe].map((name) => new Bun.SHA256().update(readFileSync(at(name))).digest("hex"));

beforeAll(() => {
  if (!isHere) return;
  copy = copyTo(join(folder, "copy"));
  const first = build(copy);
  if (first.code !== 0) throw new Error(first.err);
  digests = digestsNow();
  cpSync(join(copy, "zig-out"), join(folder, "saved"), { recursive: true, preserveTimestamps: true });
});

/** Each test finds the copy built. */
beforeEach(() => {
  if (!isHere) return;
  rmSync(join(copy, "zig-out"), { recursive: true, force: true });
  cpSync(join(folder, "saved"), join(copy, "zig-out"), { recursive: true, preserveTimestamps: true });
});

describe("F32: what was built counts as fresh", () => {
  test_("when it is there, whole", () => {
    expect(build(copy)).toEqual(silent);
  });

  const table: [string, () => void][] = [
    ["the library is missing", () => rmSync(at(library))],
    ["it is empty", () => truncateSync(at(library), 0)],
    ["it is cut short", () => truncateSync(at(library), statSync(at(library)).size - 1)],
    [
      "it has other bytes, as many, and its times",
      () => {
        const { size, atime, mtime } = statSync(at(library));
        writeFileSync(at(library), Buffer.alloc(size));
        utimesSync(at(library), atime, mtime);
      },
    ],
    [
      "a folder is in its place",
      () => {
        rmSync(at(library));
        mkdirSync(at(library));
      },
    ],
    ["the probe is missing", () => rmSync(at(probe))],
    ["the probe is cut short", () => truncateSync(at(probe), 100)],
    ["the stamp is missing", () => rmSync(at(".sources"))],
    ["the stamp is cut short", () => truncateSync(at(".sources"), 40)],
    ["the stamp is of other sources", () => writeFileSync(at(".sources"), "0".repeat(40))],
    ["all of it is missing", () => rmSync(join(copy, "zig-out"), { recursive: true })],
  ];
  for (const [what, damage] of table) {
    test_(`not when ${what}: it is built again`, () => {
      damage();
      expect(build(copy)).toEqual(built);
      expect(digestsNow()).toEqual([...digests]);
      expect(build(copy)).toEqual(silent);
    });
  }
});

describe("F44: the build", () => {
  const homes: [string, Record<string, string | undefined>][] = [
    ["HOME is not set", { HOME: undefined, XDG_CACHE_HOME: undefined }],
    ["HOME is empty", { HOME: "", XDG_CACHE_HOME: undefined }],
    ["HOME cannot be made", { HOME: "/dev/null/home", XDG_CACHE_HOME: undefined }],
    ["XDG_CACHE_HOME cannot be made", { XDG_CACHE_HOME: "/dev/null/cache" }],
  ];
  for (const [what, env] of homes) {
    test_(`works where ${what}`, () => {
      rmSync(join(copy, "zig-out"), { recursive: true });
      expect(build(copy, { ZIG_GLOBAL_CACHE_DIR: undefined, ...env })).toEqual(built);
      expect(digestsNow()).toEqual([...digests]);
    });
  }

  test_("says so where $ZIG_GLOBAL_CACHE_DIR cannot be written", () => {
    rmSync(join(copy, "zig-out"), { recursive: true });
    const { code, err } = build(copy, { ZIG_GLOBAL_CACHE_DIR: "/dev/null/cache" });
    expect(err).toContain("gobuf: $ZIG_GLOBAL_CACHE_DIR is /dev/null/cache: it cannot be written");
    expect(code).toBe(1);
  });

  // Bun itself finds no file below a folder with a backslash.
  for (const name of ["a space and 'quotes'", `"$HOME's" #1 é`]) {
    test_(`works, and the library loads, in a folder called ${name}`, () => {
      const odd = copyTo(join(folder, name));
      expect(build(odd)).toEqual(built);
      expect(build(odd)).toEqual(silent);
      const program = join(odd, "program.ts");
      writeFileSync(program, PROGRAM);
      const { exitCode, stdout, stderr } = Bun.spawnSync([process.execPath, program], { cwd: odd, stdin: "ignore" });
      expect({ exitCode, out: stdout.toString(), err: stderr.toString() }).toEqual({
        exitCode: 0,
        out: "ran\n",
        err: "",
      });
      rmSync(odd, { recursive: true });
    });
  }

  test_("starts a Zig in such a folder by way of a link, its library's too", () => {
    const home = join(folder, 'a "zig"');
    mkdirSync(home);
    const zig = join(home, "zig");
    const script = '[ "$1" = version ] && exec echo 0.16.0; echo "$0 with $ZIG_LIB_DIR" >&2; exit 1';
    writeFileSync(zig, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    rmSync(at(".sources"));
    const { code, err } = build(copy, { ZIG: zig });
    expect(err).toMatch(/^(\S*)\/zig\/zig with \1\/zig\/lib$/m);
    expect(code).toBe(1);
  });

  /** Zig's cache of the copy, full. */
  function cacheOf(): string {
    const cache = join(copy, ".zig-cache");
    if (!existsSync(cache)) {
      rmSync(join(copy, "zig-out"), { recursive: true });
      expect(build(copy)).toEqual(built);
    }
    return cache;
  }

  const caches: [string, (file: string) => void][] = [
    ["was cut by half", (file) => truncateSync(file, Math.floor(statSync(file).size / 2))],
    [
      "is garbage",
      (file) => {
        chmodSync(file, 0o755);
        writeFileSync(file, Buffer.alloc(300, 0xfe));
      },
    ],
  ];
  for (const [what, damage] of caches) {
    test_(`does without a cache that ${what}`, () => {
      const files = readdirSync(cacheOf(), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      for (const { parentPath, name } of files) damage(join(parentPath, name));
      rmSync(join(copy, "zig-out"), { recursive: true });
      const { code, err } = build(copy);
      expect(err).toStartWith(BUILDING);
      expect(code).toBe(0);
      expect(digestsNow()).toEqual([...digests]);
    });
  }

  test_("says what is wrong with a source, once, and leaves the cache", () => {
    const broken = copyTo(join(folder, "broken"));
    cpSync(cacheOf(), join(broken, ".zig-cache"), { recursive: true });
    writeFileSync(join(broken, "arch", "rand.zig"), "no zig\n");
    const { code, err } = build(broken);
    expect(err).toContain("arch/rand.zig:1:4: error: ");
    expect(err).toContain(`if no source is at fault, remove ${join(broken, ".zig-cache")}`);
    expect(err).not.toContain("once more");
    expect(code).toBe(1);
    expect(existsSync(join(broken, "zig-out", "lib", platform, ".sources"))).toBe(false);
  });

  const isRoot = process.getuid?.() === 0;
  const cannotDrop = isRoot && Bun.which("setpriv") === null;
  const why = cannotDrop ? " (skipped: nothing is read-only for root, and there is no setpriv)" : "";
  describe.skipIf(cannotDrop)(`in a checkout that cannot be written${why}`, () => {
    const drop = isRoot ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];
    /** A copy that nobody may write; what runs in it is not root. */
    function readOnly(name: string, isBuilt: boolean): string {
      const made = copyTo(join(folder, name));
      if (isBuilt) cpSync(join(copy, "zig-out"), join(made, "zig-out"), { recursive: true });
      Bun.spawnSync(["chmod", "-R", "a-w,a+rX", made]);
      chmodSync(folder, 0o755);
      return made;
    }

    test_("what is built is used", () => {
      expect(build(readOnly("read-only built", true), { HOME: "/dev/null" }, drop)).toEqual(silent);
    });

    test_("what has to be built cannot be: it says where, and what to do", () => {
      const made = readOnly("read-only", false);
      const { code, out, err } = build(made, { HOME: "/dev/null" }, drop);
      expect(err).toBe(
        `gobuf: the native library for ${platform} has to be built, but ${join(made, "zig-out")} cannot be written ` +
          "(EACCES): build it in a copy that can be written, and name it in GOBUF_LIBRARY\n",
      );
      expect([code, out]).toEqual([1, ""]);
    });
  });
});
