/**
 * A kitchen whose one oven is the bottleneck: the trace shows the cooks wait for it. Each order is a task.
 *
 *     bun examples/trace.ts kitchen.trace && go tool trace kitchen.trace
 *     bun examples/trace.ts kitchen.json    # for ui.perfetto.dev
 */
import { Command } from "commander";
import { chan, context, type Go, Mutex, run, sleep, trace, WaitGroup } from "gobuf";

const [file] = new Command()
  .argument("[file]", "where the trace goes; .json for ui.perfetto.dev", "kitchen.trace")
  .parse().processedArgs;
const COOKS = 3;
const ORDERS = 12;

const orders = chan<number>(ORDERS);
const oven = new Mutex();
const done = new WaitGroup();

function* cook(): Go {
  for (let order = yield* orders.recv(); order !== undefined; order = yield* orders.recv()) {
    const [ctx, task] = trace.newTask(context.background(), "order");
    using _ = task;
    yield* trace.withRegion(ctx, "prepare", () => pause(1));
    yield* oven.lock();
    trace.log(ctx, "oven", `order ${order}`);
    yield* trace.withRegion(ctx, "bake", () => pause(2));
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
