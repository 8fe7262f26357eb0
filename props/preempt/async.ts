/** Native bodies that are preempted between two instructions: the bodies of arch/probe, and what became of them. */
import { go, gosched, native, run } from "gobuf";
import { PREEMPTION_TAKEN } from "../../src/runtime/codes.ts";
import { descriptor, native as library, M_BASE, mmem } from "../../src/runtime/ffi.ts";
import { libraryPath } from "../native/bodies.ts";

const BODIES = {
  gobuf_probe_async: native.body,
  gobuf_probe_async_x87: native.body,
  gobuf_probe_async_selftest: { args: [], returns: "u32" },
  c_async_counts: native.body,
  c_async_keeps: native.body,
  c_async_asks: native.body,
  c_async_g0: native.body,
  c_async_calls: native.body,
  c_async_called: native.body,
  c_async_deep: native.body,
  c_async_holds: native.body,
  c_yields: native.body,
} as const;

/** Opens the probe's bodies. @param preempt how they are preempted */
export function openAsync(preempt: "async" | "cooperative" = "async", path = libraryPath) {
  return native.dlopen(path, BODIES, { preempt });
}

/** Why no body can be preempted between two instructions here; null where one can. */
export function noAsync(): string | null {
  try {
    openAsync().close();
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Makes the monitor look every `us` microseconds, and preempt whatever body has run as long. */
export function hurry(us: number): Disposable {
  library.gobuf_sysmon_hurry(us, us);
  return { [Symbol.dispose]: () => library.gobuf_sysmon_hurry(0, 0) };
}

/** struct asynced of arch/probe/preempt.c. */
export class Asynced {
  readonly words = new Uint32Array(12);
  readonly #wide = new BigUint64Array(this.words.buffer);

  constructor({ most = 2 ** 53 - 1, times = 0n, arg = 0n }: { most?: number; times?: bigint; arg?: bigint } = {}) {
    this.#wide[1] = BigInt(most);
    this.#wide[2] = times;
    this.#wide[4] = arg;
  }

  stop(): void {
    this.words[0] = 1;
  }
  get times(): number {
    return Number(this.#wide[2]);
  }
  get wrong(): number {
    return Number(this.#wide[3]);
  }
  get ended(): boolean {
    return this.#wide[5] === 1n;
  }
}

/** Where the parts of a record of arch/probe/async.zig begin, bytes, and what is in them. */
const PARTS: Readonly<Record<string, readonly (readonly [number, string, number])[]>> = {
  x64: [
    [0, "zmm", 64],
    [2048, "k", 8],
    [2112, "general register ", 8],
    [2232, "flags", 8],
    [2240, "mxcsr and x87 control word", 16],
    [2256, "st", 16],
    [2384, "red zone word ", 8],
  ],
  arm64: [
    [0, "v", 16],
    [512, "general register ", 8],
    [752, "nzcv, fpcr, fpsr: ", 8],
  ],
};

/** The register at a byte of a record. */
export function registerAt(byte: number): string {
  const parts = PARTS[process.arch] ?? [];
  const part = parts.findLast(([first]) => byte >= first);
  if (part === undefined) return `byte ${byte}`;
  const [first, name, bytes] = part;
  return `${name}${Math.floor((byte - first) / bytes)}${bytes > 8 ? `, byte ${(byte - first) % bytes}` : ""}`;
}

/** Watch of arch/probe/async.zig. */
export class Watch {
  readonly words = new Uint32Array(20);
  readonly wide = new BigUint64Array(this.words.buffer);

  constructor(seed: number, spins: number) {
    this.wide[6] = BigInt(spins);
    this.wide[7] = BigInt(seed);
  }
  get rounds(): number {
    return Number(this.wide[1]);
  }
  get bad(): number {
    return Number(this.wide[2]);
  }
  /** The first word that was wrong. */
  get first(): string {
    return `${registerAt(Number(this.wide[3]))}: expected 0x${this.wide[4]?.toString(16)}, found 0x${this.wide[5]?.toString(16)}`;
  }
  get compared(): number {
    return Number(this.wide[8]);
  }
}

/** What was found. */
export interface Registers {
  /** Preemptions, between two instructions, while the bodies ran. */
  readonly taken: number;
  readonly rounds: number;
  /** Words of registers that were compared. */
  readonly compared: number;
  readonly bad: number;
  /** The first that was wrong. */
  readonly first: string;
  /** 0 the baseline's registers, 1 AVX's, 2 AVX-512's. */
  readonly level: number;
  readonly collections: number;
}

/** Options of {@link registers}. */
export interface RegistersOptions {
  /** So many preemptions, at least. */
  readonly preemptions: number;
  readonly bodies?: number;
  readonly seed?: number;
  /** A forced collection after so many turns of main; 0: none. */
  readonly collect?: number;
  readonly spins?: number;
  /** Microseconds from one look of the monitor to the next; 0: as somebody else has set it. */
  readonly everyUs?: number;
  /** The probe's library, or a copy. */
  readonly path?: string;
}

/** Runs bodies whose registers are all known until they were preempted so often. */
export async function registers(options: RegistersOptions): Promise<Registers> {
  const { preemptions, bodies = 2, seed = 1, collect = 0, spins = 20_000, everyUs = 100, path } = options;
  // Closed behind the run: other bodies of the probe's are not to be preempted so.
  using opened = openAsync("async", path);
  const { symbols } = opened;
  const watches = Array.from({ length: bodies }, (_, i) => new Watch(seed + i, spins));
  const x87 = new Watch(0, 0);
  // Of this thread alone.
  const takenHere = () => mmem[M_BASE + (descriptor.m_preemptions >> 2) + PREEMPTION_TAKEN] as number;
  const before = takenHere();
  let collections = 0;
  using _ = everyUs === 0 ? null : hurry(everyUs);
  await run(function* () {
    for (const { words } of watches) go.native(symbols.gobuf_probe_async, words);
    go.native(symbols.gobuf_probe_async_x87, x87.words);
    for (let turn = 1; takenHere() - before < preemptions; turn++) {
      if (collect !== 0 && turn % collect === 0) {
        Bun.gc(true);
        collections++;
      }
      yield* gosched();
    }
    for (const { words } of [...watches, x87]) words[0] = 1;
    // They end in their own time.
    for (let turn = 0; turn < 10; turn++) yield* gosched();
  });
  const wrong = watches.find(({ bad }) => bad !== 0);
  return {
    taken: takenHere() - before,
    rounds: watches.reduce((all, { rounds }) => all + rounds, 0),
    compared: watches.reduce((all, { compared }) => all + compared, 0),
    bad: watches.reduce((all, { bad }) => all + bad, x87.bad),
    first: x87.bad !== 0 ? "the x87 stack of another goroutine is not empty" : (wrong?.first ?? ""),
    level: watches[0]?.words[1] ?? 0,
    collections,
  };
}
