/** Goroutines that overflow in a row, among others that go on. */
import { ptr } from "bun:ffi";
import { gosched, numGoroutine, runSync } from "../src/index.ts";
import { goNative } from "../src/native/native.ts";
import { mid } from "../src/runtime/ffi.ts";
import type { StackOverflowError } from "../src/runtime/panic.ts";
import { overflowing } from "./stack-fixture.ts";

/** What became of them. */
export interface Overflows {
  /** The thread's M. */
  mid: number;
  reported: number;
  /** How often a goroutine that overflows nothing ran meanwhile. */
  bystander: number;
  /** Native goroutines that returned: they wrote to memory that is theirs. */
  returned: number;
  sizes: number[];
}

/** @param n overflows to make */
export function countOverflows(n: number): Overflows {
  const written = new Uint8Array(1);
  let returned = 0;
  const sizes = new Set<number>();
  let reported = 0;
  let bystander = 0;
  const onStackOverflow = (error: StackOverflowError) => {
    reported++;
    sizes.add(Number(error.hi - error.lo));
  };
  runSync(
    function* () {
      for (let i = 0; i < n; i++) {
        goNative(i % 2 === 0 ? overflowing.recurse : overflowing.jump, null);
        yield* gosched();
        bystander++;
      }
      yield* gosched();
      for (let i = 0; i < 10; i++) {
        written[0] = 0;
        goNative(overflowing.touch, ptr(written));
        while (numGoroutine() > 1) yield* gosched();
        returned += written[0];
      }
    },
    { onStackOverflow },
  );
  return { mid, reported, bystander, returned, sizes: [...sizes] };
}
