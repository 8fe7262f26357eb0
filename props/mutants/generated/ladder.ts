/**
 * The steps that judge a mutant, those most likely to find it first: what has found mutants of its file before, the tests
 * near it, the hand-written goldens, all other tests that depend on it, the whole of fidelity, and the tests that take
 * long.
 */
import type { Candidate } from "./candidate.ts";
import type { Graph } from "./graph.ts";

/** One process of the suite. */
export interface Step {
  readonly name: string;
  /** What Bun is given. */
  readonly args: readonly string[];
  /** Test files, where it is tests. */
  readonly tests: readonly string[];
  /** Milliseconds of processor time that it takes without a fault. */
  readonly usualMs: number;
}

/** Where fidelity leaves its result, in the copy. */
export const RESULT = "mutant.json";

const FIDELITY = ["props/fidelity/main.ts", "--json", RESULT];
/** Milliseconds of a test file that nobody has timed. */
const UNTIMED_MS = 1000;
/** A test file that takes longer runs after the whole of fidelity. */
const LONG_MS = 12_000;
/** Milliseconds of a test that sets none itself: one that is late on a busy machine has found nothing. Limits end what hangs. */
const TEST_MS = 60_000;
/** Files of one process: more save starts of Bun, fewer find sooner. */
const CHUNK = 12;
/** Near: a file that imports the mutated one, or what imports it. */
const NEAR = 1;
const NEAR_MAX = 10;
/** Checks that have found mutants of the same file, or this one. */
const HINTS = 3;

/** Through what the tests reach the native library, and the probe. */
const DOORS: readonly (readonly [folder: string, files: readonly string[]])[] = [
  ["arch/probe/", ["props/fidelity/probe-library.ts", "props/native/bodies.ts", "bench/programs/native.ts"]],
  ["arch/", ["src/runtime/ffi.ts"]],
];

/** Tests of the native library by itself. */
const NATIVE_TESTS = [
  "src/native/native.test.ts",
  "props/probe.test.ts",
  "props/stacks.test.ts",
  "props/assembly.test.ts",
  "src/runtime/layout.test.ts",
  "src/native/lane.test.ts",
];

/** Tests that depend on the tree, not on what a mutant does: they take minutes, or read all of it. */
const APART =
  /^(?:scripts\/(?:abis|house)\/|scripts\/(?:package|build|zig|ci|command|lock|scratch)\.test|bench\/page\/browser|props\/mutants\/found|props\/macos)/;

/** What is known of earlier runs. */
export interface Known {
  /** Test files, or names of steps, that have found a mutant, or mutants of a file, the most frequent first. */
  finders(key: string): readonly string[];
  /** Milliseconds that a test file or step takes; undefined where nobody has timed it. */
  msOf(name: string): number | undefined;
}

export const NOTHING_KNOWN: Known = { finders: () => [], msOf: () => undefined };

/** A step of test files. */
export function testStep(files: readonly string[], known: Known): Step {
  const usualMs = files.reduce((sum, file) => sum + (known.msOf(file) ?? UNTIMED_MS), 0);
  return {
    name: files.join(" "),
    args: ["test", "--bail=1", `--timeout=${TEST_MS}`, ...files.map((file) => `./${file}`)],
    tests: files,
    usualMs,
  };
}

/** Steps of fidelity. */
const FIDELITY_STEPS = {
  "fidelity named": [...FIDELITY, "--golden", "golden/named.jsonl", "--runs", "0"],
  fidelity: [...FIDELITY, "--runs", "200"],
} as const;
const FIDELITY_MS = { "fidelity named": 2500, fidelity: 20_000 } as const;

const isFidelity = (name: string): name is keyof typeof FIDELITY_STEPS => Object.hasOwn(FIDELITY_STEPS, name);

/** The files that a step starts. */
export function filesOf(name: string): readonly string[] {
  return isFidelity(name) ? [FIDELITY[0] as string] : name.split(" ");
}

