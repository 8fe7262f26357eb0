/**
 * A process that does what no native body may, named by its argument: what it can say before it ends is on its standard
 * error output. Run by refusals.test.ts.
 */
import { dlopen, JSCallback, type Pointer, read } from "bun:ffi";
import { chan, go, gosched, native, run } from "gobuf";
import { libraryPath, openBodies, Work } from "./bodies.ts";

const { symbols } = openBodies();
/** As TypeScript calls it: no body. */
const plain = dlopen(libraryPath, { c_send: { args: ["ptr"], returns: "void" } }).symbols;

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
    else go.native(0xdead_b000 as Pointer);
    yield* gosched();
    yield* gosched();
  });
}
console.log("still there");
