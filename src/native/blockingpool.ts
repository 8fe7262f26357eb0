/**
 * The threads of native.blocking: Workers in which nothing but calls of C functions runs. They start when a call finds none
 * free, a few at most, and end when they have had nothing to do for a while. They keep the process alive only while a call is
 * under way. Each thread of JavaScript has its own.
 */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";

/** Most threads at a time; further calls wait. As libuv, 4 for its file operations, or one for each core. */
export const BLOCKING_THREADS = Math.min(16, Math.max(4, availableParallelism()));
/** So long a thread waits for another call before it ends. */
const IDLE_MS = 1000;

/** A call, as it is sent to a thread. */
export interface Job {
  /** The function's address. */
  readonly ptr: number;
  readonly args: readonly string[];
  readonly returns: string;
  readonly values: readonly unknown[];
  /** What `values` has addresses of: the bytes live as long as the call. A property, for a mere mention in a closure is no use. */
  readonly kept: readonly unknown[];
  /** The function, for messages. */
  readonly name: string;
  /** The call is over. What is refused, or has no thread, fails. */
  readonly settle: (value: unknown, error: Error | null) => void;
}

/** The Worker's script. It imports nothing of gobuf, so that a bundle and an executable need no file for it. */
const SCRIPT = `
const { parentPort } = require("node:worker_threads");
const { CFunction } = require("bun:ffi");
const functions = new Map();
parentPort.on("message", (job) => {
  if (job === null) return parentPort.close();
  const [ptr, args, returns, values] = job;
  try {
    const key = [ptr, returns, ...args].join();
    let f = functions.get(key);
    if (f === undefined) functions.set(key, (f = CFunction({ ptr, args, returns })));
    parentPort.postMessage([f(...values), null]);
  } catch (error) {
    // Ends no goroutine: none runs here.
    parentPort.postMessage([undefined, String(error)]);
  }
});
`;

class Thread {
  job: Job | null = null;
  private readonly worker: Worker;
  private idle: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.worker = new Worker(SCRIPT, { eval: true });
    this.worker.on("message", ([value, error]: [unknown, string | null]) => this.done(value, error));
    this.worker.on("error", (error: Error) => this.gone(`: ${error.message}`));
    this.worker.on("exit", () => this.gone(""));
  }

  begin(job: Job): void {
    clearTimeout(this.idle);
    this.job = job;
    this.worker.ref();
    this.worker.postMessage([job.ptr, job.args, job.returns, job.values]);
  }

  private done(value: unknown, error: string | null): void {
    const { job } = this;
    this.job = null;
    const next = waiting.shift();
    if (next !== undefined) this.begin(next);
    else {
      this.worker.unref();
      this.idle = setTimeout(() => this.end(), IDLE_MS);
      this.idle.unref();
    }
    job?.settle(value, error === null ? null : new Error(`gobuf: blocking: ${job.name}: ${error}`));
  }

  private end(): void {
    threads.delete(this);
    this.worker.postMessage(null);
  }

  async terminate(): Promise<void> {
    await this.worker.terminate();
  }

  /** The thread has ended. Its call, if there is one, has no result: the function ended the thread. */
  private gone(why: string): void {
    clearTimeout(this.idle);
    const { job } = this;
    this.job = null;
    const wasThere = threads.delete(this);
    job?.settle(undefined, new Error(`gobuf: blocking: ${job.name}: its thread has ended${why}`));
    const next = wasThere ? waiting.shift() : undefined;
    if (next !== undefined) start(next);
  }
}

const threads = new Set<Thread>();
/** Calls that no thread is free for, the oldest first. */
const waiting: Job[] = [];

function start(job: Job): void {
  let thread: Thread;
  try {
    thread = new Thread();
  } catch (error) {
    // Ends no goroutine: the call fails for want of a thread.
    job.settle(undefined, new Error(`gobuf: blocking: ${job.name}: no thread for it`, { cause: error }));
    return;
  }
  threads.add(thread);
  thread.begin(job);
}

/** Has a call made on a thread that is free, or as soon as one is. */
export function submit(job: Job): void {
  for (const thread of threads) if (thread.job === null) return thread.begin(job);
  if (threads.size < BLOCKING_THREADS) start(job);
  else waiting.push(job);
}

/** Threads that there are, and calls that wait for one: for tests. */
export function blockingStats(): { threads: number; busy: number; waiting: number } {
  let busy = 0;
  for (const { job } of threads) if (job !== null) busy++;
  return { threads: threads.size, busy, waiting: waiting.length };
}

/** Ends all threads, each behind its call, which fails. For tests. */
export async function terminateBlocking(): Promise<void> {
  await Promise.all([...threads].map((thread) => thread.terminate()));
}
