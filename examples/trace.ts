/**
 * A kitchen whose one oven is the bottleneck: the trace shows the cooks wait for it.
 *
 *     bun examples/trace.ts kitchen.trace && go tool trace kitchen.trace
 *     bun examples/trace.ts kitchen.json    # for ui.perfetto.dev
 */
import { chan, type Go, Mutex, run, sleep, trace, WaitGroup } from "gobuf";

const [file = "kitchen.trace"] = process.argv.slice(2);
const COOKS = 3;
const ORDERS = 12;

const orders = chan<number>(ORDERS);
const oven = new Mutex();
const done = new WaitGroup();

function* cook(): Go {
  for (let order = yield* orders.recv(); order !== undefined; order = yield* orders.recv()) {
    yield* trace.withRegion("prepare", () => pause(1));
    yield* oven.lock();
    trace.log("oven", `order ${order}`);
    yield* trace.withRegion("bake", () => pause(2));
    yield* oven.unlock();
  }
}

function* pause(ms: number): Go {
  yield* sleep(ms);
}

trace.start(file);
await run(
  function* kitchen() {
    for (let order = 1; order <= ORDERS; order++) yield* orders.send(order);
    orders.close();
    for (let i = 0; i < COOKS; i++) done.go(cook);
    yield* done.wait();
  },
  { traceback: "all" },
);
trace.stop();
console.log(`${ORDERS} orders are in ${file}`);
