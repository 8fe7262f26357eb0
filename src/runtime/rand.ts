/**
 * The generator that `select` draws its poll order from: cheaprand in runtime/rand.go, seeded, so that a run can be
 * repeated. Its state lies in the M, and it steps in arch/rand.zig.
 */
import { M_CHEAPRAND, mid, mmem, native } from "./ffi.ts";
import { onSwitch } from "./world.ts";

/** Seeds the stream. @param seed an integer of 0 to 2^53-1 */
export function randinit(seed: number): void {
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`gobuf: seed ${seed}: expected 0 to 2^53-1`);
  mmem[M_CHEAPRAND] = seed | 0;
  mmem[M_CHEAPRAND + 1] = Math.floor(seed / 0x1_0000_0000);
}

/** The state as two u32 halves, low first. */
export function randstate(): readonly [number, number] {
  return [mmem[M_CHEAPRAND] >>> 0, mmem[M_CHEAPRAND + 1] >>> 0];
}

/** An integer of 0 to n-1: cheaprandn in runtime/rand.go. @param n 1 to 2^31-1 */
export function cheaprandn(n: number): number {
  return native.gobuf_cheaprandn(mid, n);
}

onSwitch({
  init: (options) => randinit(options.seed),
  save: () => [mmem[M_CHEAPRAND], mmem[M_CHEAPRAND + 1]],
  load(saved) {
    const [low, high] = saved as [number, number];
    mmem[M_CHEAPRAND] = low;
    mmem[M_CHEAPRAND + 1] = high;
  },
});
