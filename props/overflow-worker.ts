/** Overflows many times on a thread of its own. */
import { countOverflows } from "./overflows.ts";

declare const self: Worker;

self.onmessage = ({ data }: MessageEvent<number>) => {
  self.postMessage(countOverflows(data));
};
