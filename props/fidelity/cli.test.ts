/** The command line of fidelity: its options, its errors, and the strings that replay a case. */
import { describe, expect, test } from "bun:test";
import { type Options, parseOptions, UsageError } from "./cli.ts";
import { formatReplay, parseReplay, replayCommand, workloadSeed } from "./replay.ts";

const parse = (...argv: string[]) => parseOptions(argv) as Options;

describe("options", () => {
  test("have defaults", () => {
    expect(parse()).toMatchObject({
      golden: [],
      live: 0,
      bodies: ["generator", "native"],
      seed: 1,
      replay: undefined,
      json: undefined,
      shard: { index: 1, count: 1 },
      library: undefined,
    });
    expect(parse().runs).toBeGreaterThan(0);
  });

  test("are taken", () => {
    const options = parse(
      ..."--golden a --golden b.jsonl.gz --live 5 --bodies native --runs 7 --seed 9 --json o --shard 2/4".split(" "),
      "--library",
      "/x/lib.so",
    );
    expect(options).toMatchObject({
      golden: ["a", "b.jsonl.gz"],
      live: 5,
      bodies: ["native"],
      runs: 7,
      seed: 9,
      json: "o",
      shard: { index: 2, count: 4 },
      library: "/x/lib.so",
    });
    expect(parse("--replay", "random:12").replay).toEqual({ kind: "random", seed: 12 });
  });

  test("do not remember an earlier command line", () => {
    parse("--golden", "a");
    expect(parse().golden).toEqual([]);
  });

  test.each([
    "--nope",
    "--runs",
    "--runs x",
    "--runs 1.5",
    "--runs -1",
    "--runs 1e3",
    "--seed 9007199254740992",
    "--bodies all",
    "--shard 0/4",
    "--shard 5/4",
    "--shard 1",
    "--replay golden:a",
    "--replay random:x",
    "--golden=",
    "stray",
  ])("are refused: %s", (line) => {
    expect(() => parseOptions(line.split(" "))).toThrow(UsageError);
  });

  test("name what is wrong", () => {
    expect(() => parse("--nope")).toThrow("unknown option '--nope'");
    expect(() => parse("--shard", "5/4")).toThrow("argument '5/4' is invalid. expected i/n");
  });

  test("give help", () => {
    expect((parseOptions(["--help"]) as { help: string }).help).toContain("--replay <string>");
  });
});

describe("replay strings", () => {
  test.each([
    { kind: "golden", file: "golden/sample.jsonl", name: "dp060" },
    { kind: "golden", file: "a b/c#d.jsonl.gz", name: "it's # 50% \u{1f600}" },
    { kind: "random", seed: 2 ** 53 - 1 },
    { kind: "live", seed: 0 },
  ] as const)("%j survives the way there and back", (replay) => {
    const string = formatReplay(replay);
    expect(string).toMatch(/^[\x21-\x7e]+$/);
    expect(string).not.toContain("'");
    expect(parseReplay(string)).toEqual(replay);
  });

  test("stay readable", () => {
    expect(formatReplay({ kind: "golden", file: "golden/named.jsonl", name: "close order" })).toBe(
      "golden:golden/named.jsonl#close%20order",
    );
    expect(replayCommand({ kind: "random", seed: 3 }, "native")).toBe(
      "bun run fidelity --replay 'random:3' --bodies native",
    );
  });

  test.skipIf(process.platform === "win32")(
    "a shell reads the paths of a command as they are (skipped where there is no sh)",
    () => {
      const paths = { library: '/a b/it\'s "$HOME"/lib.so', go: "C:/go's bin/go" };
      const command = replayCommand({ kind: "live", seed: 3 }, "both", paths);
      const { stdout } = Bun.spawnSync(["sh", "-c", `set -- ${command}; printf '%s\\n' "$@"`]);
      const words = stdout.toString().trimEnd().split("\n");
      expect(words.slice(-4)).toEqual(["--library", paths.library, "--go", paths.go]);
      expect(replayCommand({ kind: "random", seed: 3 }, "", { go: "/go" }), "of live ones only").not.toContain("--go");
    },
  );

  test.each(["", "golden:", "golden:a#", "golden:a#%", "random:", "random:9007199254740992", "x:1"])(
    "%j is refused",
    (s) => {
      expect(() => parseReplay(s)).toThrow("expected");
    },
  );

  test("seeds of neighbouring runs do not meet", () => {
    const seeds = [0, 1, 2].flatMap((base) => Array.from({ length: 1000 }, (_, k) => workloadSeed(base, k)));
    expect(new Set(seeds).size).toBe(3000);
  });
});
