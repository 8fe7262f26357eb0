/** A test that times out in a run that never ends, and fifty others behind it. */
import { test } from "bun:test";
import { chan, hold, run } from "../../src/index.ts";

test(
  "one that never ends",
  () =>
    run(function* stuck() {
      using _ = hold();
      yield* chan().recv();
    }),
  50,
);

await import("./concurrent.ts");
