/**
 * Workloads of native goroutines (arch/probe/procs.c), drawn by a seed, whose results are known whatever the order was. What
 * is drawn is data, so that Go can run the same (go/main.go).
 */
import { chan, go, gosched, Mutex, WaitGroup } from "gobuf";
import type { Go } from "../../../src/runtime/body.ts";
import { addressOf } from "../../../src/runtime/ffi.ts";
import { type openBodies, Works } from "../../procs/bodies.ts";

type Symbols = ReturnType<typeof openBodies>["symbols"];
/** A number below the one that is given. */
export type Draw = (n: number) => number;

/** What was drawn for a workload, or what came of it. */
export type Numbers = Readonly<Record<string, number>>;

export interface Workload {
  readonly kind: string;
  draw(draw: Draw): Numbers;
  /** What must come of it. */
  expected(n: Numbers): Numbers;
  /** The main goroutine. @param draw for what changes no result */
  main(symbols: Symbols, n: Numbers, draw: Draw): () => Go<Numbers>;
}

/** Draws that can be made again: xorshift of 32 bits. */
export function drawBy(seed: number): Draw {
  let x = Math.imul(seed + 1, 0x9e3779b1) >>> 0 || 1;
  return (n) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % n;
  };
}

/** What is not as expected; null: all is. */
export function differs(got: Numbers, expected: Numbers): string | null {
  const wrong = Object.entries(expected).filter(([name, value]) => got[name] !== value);
  if (wrong.length === 0) return null;
  return wrong.map(([name, value]) => `${name}: ${got[name]}, expected ${value}`).join("; ");
}

const pick = <T>(draw: Draw, list: readonly T[]): T => list[draw(list.length)] as T;
const get = (n: Numbers, name: string): number => n[name] as number;
const sumBelow = (n: number) => (n * (n - 1)) / 2;

/** Goroutines that do nothing but give way. */
const yields: Workload = {
  kind: "yields",
  draw: (draw) => ({ goroutines: 2 + draw(60), count: 1000 + draw(5000) }),
  expected: (n) => ({ turns: get(n, "goroutines") * get(n, "count") }),
  main: (symbols, n, draw) =>
    function* yields() {
      const [goroutines, count] = [get(n, "goroutines"), get(n, "count")];
      const wg = new WaitGroup();
      const works = new Works(goroutines);
      wg.add(goroutines);
      for (let i = 0; i < goroutines; i++) {
        go.native(draw(3) ? symbols.p_yielder : symbols.p_goyielder, works.set(i, { count, wg }));
      }
      yield* wg.wait();
      return { turns: works.total("done") };
    },
};

/** Senders and receivers on one channel; some of them generators. */
const passes: Workload = {
  kind: "passes",
  draw: (draw) => ({
    senders: 1 + draw(8),
    receivers: 1 + draw(8),
    count: 500 + draw(5000),
    generators: draw(2),
    capacity: pick(draw, [0, 0, 1, 2, 7, 64]),
  }),
  expected: (n) => ({
    words: get(n, "senders") * get(n, "count"),
    sum: get(n, "senders") * sumBelow(get(n, "count")),
    bad: 0,
  }),
  main: (symbols, n) =>
    function* passes() {
      const [senders, receivers, count] = [get(n, "senders"), get(n, "receivers"), get(n, "count")];
      const ch = chan<number>(get(n, "capacity"));
      const [sent, received] = [new WaitGroup(), new WaitGroup()];
      const works = new Works(senders + receivers);
      let [got, total] = [0, 0];
      sent.add(senders);
      received.add(receivers + get(n, "generators"));
      for (let i = 0; i < receivers; i++) {
        go.native(symbols.p_receiver, works.set(senders + i, { in: ch, wg: received }));
      }
      for (let id = 0; id < senders; id++) {
        go.native(symbols.p_sender, works.set(id, { out: ch, wg: sent, count, id }));
      }
      for (let i = 0; i < get(n, "generators"); i++) {
        go(function* () {
          for (let v = yield* ch.recv(); v !== undefined; v = yield* ch.recv()) {
            got++;
            total += v % 2 ** 32;
          }
          received.done();
        });
      }
      yield* sent.wait();
      ch.close();
      yield* received.wait();
      const all = (word: "done" | "sum" | "bad") =>
        Array.from({ length: receivers }, (_, i) => works.get(senders + i, word)).reduce((a, b) => a + b, 0);
      return { words: all("done") + got, sum: all("sum") + total, bad: all("bad") };
    },
};

