/** A Worker of handles.test.ts: says which handle the first object of its first run has, and ends. */
import { Mutex, native, runSync } from "gobuf";

runSync(function* () {
  postMessage(native.handle(new Mutex()));
});
process.exit(0);
