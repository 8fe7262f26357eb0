/**
 * `@thi.ng/csp` as a scheduler under the kit: `gobuf-conform sched --target csp.ts`. Its goroutines are async functions, so that its
 * run queue is JavaScript's queue of microtasks; when that is empty and main is not done, nothing can go on.
 */
import { drainMicrotasks } from "bun:jsc";
import { channel } from "@thi.ng/csp";
import pkg from "../../../package.json";
import type { Target } from "../../src/sched/serve.ts";

type Body = Iterator<unknown, unknown, unknown>;

/** Main is done: what the others still do is nobody's. */
let over = false;

/** Runs a body whose operations are promises, as an async function would. */
async function drive(body: Body): Promise<void> {
  let step = body.next();
  while (step.done !== true) step = body.next(await step.value);
}

function* toTheEnd(main: Iterable<unknown>): Generator<unknown> {
  try {
    yield* main;
  } finally {
    over = true;
  }
}

/** What a promise of a body comes to. */
function* wait<T>(promise: Promise<T>): Generator<Promise<T>, T, T> {
  return yield promise;
}

export const target: Target = {
  name: "@thi.ng/csp",
  version: pkg.devDependencies["@thi.ng/csp"],
  // the buffer of a channel has one place at least
  capacities: [1, 2, 3],
  run(main) {
    let failure: unknown;
    over = false;
    drive(toTheEnd(main())).catch((error: unknown) => {
      failure = error;
    });
    drainMicrotasks();
    if (failure !== undefined) throw failure;
    if (!over) throw new Error("all goroutines are asleep - deadlock!");
  },
  leaving: () => over,
  go: (body) => {
    queueMicrotask(() => void drive(body()));
  },
  gosched: () => wait(Promise.resolve()),
  chan(capacity) {
    const c = channel<number>(capacity ?? 1);
    return {
      send: (value) => wait(c.write(value)),
      *recvOk() {
        const value = yield* wait(c.read());
        return [value, value !== undefined];
      },
      close: () => c.close(),
    };
  },
};
