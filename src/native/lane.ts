/**
 * Lanes: the buffers of channels that native bodies use, as 64-bit words in native memory. While a buffer is neither
 * empty nor full, no goroutine waits on its channel. Then the library (arch/lane.zig) puts a word in, or takes one out,
 * without a trap. All other operations on the channel trap, and are carried out in TypeScript.
 *
 * A channel gets its lane (`Hchan.lane`) when a native body uses it while it is empty, and loses it when a value is
 * sent that is no word. A receiver must not notice: a value counts as a word only if the word gives the same value
 * again.
 */
import { bufput, type Hchan, type Lane } from "../runtime/chan.ts";
import { KEEPS_LOW_SIGNED, KEEPS_LOW_UNSIGNED, KEEPS_WORD } from "../runtime/codes.ts";
import { addressOf, descriptor, M_BASE, M_HANDLE_BASE, mmem } from "../runtime/ffi.ts";
import { type Codec, f64, i32, i64, plain, u32, u64, word } from "../runtime/word.ts";
import { onSwitch } from "../runtime/world.ts";

// Words of a lane.
const COUNT = descriptor.lane_count >> 2;
const SIZE = descriptor.lane_size >> 2;
const SENDX = descriptor.lane_sendx >> 2;
const RECVX = descriptor.lane_recvx >> 2;
const KEEPS = descriptor.lane_keeps >> 2;
const RING = descriptor.lane_ring >> 2;

const M_LANES = M_BASE + (descriptor.m_lanes >> 2);
const M_LANE_COUNT = M_BASE + (descriptor.m_lane_count >> 2);

/** What a lane keeps of a word, by the codec: the same as its fromWord. A codec of a user's may have effects. */
const KEPT = new Map<Codec<unknown> | null, number>([
  [null, KEEPS_WORD],
  [f64 as Codec<unknown>, KEEPS_WORD],
  [i64 as Codec<unknown>, KEEPS_WORD],
  [u64 as Codec<unknown>, KEEPS_WORD],
  [i32 as Codec<unknown>, KEEPS_LOW_SIGNED],
  [u32 as Codec<unknown>, KEEPS_LOW_UNSIGNED],
]);

/** Whether a value is the one that {@link plain} makes of its word. */
function isWord(elem: unknown): boolean {
  if (typeof elem === "number") return elem >= 0 && Number.isSafeInteger(elem) && !Object.is(elem, -0);
  return typeof elem === "bigint" && elem > Number.MAX_SAFE_INTEGER && BigInt.asUintN(64, elem) === elem;
}

/** A channel's buffer, while it holds words. */
class WordLane implements Lane {
  /** The library reads and writes them, too. */
  private readonly words: Int32Array<ArrayBuffer>;
  private readonly codec: Codec<unknown>;

  readonly size: number;

  constructor(
    private readonly c: Hchan,
    keeps: number,
  ) {
    this.codec = c.codec ?? plain;
    this.size = c.dataqsiz;
    this.words = new Int32Array(new ArrayBuffer(4 * RING + 8 * this.size));
    this.words[SIZE] = this.size;
    this.words[KEEPS] = keeps;
  }

  get address(): number {
    return addressOf(this.words);
  }

  get count(): number {
    return this.words[COUNT] as number;
  }

  /** A value that is no word goes into the channel's buffer, with all others. */
  put(elem: unknown): boolean {
    const { words, codec } = this;
    if (this.count === this.size) return false;
    if (codec === plain && !isWord(elem)) {
      this.spill();
      bufput(this.c, elem);
      return true;
    }
    codec.toWord(elem, word);
    const x = words[SENDX] as number;
    words[RING + 2 * x] = word[0] as number;
    words[RING + 2 * x + 1] = word[1] as number;
    words[SENDX] = this.next(x);
    words[COUNT] = this.count + 1;
    return true;
  }

  get(): unknown {
    const { words, codec } = this;
    const x = words[RECVX] as number;
    words[RECVX] = this.next(x);
    words[COUNT] = this.count - 1;
    return codec.fromWord(words[RING + 2 * x] as number, words[RING + 2 * x + 1] as number);
  }

  private next(x: number): number {
    return x + 1 === this.size ? 0 : x + 1;
  }

  /** Takes the place of the channel's buffer, which is empty. */
  open(): void {
    this.c.dataqsiz = 0;
    this.c.bufsiz = 0;
    this.c.lane = this;
  }

  spill(): void {
    const { c } = this;
    if (c.lane !== this) return;
    c.lane = null;
    c.dataqsiz = this.size;
    c.bufsiz = this.size;
    c.recvx = 0;
    c.qcount = this.count;
    c.sendx = c.qcount === this.size ? 0 : c.qcount;
    for (let i = 0; this.count > 0; i++) c.buf[i] = this.get();
  }
}

/** A lane has all its memory at once: a channel with more places keeps its own buffer, which grows. */
const LANE_MAX = 1 << 16;

/** By the handles of their channels: each keeps its memory. */
let lanes = new Map<number, WordLane>();
/** Their addresses by handle, less the least of the world's, for the library: two words each. */
let table = new Int32Array(0);

function enter(handle: number, address: number): void {
  const index = handle - (mmem[M_HANDLE_BASE] as number);
  if (2 * index >= table.length) {
    const larger = new Int32Array(new ArrayBuffer(8 * Math.max(64, 2 ** Math.ceil(Math.log2(index + 1)))));
    larger.set(table);
    table = larger;
    putAddress(mmem, M_LANES, addressOf(table));
    mmem[M_LANE_COUNT] = table.length / 2;
  }
  putAddress(table, 2 * index, address);
}

function putAddress(to: Int32Array, at: number, address: number): void {
  to[at] = address | 0;
  to[at + 1] = Math.floor(address / 0x1_0000_0000);
}

let enabled = true;

/** Whether channels may get lanes from now on: a test compares both. */
export function setLanes(on: boolean): void {
  enabled = on;
}

/** Gives a channel, whose buffer is empty, its lane if it can have one: a native body uses it by this handle. */
export function openLane(c: Hchan, handle: number): void {
  if (c.closed || !enabled) return;
  let lane = lanes.get(handle);
  if (lane === undefined) {
    const keeps = KEPT.get(c.codec);
    if (keeps === undefined || c.source !== null || c.dataqsiz > LANE_MAX) return;
    lane = new WordLane(c, keeps);
    lanes.set(handle, lane);
    enter(handle, lane.address);
  }
  lane.open();
}

/** The handle names nothing from now on. */
export function dropLane(handle: number): void {
  const lane = lanes.get(handle);
  if (lane === undefined) return;
  lane.spill();
  lanes.delete(handle);
  enter(handle, 0);
}

/** No lanes. */
function noLanes(): void {
  lanes = new Map();
  table = new Int32Array(0);
  mmem[M_LANE_COUNT] = 0;
}

onSwitch({
  init: noLanes,
  save: () => ({ lanes, table }),
  load(saved) {
    ({ lanes, table } = saved as { lanes: typeof lanes; table: typeof table });
    if (table.length !== 0) putAddress(mmem, M_LANES, addressOf(table));
    mmem[M_LANE_COUNT] = table.length / 2;
  },
  end() {
    for (const lane of lanes.values()) lane.spill();
    noLanes();
  },
});
