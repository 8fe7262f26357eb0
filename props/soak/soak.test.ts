/** The soak, short: all is flat, and each leak that is planted makes it red, by the name of what grows. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { abiSkip } from "../../scripts/abis/skip.ts";
import { beside } from "../../scripts/beside.ts";
import { GAUGES, growing, type Sample } from "./gauges.ts";
import { PLANTS } from "./plants.ts";

/** Runs the soak as a user does. */
async function soak(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "main.ts"), ...args], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, out, err };
}

/** Samples in which one gauge has the values that `f` gives. */
function samples(name: string, count: number, f: (i: number) => number): Sample[] {
  return Array.from({ length: count }, (_, i) => GAUGES.map((gauge) => (gauge.name === name ? f(i) : 100)));
}

describe("what grows", () => {
  test.each([
    ["flat", () => 5],
    ["a spike", (i) => (i === 17 ? 500 : 5)],
    ["warm-up", (i) => Math.min(i, 10)],
    ["a level reached once, in the second third", (i) => (i < 12 ? 5 : 6)],
    ["falling", (i) => 100 - i],
  ] as [string, (i: number) => number][])("not: %s", (_, f) => {
    expect(growing(samples("sudogs", 30, f))).toEqual([]);
  });

  test.each([
    ["one a round", (i) => i],
    ["one in five rounds", (i) => Math.floor(i / 5)],
    ["in jumps", (i) => (i < 20 ? 5 : 900)],
  ] as [string, (i: number) => number][])("yes: %s", (_, f) => {
    expect(growing(samples("sudogs", 30, f))).toEqual([expect.stringMatching(/^sudogs: grows: \d+ is the median of/)]);
  });

  test("too few samples are refused", () => {
    expect(() => growing(samples("sudogs", 8, () => 5))).toThrow("expected 9 samples, got 8");
  });
});

describe("bun run soak", () => {
  const whole = abiSkip("arm64", "its requests have deadlines, which qemu is too slow for");
  whole(
    "all is flat, and all was done",
    async () => {
      const { code, out, err } = await soak("--rounds", "12");
      expect(err).toBe("");
      expect(out).toContain(
        "12 rounds: 480 requests, 132 runs, 12 services, 60 native bodies, 36 Workers\nnothing grows",
      );
      for (const gauge of GAUGES) expect(out.split("\n")[0]).toContain(gauge.name);
      expect(code).toBe(0);
    },
    60_000,
  );

  for (const [plant, { gauge, linux }] of Object.entries(PLANTS)) {
    const some = plant === "goroutine" ? (["arm64"] as const) : (["windows", "arm64"] as const);
    const planted = abiSkip(some, "one leak stands for all: time", process.env, beside);
    if (linux === true && process.platform !== "linux") continue;
    planted(`a planted leak: ${plant}`, async () => {
      const { code, err } = await soak("--rounds", "12", "--no-workers", "--plant", plant);
      expect(err).toMatch(new RegExp(`^soak: ${gauge}.*: grows: `, "m"));
      expect(code).toBe(1);
    });
  }

  for (const [args, text] of [
    [["--minutes", "0"], "expected an integer of 1 to 100000"],
    [["--seconds", "x"], "expected an integer of 1 to 1000000"],
    [["--rounds", "8"], "expected an integer of 9 to 1000000"],
    [["--plant", "nothing"], "Allowed choices are memory"],
    [["--minutes", "1", "--seconds", "1"], "cannot be used with option"],
  ] as const) {
    beside(`${args.join(" ")} is refused`, async () => {
      const { code, err } = await soak(...args);
      expect(err).toContain(text);
      expect(code).toBe(2);
    });
  }
});
