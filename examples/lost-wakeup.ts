/** A condition that is looked at under one lock and waited for under the next: all schedules with few preemptions. */
import { Cond, type Go, go, Mutex } from "gobuf";
import { ExploreError, explore, replay } from "gobuf/testing";

/** A queue of one item; `careful` looks again under the lock that it waits with. */
function consumer(careful: boolean) {
  return function* main(): Go {
    const filled = new Cond(new Mutex());
    const queue: string[] = [];
    go(function* producer() {
      yield* filled.L.lock();
      queue.push("item");
      filled.signal();
      yield* filled.L.unlock();
    });
    yield* filled.L.lock();
    const empty = queue.length === 0;
    yield* filled.L.unlock();
    yield* filled.L.lock();
    if (careful) while (queue.length === 0) yield* filled.wait();
    else if (empty) yield* filled.wait();
    yield* filled.L.unlock();
  };
}

console.log(explore(consumer(true), { scheduler: "exhaustive" }).summary);
try {
  explore(consumer(false), { scheduler: "exhaustive" });
} catch (error) {
  if (!(error instanceof ExploreError)) throw error;
  console.log(error.message.split("\n", 1)[0]);
  console.log(`after ${error.run} schedules: ${error.schedule}`);
  try {
    replay(consumer(false), error.schedule);
  } catch {
    console.log("and again");
  }
}
