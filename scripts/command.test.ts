/** Every command line of the project: its help does nothing, and what makes no sense is refused by name, before anything is done. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { abiSkip } from "./abis/skip.ts";
import { beside } from "./beside.ts";
import { ensureNativeSync } from "./build.ts";
import { EXIT_USAGE } from "./command.ts";
import { integerFromEnv, parseInteger, parseShare } from "./numbers.ts";

/** A process starts in half a second, on a busy machine in many. */
setDefaultTimeout(60_000);

const root = resolve(import.meta.dir, "..");

/** Command lines that are refused, with what is said; more than an unknown option and an argument too many. */
type Refused = readonly (readonly [args: string, says: string])[];

const JOBS: Refused = [
  ["--jobs x", "option '--jobs <n>' argument 'x' is invalid. expected an integer of 1 to 64."],
  ["--jobs 1e9", "argument '1e9' is invalid"],
  ["--jobs 1000000000", "argument '1000000000' is invalid"],
  ["--jobs 0", "argument '0' is invalid"],
  ["--jobs -1", "argument '-1' is invalid"],
  ["--jobs 1.5", "argument '1.5' is invalid"],
  ["--jobs=", "argument '' is invalid"],
  ["--jobs NaN", "argument 'NaN' is invalid"],
  ["--jobs", "option '--jobs <n>' argument missing"],
];

/** The commands by their files. */
const COMMANDS: Readonly<Record<string, Refused>> = {
  "bench/main.ts": [
    ["--seed x", "option '--seed <number>' argument 'x' is invalid. expected an integer of 0 to"],
    ["--seed 1e3", "argument '1e3' is invalid"],
    ["--seed 9007199254740992", "argument '9007199254740992' is invalid"],
  ],
  "bench/serve.ts": [],
  "bench/stacks.ts": [
    ["--sizes 32", "option '--sizes <list>' argument '32' is invalid. expected STACK+GUARD in KiB, e.g. 32+64,256+64"],
    ["--sizes 32+96", "expected a guard of a multiple of 64 KiB, got 96"],
    ["--sizes 6+64", "expected a stack of a multiple of 4 KiB, got 6"],
    ["--goroutines 1e6", "argument '1e6' is invalid"],
    ["--rounds 0", "argument '0' is invalid"],
  ],
  "examples/chat.ts": [
    ["--port x", "option '--port <n>' argument 'x' is invalid. expected a port, 0 to 65535."],
    ["--port 65536", "argument '65536' is invalid"],
  ],
  "examples/crawler.ts": [],
  "examples/rate-limiter.ts": [
    ["slow", "value 'slow' is invalid for argument 'clock'. Allowed choices are real, fake."],
  ],
  "examples/trace.ts": [],
  "props/explore/goker/main.ts": [
    ["--runs x", "option '--runs <n>' argument 'x' is invalid. expected an integer of 1 to 100000."],
    ["--only nothing-is-called-so", "--only nothing-is-called-so: no kernel has that in its name"],
  ],
  "props/explore/shuttle/main.ts": [["--write --only moby", "--write and --only: the table has all kernels"]],
  "props/explore/table.ts": [],
  "props/fidelity/storm.ts": [
    ["--hz 0", "option '--hz <n>' argument '0' is invalid. expected an integer of 1 to 100000."],
  ],
  "props/fidelity/main.ts": [
    ["--go-matrix 1.25", "option '--go-matrix [versions]' argument '1.25' is invalid. expected versions such as"],
    ["--go-matrix go1.25.0,", "argument 'go1.25.0,' is invalid"],
    ["--go=", "option '--go <path>' argument '' is invalid"],
    ["--runs x", "option '--runs <n>' argument 'x' is invalid. expected an integer of 0 to 10000000."],
    ["--live 1e3", "argument '1e3' is invalid"],
    ["--seed -1", "argument '-1' is invalid"],
    ["--shard 5/4", "expected i/n with 1 <= i <= n <= 10000"],
    ["--procs 65", "argument '65' is invalid. expected an integer of 2 to 64."],
    ["--procs 2 --check", "cannot be used with option"],
    ["--rounds 0", "argument '0' is invalid"],
  ],
  "props/gotests/main.ts": [["--package", "option '--package <path>' argument missing"]],
  "props/mutants/main.ts": [
    ...JOBS,
    ["--only GSCAN --jobs x", "option '--jobs <n>' argument 'x' is invalid"],
    ["--share 0/2", "option '--share <i/n>' argument '0/2' is invalid. expected i/n with 1 <= i <= n <= 1000"],
    ["--share 1", "argument '1' is invalid"],
    ["--share 1/1e9", "argument '1/1e9' is invalid"],
    ["--abi vax", "option '--abi <name>' argument 'vax' is invalid. expected one of linux-x64"],
    ["--write --only GSCAN", "option '--write' cannot be used with option '--only <text>'"],
    ["--write --share 1/2", "option '--write' cannot be used with option '--share <i/n>'"],
    ["--only nothing-is-called-so", 'there is no mutant named "nothing-is-called-so" there'],
    ["--abi src --only gobuf_mcall --list", 'there is no mutant named "gobuf_mcall" there'],
    ["--only GSCAN --share 2/2", "there is no mutant"],
    ["--generated 0", "option '--generated <n>' argument '0' is invalid. expected an integer of 1 to 100000."],
    ["--generated 3 --seed x", "option '--seed <number>' argument 'x' is invalid. expected an integer of 0 to"],
    ["--generated 3 --in vax", "argument 'vax' is invalid. expected one of src, arch, suite."],
    ["--generated 3 --least 101", "argument '101' is invalid"],
    ["--generated 3 --only GSCAN", "option '--generated <n>' cannot be used with option '--only <text>'"],
    ["--generated 3 --generated-one 0123456789", "cannot be used with option"],
    ["--seed 3", "--seed is for --generated"],
    ["--in src", "--in is for --generated"],
    ["--seconds 9 --write", "--seconds cannot be used with --write"],
    ["--least 97", "--least is for --generated"],
    ["--generated 3 --json x", "option '--generated <n>' cannot be used with option '--json <file>'"],
    ["--only GSCAN --junit /nowhere/x.xml", "--junit /nowhere/x.xml: ENOENT"],
    ["--patch", "--patch is for --generated-one"],
    ["--generated-one xyz", "argument 'xyz' is invalid. expected ten hexadecimal digits."],
  ],
  "props/procs/model.ts": [],
  "props/procs/terminations.ts": [
    ["--count 0", "option '--count <n>' argument '0' is invalid. expected an integer of 1 to 1000000."],
    ["--procs 1", "argument '1' is invalid. expected an integer of 2 to 64."],
  ],
  "props/soak/main.ts": [
    ["--minutes x", "option '--minutes <n>' argument 'x' is invalid. expected an integer of 1 to 100000."],
    ["--seconds 1e9", "argument '1e9' is invalid"],
    ["--rounds 0", "argument '0' is invalid"],
    ["--plant nothing-is-called-so", "argument 'nothing-is-called-so' is invalid"],
  ],
  "props/trace/cost.ts": [],
  "props/trace/load.ts": [],
  "props/trace/setup.ts": [],
  "scripts/abis/run.ts": [
    ["", "missing required argument 'abi'"],
    ["vax test", 'no ABI "vax": expected arm64, windows, musl'],
    ["arm64", "missing required argument 'what'"],
    ["arm64 run fidelity", 'cannot run "run": expected `test` or a .ts file'],
  ],
  "scripts/abis/setup.ts": [["vax", 'no ABI "vax": expected arm64, windows, musl']],
  "scripts/bundle.ts": [],
  "scripts/build.ts": [["plan9-x64", "no platform plan9-x64: expected all, linux-x64"]],
  "scripts/codes.ts": [],
  "scripts/declarations.ts": [],
  "scripts/golden.ts": JOBS,
  "scripts/house/main.ts": [],
  "scripts/safe.ts": [
    ["", "missing required argument 'what'"],
    ["run fidelity", 'cannot run "run": expected `test` or a .ts file'],
  ],
  "scripts/shuffled.ts": [
    ["--seed x", "option '--seed <n>' argument 'x' is invalid. expected an integer of 0 to 2147483647."],
    ["--rerun-each 0", "argument '0' is invalid"],
    ["nothing-is-called-so", 'no test file has "nothing-is-called-so" in its path'],
  ],
  "scripts/site/main.ts": [["--out", "option '--out <folder>' argument missing"]],
  "scripts/zig.ts": [["", "missing required argument 'argument'"]],
};

