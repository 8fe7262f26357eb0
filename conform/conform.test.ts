/**
 * The conformance kit: it passes a switch that is right and names what is wrong with each of 21 that are not; its verdicts, exit
 * codes and files; and gobuf's own switch under it.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { currentAbi } from "../scripts/abis/abis.ts";
import { beside } from "../scripts/beside.ts";
import { buildDriver, compileDriver, zigCc } from "./build.ts";
import { saidOf, selfTest } from "./selftest.ts";
import { abiOf, driverCommand, host, nameFor } from "./src/abi.ts";
import { putTo, type Ran } from "./src/driver.ts";
import { html, junit, type Result, readResult } from "./src/result.ts";
import { compileC, compileGobuf, differences, table } from "./subjects.ts";

/** Where the shell finds Bun under its own name. */
let bun = "";

/** A child process a property. */
setDefaultTimeout(600_000);

const folder = mkdtempSync(join(tmpdir(), "gobuf-conform-"));
afterAll(() => rmSync(folder, { recursive: true }));

const here = host === "linux-x64" && currentAbi() === undefined;
const why = "the driver runs on Linux, x86-64, and under no emulator of this suite";

/** Of some broken switches of subjects/toy.c, what a report says. The self-test has all of them. */
const BROKEN: readonly (readonly [subject: string, property: string, says: RegExp])[] = [
  ["r12", "registers", /the resumer, after resume: r12 lost \d+ times/],
  [
    "x87cw",
    "registers",
    /the body, after yield: x87cw lost \d+ times of \d+; first: expected [0-9a-f]+, found [0-9a-f]+/,
  ],
  ["pointer", "step", /at \d+ instructions sp is in neither stack; first at \S+: [0-9a-f]+/],
  ["misaligned", "entry", /sp before the call of the body is [0-9a-f]+8: not a multiple of 16/],
  ["inherits", "entry", /a new context's mxcsr is its creator's \(3f80\); a new context's x87cw is its creator's/],
  ["leaks", "lives", /19000 lives leave \d+ KiB behind: expected at most/],
  ["no-guard", "overflow", /a body wrote below its stack/],
];

