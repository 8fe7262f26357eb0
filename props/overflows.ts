/** Goroutines that overflow in a row, among others that go on. */
import { gosched, runSync } from "../src/index.ts";
import { goNative } from "../src/native.ts";
import type { StackOverflowError } from "../src/panic.ts";
import { overflowing } from "./stack-fixture.ts";

/** @param n overflows to make @returns those that were reported, and how often a bystander ran meanwhile */
export function countOverflows(n: number): { reported: number; bystander: number; sizes: number[] } {
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
    },
    { onStackOverflow },
  );
  return { reported, bystander, sizes: [...sizes] };
}
