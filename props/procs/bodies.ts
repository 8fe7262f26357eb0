/** The bodies of arch/probe/procs.c, syncs.c, hostile.c and history.c, and the record that they work by. */
import { join } from "node:path";
import { native } from "gobuf";
import { hostPlatform, libraryFile, packageRoot } from "../../src/runtime/library.ts";

const BODIES = {
  p_yielder: native.body,
  p_goyielder: native.body,
  p_tree: native.body,
  p_sender: native.body,
  p_receiver: native.body,
  p_echo: native.body,
  p_pinger: native.body,
  p_selector: native.body,
  p_select_sender: native.body,
  p_locker: native.body,
  p_unlocker: native.body,
  p_sleeper: native.body,
  p_maker: native.body,
  p_computer: native.body,
  p_spinner: native.body,
  p_overflows: native.body,
  s_rw: native.body,
  s_tries: native.body,
  s_puts: native.body,
  s_takes: native.body,
  s_once: native.body,
  s_uses: native.body,
  p_timer: native.body,
  p_wg_goer: native.body,
  p_exits: native.body,
  p_blocker: native.body,
  p_held: native.body,
  p_thread_locker: native.body,
  p_thread_holder: native.body,
  p_beside: native.body,
  p_misblocks: native.body,
  p_robbed: native.body,
  p_skynet: native.body,
  h_forks: native.body,
  h_chain: native.body,
  h_drops: native.body,
  h_churns: native.body,
  h_uses: native.body,
  h_uses_freed: native.body,
  h_holds: native.body,
  h_locks_twice: native.body,
  h_unlocks: native.body,
  h_outcomes: native.body,
  h_waits_for_ever: native.body,
  h_stubborn: native.body,
  l_sends: native.body,
  l_receives: native.body,
  l_selects: native.body,
  l_select_sends: native.body,
  l_closes: native.body,
} as const;

const libraryPath = join(packageRoot, "zig-out", "lib", hostPlatform(), libraryFile("gobuf_probe", hostPlatform()));

/** Opens it. */
export function openBodies() {
  return native.dlopen(libraryPath, BODIES);
}

const WORDS = ["count", "in", "out", "wg", "mutex", "shared", "id", "ns", "done", "sum", "bad", "status"] as const;
type Word = (typeof WORDS)[number];

/** What a body is given. */
export interface Given {
  readonly count?: number;
  readonly in?: native.Handled;
  readonly out?: native.Handled;
  readonly wg?: native.Handled;
  readonly mutex?: native.Handled;
  /** An address. */
  readonly shared?: number;
  readonly id?: number;
  readonly ns?: number;
}

/** A row of `work` records of procs.c. */
export class Works {
  readonly words: BigUint64Array<ArrayBuffer>;

  constructor(readonly length: number) {
    this.words = new BigUint64Array(length * WORDS.length);
  }

  /** Fills in a record. @returns what go.native is given */
  set(i: number, given: Given): BigUint64Array<ArrayBuffer> {
    this.words.fill(0n, i * WORDS.length, (i + 1) * WORDS.length);
    for (const [name, value] of Object.entries(given)) {
      const word = typeof value === "number" ? value : native.handle(value as native.Handled);
      this.words[i * WORDS.length + WORDS.indexOf(name as Word)] = BigInt(word);
    }
    // A view of this buffer: its address is the record's.
    return this.words.subarray(i * WORDS.length);
  }

  get(i: number, word: Word): number {
    return Number(this.words[i * WORDS.length + WORDS.indexOf(word)]);
  }

  /** The sum of a word over all records. */
  total(word: Word): number {
    return Array.from({ length: this.length }, (_, i) => this.get(i, word)).reduce((a, b) => a + b, 0);
  }
}