/** A step by its name: a part of fidelity, or test files. */
export function stepNamed(name: string, known: Known): Step {
  if (!isFidelity(name)) return testStep(name.split(" "), known);
  return { name, args: FIDELITY_STEPS[name], tests: [], usualMs: known.msOf(name) ?? FIDELITY_MS[name] };
}

function chunks(files: readonly string[], known: Known): Step[] {
  const steps: Step[] = [];
  for (let i = 0; i < files.length; i += CHUNK) steps.push(testStep(files.slice(i, i + CHUNK), known));
  return steps;
}

/** The tests that depend on a file, and by how many steps. */
function dependents(file: string, graph: Graph): Map<string, number> {
  const tests = new Map(graph.testsOf(file));
  const door = DOORS.find(([folder]) => file.startsWith(folder));
  for (const through of door?.[1] ?? []) {
    for (const [test, distance] of graph.testsOf(through)) if (!tests.has(test)) tests.set(test, distance + 2);
  }
  if (door !== undefined) for (const test of NATIVE_TESTS) tests.set(test, 1);
  return tests;
}

/** The tests that may judge a mutant of a file. */
function judgesOf(tests: ReadonlyMap<string, number>): string[] {
  return [...tests.keys()].filter((test) => !APART.test(test) || (tests.get(test) ?? 0) <= NEAR);
}

/** The names of all that judges a mutant, in no order: what a survivor's verdict depends on. */
export function checksOf({ file }: Candidate, graph: Graph): string[] {
  return [...judgesOf(dependents(file, graph)).sort(), ...Object.keys(FIDELITY_STEPS)];
}

/** The ladder of a mutant. @param isOpen whether a step is still to be taken */
export function ladderOf(
  { id, file, part }: Candidate,
  graph: Graph,
  known: Known,
  isOpen: (name: string) => boolean = () => true,
): Step[] {
  const tests = dependents(file, graph);
  const ms = (test: string) => known.msOf(test) ?? UNTIMED_MS;
  const own = file.replace(/\.ts$/, ".test.ts");
  const rank = (test: string) => (test === own ? -1 : (tests.get(test) ?? 0));
  const order = judgesOf(tests)
    .filter(isOpen)
    .sort((a, b) => rank(a) - rank(b) || ms(a) - ms(b) || (a < b ? -1 : 1));
  const isKnown = (name: string) => order.includes(name) || (isFidelity(name) && isOpen(name));
  // What takes long is a hint where it has found this very mutant.
  const ofFile = known.finders(file).filter((name) => isFidelity(name) || ms(name) <= LONG_MS);
  const hints = [...new Set([...known.finders(id), ...ofFile])].filter(isKnown).slice(0, HINTS);
  const near = order
    .filter((test) => rank(test) <= NEAR && ms(test) <= LONG_MS && !hints.includes(test))
    .slice(0, NEAR_MAX);
  const rest = order.filter((test) => !hints.includes(test) && !near.includes(test));
  const short = rest.filter((test) => ms(test) <= LONG_MS).sort((a, b) => ms(a) - ms(b));
  const long = rest.filter((test) => ms(test) > LONG_MS);
  const step = (name: string) => stepNamed(name, known);
  const [named, whole] = Object.keys(FIDELITY_STEPS).map((name) =>
    hints.includes(name) || !isOpen(name) ? [] : [step(name)],
  );
  const nearStep = near.length === 0 ? [] : [testStep(near, known)];
  // What judges is judged by its tests first; what is judged, by the goldens as soon as its own tests have passed.
  const first = part === "arch" ? [...(named ?? []), ...nearStep] : [...nearStep, ...(named ?? [])];
  return [
    ...hints.map(step),
    ...first,
    ...chunks(short, known),
    ...(whole ?? []),
    ...long.map((test) => testStep([test], known)),
  ];
}
