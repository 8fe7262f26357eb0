/**
 * The Mandelbrot set, computed in C on every core, and printed. The C is compiled when this starts. Where there are no runs
 * with several Ps (they are on Linux only) one thread computes all rows.
 */

import { ptr } from "bun:ffi";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { chan, type Go, go, native, run, WaitGroup } from "gobuf";

const WIDTH = 72;
const HEIGHT = 24;
const procs = process.platform === "linux" ? Math.min(64, availableParallelism()) : 1;

const { symbols } = native.cc({ source: join(import.meta.dir, "mandelbrot.c"), symbols: { row: native.body } });
const image = new Uint8Array(WIDTH * HEIGHT);

await run(
  function* main(): Go {
    const rows = chan<number>(16);
    const wg = new WaitGroup();
    const picture = new BigUint64Array(3);
    new Uint32Array(picture.buffer).set([native.handle(rows), native.handle(wg), WIDTH, HEIGHT]);
    picture[2] = BigInt(ptr(image));
    wg.add(procs);
    for (let i = 0; i < procs; i++) go.native(symbols.row, picture);
    for (let y = 0; y < HEIGHT; y++) yield* rows.send(y);
    rows.close();
    yield* wg.wait();
  },
  { procs },
);

for (let y = 0; y < HEIGHT; y++) {
  const steps = [...image.subarray(y * WIDTH, (y + 1) * WIDTH)];
  console.log(
    steps
      .map((n) => (n === 255 ? "#" : n > 12 ? "+" : n > 5 ? "." : " "))
      .join("")
      .trimEnd(),
  );
}
