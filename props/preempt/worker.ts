/** A Worker whose body never gives way by itself: says so, and is terminated. The message says how it is preempted. */
import { go, gosched, native, run } from "gobuf";
import { libraryPath } from "../native/bodies.ts";
import { Asynced, openAsync } from "./async.ts";

declare const self: Worker & { onmessage: (event: MessageEvent<"async" | "cooperative">) => void };

self.onmessage = ({ data }) => {
  void run(function* () {
    if (data === "async") {
      go.native(openAsync().symbols.c_async_counts, new Asynced().words);
    } else {
      const hog = new Uint32Array(12);
      new BigUint64Array(hog.buffer)[2] = 2n ** 63n;
      go.native(native.dlopen(libraryPath, { c_hog: native.body }).symbols.c_hog, hog);
    }
    yield* gosched();
    // It was preempted once, and will be again.
    postMessage("spins");
    for (;;) yield* gosched();
  });
};
