/** A thread that holds the scan bit of a G of another thread: maps the same native memory and swaps the word. */
import { type Pointer, toArrayBuffer } from "bun:ffi";

declare const self: Worker;

/** What the thread is told: where the word is, its status, and what it shares. */
export interface ScanOrder {
  address: number;
  status: number;
  scan: number;
  /** [0] 1 once the bit is held, 2 when it is to be given back, 3 when somebody took it away; [1] how often it was taken. */
  shared: SharedArrayBuffer;
  /** Takes and gives that often without being told; 0: once, until told. */
  rounds: number;
}

self.onmessage = ({ data }: MessageEvent<ScanOrder>) => {
  const word = new Int32Array(toArrayBuffer(data.address as Pointer, 0, 4));
  const shared = new Int32Array(data.shared);
  const held = data.status | data.scan;
  if (data.rounds === 0) {
    while (Atomics.compareExchange(word, 0, data.status, held) !== data.status);
    Atomics.store(shared, 0, 1);
    Atomics.notify(shared, 0);
    Atomics.wait(shared, 0, 1);
    // long enough for the other thread to come upon the bit
    Atomics.wait(shared, 0, 2, 5);
    Atomics.store(word, 0, data.status);
  } else {
    Atomics.store(shared, 0, 1);
    Atomics.notify(shared, 0);
    while (Atomics.load(shared, 0) !== 2) {
      if (Atomics.compareExchange(word, 0, data.status, held) !== data.status) continue;
      Atomics.add(shared, 1, 1);
      if (Atomics.compareExchange(word, 0, held, data.status) !== held) {
        Atomics.store(shared, 0, 3);
        throw new Error("the scan bit was taken away");
      }
    }
  }
  self.postMessage("done");
};
