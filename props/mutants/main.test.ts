/** `bun run mutants` as a process, over a planted list: what is judged, and exit codes. */
import { afterAll, describe, expect } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beside } from "../../scripts/beside.ts";
import { packageRoot } from "../../src/runtime/library.ts";

const folder = mkdtempSync(join(tmpdir(), "gobuf-mutants-main-"));
afterAll(() => rmSync(folder, { recursive: true }));

const GREEN = 'console.log(" 1 pass\\n 0 fail")';
const RED = "process.exit(1)";

/** A list in place of the real one. @param faults each one's program */
function plant(faults: Readonly<Record<string, string>>, neutral = GREEN): string {
  const mutant = (name: string, program: string, more = {}) => ({
    name,
    subject: "suite",
    kind: "planted",
    edits: [],
    steps: [["-e", program]],
    ...more,
  });
  const lists = {
    neutral: [mutant("suite/neutral: planted", neutral, { neutral: true })],
    faults: Object.entries(faults).map(([name, program]) => mutant(`suite/${name}`, program)),
  };
  const path = join(folder, `plant${Bun.hash(JSON.stringify(lists))}.ts`);
  const contents = `
    const lists = ${JSON.stringify(lists)};
    export const SEEDED = lists.faults;
    export const mutantsOf = (subject) => (subject === "suite" ? lists : { neutral: [], faults: [] });`;
  writeFileSync(
    path,
    `Bun.plugin({
      name: "plant",
      setup(build) {
        build.onLoad({ filter: /mutants[\\\\/]catalogue\\.ts$/ }, () => ({ contents: ${JSON.stringify(contents)}, loader: "ts" }));
        // To make all of the project's takes twelve seconds of a processor.
        const none = "export const candidatesOf = async () => []; export const draw = () => [];";
        build.onLoad({ filter: /generated[\\\\/]catalogue\\.ts$/ }, () => ({ contents: none, loader: "ts" }));
      },
    });`,
  );
  return path;
}

async function mutants(planted: string, ...argv: string[]) {
  return mutantsWith([], planted, ...argv);
}

