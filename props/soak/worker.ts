/** A Worker of the soak: a run with goroutines of both kinds, then the end that its argument names. */
import { chan, type Go, go, native, run, sleep, WaitGroup } from "gobuf";
import { openBodies, Work } from "../native/bodies.ts";

const how = process.argv[2];
const { symbols } = openBodies();

function* main(): Go<number> {
  const [to, from] = [native.chan(native.i32), native.chan(native.i32)];
  go.native(symbols.c_echo, new Work({ in: to, out: from }).bytes);
  const wg = new WaitGroup();
  wg.go(function* () {
    for (let n = 0; n < 10; n++) yield* to.send(n);
    to.close();
  });
  let total = 0;
  for (let n = yield* from.recv(); n !== undefined; n = yield* from.recv()) total += n;
  yield* wg.wait();
  return total;
}

postMessage(await run(main));
if (how === "exit") process.exit(0);
if (how === "terminate") {
  // Until it is terminated, with goroutines of both kinds that wait.
  await run(function* () {
    const to = native.chan(native.i32);
    go.native(symbols.c_echo, new Work({ in: to, out: to }).bytes);
    go(function* () {
      yield* chan<never>().recv();
    });
    for (;;) yield* sleep(1);
  });
}
