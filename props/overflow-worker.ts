/**
 * Overflows many times on a thread of its own. Says "ready" first: a message that arrives while the library is still
 * being loaded (a top-level await) would not be received.
 */
import { countOverflows } from "./overflows.ts";

declare const self: Worker;

self.onmessage = ({ data }: MessageEvent<number>) => {
  self.postMessage(countOverflows(data));
};
self.postMessage("ready");
