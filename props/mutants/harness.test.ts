/** The harness of the mutants: an edit is made, judged by its steps, and taken back; what a step may say is believed. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beside } from "../../scripts/beside.ts";
import { packageRoot } from "../../src/runtime/library.ts";
import { ladder, Workshop } from "./harness.ts";
import { ABIS, type Edit, type Mutant, SUBJECTS, type Subject } from "./mutant.ts";

/** Each judgement is a process, or some. */
setDefaultTimeout(60_000);

/** Long enough for a process of a line on a busy machine; what never ends comes to it. */
const LIMIT_MS = 20_000;
const FILE = "examples/sieve.ts";
const WELL = 'console.log(" 1 pass\\n 0 fail");';

/** Copies that no test has at the moment. */
const shops: Workshop[] = [];
const out = mkdtempSync(join(tmpdir(), "gobuf-harness-"));
afterAll(() => {
  for (const shop of shops) shop[Symbol.dispose]();
  rmSync(out, { recursive: true });
});

/** Has a test in a copy of its own, beside others. */
function inShop(name: string, body: (judge: Judge, shop: Workshop) => Promise<void>): void {
  beside(name, async () => {
    const shop = shops.pop() ?? new Workshop(limits(LIMIT_MS));
    try {
      await body(async (programs, edits) => {
        const { verdict, by } = await shop.judge(mutant(programs, edits));
        return `${verdict}${by && ` ${by}`}`;
      }, shop);
    } finally {
      shops.push(shop);
    }
  });
}

function limits(ms: number) {
  return {
    "linux-x64": ms,
    "linux-arm64": ms,
    "windows-x64": ms,
    src: ms,
    suite: ms,
    rows: ms,
    preempt: ms,
    procs: ms,
  };
}

/** A mutant whose steps are programs of a line. */
function mutant(programs: readonly string[], edits: readonly Edit[] = []): Mutant {
  return { name: "suite/planted", subject: "suite", kind: "", edits, steps: programs.map((text) => ["-e", text]) };
}
/** What is said of programs. */
type Judge = (programs: readonly string[], edits?: readonly Edit[]) => Promise<string>;
/** A program that goes well when the edited file has, or lacks, a text. */
const has = (text: string, isThere = true) =>
  `if (require("fs").readFileSync("${FILE}", "utf8").includes("${text}") !== ${isThere}) process.exit(1); ${WELL}`;

describe("the ladder of a subject", () => {
  const shown = (subject: Subject) => ladder(subject, "LIB").map((step) => step.join(" "));
  const fidelity = "props/fidelity/main.ts --library LIB --json mutant.json";

  test("begins with the hand-written goldens, on the bodies that the subject's faults are in", () => {
    expect(shown("src")[0]).toBe(`${fidelity} --golden golden/named.jsonl --runs 0 --bodies generator`);
    for (const abi of ABIS) {
      expect(shown(abi)[0]).toBe(`${fidelity} --golden golden/named.jsonl --runs 0 --bodies native`);
      expect(shown(abi)[1]).toStartWith("test ./src/native/native.test.ts ");
    }
  });

  test("of src goes on with all goldens, its tests, both kinds of body, and native bodies", () => {
    const [, goldens, own, worlds, both, native, ...more] = shown("src");
    expect(goldens).toBe(`${fidelity} --bodies generator --runs 0`);
    expect(own).toStartWith("test ./props/scan.test.ts ");
    expect(own).toEndWith(" ./props/teeth");
    expect(worlds).toStartWith("test --bail ./props/faults/runs.test.ts ");
    expect([both, native, more]).toEqual([`${fidelity} --bodies both --runs 200`, "test ./props/native", []]);
  });

  test("of this machine's ABI has the tests of native bodies as well, an emulator's has not", () => {
    expect(shown("linux-x64").slice(2)).toEqual(["test ./props/native ./props/teeth"]);
    expect(shown("linux-arm64").slice(2)).toEqual([]);
    expect(shown("windows-x64").slice(2)).toEqual([]);
  });

  test("names tests that there are, each once", () => {
    for (const subject of SUBJECTS) {
      const files = ladder(subject, "LIB").flatMap((step) => step.filter((word) => word.startsWith("./")));
      expect(files.length).toBeGreaterThan(3);
      expect(new Set(files).size).toBe(files.length);
      for (const file of files) {
        expect(file).toMatch(/\.test\.ts$|^\.\/props\/\w+$/);
        expect(existsSync(join(packageRoot, file)), file).toBe(true);
      }
    }
  });
});

