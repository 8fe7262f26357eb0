/** A Worker whose body spins, to be suspended by main: says which G it is and where its record lies. */
import { go, gosched, native, run } from "gobuf";
import { addressOf } from "../../src/runtime/ffi.ts";
import { allgs } from "../../src/runtime/g.ts";
import { goidOf } from "../../src/runtime/gstatus.ts";
import { Asynced, openAsync } from "./async.ts";

/** How the body is stopped, and its library. */
export interface Order {
  readonly how: "async" | "checkpoint" | "generator";
  readonly path: string;
  readonly arg: bigint;
}

declare const self: Worker & { onmessage: (event: MessageEvent<Order>) => void };

self.onmessage = async ({ data: { how, path, arg } }) => {
  const a = new Asynced({ arg });
  // A hog of checkpoints reads its own words: op 0, and as many times as it likes.
  const hog = new Uint32Array(14);
  new BigUint64Array(hog.buffer)[2] = 2n ** 53n;
  const words = how === "checkpoint" ? hog : a.words;
  const edges: string[] = [];
  let gp = 0;
  await run(
    function* main() {
      if (how === "async") go.native(openAsync("async", path).symbols.c_async_holds, words);
      else if (how === "checkpoint") go.native(native.dlopen(path, { c_hog: native.body }).symbols.c_hog, words);
      gp = allgs().find((one) => goidOf(one) === (how === "generator" ? 1 : 2)) as number;
      postMessage({ gp, words: Number(addressOf(words)) });
      if (how === "generator") while (a.words[0] === 0) Atomics.load(a.words, 0);
      const ended = () => (how === "checkpoint" ? hog[10] : a.ended ? 1 : 0) === 1;
      while (how !== "generator" && !ended()) yield* gosched();
    },
    { onTransition: (g, from, to) => g === gp && (from === 9 || to === 9) && edges.push(`${from}>${to}`) },
  );
  postMessage({ edges, wrong: a.wrong });
};
