/**
 * Takes the largest stacks until there is no more room, and then runs all the same. Most of the address space is taken
 * before, in large pieces: to fill it with stacks of 1 GiB takes seconds.
 */
import { dlopen } from "bun:ffi";
import { runSync } from "../src/index.ts";
import { newNativeG, stackSize } from "../src/native/native.ts";
import { overflowing } from "./stack-fixture.ts";

const { mmap } = dlopen("libc.so.6", {
  mmap: { args: ["ptr", "u64", "i32", "i32", "i32", "i64"], returns: "i64" },
}).symbols;
const PROT_NONE = 0;
/** MAP_PRIVATE, MAP_ANONYMOUS, MAP_NORESERVE. */
const FLAGS = 0x2 | 0x20 | 0x4000;
for (let size = 2 ** 46; size >= 2 ** 34; size /= 2) {
  while (Number(mmap(null, size, PROT_NONE, FLAGS, -1, 0)) !== -1);
}

stackSize(2 ** 30);
let taken = 0;
try {
  for (;;) {
    newNativeG(overflowing.jump, null);
    taken++;
  }
} catch (error) {
  const text = (error as Error).message.replace("newproc: ", "");
  const result = runSync(function* () {
    return 14;
  });
  console.log(`${text}, after ${taken}; ${result}`);
}
