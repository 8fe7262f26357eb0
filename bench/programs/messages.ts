/** The programs of threads.ts with Workers and postMessage, as one writes them without gobuf. */
import { Worker } from "node:worker_threads";
import type { Measured, Program, Programs } from "../program.ts";
import type { Task } from "./messageworker.ts";
import { type Item, itemOf, ROUNDS_OF_1_MS, WARM, WARM_TRIPS } from "./rounds.ts";

const script = new URL("./messageworker.ts", import.meta.url);
const THREADS = 2;
/** Tasks that a Worker has at once: one to do, and one so that it never waits. */
const AT_ONCE = 2;

/** A Worker that says that it is ready. */
async function start(task: Task, transfer: MessagePort[] = []): Promise<Worker> {
  const worker = new Worker(script);
  const ready = new Promise((resolve) => worker.once("message", resolve));
  worker.postMessage(task, transfer as never);
  await ready;
  return worker;
}

/** Nothing holds the sender back, which is postMessage's best case. */
function pipeline<T>(make: (i: number) => T, read: (item: T) => number): Program {
  return async (n): Promise<Measured> => {
    const { port1, port2 } = new MessageChannel();
    const last = await start({ work: "relay", from: port1, to: null }, [port1]);
    const first = await start({ work: "relay", from: null, to: port2 }, [port2]);
    const { promise, resolve } = Promise.withResolvers<number>();
    const warm = Promise.withResolvers<void>();
    let sum = 0;
    let count = -WARM;
    last.on("message", (item: T) => {
      if (++count === 0) return warm.resolve();
      if (count < 0) return;
      sum += read(item);
      if (count === n) resolve(sum);
    });
    for (let i = 0; i < WARM; i++) first.postMessage(make(0));
    await warm.promise;
    const begin = Bun.nanoseconds();
    for (let i = 0; i < n; i++) first.postMessage(make(i));
    const check = await promise;
    const ns = Bun.nanoseconds() - begin;
    await Promise.all([first.terminate(), last.terminate()]);
    return { check, values: [ns] };
  };
}

const trip: Program = async (n): Promise<Measured> => {
  const worker = await start({ work: "relay", from: null, to: null });
  const { promise, resolve } = Promise.withResolvers<number>();
  let [sum, begin] = [0, 0];
  let i = -WARM_TRIPS;
  worker.on("message", (back: number) => {
    sum += back;
    if (++i === 0) begin = Bun.nanoseconds();
    if (i === n) resolve(sum);
    else worker.postMessage(Math.max(0, i));
  });
  worker.postMessage(0);
  const check = await promise;
  const ns = Bun.nanoseconds() - begin;
  await worker.terminate();
  return { check, values: [ns] };
};

async function tasksOn(threads: number, n: number): Promise<Measured> {
  const workers: Worker[] = [];
  for (let i = 0; i < threads; i++) workers.push(await start({ work: "compute", from: null, to: null }));
  const { promise, resolve } = Promise.withResolvers<number>();
  let [sent, done] = [0, 0];
  const begin = Bun.nanoseconds();
  for (const worker of workers) {
    const next = () => {
      if (sent++ < n) worker.postMessage(ROUNDS_OF_1_MS);
    };
    worker.on("message", (one: number) => {
      done += one;
      if (done === n) resolve(done);
      else next();
    });
    for (let i = 0; i < AT_ONCE; i++) next();
  }
  const check = await promise;
  const ns = Bun.nanoseconds() - begin;
  await Promise.all(workers.map((worker) => worker.terminate()));
  return { check, values: [ns] };
}

const tasks: Program = async (n) => {
  const one = await tasksOn(1, n);
  const several = await tasksOn(THREADS, n);
  return { check: one.check === several.check ? one.check : -1, values: [...one.values, ...several.values] };
};

/** A thread for each, as there is none that waits. */
const starts: Program = async (n) => {
  let ns = 0;
  for (let i = 0; i < n; i++) {
    const begin = Bun.nanoseconds();
    const worker = await start({ work: "relay", from: null, to: null });
    ns += Bun.nanoseconds() - begin;
    await worker.terminate();
  }
  return { check: n, values: [ns] };
};

/** The programs by the names of their rows. */
export const messagePrograms: Programs = {
  "number through threads": pipeline(
    (i) => i,
    (i) => i,
  ),
  "object through threads": pipeline<Item>(itemOf, ({ id }) => id),
  "trip between threads": trip,
  "tasks on threads": tasks,
  "start on a thread": starts,
};
