/** `bun run bench` as it is called: what it refuses, and what it writes. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { abiSkip } from "../scripts/abis/skip.ts";
import { readOptions } from "./options.ts";
import { PEERS } from "./peers.ts";
import { checkReport, type Report } from "./schema.ts";

/** On an emulated processor a process of programs takes seconds to start. */
setDefaultTimeout(120_000);

function bench(...args: string[]) {
  const run = Bun.spawnSync([process.execPath, join(import.meta.dir, "main.ts"), ...args], { stderr: "pipe" });
  return { code: run.exitCode, out: run.stdout.toString(), err: run.stderr.toString() };
}

const folder = mkdtempSync(join(tmpdir(), "gobuf-options-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
writeFileSync(at("half.json"), "{");
mkdirSync(at("empty"));
mkdirSync(at("other"));
writeFileSync(at("other/package.json"), '{ "name": "other" }');
mkdirSync(at("hollow"));
writeFileSync(at("hollow/package.json"), '{ "name": "gobuf" }');

if (process.platform !== "win32") Bun.spawnSync(["mkfifo", at("fifo")]);

describe("read as they are given", () => {
  const read = (...argv: string[]) => readOptions(argv);
  test("none", () => {
    expect({ ...read() }).toEqual({ seed: 1 } as never);
  });

  test("each of them", () => {
    expect(read("--peers", "all").peers).toEqual([...PEERS]);
    expect(PEERS.length).toBeGreaterThan(5);
    expect(read("--peers", "none").peers).toEqual([]);
    const [first = "", second = ""] = PEERS;
    expect(read("--peers", `${second},${first},${second}`).peers).toEqual([second, first]);
    expect(read("--seed", "0").seed).toBe(0);
    expect(read("--quick").quick).toBe(true);
    expect(read("--json", "-").json).toBe("-");
    expect(read("--json", at("new.json")).json).toBe(at("new.json"));
    expect(read("--json", at("half.json")).json, "a file that is there is written anew").toBe(at("half.json"));
    expect(read("--html", at("page.html")).html).toBe(at("page.html"));
    expect(read("--baseline", "x", "--fail")).toMatchObject({ baseline: "x", fail: true });
    expect(read("--library", "y").library).toBe("y");
  });

  test("a filter is an expression, or a part of a name as it is written", () => {
    const filter = read("--filter", "a+b").filter;
    expect(["aab", "xa+by", "ab", "a b"].map((name) => filter?.test(name))).toEqual([true, true, true, false]);
    expect(filter?.text).toBe("a+b");
  });
});

describe("refused, with what was expected", () => {
  const table: [string, string[], string][] = [
    ["a filter that matches nothing", ["--filter", "^none$"], "no row matches ^none$: there are raw switch; "],
    ["a row that a quick run has not", ["--quick", "--filter", "parked 1M"], "no row matches parked 1M in a quick run"],
    ["a bad expression", ["--filter", "("], "Invalid regular expression"],
    ["an unknown option", ["--fast"], "unknown option '--fast'"],
    ["an argument", ["gosched"], "too many arguments"],
    ["an unknown peer", ["--peers", "go,perl"], "perl: expected all, none"],
    ["a negative seed", ["--seed", "-1"], "expected an integer of 0 to 9007199254740991"],
    ["no seed", ["--seed", ""], "expected an integer of 0 to 9007199254740991"],
    ["a page in a folder that is not there", ["--html", at("none/page.html")], `there is no folder ${at("none")}`],
    ["numbers in a folder's place", ["--json", folder], "is a folder"],
    ["--fail without a baseline", ["--fail"], "--fail wants a --baseline"],
    ["a library that is not there", ["--library", at("none.so")], `no library at ${at("none.so")}`],
    ["a baseline that is nothing", ["--baseline", at("none")], "expected a checkout's folder, a report of --json, or"],
    ["a baseline that is no JSON", ["--baseline", at("half.json")], "half.json is no JSON: "],
    ["F34: a baseline that is a FIFO", ["--baseline", at("fifo")], "fifo is a FIFO; expected a regular file"],
    ["F34: a baseline that is a device", ["--baseline", "/dev/zero"], "/dev/zero is a device; expected a regular file"],
    ["F34: a library that is a FIFO", ["--library", at("fifo")], "fifo is refused: it is a FIFO; expected a "],
    ["an empty folder as a baseline", ["--baseline", at("empty")], "is no checkout of gobuf: it has no package.json"],
    ["another package", ["--baseline", at("other")], "is no checkout of gobuf: its package is other"],
    ["a checkout without sources", ["--baseline", at("hollow")], "is no checkout of gobuf: it has no src/index.ts"],
  ];
  const test_ = abiSkip(["arm64", "windows"], "each is a process, which reads its options as it does here");
  for (const [name, args, message] of table) {
    test_(name, () => {
      const { code, out, err } = bench(...args);
      expect(err).toContain(message);
      expect([code, out]).toEqual([2, ""]);
    });
  }
});

test("--json - prints a report that fits the schema; a row's name is a filter, with its +", () => {
  const page = at("page.html");
  const args = ["--quick", "--peers", "async", "--filter", "timer start+stop", "--html", page, "--json", "-"];
  const { code, out } = bench(...args);
  expect(code).toBe(0);
  const report: Report = JSON.parse(out);
  expect(checkReport(report)).toEqual([]);
  expect(report.rows.map(({ name, impl }) => [name, impl])).toEqual([
    ["timer start+stop", "generator"],
    ["timer start+stop", "async"],
  ]);
  expect(readFileSync(page, "utf8")).toContain("timer start+stop");
});
