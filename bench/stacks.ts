/**
 * `bun run bench:stacks`: what sizes of native stacks, and of the guards below them, cost: memory of parked goroutines,
 * and time of a switch in a ring. The sizes that ship (arch/layout.zig) were chosen by its table.
 *
 * The guard's size is a constant of the library: each is built in a copy of the sources. Processes of all sizes take
 * turns, so that a change of the machine's mood meets all of them; of each the least is kept.
 */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checked, command, integer } from "../scripts/command.ts";
import { parseInteger } from "../scripts/numbers.ts";
import { scratch } from "../scripts/scratch.ts";
import { findZig, zigEnv } from "../scripts/zig.ts";
import { hostPlatform, libraryFile, packageRoot } from "../src/runtime/library.ts";
import { Peer } from "./peer.ts";
import { host } from "./peers.ts";

const KIB = 1024;
/** The largest size of either that is built, KiB. */
const SIZE_MAX = 64 * KIB;

/** Sizes of a stack and its guard, KiB. */
interface Sizes {
  readonly stack: number;
  readonly guard: number;
}

/** As they were before this was measured, first: what the others are compared with. */
const SIZES: readonly Sizes[] = [
  { stack: 32, guard: 64 },
  { stack: 64, guard: 128 },
  { stack: 128, guard: 128 },
  { stack: 192, guard: 128 },
  { stack: 128, guard: 256 },
  { stack: 256, guard: 64 },
  { stack: 256, guard: 256 },
  { stack: 256, guard: 1024 },
  { stack: 1024, guard: 64 },
  { stack: 1024, guard: 1024 },
];

/** `32+64,256+64`. */
function parseSizes(text: string): Sizes[] {
  return text.split(",").map((pair) => {
    const [stack = "", guard = "", ...more] = pair.split("+");
    if (more.length > 0 || guard === "") throw new Error(`expected STACK+GUARD in KiB, e.g. 32+64,256+64, got ${pair}`);
    const sizes = { stack: parseInteger(stack, 4, SIZE_MAX), guard: parseInteger(guard, 64, SIZE_MAX) };
    if (sizes.stack % 4 !== 0) throw new Error(`expected a stack of a multiple of 4 KiB, got ${stack}`);
    if (sizes.guard % 64 !== 0) throw new Error(`expected a guard of a multiple of 64 KiB, got ${guard}`);
    return sizes;
  });
}

const options = command(
  "bun run bench:stacks",
  "Measures what sizes of native stacks and of their guards cost. Linux only; it builds the library for each guard.",
)
  .option("--sizes <list>", "STACK+GUARD in KiB, the first is what others are compared with", checked(parseSizes))
  .option("--goroutines <n>", "how many are parked", integer(1000, 2_000_000), 100_000)
  .option("--rounds <n>", "how many processes of each size", integer(1, 100), 5)
  .parse()
  .opts<{ sizes?: readonly Sizes[]; goroutines: number; rounds: number }>();

/** What is measured of a size: the least of all rounds. */
interface Row extends Sizes {
  resident: number;
  pageTables: number;
  mappings: number;
  /** Nanoseconds to start one, and run it until it parks. */
  start: number;
  /** Nanoseconds of a switch. */
  ring100: number;
  ring10k: number;
}

/** Switches of a sample. */
const SWITCHES = 3_200_000;
const SAMPLES = 3;

/** Builds the library with a guard. @returns its path */
function build(guard: number, folder: string): string {
  const at = join(folder, String(guard));
  for (const name of ["arch", "build.zig", "build.zig.zon"]) {
    cpSync(join(packageRoot, name), join(at, name), { recursive: true });
  }
  const file = join(at, "arch", "layout.zig");
  const source = readFileSync(file, "utf8");
  const constant = /^pub const stack_guard_size = .*;$/m;
  if (!constant.test(source))
    throw new Error(`there is no stack_guard_size in ${file}: bench/stacks.ts must follow it`);
  writeFileSync(file, source.replace(constant, `pub const stack_guard_size = ${guard * KIB};`));
  const run = Bun.spawnSync([...findZig(), "build"], { cwd: at, env: zigEnv(), stderr: "pipe" });
  if (run.exitCode !== 0) throw new Error(`a guard of ${guard} KiB does not build: ${run.stderr}`);
  return join(at, "zig-out", "lib", hostPlatform(), libraryFile("gobuf", hostPlatform()));
}

