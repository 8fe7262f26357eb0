/** Takes the largest stacks until there is no more room, and then runs a goroutine all the same. */
import { runSync } from "../src/index.ts";
import { newNativeG, setStackSize } from "../src/native.ts";
import { overflowing } from "./stack-fixture.ts";

setStackSize(2 ** 30);
let taken = 0;
try {
  for (;;) {
    newNativeG(overflowing.jump, null);
    taken++;
  }
} catch (error) {
  const text = (error as Error).message.replace("newproc: ", "");
  const sum = runSync(function* () {
    return 14;
  });
  console.log(`${text}, after ${taken}; ${sum}`);
}
