/**
 * What gobuf aims at: how many times as fast as another implementation each row is to be, or how much memory or time it may
 * take. The project has set these figures. Whether a run meets them is computed from that run.
 */
import { isNoisy, isTooNoisy, numbersOf, type Result } from "./measure.ts";
import { ratioOf, type Spread } from "./ratio.ts";

interface Common {
  readonly row: string;
  readonly impl: "native" | "generator";
}

/** To be so many times as fast as another implementation, or to take so many times less: its number by ours. */
export interface Faster extends Common {
  readonly over: string;
  readonly times: number;
}

/** To take no more memory, bytes. */
export interface Smaller extends Common {
  readonly bytes: number;
}

/** To take no more time beside another implementation's, milliseconds. */
export interface Beside extends Common {
  readonly over: string;
  readonly ms: number;
}

/** To gain by a second P so great a share of what another implementation gains by it in the same run. */
export interface Gain extends Common {
  readonly over: string;
  /** The row's part with one P; `row` is that with two. */
  readonly single: string;
  readonly share: number;
}

/** Where the other gains less, nothing can be told: the machine has no second core to give. */
const GAIN_TELLS = 1.5;

export type Aim = Faster | Smaller | Beside | Gain;

/** What an aim's numbers are of. */
export type AimUnit = "times" | "bytes" | "ms" | "share";

/** What a run says of an aim. */
export interface Verdict {
  readonly row: string;
  readonly impl: string;
  /** The implementation compared with; null where the aim is a number of bytes. */
  readonly over: string | null;
  readonly aim: number;
  readonly unit: AimUnit;
  /** What the run reached; null where it did not measure it. */
  readonly reached: number | null;
  /** The least and the most that a round reached, and beyond them what processes of one program differ by; or null. */
  readonly low: number | null;
  readonly high: number | null;
  readonly verdict: Told;
}

/**
 * Met and missed are said only where all that was reached lies on one side of the aim, and the machine had time: nothing is told
 * by a noisy row, or by a run of many.
 */
export type Told = "met" | "missed" | "not told" | "not measured";

/** The aims of a row: times plain async code, times Go with one P, and native bodies' times Go. Null: none. */
type Line = readonly [row: string, async: number | null, go: number | null, native: number | null];

/** "Not slower", "within 1.5 times". */
const SAME = 1;
const within = (times: number) => 1 / times;

const LINES: readonly Line[] = [
  ["gosched 1", 1.8, 5, 6],
  ["gosched 2", 1.8, 5, 6],
  ["gosched 100", 1.8, 5, 6],
  ["gosched 10000", SAME, 10, 10],
  ["gosched 100000", within(2), 5, 3],
  ["gosched 1000000", within(1.5), 6, 4],
  ["unbuffered trip", 2.5, 3.5, 3],
  ["buffered item 128", 4, 2, 4],
  ["select 2", null, 2.5, 2],
  ["select 8", null, 2.5, 2],
  ["sendAsync to a waiting goroutine", within(2), null, null],
  ["for await an item", within(2), null, null],
  ["spawn+exit", SAME, 4, 5],
  ["mutex hand-off 10", null, 2, 1.5],
  ["WaitGroup fan-out 1000", SAME, 3.5, 4],
  ["daisy chain 100k", 2, 4, 1.5],
  ["skynet 1M", within(1.3), 4, 3],
  ["number through threads", 5, null, null],
  ["object through threads", 2, null, null],
  ["trip between threads", SAME, null, null],
  ["start on a thread", SAME, null, null],
  ["parked 1M, create", within(1.5), 4, 1.2],
  ["parked 1M, memory", null, 5, null],
  ["parked 1M, wake all", within(1.5), 2.5, 1.2],
];

/** The aims, in the order of the rows. */
export const aims: readonly Aim[] = [
  // Boost.Context saves the registers that gobuf saves; corosensei saves fewer, swapcontext the signal mask as well.
  { row: "raw switch", impl: "native", over: "boost", times: within(1.3) },
  ...LINES.flatMap(([row, async, go, native]): Aim[] => [
    ...(async === null ? [] : [{ row, impl: "generator", over: "async", times: async } as const]),
    ...(go === null ? [] : [{ row, impl: "generator", over: "go", times: go } as const]),
    ...(native === null ? [] : [{ row, impl: "native", over: "go", times: native } as const]),
  ]),
  { row: "parked 1M, memory", impl: "generator", bytes: 520 },
  // Its page alone is 4,096: no more than 1.6 times Go's.
  { row: "parked 1M, memory", impl: "native", bytes: 4403 },
  { row: "tasks of 1 ms, 2 Ps", single: "tasks of 1 ms, 1 P", impl: "native", over: "go", share: 0.95 },
  { row: "import and first run", impl: "generator", over: "async", ms: 35 },
];

