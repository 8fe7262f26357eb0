/** The options of `bun run mutants`: what each is read as, and what makes no sense together. */
import { afterAll, afterEach, expect, spyOn, test } from "bun:test";
import { PARTS } from "./generated/candidate.ts";
import { SUBJECTS } from "./mutant.ts";
import { readOptions } from "./options.ts";

afterAll(() => void [exit, stderr].map((spy) => spy.mockRestore()));
afterEach(() => void [exit, stderr].map((spy) => spy.mockClear()));
const exit = spyOn(process, "exit").mockImplementation((code) => {
  throw new Error(`exit ${code}`);
});
const stderr = spyOn(process.stderr, "write").mockImplementation(() => true);

/** What is said of a command line that is refused. */
function refused(argv: readonly string[]): string {
  expect(() => readOptions(argv)).toThrow("exit 2");
  return stderr.mock.calls.map(([text]) => String(text)).join("");
}

const GENERATED = ["--generated", "1"];
const ONE = ["--generated-one", "0123456789"];
const together: [string[], string][] = [
  ...[["--abi", "src"], ["--only", "a"], ["--share", "1/2"], ["--list"]].flatMap((other): [string[], string][] => [
    [[...GENERATED, ...other], "cannot be used with"],
    [[...ONE, ...other], "cannot be used with"],
  ]),
  [[...GENERATED, ...ONE], "cannot be used with"],
  [[...ONE, "--write"], "cannot be used with"],
  ...[["--only", "a"], ["--share", "1/2"], ["--list"]].map((other): [string[], string] => [
    ["--write", ...other],
    "cannot be used with",
  ]),
  [["--seed", "1"], "--seed is for --generated or --seconds"],
  [["--in", "src"], "--in is for --generated"],
  [["--least", "1"], "--least is for --generated"],
  [["--seconds", "1", "--write"], "--seconds cannot be used with --write"],
  [[...ONE, "--seconds", "1"], "--seconds cannot be used with --generated-one"],
  [["--patch"], "--patch is for --generated-one"],
  [[...GENERATED, "--patch"], "--patch is for --generated-one"],
  [[...ONE, "--seed", "1"], "--seed is for --generated or --seconds"],
  [["--abi", "sparc"], `expected one of ${SUBJECTS.join(", ")}`],
  [[...GENERATED, "--in", "docs"], `expected one of ${PARTS.join(", ")}`],
  [["--generated-one", "012345678"], "expected ten hexadecimal digits"],
  [["--generated-one", "0123456789a"], "expected ten hexadecimal digits"],
  [["--generated-one", "012345678G"], "expected ten hexadecimal digits"],
  [["--generated", "0"], "expected an integer of 1 to"],
  [[...GENERATED, "--least", "101"], "expected an integer of 0 to 100"],
  [[...GENERATED, "--seconds", "0"], "expected an integer of 1 to"],
  [["--share", "3/2"], "expected i/n"],
];
test.each(together)("%j is refused", (argv, says) => {
  expect(refused(argv)).toContain(says);
});

test("options are read as they are given", () => {
  expect({ ...readOptions([]) }).toEqual({ jobs: 2 });
  for (const abi of SUBJECTS) expect(readOptions(["--abi", abi]).abi).toEqual([abi]);
  expect(readOptions(["--abi", "src", "--abi", "rows", "--abi", "src"]).abi).toEqual(["src", "rows"]);
  expect(readOptions(["--abi", "src"]).abi, "nothing is left of the line before").toEqual(["src"]);
  const generated = [
    ...GENERATED,
    ...["--seed", "0", "--in", "arch", "--in", "src", "--least", "100", "--seconds", "5"],
  ];
  expect({ ...readOptions([...generated, "--jobs", "1"]) }).toEqual({
    ...{ generated: 1, seed: 0, in: ["arch", "src"], least: 100, seconds: 5, jobs: 1 },
  });
  expect({ ...readOptions([...ONE, "--patch"]) }).toEqual({ generatedOne: "0123456789", patch: true, jobs: 2 });
  expect(readOptions(["--share", "2/3", "--only", "x", "--list"])).toMatchObject({
    ...{ share: { index: 2, count: 3 }, only: "x", list: true },
  });
  expect(readOptions(["--share", "2/3", "--seconds", "9", "--seed", "3"])).toMatchObject({ seconds: 9, seed: 3 });
  expect(readOptions(["--write", "--abi", "src"]).write).toBe(true);
  expect(readOptions([...GENERATED, "--write"])).toMatchObject({ generated: 1, write: true });
  expect(exit).not.toHaveBeenCalled();
});