/** @param flags Bun's own */
async function mutantsWith(flags: readonly string[], planted: string, ...argv: string[]) {
  const command = [process.execPath, "--preload", planted, ...flags, join(import.meta.dir, "main.ts"), ...argv];
  const child = Bun.spawn(command, { cwd: packageRoot, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [exitCode, out, errors] = await Promise.all([child.exited, child.stdout.text(), child.stderr.text()]);
  const lines = out.trim().split("\n");
  const judged = lines.flatMap((line) => /^([A-Z-]+) +suite\/(.*)$/.exec(line)?.slice(1, 3).join(" ") ?? []);
  return { exitCode, judged: judged.sort(), lines, errors };
}

const BOTH = "suite/neutral: planted";
const found = (name: string) => `FOUND ${name}  <- crash: exit code 1`;
const NEUTRAL = `NEUTRAL-OK neutral: planted`;

describe("exit code", () => {
  beside("0 when each was found", async () => {
    const { exitCode, judged, lines } = await mutants(plant({ a: RED, b: RED }), "--jobs", "1");
    expect({ exitCode, judged }).toEqual({ exitCode: 0, judged: [found("a"), found("b"), NEUTRAL].sort() });
    expect(lines.at(-1)?.trim().split(/\s+/)).toEqual(["suite", "2", "1", "0", "0", "0", "0"]);
  });

  beside("1 when one survived, though others were found", async () => {
    const [json, xml] = [join(folder, "verdicts.json"), join(folder, "verdicts.xml")];
    const flags = ["--jobs", "1", "--json", json, "--junit", xml];
    const { exitCode, judged } = await mutants(plant({ a: RED, b: GREEN, c: RED }), ...flags);
    const result = JSON.parse(readFileSync(json, "utf8")) as { ok: boolean; mutants: Record<string, string>[] };
    expect(result.ok).toBe(false);
    expect(result.mutants.map(({ name, verdict }) => `${verdict} ${name}`)).toEqual([
      "NEUTRAL-OK suite/neutral: planted",
      "FOUND suite/a",
      "SURVIVED suite/b",
      "FOUND suite/c",
    ]);
    const text = readFileSync(xml, "utf8");
    expect(text).toContain('<testsuite name="suite" tests="4" failures="1" skipped="0">');
    expect(text).toContain('name="suite/b"><failure message="SURVIVED">');
    expect(judged).toContain("SURVIVED b");
    expect(exitCode).toBe(1);
  });

  beside("1 when one is wrong, be it the only one", async () => {
    // What a step leaves is no JSON: nobody can say what came of it.
    const text = 'require("fs").writeFileSync("mutant.json", "{"); process.exit(0)';
    const { exitCode, judged } = await mutants(plant({ broken: text }));
    expect(judged.some((line) => line.startsWith("WRONG broken"))).toBe(true);
    expect(exitCode).toBe(1);
  });

  beside("1 when a neutral change does not pass, and nothing is said of the others", async () => {
    const { exitCode, judged, lines } = await mutants(plant({ a: RED }, RED));
    expect(judged).toEqual([expect.stringMatching(/^WRONG neutral: planted/)]);
    expect(lines.join("\n")).toContain("suite: a neutral change does not pass: nothing can be said of the others");
    expect(exitCode).toBe(1);
  });

  beside("2 when nothing would be judged", async () => {
    const { exitCode, errors } = await mutants(plant({ a: RED }), "--only", "z");
    expect(errors).toContain('there is no mutant named "z"');
    expect(exitCode).toBe(2);
  });
});

describe("what is judged", () => {
  const names = ["a", "b", "c", "d", "e"];
  const planted = () => plant(Object.fromEntries(names.map((name) => [name, RED])));
  const listed = async (...argv: string[]) => {
    const { lines } = await mutants(planted(), "--list", ...argv);
    return lines.filter((line) => line !== BOTH).map((line) => line.slice("suite/".length));
  };

  for (const jobs of [1, 3]) {
    beside(`by ${jobs} jobs at a time: each once`, async () => {
      const { exitCode, judged } = await mutants(planted(), "--jobs", String(jobs));
      expect({ exitCode, judged }).toEqual({ exitCode: 0, judged: [...names.map(found), NEUTRAL].sort() });
    });
  }

  beside("jobs run beside each other", async () => {
    // Each waits for the file of the other.
    const meet = (mine: string, other: string) =>
      `const fs = require("fs"), at = ${JSON.stringify(folder)};
       fs.writeFileSync(at + "/${mine}", "");
       while (!fs.existsSync(at + "/${other}")) Bun.sleepSync(10);
       process.exit(1)`;
    const { judged } = await mutants(plant({ one: meet("one", "two"), two: meet("two", "one") }), "--jobs", "2");
    expect(judged).toEqual([found("one"), found("two"), NEUTRAL].sort());
  });

  // The clock is planted: each look at it is a minute after the one before.
  const minutes = () => {
    const path = join(folder, "minutes.ts");
    writeFileSync(path, "let now = 0; performance.now = () => (now += 60_000);");
    return ["--preload", path];
  };
  const inTime = async (seconds: number, seed: number) => {
    const argv = ["--jobs", "1", "--seconds", String(seconds), "--seed", String(seed)];
    const { exitCode, judged, lines } = await mutantsWith(minutes(), planted(), ...argv);
    return { exitCode, judged, late: lines.find((line) => line.includes("not begun")) };
  };

  beside("when the time is over, no more is begun, and how many were not is said", async () => {
    const { exitCode, judged, late } = await inTime(400, 1);
    expect({ exitCode, count: judged.length, late }).toEqual({
      exitCode: 0,
      count: 1 + 2,
      late: "suite: 3 of 5 were not begun: the time was over",
    });
    expect((await inTime(1, 1)).judged.length, "the first always is").toBe(1 + 1);
    const other = await Promise.all([1, 2, 3, 4].map((seed) => inTime(1, seed)));
    expect(new Set(other.map(({ judged }) => judged.join())).size, "the seed draws which").toBeGreaterThan(1);
    expect(await inTime(1, 1)).toEqual(other[0] as (typeof other)[0]);
    expect((await inTime(1e6, 1)).late).toBeUndefined();
  });

  beside("shares have each of them once", async () => {
    const shares = await Promise.all([1, 2, 3].map((i) => listed("--share", `${i}/3`)));
    expect(shares.flat().sort()).toEqual(names);
    expect(shares.map((share) => share.length)).toEqual([2, 2, 1]);
  });

  beside("--only takes those that have it in their name", async () => {
    expect(await listed("--only", "c")).toEqual(["c"]);
  });
});

beside("2 for options that make no sense together, and for a mutant that there is not", async () => {
  const planted = plant({ a: RED });
  for (const [says, ...argv] of [
    ["cannot be used with", "--generated", "1", "--list"],
    ["--seed is for --generated", "--seed", "1"],
    ["no mutant of the sources as they are has the identity 0000000000", "--generated-one", "0000000000", "--patch"],
    ["there is no mutant of that share", "--share", "2/2"],
  ] as const) {
    const { exitCode, errors } = await mutants(planted, ...argv);
    expect(errors).toContain(says);
    expect(exitCode).toBe(2);
  }
});