/** Never slower than Go: rows of ours that Go has, too, and for which no aim beside Go was set. */
function everywhere(results: readonly Result[], list: readonly Aim[]): Aim[] {
  const isSet = (row: string, impl: string) =>
    list.some((aim) => aim.row === row && aim.impl === impl && ("bytes" in aim || aim.over === "go"));
  return results.flatMap(({ name, impl, vs_go }) =>
    vs_go === null || (impl !== "native" && impl !== "generator") || isSet(name, impl)
      ? []
      : [{ row: name, impl, over: "go", times: SAME }],
  );
}

/** What an aim is, in words. */
export function aimText({ over, aim, unit }: Pick<Verdict, "over" | "aim" | "unit">): string {
  if (unit === "bytes") return `at most ${aim} B`;
  if (unit === "share") return `${aim} of what ${over} gains`;
  if (unit === "ms") return `at most ${aim} ms beside ${over}`;
  return aim === SAME ? `not slower than ${over}` : `${aim.toFixed(2).replace(/\.?0+$/, "")} times ${over}`;
}

/** What a run says of an aim, by what it reached. @param more whether more is better */
function told(reached: Spread, aim: number, more: boolean): Told {
  const [worst, best] = more ? [reached.low, reached.high] : [-reached.high, -reached.low];
  const wanted = more ? aim : -aim;
  if (worst >= wanted) return "met";
  return best < wanted ? "missed" : "not told";
}

/** What an implementation reached of what is to be small: bytes, or milliseconds beside another's. */
function amountOf(results: readonly Result[], aim: Smaller | Beside): Spread | undefined {
  const of = (impl: string) => results.find((r) => r.name === aim.row && r.impl === impl);
  const ours = of(aim.impl);
  if (ours?.rounds === undefined) return undefined;
  if ("bytes" in aim)
    return { ratio: numbersOf(ours).median, low: Math.min(...ours.rounds), high: Math.max(...ours.rounds) };
  const theirs = of(aim.over);
  if (theirs?.rounds === undefined) return undefined;
  const NS_A_MS = 1e6;
  const beside = ours.rounds.flatMap((ns, i) =>
    theirs.rounds?.[i] === undefined ? [] : [(ns - theirs.rounds[i]) / NS_A_MS],
  );
  const middle = (numbersOf(ours).median - numbersOf(theirs).median) / NS_A_MS;
  return { ratio: middle, low: Math.min(middle, ...beside), high: Math.max(middle, ...beside) };
}

/** What a second P gains an implementation, by rounds and at all. */
function gainOf(results: readonly Result[], { row, single }: Gain, impl: string): number[] | undefined {
  const [one, two] = [single, row].map((name) => results.find((r) => r.name === name && r.impl === impl));
  if (one?.rounds === undefined || two?.rounds === undefined) return undefined;
  const { rounds } = two;
  const each = one.rounds.flatMap((ns, i) => (rounds[i] === undefined ? [] : [ns / rounds[i]]));
  return [numbersOf(one).median / numbersOf(two).median, ...each];
}

/** Ours as a share of another's. */
function shareOf(results: readonly Result[], aim: Gain): Spread | undefined {
  const [ours, theirs] = [aim.impl, aim.over].map((impl) => gainOf(results, aim, impl));
  if (ours === undefined || theirs === undefined) return undefined;
  const shares = ours.flatMap((gain, i) => (theirs[i] === undefined ? [] : [gain / theirs[i]]));
  return { ratio: shares[0] as number, low: Math.min(...shares), high: Math.max(...shares) };
}

/** What an aim reached, and what it is. */
function measured(results: readonly Result[], aim: Aim): [Spread | undefined, figure: number, unit: AimUnit] {
  if ("times" in aim) return [ratioOf(results, aim.row, aim.impl, aim.over), aim.times, "times"];
  if ("share" in aim) return [shareOf(results, aim), aim.share, "share"];
  return "bytes" in aim ? [amountOf(results, aim), aim.bytes, "bytes"] : [amountOf(results, aim), aim.ms, "ms"];
}

/** Whether a run cannot tell of a row. */
function isUnsure(results: readonly Result[], of: Aim): boolean {
  if ("share" in of && (gainOf(results, of, of.over)?.[0] ?? 0) < GAIN_TELLS) return true;
  const { row, impl, ...aim } = of;
  const sides = ["over" in aim ? aim.over : impl, impl];
  return isTooNoisy(results) || results.some((r) => r.name === row && sides.includes(r.impl) && isNoisy(r));
}

/** Judges the aims by a run's results. @param list those that were set; beside them gobuf is to be never slower than Go */
export function judge(results: readonly Result[], list: readonly Aim[] = aims): Verdict[] {
  return [...list, ...everywhere(results, list)].map((aim) => {
    const [reached, figure, unit] = measured(results, aim);
    const isMore = unit === "times" || unit === "share";
    return {
      row: aim.row,
      impl: aim.impl,
      over: "over" in aim ? aim.over : null,
      aim: figure,
      unit,
      reached: reached?.ratio ?? null,
      low: reached?.low ?? null,
      high: reached?.high ?? null,
      verdict:
        reached === undefined ? "not measured" : isUnsure(results, aim) ? "not told" : told(reached, figure, isMore),
    };
  });
}
