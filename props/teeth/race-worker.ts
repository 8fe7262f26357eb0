/**
 * A thread that races others for what the library guards by a lock: stacks, chunks of Gs and sudogs, Ms, the size of a
 * region. It waits until all are there, goes on at the same time as they, and says what it got.
 */
import { MEMORY_SIZE_ZERO } from "../../src/runtime/codes.ts";
import { chunkOfG, descriptor, G_STACK_HI, G_STACK_LO, G_STRIDE, gmem, native } from "../../src/runtime/ffi.ts";

declare const self: Worker;

/** What to race for, how often, and the words that the threads share. */
export interface Race {
  readonly what: "stacks" | "chunks" | "ms" | "commits";
  readonly rounds: number;
  readonly threads: number;
  /** Word 0: threads that are there. For stacks, a table of those that are in use follows. */
  readonly shared: SharedArrayBuffer;
}

/** What a thread saw: numbers that no other may have, and what went wrong. */
export interface Seen {
  readonly got: number[];
  readonly wrong: string[];
}

const PAGE = 4096;
const HELD = 32;
/** Takes behind one meeting. */
const CALLS = 64;

function wordOf(gp: number, field: number): number {
  const at = gp * G_STRIDE + field;
  return ((gmem[at + 1] as number) >>> 0) * 2 ** 32 + ((gmem[at] as number) >>> 0);
}

/** Takes 32 stacks of four sizes and gives them back, over and over; each is noted while it is in use. */
function stacks(rounds: number, table: Int32Array, seen: Seen): void {
  const first = chunkOfG();
  const sizes = [8, 8, 8, 8 + 256].map((pages) => pages * PAGE);
  for (let round = 0; round < rounds && seen.wrong.length === 0; round++) {
    const held: number[] = [];
    for (let i = 0; i < HELD; i++) {
      const size = sizes[(round + i) & 3] as number;
      const code = native.gobuf_stackalloc(first + i, size);
      if (code !== 0) seen.wrong.push(`round ${round}: stackalloc gives ${code}`);
      const lo = wordOf(first + i, G_STACK_LO);
      const hi = wordOf(first + i, G_STACK_HI);
      if (hi - lo !== size) seen.wrong.push(`round ${round}: a stack of ${hi - lo} bytes, not ${size}`);
      const page = (lo / PAGE) % 2 ** 31;
      const place = 1 + (page % (table.length - 1));
      const before = Atomics.compareExchange(table, place, 0, page);
      if (before === page) seen.wrong.push(`round ${round}: the stack at 0x${lo.toString(16)} is another's, too`);
      else if (before === 0) held.push(place);
    }
    for (const place of held) Atomics.store(table, place, 0);
    for (let i = 0; i < HELD; i++) native.gobuf_stackfree(first + i);
  }
}

/** Spins of a thread that waits for another, before it lets the system run that one. */
const SPINS_MAX = 20_000;

/** Where the threads of a race meet, as often as they like: the calls behind it come at the same time. */
class Barrier {
  private met = 0;

  constructor(
    private readonly words: Int32Array,
    private readonly threads: number,
  ) {}

  /** @returns how many were there before */
  meet(): number {
    const { words } = this;
    const wanted = ++this.met * this.threads;
    const before = Atomics.add(words, 0, 1);
    for (let spins = 0; ; ) {
      const now = Atomics.load(words, 0);
      if (now >= wanted) return before % this.threads;
      if (++spins > SPINS_MAX) Atomics.wait(words, 0, now, 1);
    }
  }
}

/** Makes the region of Gs larger by steps, the two threads to two sizes at once; what was made usable stays so. */
function commits(rounds: number, barrier: Barrier, seen: Seen): void {
  const id = barrier.meet();
  for (let round = 1; round <= rounds; round++) {
    const bytes = COMMIT_FROM + (2 * round + id) * COMMIT_STEP;
    barrier.meet();
    const code = native.gobuf_arena_commit(1, bytes);
    if (code !== 0) seen.wrong.push(`commit of ${bytes} bytes gives ${code}`);
    barrier.meet();
    const last = Math.floor(bytes / descriptor.g_stride) - 1;
    // a size of 0 is refused behind the index
    const refusal = native.gobuf_stackalloc(last, 0);
    if (refusal !== MEMORY_SIZE_ZERO) seen.wrong.push(`G ${last} of ${bytes} bytes: stackalloc gives ${refusal}`);
  }
}

const COMMIT_FROM = 16 * 2 ** 20;
const COMMIT_STEP = 64 * 1024;

function race({ what, rounds, threads, shared }: Race): Seen {
  const words = new Int32Array(shared);
  const seen: Seen = { got: [], wrong: [] };
  const barrier = new Barrier(words, threads);
  barrier.meet();
  switch (what) {
    case "stacks":
      stacks(rounds, words, seen);
      break;
    case "chunks":
      for (let i = 0; i < rounds; i++) {
        barrier.meet();
        // sudogs for the most part: a chunk of them is a fraction of one of Gs, and it is the same lock
        seen.got.push(-native.gobuf_gs());
        for (let n = 0; n < CALLS; n++) seen.got.push(native.gobuf_sudogs());
      }
      break;
    case "ms":
      for (let i = 0; i < rounds; i++) {
        barrier.meet();
        seen.got.push(native.gobuf_manother());
      }
      break;
    case "commits":
      commits(rounds, barrier, seen);
  }
  return seen;
}

self.onmessage = ({ data }: MessageEvent<Race>) => self.postMessage(race(data));
self.postMessage("ready");
