/**
 * The register probe across migration: native goroutines that look, around each of their operations, at every register that
 * a callee preserves, while they go from M to M; and at every register there is while they are interrupted between two
 * instructions. The body is arch/probe/migrate.zig.
 */

import { CString, dlopen, type Pointer } from "bun:ffi";
import { join } from "node:path";
import { chan, go, native, run, WaitGroup } from "gobuf";
import { hostPlatform, libraryFile, packageRoot } from "../../../src/runtime/library.ts";
import { hurry, noAsync, registerAt } from "../../preempt/async.ts";
import { witnessed } from "../../procs/witness.ts";

const libraryPath = join(packageRoot, "zig-out", "lib", hostPlatform(), libraryFile("gobuf_probe", hostPlatform()));

/** 64-bit words of Migrant of migrate.zig. */
const WORDS = 20;
const [COUNT, SEED, HANDLES, WG_FAULT, WAITS, OPERATIONS, COMPARED, BAD, WANT, GOT, ASTRAY, ASYNC] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
] as const;
/** Of its Watch, behind the word of `stop` and `level`. */
const [A_BAD, A_WHERE, A_WANT, A_GOT, A_SPINS, A_SEED, A_COMPARED] = [2, 3, 4, 5, 6, 7, 8] as const;

/** What migrating goroutines saw. */
export interface Migrated {
  readonly operations: number;
  /** Preserved registers that were compared, around an operation. */
  readonly compared: number;
  /** Words of registers that were compared around a wait in which the goroutine may have been interrupted. */
  readonly interrupted: number;
  /** Times that a goroutine went on, on another M than before. */
  readonly migrations: number;
  /** Preemptions. */
  readonly preemptions: number;
  readonly bad: number;
  /** The first that was wrong, in words. */
  readonly first: string;
  /** Why no goroutine is interrupted between two instructions here; null where they are. */
  readonly skipped: string | null;
}

export interface MigrateOptions {
  readonly procs: number;
  readonly seed: number;
  /** Goroutines, and operations of each: a multiple of 4. */
  readonly migrants: number;
  readonly count: number;
  /** 0; or one operation in 256 breaks thing `fault - 1` of the probe's self-test. */
  readonly fault?: number;
}

/** The name of a preserved register. */
function nameOf(id: number): string {
  const { symbols, close } = dlopen(libraryPath, { gobuf_probe_register_name: { args: ["u32"], returns: "ptr" } });
  const at = symbols.gobuf_probe_register_name(id);
  const name = at ? new CString(at as Pointer).toString() : `register ${id}`;
  close();
  return name;
}

/** What each fault of the self-test breaks, by its number: the register's name. */
export function breakable(): string[] {
  const { symbols, close } = dlopen(libraryPath, {
    gobuf_probe_selftest_count: { args: ["u32"], returns: "u32" },
    gobuf_probe_selftest_register: { args: ["u32"], returns: "u32" },
  });
  const count = symbols.gobuf_probe_selftest_count(0);
  const ids = Array.from({ length: count }, (_, k) => symbols.gobuf_probe_selftest_register(k));
  close();
  return ids.map(nameOf);
}

/** Runs them to their end. */
export async function migrate({ procs, seed, migrants, count, fault = 0 }: MigrateOptions): Promise<Migrated> {
  const skipped = noAsync();
  using library = native.dlopen(
    libraryPath,
    { gobuf_probe_migrate: native.body },
    { preempt: skipped === null ? "async" : "cooperative" },
  );
  const body = library.symbols.gobuf_probe_migrate;
  const records = Array.from({ length: migrants }, (_, i) => {
    const wide = new BigUint64Array(WORDS);
    wide[COUNT] = BigInt(count);
    wide[SEED] = BigInt(seed + i);
    // Of a few microseconds, so that some are met by a look of the monitor.
    wide[WAITS] = skipped === null ? 512n : 0n;
    wide[ASYNC + A_SPINS] = 20_000n;
    wide[ASYNC + A_SEED] = BigInt(seed + i);
    return wide;
  });
  using _ = hurry(100);
  const { pool } = await witnessed(() =>
    run(
      function* () {
        const wg = new WaitGroup();
        wg.add(migrants);
        // A ring: each receives from one channel and sends to the next. Odd ones out only give way.
        const ring = Array.from({ length: Math.max(1, migrants >> 1) }, () => chan<number>(4));
        for (const ch of ring) yield* ch.send(1);
        for (const [i, wide] of records.entries()) {
          const words = new Uint32Array(wide.buffer);
          if (i < ring.length) {
            words[2 * HANDLES] = native.handle(ring[i] as (typeof ring)[number]);
            words[2 * HANDLES + 1] = native.handle(ring[(i + 1) % ring.length] as (typeof ring)[number]);
          }
          words[2 * WG_FAULT] = native.handle(wg);
          words[2 * WG_FAULT + 1] = i === 0 ? fault : 0;
          go.native(body, wide);
        }
        yield* wg.wait();
      },
      { procs },
    ),
  );
  const at = (wide: BigUint64Array, i: number) => Number(wide[i]);
  const sum = (i: number) => records.reduce((all, wide) => all + at(wide, i), 0);
  const stats = pool?.stats() ?? [];
  return {
    operations: sum(OPERATIONS),
    compared: sum(COMPARED),
    interrupted: sum(ASYNC + A_COMPARED),
    migrations: stats.reduce((all, p) => all + p.migrated, 0),
    preemptions: stats.reduce((all, p) => all + p.preempted, 0),
    bad: sum(BAD) + sum(ASTRAY) + sum(ASYNC + A_BAD),
    first: firstOf(records),
    skipped,
  };
}

/** The first thing that was wrong; empty when nothing was. */
function firstOf(records: readonly BigUint64Array[]): string {
  const hex = (word: bigint | undefined) => `0x${word?.toString(16)}`;
  for (const wide of records) {
    if (wide[ASTRAY] !== 0n) return "the thread-local storage named another goroutine behind an operation";
    if (wide[BAD] !== 0n) {
      const id = new Uint32Array(wide.buffer)[2 * WAITS + 1] as number;
      return `${nameOf(id)}: expected ${hex(wide[WANT])}, found ${hex(wide[GOT])}, behind an operation`;
    }
    if (wide[ASYNC + A_BAD] !== 0n) {
      const where = registerAt(Number(wide[ASYNC + A_WHERE]));
      return `${where}: expected ${hex(wide[ASYNC + A_WANT])}, found ${hex(wide[ASYNC + A_GOT])}, in the middle of a wait`;
    }
  }
  return "";
}