describe("an edit", () => {
  const from = "yield*";
  const first = { file: FILE, from: "function", to: "PLANTED one" };

  inShop("is made before the steps, and taken back behind them, however many a file has", async (judge) => {
    const text = readFileSync(join(import.meta.dir, "../..", FILE), "utf8");
    const [head = "", second = ""] = text
      .split("\n")
      .filter((line) => line.trim() !== "" && text.split(line).length === 2);
    const edits = [
      { file: FILE, from: head, to: "// PLANTED one" },
      { file: FILE, from: second, to: "// PLANTED two" },
    ];
    expect(await judge([has("PLANTED one"), has("PLANTED two")], edits)).toBe("SURVIVED");
    expect(await judge([has("PLANTED", false)])).toBe("SURVIVED");
    expect(await judge([has("PLANTED", false)], edits)).toBe("FOUND crash: exit code 1");
    expect(await judge([has("PLANTED", false)])).toBe("SURVIVED");
  });

  inShop("that fits nowhere, or in two places, is wrong and not found", async (judge) => {
    expect(await judge([WELL], [{ ...first, from: "no such text" }])).toBe(
      `WRONG suite/planted: ${FILE} has no "no such text": the mutant must follow the source`,
    );
    expect(await judge([WELL], [{ ...first, from }])).toStartWith(
      `WRONG suite/planted: ${FILE} has more than one "yield*"`,
    );
    expect(await judge([has("PLANTED", false)])).toBe("SURVIVED");
  });
});

describe("a step is red", () => {
  const bad = "process.exit(1)";
  const steps: [string, readonly string[], string][] = [
    ["whose exit code is not 0, whatever it says", [`${WELL} process.exitCode = 3`], "FOUND crash: exit code 3"],
    ["that says nothing", [""], "FOUND crash: exit code 0"],
    ["that says that a test failed", ['console.log(" 1 pass\\n 1 fail\\n(fail) planted")'], "FOUND (fail) planted"],
    ["that a signal ends", [`${WELL} process.kill(process.pid, "SIGTERM"); for (;;);`], "FOUND crash: SIGTERM"],
    ["the last of several", [WELL, WELL, bad], "FOUND crash: exit code 1"],
    ["the first of several", [bad, WELL], "FOUND crash: exit code 1"],
    ["none", [WELL, WELL], "SURVIVED"],
    [
      "whose result is of the step before",
      ['require("fs").writeFileSync("mutant.json", "{\\"ok\\":true}")', ""],
      "FOUND crash: exit code 0",
    ],
  ];
  for (const [what, programs, said] of steps) {
    inShop(what, async (judge) => {
      expect(await judge(programs)).toBe(said);
    });
  }

  test("that does not end", async () => {
    using quick = new Workshop(limits(1000));
    const { verdict, by } = await quick.judge(mutant(["for (;;);"]));
    expect({ verdict, by }).toEqual({ verdict: "FOUND", by: "time-out after 1 s" });
  });
});

inShop("the first step alone, where that is asked for", async (_, shop) => {
  const { verdict } = await shop.judge(mutant([WELL, "process.exit(1)"]), "first step");
  expect(verdict).toBe("SURVIVED");
});

test("a copy goes with its workshop", async () => {
  const note = join(out, "where");
  {
    using own = new Workshop(limits(LIMIT_MS));
    await own.judge(mutant([`require("fs").writeFileSync(${JSON.stringify(note)}, process.cwd()); ${WELL}`]));
    expect(existsSync(readFileSync(note, "utf8"))).toBe(true);
  }
  expect(existsSync(readFileSync(note, "utf8"))).toBe(false);
});
