/**
 * Workers in C, Zig and TypeScript, on the same two channels: which number below 10,000 takes the longest walk to 1?
 *
 * The C is compiled when this starts. The Zig was, by `bun run build`; for a library of your own:
 * zig build-lib -dynamic -OReleaseFast --dep gobuf -Mroot=walks.zig -Mgobuf=node_modules/gobuf/arch/include/gobuf.zig
 */
import { join } from "node:path";
import { type Go, go, native, run, WaitGroup } from "gobuf";
import { hostPlatform, libraryFile } from "../../src/runtime/library.ts";

const platform = hostPlatform();
const zigLibrary = join(import.meta.dir, "../../zig-out/lib", platform, libraryFile("gobuf_example", platform));
const c = native.cc({ source: join(import.meta.dir, "walks.c"), symbols: { walker: native.body } });
const zig = native.dlopen(zigLibrary, { walker: native.body });

interface Walk {
  start: number;
  steps: number;
}

/** A walk is one word: steps above, start below. */
const walk: native.Codec<Walk> = {
  name: "walk",
  toWord({ start, steps }, word) {
    word[0] = start;
    word[1] = steps;
  },
  fromWord: (start, steps) => ({ start, steps }),
};

await run(function* main() {
  const jobs = native.chan(native.u32);
  const results = native.chan(walk, 16);
  const wg = new WaitGroup();
  let counted = 0;
  using count = native.callback((n) => {
    counted += n;
    return 0;
  }, native.u32);

  // What every worker is told: four handles, one after the other.
  const workplace = Uint32Array.from([jobs, results, count, wg], native.handle);
  wg.add(3);
  go.native(c.symbols.walker, workplace);
  go.native(zig.symbols.walker, workplace);
  go(function* walker(): Go {
    for (let start = yield* jobs.recv(); start !== undefined; start = yield* jobs.recv()) {
      let steps = 0;
      for (let n = start; n !== 1; n = n % 2 ? 3 * n + 1 : n / 2) steps++;
      yield* results.send({ start, steps });
      counted++;
    }
    wg.done();
  });

  go(function* foreman(): Go {
    for (let n = 1; n < 10_000; n++) yield* jobs.send(n);
    jobs.close();
    yield* wg.wait();
    results.close();
  });

  let longest: Walk = { start: 1, steps: 0 };
  for (let w = yield* results.recv(); w !== undefined; w = yield* results.recv()) {
    if (w.steps > longest.steps) longest = w;
  }
  console.log(`${longest.start} takes ${longest.steps} steps`);
  console.log(`C, Zig and TypeScript counted ${counted} walks`);
});
