/**
 * A process that does what no native body may, named by its argument: what it can say before it ends is on its standard
 * error output. Run by refusals.test.ts.
 */
import { dlopen, JSCallback, type Pointer, read } from "bun:ffi";
import { openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chan, go, gosched, native, run } from "gobuf";
import { libraryPath, openBodies, Work } from "./bodies.ts";

const { symbols } = openBodies();
/** As TypeScript calls it: no body. */
const plain = dlopen(libraryPath, { c_send: { args: ["ptr"], returns: "void" } }).symbols;

/** A page that no file stands behind any more: to touch it is a SIGBUS. Linux. */
function beyondAFile(): number {
  const path = join(tmpdir(), `gobuf-beyond-${process.pid}`);
  writeFileSync(path, "");
  const libc = dlopen("libc.so.6", {
    mmap: { args: ["u64", "u64", "i32", "i32", "i32", "i64"], returns: "u64" },
  }).symbols;
  const fd = openSync(path, "r+");
  const readWrite = 3;
  const shared = 1;
  const page = Number(libc.mmap(0, 4096, readWrite, shared, fd, 0));
  rmSync(path);
  return page;
}

const what = process.argv[2];
if (what === "outside") {
  // A body called like any function.
  plain.c_send(new Uint32Array(14));
} else if (what === "nobody") {
  read.u8(0xdead_b000 as Pointer);
} else {
  await run(function* () {
    const entered = new JSCallback(() => console.log("JavaScript ran"), { args: ["ptr"], returns: "void" });
    const callback = native.callback(() => plain.c_send(new Uint32Array(14)));
    if (what === "raw") go.native(symbols.c_direct, Number(entered.ptr));
    else if (what === "callback") go.native(symbols.c_careless, new Work({ callback, out: chan() }, 1).bytes);
    else if (what?.startsWith("fault ")) {
      const [, kind, address = "0"] = what.split(" ");
      const work = new Work({}, Number(kind));
      new BigUint64Array(work.bytes.buffer)[6] = BigInt(address === "beyond" ? beyondAFile() : Number(address));
      go.native(symbols.zig_faults, work.bytes);
    } else go.native(0xdead_b000 as Pointer);
    yield* gosched();
    yield* gosched();
  });
}
console.log("still there");
