/**
 * Histories of channels in runs with several Ps: what native goroutines and generators sent and received, each operation
 * with the moments of its call and its return (arch/probe/history.c), and whether each channel's is linearizable.
 */
import { chan, go, native, run, WaitGroup } from "gobuf";
import type { Chan } from "../../../src/runtime/channel.ts";
import { addressOf } from "../../../src/runtime/ffi.ts";
import { type openBodies, Works } from "../../procs/bodies.ts";
import { check, type Operation } from "../../procs/linear.ts";
import { type Draw, drawBy } from "./workloads.ts";

type Symbols = ReturnType<typeof openBodies>["symbols"];

/** Entries that a goroutine may write, and 32-bit words of one. */
const ROOM = 256;
const ENTRY = 8;
/** The counter has a line of the cache for itself. */
const HEAD = 16;
const WHATS = ["send", "recv", "close"] as const;
const OUTCOMES = ["closed", "ok", "panic"] as const;

/** What was written down: the counter, and each goroutine's entries. */
class Book {
  readonly words: Int32Array<ArrayBuffer>;
  private readonly used: Int32Array;

  constructor(readonly goroutines: number) {
    this.words = new Int32Array(HEAD + goroutines * ROOM * ENTRY);
    this.used = new Int32Array(goroutines);
  }

  get address(): number {
    return addressOf(this.words as never) as number;
  }

  private moment(): number {
    return Atomics.add(this.words, 0, 1) + 1;
  }

  /** An operation of a generator goroutine. @returns what notes its return */
  begins(who: number, what: 0 | 1 | 2, channel: number, word: number): (outcome: number, word?: number) => void {
    const at = HEAD + (who * ROOM + (this.used[who] as number)) * ENTRY;
    (this.used as Int32Array)[who] = (this.used[who] as number) + 1;
    const { words } = this;
    words[at + 2] = what;
    words[at + 4] = word;
    words[at + 6] = channel;
    words[at + 7] = who;
    words[at] = this.moment();
    return (outcome, received = word) => {
      words[at + 3] = outcome;
      words[at + 4] = received;
      words[at + 1] = this.moment();
    };
  }

  /** All that was written, by the channels' handles. */
  operations(): Map<number, Operation[]> {
    const found = new Map<number, Operation[]>();
    for (let i = 0; i < this.goroutines * ROOM; i++) {
      const [call = 0, ret = 0, what = 0, outcome = 0, word = 0, , channel = 0, who = 0] = this.words.subarray(
        HEAD + i * ENTRY,
        HEAD + (i + 1) * ENTRY,
      );
      // One that never came back is of a select whose channel is not known, or of a run that went wrong.
      if (call === 0 || ret === 0) continue;
      const list = found.get(channel >>> 0) ?? [];
      found.set(channel >>> 0, list);
      list.push({
        what: WHATS[what] ?? "send",
        call,
        ret,
        word,
        outcome: OUTCOMES[outcome] ?? "ok",
        who,
      });
    }
    return found;
  }
}

/** What the histories of a run came to. */
export interface Histories {
  readonly operations: number;
  readonly channels: number;
  /** Pairs of operations of one channel that overlapped: without any, a history says nothing. */
  readonly overlaps: number;
  readonly steps: number;
  readonly wrong: readonly string[];
}

/** Pairs of operations of which neither came back before the other was called. */
function overlapsOf(list: readonly Operation[]): number {
  let count = 0;
  const sorted = list.toSorted((a, b) => a.call - b.call);
  for (const [i, { ret }] of sorted.entries()) {
    for (let k = i + 1; k < sorted.length && (sorted[k] as Operation).call < ret; k++) count++;
  }
  return count;
}

/** A random program on two channels, and what its histories are. */
export async function histories(symbols: Symbols, draw: Draw, procs: number): Promise<Histories> {
  const capacities = [0, 1, 2, 5];
  const sizes = [0, 1].map(() => capacities[draw(capacities.length)] as number);
  const kinds = [symbols.l_sends, symbols.l_receives, symbols.l_selects, symbols.l_select_sends];
  const natives = 3 + draw(4);
  const generators = draw(3);
  const count = 4 + draw(16);
  // A receiver and a closer for each channel: whoever waits is woken in the end.
  const all = natives + generators + 4;
  const book = new Book(all);
  const works = new Works(all);
  const handles: number[] = [];
  await run(
    function* () {
      const [a, b] = sizes.map((size) => chan<number>(size)) as [Chan<number>, Chan<number>];
      handles.push(native.handle(a), native.handle(b));
      const wg = new WaitGroup();
      let who = 0;
      const given = { shared: book.address, ns: ROOM, count, wg };
      const start = (body: (typeof kinds)[number], x: Chan<number>, y: Chan<number>, n = count) => {
        wg.add(1);
        go.native(body, works.set(who, { ...given, count: n, id: who, in: x, out: y }));
        who++;
      };
      for (const ch of [a, b]) {
        start(symbols.l_receives, ch, ch);
        start(symbols.l_closes, ch, ch, draw(30));
      }
      for (let i = 0; i < natives; i++) {
        const [x, y] = draw(2) ? [a, b] : [b, a];
        start(kinds[i === 0 ? 0 : draw(kinds.length)] as (typeof kinds)[number], x, y);
      }
      for (let i = 0; i < generators; i++) {
        const me = who++;
        const at = draw(2);
        const ch = at ? b : a;
        const sends = draw(2) === 1;
        wg.go(function* generatorOfHistory() {
          for (let n = 0; n < count; n++) {
            const ends = book.begins(me, sends ? 0 : 1, handles[at] as number, (me << 16) | n);
            if (sends) {
              try {
                yield* ch.send((me << 16) | n);
                ends(1);
              } catch {
                ends(2);
                return;
              }
            } else {
              const [word, ok] = yield* ch.recvOk();
              ends(ok ? 1 : 0, word ?? 0);
              if (!ok) return;
            }
          }
        });
      }
      yield* wg.wait();
    },
    { procs },
  );
  const wrong: string[] = [];
  const found = book.operations();
  let [operations, overlaps, steps] = [0, 0, 0];
  for (const [i, handle] of handles.entries()) {
    const list = found.get(handle >>> 0) ?? [];
    operations += list.length;
    overlaps += overlapsOf(list);
    const { linearizable, steps: tried, stuck } = check(list, sizes[i] as number);
    steps += tried;
    if (!linearizable) wrong.push(`the history of a channel of capacity ${sizes[i]} is not linearizable: ${stuck}`);
  }
  for (let i = 0; i < all; i++) if (works.get(i, "bad") !== 0) wrong.push(`goroutine ${i} had no room for its history`);
  return { operations, channels: handles.length, overlaps, steps, wrong };
}

/** Histories of many runs, all together. */
export interface HistorySums extends Histories {
  readonly runs: number;
}

/** @param count of programs, drawn from the seed on */
export async function judgedHistories(
  symbols: Symbols,
  { procs, count, seed }: { procs: number; count: number; seed: number },
): Promise<HistorySums> {
  const wrong: string[] = [];
  let [runs, operations, channels, overlaps, steps] = [0, 0, 0, 0, 0];
  for (let i = 0; i < count && wrong.length === 0; i++) {
    const found = await histories(symbols, drawBy(seed + i), procs);
    runs++;
    operations += found.operations;
    channels += found.channels;
    overlaps += found.overlaps;
    steps += found.steps;
    wrong.push(...found.wrong.map((text) => `history ${seed + i} on ${procs} Ms: ${text}`));
  }
  return { runs, operations, channels, overlaps, steps, wrong };
}
