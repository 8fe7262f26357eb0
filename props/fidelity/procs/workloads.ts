/** Workloads of native goroutines (arch/probe/procs.c), drawn by a seed, whose results are known whatever the order was. */
import { chan, go, gosched, Mutex, type native, WaitGroup } from "gobuf";
import type { Go } from "../../../src/runtime/body.ts";
import { addressOf } from "../../../src/runtime/ffi.ts";
import { type openBodies, Works } from "../../procs/bodies.ts";

type Symbols = ReturnType<typeof openBodies>["symbols"];
export type Draw = (n: number) => number;

/** A main goroutine. What it returns is wrong with the results; null: nothing. */
export type Workload = (symbols: Symbols, draw: Draw) => () => Go<string | null>;

function differs(what: string, got: number, expected: number): string | null {
  return got === expected ? null : `${what}: ${got}, expected ${expected}`;
}

const pick = <T>(draw: Draw, list: readonly T[]): T => list[draw(list.length)] as T;

/** Goroutines that do nothing but give way. */
const yields: Workload = (symbols, draw) => {
  const [n, count] = [2 + draw(60), 1000 + draw(5000)];
  return function* yields() {
    const wg = new WaitGroup();
    const works = new Works(n);
    wg.add(n);
    for (let i = 0; i < n; i++) {
      go.native(draw(3) ? symbols.p_yielder : symbols.p_goyielder, works.set(i, { count, wg }));
    }
    yield* wg.wait();
    return differs("turns", works.total("done"), n * count);
  };
};

/** Senders and receivers on one channel; some of them generators. */
const passes: Workload = (symbols, draw) => {
  const [senders, receivers, count] = [1 + draw(8), 1 + draw(8), 500 + draw(5000)];
  const [generators, capacity] = [draw(2), pick(draw, [0, 0, 1, 2, 7, 64])];
  return function* passes() {
    const ch = chan<number>(capacity);
    const [sent, received] = [new WaitGroup(), new WaitGroup()];
    const works = new Works(senders + receivers);
    let [got, sum] = [0, 0];
    sent.add(senders);
    received.add(receivers + generators);
    for (let i = 0; i < receivers; i++) {
      go.native(symbols.p_receiver, works.set(senders + i, { in: ch, wg: received }));
    }
    for (let id = 0; id < senders; id++) {
      go.native(symbols.p_sender, works.set(id, { out: ch, wg: sent, count, id }));
    }
    for (let i = 0; i < generators; i++) {
      go(function* () {
        for (let v = yield* ch.recv(); v !== undefined; v = yield* ch.recv()) {
          got++;
          sum += v % 2 ** 32;
        }
        received.done();
      });
    }
    yield* sent.wait();
    ch.close();
    yield* received.wait();
    const total = (word: "done" | "sum" | "bad") =>
      Array.from({ length: receivers }, (_, i) => works.get(senders + i, word)).reduce((a, b) => a + b, 0);
    return (
      differs("words", total("done") + got, senders * count) ??
      differs("their sum", total("sum") + sum, (senders * count * (count - 1)) / 2) ??
      differs("words out of a sender's order", total("bad"), 0)
    );
  };
};

/** Selects on both sides. */
const selects: Workload = (symbols, draw) => {
  const [senders, selectors, count] = [1 + draw(5), 1 + draw(5), 500 + draw(3000)];
  const [a, b] = [pick(draw, [0, 0, 1, 4]), pick(draw, [0, 0, 1, 4])];
  return function* selects() {
    const [x, y] = [chan<number>(a), chan<number>(b)];
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
    const total = Array.from({ length: selectors }, (_, i) => works.get(senders + i, "done")).reduce(
      (p, q) => p + q,
      0,
    );
    return differs("words", total, senders * count);
  };
};