/** Selects on both sides. */
const selects: Workload = {
  kind: "selects",
  draw: (draw) => ({
    senders: 1 + draw(5),
    selectors: 1 + draw(5),
    count: 500 + draw(3000),
    a: pick(draw, [0, 0, 1, 4]),
    b: pick(draw, [0, 0, 1, 4]),
  }),
  expected: (n) => ({ words: get(n, "senders") * get(n, "count") }),
  main: (symbols, n, draw) =>
    function* selects() {
      const [senders, selectors, count] = [get(n, "senders"), get(n, "selectors"), get(n, "count")];
      const [x, y] = [chan<number>(get(n, "a")), chan<number>(get(n, "b"))];
      const [sent, received] = [new WaitGroup(), new WaitGroup()];
      const works = new Works(senders + selectors);
      sent.add(senders);
      received.add(selectors);
      for (let i = 0; i < selectors; i++) {
        const both = draw(2) ? { in: x, out: y } : { in: y, out: x };
        go.native(symbols.p_selector, works.set(senders + i, { ...both, wg: received }));
      }
      for (let id = 0; id < senders; id++) {
        go.native(symbols.p_select_sender, works.set(id, { in: x, out: y, wg: sent, count, id }));
      }
      yield* sent.wait();
      x.close();
      y.close();
      yield* received.wait();
      const words = Array.from({ length: selectors }, (_, i) => works.get(senders + i, "done"));
      return { words: words.reduce((p, q) => p + q, 0) };
    },
};

/** Times that each generator has the Mutex. */
const LOCKS = 20;

/** One word under a Mutex. */
const locks: Workload = {
  kind: "locks",
  draw: (draw) => ({ goroutines: 2 + draw(8), count: 200 + draw(2000), generators: draw(2) }),
  expected: (n) => ({ word: get(n, "goroutines") * get(n, "count") + get(n, "generators") * LOCKS }),
  main: (symbols, n) =>
    function* locks() {
      const [goroutines, count] = [get(n, "goroutines"), get(n, "count")];
      const shared = new BigUint64Array(1);
      const address = addressOf(shared as never) as number;
      const mutex = new Mutex();
      const wg = new WaitGroup();
      const works = new Works(goroutines);
      wg.add(goroutines);
      for (let i = 0; i < goroutines; i++) {
        go.native(symbols.p_locker, works.set(i, { mutex, wg, count, shared: address }));
      }
      for (let i = 0; i < get(n, "generators"); i++) {
        wg.go(function* () {
          for (let k = 0; k < LOCKS; k++) {
            yield* mutex.lock();
            const before = shared[0] as bigint;
            yield* gosched();
            shared[0] = before + 1n;
            yield* mutex.unlock();
          }
        });
      }
      yield* wg.wait();
      return { word: Number(shared[0]) };
    },
};

/** A tree of goroutines, each started by another. */
const trees: Workload = {
  kind: "trees",
  draw: (draw) => ({ count: 500 + draw(3000) }),
  expected: (n) => ({ goroutines: get(n, "count") }),
  main: (symbols, n) =>
    function* trees() {
      const count = get(n, "count");
      const wg = new WaitGroup();
      const works = new Works(count);
      wg.add(count);
      for (let i = count - 1; i >= 0; i--) works.set(i, { count, wg, id: i });
      go.native(symbols.p_tree, works.words);
      yield* wg.wait();
      return { goroutines: works.total("done") };
    },
};