describe.skipIf(!here)(`the conformance kit (skipped elsewhere: ${why})`, () => {
  let driver = "";
  let toy = "";
  beforeAll(() => {
    driver = buildDriver("linux-x64");
    toy = compileC("toy", folder);
    bun = join(folder, "path", "bun");
    mkdirSync(dirname(bun));
    symlinkSync(process.execPath, bun);
  }, 300_000);

  const put = (file: string, options = {}): Promise<Ran> => putTo(file, options, undefined, [driver]);
  const text = (results: readonly Result[]) =>
    results.map(({ verdict, property, text }) => `${verdict} ${property} ${text}`);

  test("it sees its own faults: every register, broken in every way, on both sides; every fault of a switch", () => {
    const { stdout, exitCode } = Bun.spawnSync([driver, "--self-test"]);
    expect(saidOf(stdout.toString())).toEqual(selfTest("linux-x64"));
    expect(exitCode).toBe(0);
  });

  test("a self-test fails when what it must name is not there, and when a switch that is right is not", () => {
    const source = readFileSync(join(import.meta.dir, "subjects", "toy.c"), "utf8");
    const edits = [
      ["if (t->fault == MISALIGNED) top--;", ""],
      ["CONFORM_GUARD | CONFORM_SIZES, toy_right", "CONFORM_GUARD | CONFORM_SIZES, toy_r12"],
    ] as const;
    let changed = `#define conform_subject_at toy_subject_at\n${source}`;
    for (const [from, to] of edits) {
      if (!source.includes(from)) throw new Error(`toy.c has no ${from}`);
      changed = changed.replace(from, to);
    }
    const copy = join(folder, "changed.c");
    writeFileSync(copy, changed.replaceAll('#include "', `#include "${join(import.meta.dir, "subjects")}/`));
    const path = join(folder, "driver");
    compileDriver("linux-x64", path, copy);
    const { stdout, exitCode } = Bun.spawnSync([path, "--self-test"]);
    expect(stdout.toString()).toContain("not named: misaligned, by entry: PASS");
    expect(stdout.toString()).toContain(
      "wrong: registers of a switch that is right: FAIL the body, after yield: r12 lost",
    );
    expect(exitCode).toBe(1);
  });

  beside("a switch that is right passes all that it claims; the rest is a choice", async () => {
    const { results, code } = await put(toy, { subject: "toy" });
    expect(text(results.filter(({ verdict }) => verdict === "FAIL" || verdict === "SKIP"))).toEqual([]);
    expect(results.filter(({ verdict }) => verdict === "CHOICE").map(({ property }) => property)).toEqual(["sigmask"]);
    expect(results.every(({ compared }) => compared > 0)).toBe(true);
    expect([code, results.length]).toEqual([0, 17]);
  });

  for (const [i, [subject, property, says]] of BROKEN.entries()) {
    beside(`${subject}: ${property} says it (${i + 1})`, async () => {
      const { results, code } = await put(toy, { subject, property });
      expect(text(results)).toEqual([expect.stringMatching(new RegExp(`^FAIL ${property} `))]);
      expect(results[0]?.text).toMatch(says);
      expect(code).toBe(1);
    });
  }

  beside("gobuf's own switch passes all that it claims", async () => {
    const { results, code } = await put(compileGobuf(folder));
    expect(text(results.filter(({ verdict }) => verdict === "FAIL" || verdict === "SKIP"))).toEqual([]);
    const choices = results.filter(({ verdict }) => verdict === "CHOICE").map(({ property }) => property);
    expect(choices).toEqual(["nested", "sigmask"]);
    expect(code).toBe(0);
  });

  beside("packed, and run by the letter of its README in an empty folder", async () => {
    const project = join(folder, "project");
    mkdirSync(project);
    const packed = Bun.spawnSync([process.execPath, "pm", "pack", "--destination", project], { cwd: import.meta.dir });
    expect(packed.exitCode).toBe(0);
    const readme = readFileSync(join(import.meta.dir, "README.md"), "utf8");
    const shell: string[] = [];
    for (const [, language = "", code = ""] of readme.matchAll(/^```(\w+)\n(.*?)^```$/gms)) {
      if (language === "c" || language === "ts") writeFileSync(join(project, /\/\/ (\S+)/.exec(code)?.[1] ?? ""), code);
      if (language === "sh") shell.push(code);
    }
    // No registry can be reached: the kit has all that it needs.
    const env = {
      ...process.env,
      BUN_CONFIG_REGISTRY: "http://127.0.0.1:9/",
      PATH: `${dirname(bun)}:${process.env.PATH}`,
    };
    writeFileSync(join(project, "package.json"), "{}");
    const script = `set -ex\nbunx() { bun x --bun "$@"; }\n${shell.join("\n")}`;
    const ran = Bun.spawn(["bash", "-c", script], { cwd: project, env, stdout: "pipe", stderr: "pipe" });
    const [code, out, err] = await Promise.all([ran.exited, ran.stdout.text(), ran.stderr.text()]);
    expect(`${out}${err}`).toContain(selfTest("linux-x64").join("\n"));
    expect(out).toMatch(/swapcontext libc, System V x86-64\nPASS {3}registers/);
    expect(out).toMatch(/17 verdicts, 0 failed\n/);
    expect(out).toMatch(/fifo 0, against go1\.26\.8.*\nit has .*\nPASS {3}L0 .*\nPASS {3}L1 .*\nCHOICE L2 /);
    expect(code).toBe(0);
    expect(readFileSync(join(project, "report.xml"), "utf8")).toContain('tests="17" failures="0"');
    const arm = join(project, "node_modules", "gobuf-conform", "bin", "linux-arm64", "gobuf-conform-driver");
    expect(existsSync(arm)).toBe(true);
  });

  beside(
    "the README's adapter of swapcontext: its control words are a choice, and a failure when it claims them",
    async () => {
      const readme = readFileSync(join(import.meta.dir, "README.md"), "utf8");
      const code = /```c\n(.*?)```/s.exec(readme)?.[1] ?? "";
      const build = (name: string, source: string) => {
        writeFileSync(join(folder, `${name}.c`), source);
        zigCc("linux-x64", [
          "-shared",
          "-fPIC",
          "-I",
          join(import.meta.dir, "include"),
          join(folder, `${name}.c`),
          "-o",
          join(folder, `${name}.so`),
        ]);
        return join(folder, `${name}.so`);
      };
      const chosen = await put(build("chosen", code), { property: "entry" });
      expect(text(chosen.results)).toEqual([
        expect.stringMatching(/^CHOICE entry a new context's mxcsr is its creator's/),
      ]);
      const claimed = await put(build("claimed", code.replace(".claims =", ".claims = CONFORM_FP_DEFAULT |")), {
        property: "entry",
      });
      expect(text(claimed.results)).toEqual([
        expect.stringMatching(/^FAIL entry a new context's mxcsr is its creator's/),
      ]);
      expect([chosen.code, claimed.code]).toEqual([0, 1]);
    },
  );

  beside("--strict: a control word that is not claimed fails by the ABI's document", async () => {
    const source = readFileSync(join(import.meta.dir, "subjects", "toy.c"), "utf8");
    writeFileSync(join(folder, "unclaimed.c"), source.replace("(CONFORM_FP_BODY | CONFORM_FP_RESUMER | ", "("));
    const path = join(folder, "unclaimed.so");
    zigCc("linux-x64", [
      "-shared",
      "-fPIC",
      "-iquote",
      join(import.meta.dir, "subjects"),
      join(folder, "unclaimed.c"),
      "-o",
      path,
    ]);
    const lenient = await put(path, { subject: "mxcsr", property: "registers" });
    const strict = await put(path, { subject: "mxcsr", property: "registers", strict: true });
    expect([lenient.results[0]?.verdict, strict.results[0]?.verdict]).toEqual(["CHOICE", "FAIL"]);
  });

  test("a file's ABI is seen from its header, and the driver of another one is named where there is nothing to run it", () => {
    const header = (machine: number, rest = "") => {
      const path = join(folder, `header-${machine}${rest.length}`);
      const bytes = Buffer.alloc(64);
      bytes.write("\x7fELF", "latin1");
      bytes.writeUInt16LE(machine, 18);
      writeFileSync(path, Buffer.concat([bytes, Buffer.from(rest)]));
      return path;
    };
    writeFileSync(join(folder, "header.dll"), "MZ and more of it, as a DLL begins");
    const files = [toy, header(183), header(62, "libc.musl-x86_64.so.1\0"), join(folder, "header.dll"), header(8)];
    expect(files.map(abiOf)).toEqual(["x64", "arm64", "musl", "windows", undefined]);
    expect(abiOf(join(folder, "none.so"))).toBeUndefined();
    expect(driverCommand("x64")).toEqual([driver]);
    expect(nameFor(["wine", "driver.exe"], "/a.dll")).toBe("Z:/a.dll");
    expect(nameFor(["driver"], "/a.so")).toBe("/a.so");
  });

  describe("what cannot be tried is refused by name, with exit code 2", () => {
    test("no such file", async () => {
      const { code, complaint } = await put(join(folder, "none.so"));
      expect([code, complaint]).toEqual([2, expect.stringContaining("none.so: cannot open shared object file")]);
    });

    test("a library without the table, and one of another version", async () => {
      for (const [name, source, says] of [
        ["without", "int nothing;", "it exports no conform_subject_at"],
        ["older", "", "its table is of another version of conform.h"],
      ] as const) {
        const text = readFileSync(join(import.meta.dir, "subjects", "toy.c"), "utf8").replace("{CONFORM_ABI,", "{99,");
        writeFileSync(join(folder, `${name}.c`), source || text);
        const path = join(folder, `${name}.so`);
        zigCc("linux-x64", [
          "-shared",
          "-fPIC",
          "-iquote",
          join(import.meta.dir, "subjects"),
          join(folder, `${name}.c`),
          "-o",
          path,
        ]);
        const { code, complaint } = await put(path);
        expect([code, complaint]).toEqual([2, expect.stringContaining(says)]);
      }
    });

    test.each([
      [{ property: "none" }, "no such property"],
      [{ subject: "none" }, "it has no subject named none"],
      [{ seed: "x" }, "--seed: expected a number"],
    ])("%p", async (options, says) => {
      const { code, complaint } = await put(toy, options);
      expect([code, complaint]).toEqual([2, expect.stringContaining(says)]);
    });
  });

  test("the command line: verdicts as text, as JSON and as JUnit's XML; how to run a failure again", () => {
    const [json, xml] = [join(folder, "r.json"), join(folder, "r.xml")];
    const main = join(import.meta.dir, "src", "main.ts");
    const flags = ["--subject", "rbx", "--property", "registers", "--json", json, "--junit", xml];
    const { stdout, exitCode } = Bun.spawnSync([process.execPath, main, "switch", toy, ...flags]);
    expect(stdout.toString()).toMatch(/^rbx 1, System V x86-64\nFAIL {3}registers .*rbx lost/);
    expect(stdout.toString()).toContain(
      `again: gobuf-conform switch ${toy} --subject rbx --property registers --seed 1`,
    );
    expect((JSON.parse(readFileSync(json, "utf8")) as Result[])[0]?.verdict).toBe("FAIL");
    expect(readFileSync(xml, "utf8")).toContain('tests="1" failures="1"');
    expect(exitCode).toBe(1);
  });
});

