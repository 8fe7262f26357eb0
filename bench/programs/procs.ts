/**
 * What several Ps give native goroutines: the bodies are in arch/probe/procs.c. The clock starts when all Ms are there, for a
 * run starts its threads once.
 */
import { native as api, chan, type Go, go, run, WaitGroup } from "gobuf";
import type { Measured, Program, Programs } from "../program.ts";

const BODIES = {
  p_computer: api.body,
  p_echo: api.body,
  p_pinger: api.body,
  p_robbed: api.body,
  p_skynet: api.body,
} as const;

/** Ps of the rows: as many as the smallest machine has cores that is worth it. */
const PS = 2;
/** Rounds of p_computer that take about a millisecond; the same in Go. */
export const ROUNDS_OF_MS = 400_000;

/** 64-bit words of a record of arch/probe/procs.h, and where its fields are. */
const WORDS = 12;
const [COUNT, IN, OUT, WG, ID, DONE, SUM] = [0, 1, 2, 3, 6, 8, 9] as const;

function record(fields: Partial<Record<number, number>>): BigUint64Array<ArrayBuffer> {
  const words = new BigUint64Array(WORDS);
  for (const [i, value] of Object.entries(fields)) words[Number(i)] = BigInt(value as number);
  return words;
}

/** The programs by the names of their rows. @param path the probe's library */
export function procsPrograms(path: string): Programs {
  const { symbols } = api.dlopen(path, BODIES);

  /** One program in a run of its own. @returns nanoseconds from when all Ms are there, and its check */
  const timed = (procs: number, body: () => Go<number>): Promise<[check: number, ns: number]> =>
    run(
      function* () {
        if (procs > 1) {
          const wg = new WaitGroup();
          wg.add(1);
          go.native(symbols.p_robbed, record({ [COUNT]: 20, [WG]: api.handle(wg) }));
          yield* wg.wait();
        }
        const start = Bun.nanoseconds();
        const check = yield* body();
        return [check, Bun.nanoseconds() - start];
      },
      { procs },
    );

  /** The same with one P and with several. */
  const withBoth =
    (body: (n: number) => Go<number>): Program =>
    async (n): Promise<Measured> => {
      const one = await timed(1, () => body(n));
      const several = await timed(PS, () => body(n));
      return { check: one[0] === several[0] ? one[0] : -1, values: [one[1], several[1]] };
    };

  const tasks = withBoth(function* (n) {
    const wg = new WaitGroup();
    wg.add(n);
    const all = Array.from({ length: n }, (_, id) => record({ [COUNT]: ROUNDS_OF_MS, [WG]: api.handle(wg), [ID]: id }));
    for (const one of all) go.native(symbols.p_computer, one);
    yield* wg.wait();
    return all.reduce((sum, one) => sum + Number(one[DONE]), 0);
  });

  const skynet = withBoth(function* (n) {
    const top = chan<number>();
    const words = new BigUint64Array([BigInt(n), 0n, BigInt(api.handle(top))]);
    go.native(symbols.p_skynet, words);
    return (yield* top.recv()) ?? -1;
  });

  const word = withBoth(function* (n) {
    const [there, back] = [chan<number>(), chan<number>()].map((ch) => api.handle(ch)) as [number, number];
    const wg = new WaitGroup();
    wg.add(1);
    go.native(symbols.p_echo, record({ [IN]: there, [OUT]: back }));
    const pinger = record({ [IN]: back, [OUT]: there, [COUNT]: n, [WG]: api.handle(wg) });
    go.native(symbols.p_pinger, pinger);
    yield* wg.wait();
    return Number(pinger[SUM]);
  });

  const steal: Program = async (n) => {
    const [check, ns] = await timed(PS, function* () {
      const wg = new WaitGroup();
      wg.add(1);
      const robbed = record({ [COUNT]: n, [WG]: api.handle(wg) });
      go.native(symbols.p_robbed, robbed);
      yield* wg.wait();
      return Number(robbed[DONE]);
    });
    return { check, values: [ns] };
  };

  const woken: Program = async (n) => {
    const [check, ns] = await timed(PS, function* () {
      const [there, back] = [chan<number>(), chan<number>()];
      go.native(symbols.p_echo, record({ [IN]: api.handle(there), [OUT]: api.handle(back) }));
      let sum = 0;
      for (let i = 0; i < n; i++) {
        yield* there.send(i);
        sum += (yield* back.recv()) ?? -1;
      }
      return sum;
    });
    return { check, values: [ns] };
  };

  // Runs with several Ps are there on Linux.
  if (process.platform !== "linux") return {};
  return { "tasks of 1 ms": tasks, "skynet on Ps": skynet, "word between Ms": word, steal, "main woken": woken };
}
