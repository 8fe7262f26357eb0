/** A Worker whose body never gives way by itself: says so, and is terminated. The message says how it is preempted, and where its library is. */
import { go, gosched, native, run, runSync } from "gobuf";
import { Asynced, openAsync } from "./async.ts";

declare const self: Worker & {
  onmessage: (event: MessageEvent<{ how: "async" | "cooperative" | "runSync"; path: string }>) => void;
};

self.onmessage = ({ data }) => {
  if (data.how === "runSync") {
    postMessage("spins");
    runSync(function* () {
      go.native(openAsync("async", data.path).symbols.c_async_counts, new Asynced().words);
      yield* gosched();
    });
  }
  void run(function* () {
    if (data.how === "async") {
      go.native(openAsync("async", data.path).symbols.c_async_counts, new Asynced().words);
    } else {
      const hog = new Uint32Array(12);
      new BigUint64Array(hog.buffer)[2] = 2n ** 63n;
      go.native(native.dlopen(data.path, { c_hog: native.body }).symbols.c_hog, hog);
    }
    yield* gosched();
    // It was preempted once, and will be again.
    postMessage("spins");
    for (;;) yield* gosched();
  });
};
