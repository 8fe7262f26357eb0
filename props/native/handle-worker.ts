/** A Worker of handles.test.ts: says which handle the first object of its first run has, and its M, and ends. */
import { Mutex, native, runSync } from "gobuf";
import { mid } from "../../src/runtime/ffi.ts";

runSync(function* () {
  postMessage([native.handle(new Mutex()), mid]);
});
process.exit(0);
