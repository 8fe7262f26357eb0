/**
 * `@thi.ng/csp`: "If the channel's buffer accepts new writes [...], the promise resolves immediately" (the documentation of
 * `Channel.write`). It resolves when the value is read.
 */
import { channel } from "@thi.ng/csp";

let found = "it waits";
channel(3)
  .write(1)
  .then(() => {
    found = "it resolves";
  });
await Bun.sleep(50);
console.log(`expected it resolves; found ${found}`);