/** One word under a Mutex. */
const locks: Workload = (symbols, draw) => {
  const [n, count, generators] = [2 + draw(8), 200 + draw(2000), draw(2)];
  return function* locks() {
    const shared = new BigUint64Array(1);
    const address = addressOf(shared as never) as number;
    const mutex = new Mutex();
    const wg = new WaitGroup();
    const works = new Works(n);
    wg.add(n);
    for (let i = 0; i < n; i++) go.native(symbols.p_locker, works.set(i, { mutex, wg, count, shared: address }));
    for (let i = 0; i < generators; i++) {
      wg.go(function* () {
        for (let k = 0; k < 20; k++) {
          yield* mutex.lock();
          const before = shared[0] as bigint;
          yield* gosched();
          shared[0] = before + 1n;
          yield* mutex.unlock();
        }
      });
    }
    yield* wg.wait();
    return differs("the word under the Mutex", Number(shared[0]), n * count + generators * 20);
  };
};

/** A tree of goroutines, each started by another. */
const trees: Workload = (symbols, draw) => {
  const count = 500 + draw(3000);
  return function* trees() {
    const wg = new WaitGroup();
    const works = new Works(count);
    wg.add(count);
    for (let i = count - 1; i >= 0; i--) works.set(i, { count, wg, id: i });
    go.native(symbols.p_tree, works.words);
    yield* wg.wait();
    return differs("goroutines", works.total("done"), count);
  };
};

/** Sleeps, and computing beside them. */
const sleeps: Workload = (symbols, draw) => {
  const n = 2 + draw(20);
  return function* sleeps() {
    const wg = new WaitGroup();
    const works = new Works(n + 2);
    wg.add(n + 2);
    for (let i = 0; i < n; i++)
      go.native(symbols.p_sleeper, works.set(i, { count: 5, ns: 1000 * (1 + draw(500)), wg }));
    for (let i = n; i < n + 2; i++) go.native(symbols.p_computer, works.set(i, { count: 200_000, id: i, wg }));
    yield* wg.wait();
    return differs("sleeps", works.total("done"), 5 * n + 2);
  };
};

/** Blocking calls, most of them short, beside others that give way all the time. */
const blocks: Workload = (symbols, draw) => {
  const [n, others, count] = [1 + draw(6), 2 + draw(8), 500 + draw(2000)];
  return function* blocks() {
    const wg = new WaitGroup();
    const works = new Works(n + others);
    wg.add(n + others);
    for (let i = 0; i < n; i++) {
      const ns = pick(draw, [0, 0, 1000, 100_000, 2_000_000]);
      go.native(symbols.p_blocker, works.set(i, { count: ns === 0 ? count : 5, ns, wg }));
    }
    for (let i = n; i < n + others; i++) {
      go.native(draw(2) ? symbols.p_yielder : symbols.p_goyielder, works.set(i, { count: 4 * count, wg }));
    }
    yield* wg.wait();
    const turns = Array.from({ length: others }, (_, i) => works.get(n + i, "done")).reduce((a, b) => a + b, 0);
    return differs("turns", turns, others * 4 * count);
  };
};

/** Long calls beside as many that compute as keep every P busy: a call whose P was taken waits for its turn. */
const retakes: Workload = (symbols, draw) => {
  const [spinners, count] = [4, 4];
  const ns = 1_000_000 * (20 + draw(20));
  return function* retakes() {
    const [wg, spun] = [new WaitGroup(), new WaitGroup()];
    const works = new Works(1 + spinners);
    const stop = new BigUint64Array(1);
    const shared = addressOf(stop as never) as number;
    wg.add(1);
    spun.add(spinners);
    go.native(symbols.p_blocker, works.set(0, { count, ns, wg }));
    for (let i = 1; i <= spinners; i++) go.native(symbols.p_spinner, works.set(i, { shared, wg: spun }));
    yield* wg.wait();
    stop[0] = 1n;
    yield* spun.wait();
    return differs("calls", works.total("done"), count + spinners);
  };
};

/** What is to be a deadlock: everybody waits, and the verdict must come. */
export const DEADLOCK: Workload = (symbols, draw) => {
  const n = 1 + draw(6);
  return function* deadlocks() {
    const works = new Works(n);
    const ch = chan<number>(draw(2));
    for (let i = 0; i < n; i++) go.native(symbols.p_receiver, works.set(i, { in: ch }));
    const mine: native.Handled = chan<number>();
    yield* (mine as ReturnType<typeof chan<number>>).recv();
    return "main went on";
  };
};

export const WORKLOADS: readonly Workload[] = [yields, passes, selects, locks, trees, sleeps, blocks, retakes];
