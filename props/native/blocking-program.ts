/** A process, or a Worker, with a call of native.blocking: blocking.test.ts starts both. */
import { dlopen } from "bun:ffi";
import { join } from "node:path";
import { native } from "gobuf";
import { hostPlatform, libraryFile, packageRoot } from "../../src/runtime/library.ts";

declare const self: Worker;

function open() {
  const path = join(packageRoot, "zig-out", "lib", hostPlatform(), libraryFile("gobuf_probe", hostPlatform()));
  return dlopen(path, {
    plain_block: { args: ["u64", "u64"], returns: "u64" },
    plain_wait: { args: ["ptr"], returns: "void" },
  }).symbols;
}

if (Bun.isMainThread) {
  const block = native.blocking(open().plain_block, { args: ["u64", "u64"], returns: "u64" });
  void block(50_000_000, 7).then((word) => console.log(String(word)));
} else {
  self.onmessage = ({ data: word }: MessageEvent<number>) => {
    void native.blocking(open().plain_wait, { args: ["ptr"] })(word);
    // On another thread, which was started later.
    void native
      .blocking(open().plain_block, { args: ["u64", "u64"], returns: "u64" })(0, 0)
      .then(() => self.postMessage("begun"));
  };
}
