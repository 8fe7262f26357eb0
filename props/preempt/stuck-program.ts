/** A program whose native body never gives the thread back: on main, or on a Worker. Its second argument is the library. */
import { go, gosched, native, run } from "gobuf";
import { Asynced } from "./async.ts";

const [where, path] = process.argv.slice(2);
if (where === "main" || !Bun.isMainThread) {
  const file = path ?? (await new Promise<string>((resolve) => addEventListener("message", (e) => resolve(e.data))));
  const { symbols } = native.dlopen(file, { c_async_counts: native.body });
  const { ptr } = symbols.c_async_counts as unknown as { ptr: number };
  await run(function* () {
    go.native(symbols.c_async_counts, new Asynced().words);
    console.log(`body 0x${ptr.toString(16)}`);
    yield* gosched();
  });
} else {
  // A run of main's prints its goroutines.
  const worker = new Worker(import.meta.path);
  worker.postMessage(path);
  await run(function* () {
    for (;;) yield* gosched();
  });
}