/** What takes whatever stands behind its own arguments: no argument is too many. */
const TAKES_ALL = new Set([
  "props/procs/model.ts",
  "scripts/abis/run.ts",
  "scripts/abis/setup.ts",
  "scripts/build.ts",
  "scripts/safe.ts",
  "scripts/shuffled.ts",
  "scripts/zig.ts",
]);
/** Commands that take one argument. */
const ONE_ARGUMENT = new Set(["examples/rate-limiter.ts", "examples/trace.ts", "scripts/house/main.ts"]);

/** Files that read a command line that only another file of the project writes. */
const CHILDREN = new Set([
  "props/preempt/stuck-program.ts",
  "props/fidelity/procs/delayed.ts", // a process of its own for each run of it
  "bench/host.ts", // bench/peers.ts starts it, with a name and a seed
  "golden/record.ts", // says where the command is
  "props/native/crash.ts", // props/native/refusals.test.ts
  "props/serve/client.ts", // props/serve/serve.test.ts
  "props/soak/worker.ts", // a Worker of props/soak/load.ts
  "props/threads/ends.ts", // props/threads/ends.test.ts
  "props/violations.ts", // props/checks.test.ts
  "scripts/command.ts",
  "scripts/lock.ts", // names its own process
]);

const folder = mkdtempSync(join(tmpdir(), "gobuf-command-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let runs = 0;

/** Runs a command in an empty folder. @returns what it said, and what it left in the folder */
async function run(file: string, args: readonly string[]) {
  const cwd = join(folder, String(++runs));
  mkdirSync(cwd);
  const child = Bun.spawn([process.execPath, join(root, file), ...args], {
    cwd,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [exitCode, out, err] = await Promise.all([child.exited, child.stdout.text(), child.stderr.text()]);
  return { exitCode, out, err, left: readdirSync(cwd) };
}

// Some load gobuf before they read their options, and that builds what is not built.
beforeAll(() => ensureNativeSync(), 180_000);

const why = "each is a process, which reads its options as it does here";
const test_ = abiSkip(["arm64", "windows", "musl"], why, process.env, beside);

describe("F29, F31: a command", () => {
  for (const [file, refused] of Object.entries(COMMANDS)) {
    for (const help of ["--help", "-h"]) {
      test_(`${file} ${help} prints its usage, and does nothing`, async () => {
        const { exitCode, out, err, left } = await run(file, [help]);
        expect(out).toStartWith("Usage: ");
        expect(out).toContain("--help");
        expect({ exitCode, err, left }).toEqual({ exitCode: 0, err: "", left: [] });
      });
    }
    const lines: [string, string][] = [
      ["--nope", "unknown option '--nope'"],
      ...refused.map(([a, b]): [string, string] => [a, b]),
    ];
    if (!TAKES_ALL.has(file)) lines.push([ONE_ARGUMENT.has(file) ? "real stray" : "stray", "too many arguments"]);
    for (const [line, says] of lines) {
      test_(`${file} ${line} is refused`, async () => {
        const { exitCode, out, err, left } = await run(
          file,
          line.split(" ").filter((word) => word !== ""),
        );
        expect(err).toContain(says);
        expect({ out, left }).toEqual({ out: "", left: [] });
        // An example has commander as a user has it, with its own exit code.
        expect(exitCode).toBe(file.startsWith("examples/") ? 1 : EXIT_USAGE);
      });
    }
  }

  test("is in this table, whichever file reads a command line", () => {
    const files = ["arch", "bench", "examples", "golden", "props", "scripts", "src"].flatMap((name) =>
      readdirSync(join(root, name), { recursive: true, encoding: "utf8" }).map(
        (path) => `${name}/${path.replaceAll("\\", "/")}`,
      ),
    );
    const reads = /process\.argv(?!0)|import\.meta\.main|Bun\.argv|parseArgs|\/command\.ts"|new Command\(/;
    const found = files.filter(
      (file) =>
        /(?<!\.test|\.d)\.ts$/.test(file) && !file.includes("/.") && reads.test(readFileSync(join(root, file), "utf8")),
    );
    // Of these three the file beside main.ts reads it.
    const beside = new Set(["bench/options.ts", "props/fidelity/cli.ts", "props/mutants/options.ts"]);
    expect(found.filter((file) => !CHILDREN.has(file) && !beside.has(file)).sort()).toEqual(
      Object.keys(COMMANDS).sort(),
    );
    for (const file of CHILDREN) expect(found, file).toContain(file);
  });

  test("is what the package's scripts start", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      scripts: Record<string, string>;
    };
    const started = Object.values(scripts).flatMap((line) =>
      [...line.matchAll(/\bbun (\S+\.ts)/g)].map(([, file]) => file),
    );
    // The kit is a package of its own: conform/conform.test.ts runs its commands.
    const ours = started.filter((file) => !file?.startsWith("conform/"));
    expect(ours.length).toBeGreaterThan(0);
    for (const file of ours) expect(Object.keys(COMMANDS)).toContain(file as string);
  });
});

describe("numbers", () => {
  test.each(["0", "7", "007", "64"])("%s is one", (text) => {
    expect(parseInteger(text, 0, 64)).toBe(Number(text));
  });
  test.each([
    "",
    " 1",
    "1 ",
    "1e1",
    "1.0",
    "0x1",
    "+1",
    "-1",
    "65",
    "NaN",
    "Infinity",
    "1_000",
    "١",
    "99999999999999999999",
  ])("%p is none of 0 to 64", (text) => {
    expect(() => parseInteger(text, 0, 64)).toThrow("expected an integer of 0 to 64");
  });
  test("a share is one of so many", () => {
    expect(parseShare("2/4", 10)).toEqual({ index: 2, count: 4 });
    for (const text of ["0/4", "5/4", "1/11", "1", "/", "a/b", "1/4/", "-1/4"]) {
      expect(() => parseShare(text, 10), text).toThrow("expected i/n with 1 <= i <= n <= 10");
    }
  });
  test("of the environment are named, with what was expected", () => {
    const before = process.env.GOBUF_RUNS;
    process.env.GOBUF_RUNS = "x";
    try {
      expect(() => integerFromEnv("GOBUF_RUNS", 1, 1, 9)).toThrow("GOBUF_RUNS is x: expected an integer of 1 to 9");
      process.env.GOBUF_RUNS = "";
      expect(integerFromEnv("GOBUF_RUNS", 1, 1, 9)).toBe(1);
      process.env.GOBUF_RUNS = "9";
      expect(integerFromEnv("GOBUF_RUNS", 1, 1, 9)).toBe(9);
    } finally {
      if (before === undefined) delete process.env.GOBUF_RUNS;
      else process.env.GOBUF_RUNS = before;
    }
  });
});