/** Sleeps, and computing beside them. */
const sleeps: Workload = {
  kind: "sleeps",
  draw: (draw) => ({ goroutines: 2 + draw(20) }),
  expected: (n) => ({ done: 5 * get(n, "goroutines") + 2 }),
  main: (symbols, { goroutines = 0 }, draw) =>
    function* sleeps() {
      const wg = new WaitGroup();
      const works = new Works(goroutines + 2);
      wg.add(goroutines + 2);
      for (let i = 0; i < goroutines; i++) {
        go.native(symbols.p_sleeper, works.set(i, { count: 5, ns: 1000 * (1 + draw(500)), wg }));
      }
      for (let i = goroutines; i < goroutines + 2; i++) {
        go.native(symbols.p_computer, works.set(i, { count: 200_000, id: i, wg }));
      }
      yield* wg.wait();
      return { done: works.total("done") };
    },
};

/** Blocking calls, most of them short, beside others that give way all the time. */
const blocks: Workload = {
  kind: "blocks",
  draw: (draw) => ({ goroutines: 1 + draw(6), others: 2 + draw(8), count: 500 + draw(2000) }),
  expected: (n) => ({ turns: 4 * get(n, "others") * get(n, "count") }),
  main: (symbols, { goroutines = 0, others = 0, count = 0 }, draw) =>
    function* blocks() {
      const wg = new WaitGroup();
      const works = new Works(goroutines + others);
      wg.add(goroutines + others);
      for (let i = 0; i < goroutines; i++) {
        const ns = pick(draw, [0, 0, 1000, 100_000, 2_000_000]);
        go.native(symbols.p_blocker, works.set(i, { count: ns === 0 ? count : 5, ns, wg }));
      }
      for (let i = goroutines; i < goroutines + others; i++) {
        go.native(draw(2) ? symbols.p_yielder : symbols.p_goyielder, works.set(i, { count: 4 * count, wg }));
      }
      yield* wg.wait();
      const turns = Array.from({ length: others }, (_, i) => works.get(goroutines + i, "done"));
      return { turns: turns.reduce((a, b) => a + b, 0) };
    },
};

/** Long calls beside as many that compute as keep every P busy: a call whose P was taken waits for its turn. */
const retakes: Workload = {
  kind: "retakes",
  draw: (draw) => ({ spinners: 4, calls: 4, ms: 20 + draw(20) }),
  expected: (n) => ({ done: get(n, "spinners") + get(n, "calls") }),
  main: (symbols, { spinners = 0, calls = 0, ms = 0 }) =>
    function* retakes() {
      const [wg, spun] = [new WaitGroup(), new WaitGroup()];
      const works = new Works(1 + spinners);
      const stop = new BigUint64Array(1);
      const shared = addressOf(stop as never) as number;
      wg.add(1);
      spun.add(spinners);
      go.native(symbols.p_blocker, works.set(0, { count: calls, ns: ms * 1e6, wg }));
      for (let i = 1; i <= spinners; i++) go.native(symbols.p_spinner, works.set(i, { shared, wg: spun }));
      yield* wg.wait();
      stop[0] = 1n;
      yield* spun.wait();
      return { done: works.total("done") };
    },
};

/** What is to be a deadlock: everybody waits, and the verdict must come. */
export const DEADLOCK: Workload = {
  kind: "deadlock",
  draw: (draw) => ({ goroutines: 1 + draw(6), capacity: draw(2) }),
  expected: () => ({ deadlock: 1 }),
  main: (symbols, { goroutines = 0, capacity = 0 }) =>
    function* deadlocks() {
      const works = new Works(goroutines);
      const ch = chan<number>(capacity);
      for (let i = 0; i < goroutines; i++) go.native(symbols.p_receiver, works.set(i, { in: ch }));
      yield* chan<number>().recv();
      return { deadlock: 0 };
    },
};

export const WORKLOADS: readonly Workload[] = [yields, passes, selects, locks, trees, sleeps, blocks, retakes];

/** The verdict that ends DEADLOCK, in Go's words. */
export const VERDICT = "all goroutines are asleep - deadlock!";
