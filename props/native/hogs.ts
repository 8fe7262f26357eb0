/** The bodies of arch/probe/preempt.c that repeat an operation of gobuf.h: what they work on, and the record they work by. */
import { Cond, chan, Mutex, native, Once, RWMutex, WaitGroup } from "gobuf";

/** In the order of HOG_* in arch/probe/preempt.c; what each works on, and how it is called in gobuf.h. */
export const OPERATIONS: readonly (readonly [name: string, object: () => native.Handled | native.Callback | null])[] = [
  ["gobuf_checkpoint", () => null],
  ["gobuf_send and gobuf_recv, by a lane", () => chan<number>(4)],
  ["gobuf_send and gobuf_recv, by traps", () => chan<number>(1)],
  ["gobuf_select, its default", () => chan<number>(1)],
  ["gobuf_select, a ready case", () => chan<number>(1)],
  ["gobuf_lock, gobuf_unlock", () => new Mutex()],
  ["gobuf_rlock, gobuf_runlock", () => new RWMutex()],
  ["gobuf_wlock, gobuf_wunlock", () => new RWMutex()],
  ["gobuf_wg_add, gobuf_wg_done", () => new WaitGroup()],
  ["gobuf_wg_wait", () => new WaitGroup()],
  ["gobuf_cond_signal", () => new Cond(new Mutex())],
  ["gobuf_cond_broadcast", () => new Cond(new Mutex())],
  ["gobuf_once_begin", () => new Once()],
  ["gobuf_recover", () => null],
  ["gobuf_chan_make, gobuf_chan_free", () => null],
  ["gobuf_call", () => native.callback((n) => Number(n) + 1)],
  ["gobuf_systemstack", () => null],
  ["gobuf_sleep(0)", () => null],
  ["gobuf_go", () => null],
  ["gobuf_close(0), a panic", () => null],
];

/** struct hog of arch/probe/preempt.c. */
export class Hog {
  readonly words = new Uint32Array(14);
  readonly #wide = new BigUint64Array(this.words.buffer);

  constructor(op: number, object: native.Handled | native.Callback | null, most: number) {
    this.words[0] = op;
    this.words[1] = object === null ? 0 : native.handle(object);
    this.#wide[2] = BigInt(most);
  }

  /** The Cond's lock, for the one body that waits on a Cond. */
  set lock(mutex: Mutex) {
    this.#wide[6] = BigInt(native.handle(mutex));
  }
  get begun(): boolean {
    return this.words[2] === 1;
  }
  stop(): void {
    this.words[3] = 1;
  }
  get times(): number {
    return Number(this.#wide[3]);
  }
  get wrong(): number {
    return Number(this.#wide[4]);
  }
  get ended(): boolean {
    return this.#wide[5] === 1n;
  }
}