describe("results", () => {
  const result: Result = {
    subject: "a<b",
    version: "1",
    abi: "x",
    property: "registers",
    says: "",
    claim: "",
    claimed: true,
    verdict: "FAIL",
    compared: 1,
    text: 'rbx "lost" & \u0001',
  };

  test("a line that is none is refused by what is wrong with it", () => {
    expect(readResult(JSON.stringify(result))).toEqual(result);
    expect(() => readResult(JSON.stringify({ ...result, verdict: "GOOD" }))).toThrow("verdict: expected PASS, FAIL");
    expect(() => readResult(JSON.stringify({ ...result, compared: "1" }))).toThrow(
      'compared: expected a number, got "1"',
    );
  });

  test("JUnit's XML has no character that XML has not", () => {
    const xml = junit([result, { ...result, verdict: "SKIP" }, { ...result, verdict: "CHOICE" }]);
    expect(xml).toContain('name="a&#60;b 1, x" tests="3" failures="1" skipped="1"');
    expect(xml).toContain('<failure message="rbx &#34;lost&#34; &#38; ?"/>');
  });

  test("the page shows each verdict, and what a subject says of itself is no markup", () => {
    const page = html([result, { ...result, verdict: "CHOICE" }]);
    expect(page).toContain("<h2>a&#60;b 1, x</h2>");
    expect(page.match(/<td>(?:FAIL|CHOICE)<\/td><td>rbx &#34;lost&#34; &#38; \?<\/td>/g)).toHaveLength(2);
    expect(page).not.toContain("a<b");
  });

  test("the tables have a row a property and a column a subject; a row a difference, with the document's words", () => {
    const passes: Result = { ...result, subject: "c", verdict: "PASS", text: "" };
    expect(table([result, passes]).split("\n")).toEqual([
      "| property | a<b 1 | c 1 |",
      "|---|---|---|",
      "| registers | FAIL | PASS |",
    ]);
    const lost: Result = { ...result, verdict: "CHOICE", text: "9 signals in 10 switches; the body: mxcsr lost" };
    expect(differences([passes, lost]).split("\n").slice(2)).toEqual([
      "| a<b 1 | x | registers | CHOICE | the body: mxcsr lost | psABI 3.2.1: the control bits of MXCSR and the x87 control word are callee-saved |",
    ]);
  });
});
