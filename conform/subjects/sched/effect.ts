/**
 * Effect as a scheduler under the kit: `gobuf-conform sched --target effect.ts`. A goroutine is a fiber, a channel a bounded queue, a
 * mutex a semaphore of one permit. Effect's own scheduler runs, with a queue of tasks that is emptied here, so that it shows when none
 * is left and main is not done.
 */
import { Effect, type Fiber, Queue, Scheduler, Semaphore } from "effect";
import pkg from "../../../package.json";
import type { Target } from "../../src/sched/serve.ts";

/** Main is done: what the others still do is nobody's. */
let over = false;
const tasks: (() => void)[] = [];
const scheduler = new Scheduler.MixedScheduler("async", (task) => {
  tasks.push(task);
  return () => {};
});

function fork<T>(effect: Effect.Effect<T>): Fiber.Fiber<T> {
  return Effect.runFork(Effect.provideService(effect, Scheduler.Scheduler, scheduler));
}

/** What an effect that does not wait comes to. @throws what it fails with */
function now<T>(effect: Effect.Effect<T>): T {
  const exit = fork(effect).pollUnsafe();
  if (exit?._tag !== "Success") throw new Error(exit === undefined ? "it waits" : String(exit.cause));
  return exit.value;
}

/** A body's operations are effects, which `yield*` takes. */
type Body = () => Generator<Effect.Effect<unknown>, void, never>;

export const target: Target = {
  name: "Effect",
  version: pkg.devDependencies.effect,
  // the least queue is one of one
  capacities: [1, 2, 3],
  // a queue that has ended fails those that take from it, which is another thing than Go's close
  lacks: ["close"],
  run(main) {
    tasks.length = 0;
    over = false;
    const done = Effect.sync(() => {
      over = true;
    });
    const fiber = fork(Effect.ensuring(Effect.gen(main as Body), done));
    while (fiber.pollUnsafe() === undefined) {
      const task = tasks.shift();
      if (task === undefined) throw new Error("all goroutines are asleep - deadlock!");
      task();
    }
    const exit = fiber.pollUnsafe();
    if (exit?._tag === "Failure") throw new Error(String(exit.cause));
  },
  leaving: () => over,
  // as forkChild has it: the fiber begins when its creator has yielded
  go: (body) => {
    fork(Effect.andThen(Effect.yieldNow, Effect.gen(body as Body)));
  },
  gosched: () => Effect.yieldNow,
  chan(capacity) {
    const queue = now(Queue.bounded<number>(capacity ?? 1));
    return {
      send: (value) => Queue.offer(queue, value),
      *recvOk() {
        return [yield* Queue.take(queue) as Iterable<unknown, number, unknown>, true];
      },
      close: () => {},
    };
  },
  mutex() {
    const semaphore = Semaphore.makeUnsafe(1);
    return { lock: () => Semaphore.take(semaphore, 1), unlock: () => Semaphore.release(semaphore, 1) };
  },
};