/** Measures a size once more, in a process of its own. */
async function measure(row: Row, library: string, goroutines: number): Promise<void> {
  const env = { GOBUF_LIBRARY: library, GOBUF_BENCH_STACK: String(row.stack * KIB) };
  const name = `${row.stack}+${row.guard}`;
  const { argv } = host("stacks", 1);
  const least = (key: keyof Row, value: number | undefined) => {
    (row as Record<keyof Row, number>)[key] = Math.min(row[key], value ?? Number.NaN);
  };
  await using peer = await Peer.start(name, { argv, env });
  // First: memory that a ring has used would not be new.
  const [memory = []] = await peer.sample("stacks", goroutines, 1, goroutines);
  least("resident", memory[0]);
  least("pageTables", memory[1]);
  least("mappings", (memory[2] ?? Number.NaN) * goroutines);
  least("start", memory[3]);
  await using other = await Peer.start(name, { argv, env });
  for (const [key, ring] of [
    ["ring100", "gosched 100"],
    ["ring10k", "gosched 10000"],
  ] as const) {
    // The first one warms the code up.
    const [, ...samples] = await other.sample(ring, SWITCHES, 1 + SAMPLES, SWITCHES);
    for (const [ns] of samples) least(key, ns);
  }
}

if (process.platform !== "linux") {
  console.error("bun run bench:stacks: only Linux says what page tables take");
  process.exit(1);
}
const { sizes = SIZES, goroutines, rounds } = options;
using folder = scratch("stacks");
const libraries = new Map<number, string>();
for (const { guard } of sizes) {
  if (libraries.has(guard)) continue;
  console.error(`gobuf: building the library with a guard of ${guard} KiB`);
  libraries.set(guard, build(guard, folder.path));
}
const most = Number.POSITIVE_INFINITY;
const rows: Row[] = sizes.map((size) => ({
  ...size,
  ...{ resident: most, pageTables: most, mappings: most, start: most, ring100: most, ring10k: most },
}));
for (let round = 0; round < rounds; round++) {
  for (const row of round % 2 === 0 ? rows : rows.toReversed()) {
    await measure(row, libraries.get(row.guard) ?? "", goroutines);
  }
}

const [base] = rows;
const ratio = (row: Row, of: (row: Row) => number) => (of(row) / of(base ?? row)).toFixed(2);
const memory = (row: Row) => row.resident + row.pageTables;
console.log(
  `${goroutines} parked goroutines with native bodies; bytes are a goroutine's, times a switch's, least of ${rounds}`,
);
console.log(
  "stack+guard, KiB | resident | page tables | both, ratio | mappings of all | start | ring of 100 | ring of 10,000",
);
for (const row of rows) {
  const cells = [
    `${row.stack}+${row.guard}`.padStart(16),
    row.resident.toFixed(0).padStart(8),
    row.pageTables.toFixed(0).padStart(11),
    ratio(row, memory).padStart(11),
    row.mappings.toFixed(0).padStart(15),
    `${row.start.toFixed(0)} ns ${ratio(row, (r) => r.start)}`,
    `${row.ring100.toFixed(1)} ns ${ratio(row, (r) => r.ring100)}`.padStart(11),
    `${row.ring10k.toFixed(1)} ns ${ratio(row, (r) => r.ring10k)}`.padStart(14),
  ];
  console.log(cells.join(" | "));
}

// Only now: it loads the library of this checkout, which those that are measured do not use.
const { measureLibc } = await import("./libc.ts");
console.log("\nWhat functions of libc take of a stack, bytes, with the colour of up to 1,984:");
for (const { what, bytes } of measureLibc()) console.log(`${String(bytes).padStart(6)} ${what}`);
