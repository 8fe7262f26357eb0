/**
 * The thread of an M: a Worker whose script is one call of the library, which returns when the pool ends. Nothing of
 * JavaScript runs on it meanwhile, so that nothing can end it in the middle: `terminate` waits for the call. Where the run's
 * own thread is a Worker that may be terminated, the call returns now and then between two goroutines, or the one would wait
 * for the other for ever.
 */
import { PROCS_AGAIN_AGAIN } from "../runtime/codes.ts";
import { addressOfFunction, native } from "../runtime/ffi.ts";

/**
 * The Worker's script. It imports nothing of gobuf, so that a bundle and an executable need no file for it; it gets the
 * function's address, for to open the library again could make a second copy of it.
 */
const SCRIPT = `
const { workerData } = require("node:worker_threads");
const { CFunction } = require("bun:ffi");
const { mstart: ptr, pool, id, again } = workerData;
const mstart = CFunction({ ptr, args: ["u32", "u32"], returns: "u32" });
while (mstart(pool, id) === again);
`;

/** A thread that is started. */
export interface MWorker {
  /** Resolves when the thread has ended. */
  readonly ended: Promise<void>;
}

/** Starts the thread of an M. @param lost is called when it has ended, with what it failed with */
export function startWorker(pool: number, id: number, lost: (error: Error | null) => void): MWorker {
  const { promise, resolve } = Promise.withResolvers<void>();
  let failed: Error | null = null;
  let over = false;
  const end = () => {
    if (over) return;
    over = true;
    lost(failed);
    resolve();
  };
  try {
    // Late: to load it would cost each program that imports gobuf 4 ms.
    const { Worker } = process.getBuiltinModule("node:worker_threads");
    const mstart = addressOfFunction(native.gobuf_mstart);
    const worker = new Worker(SCRIPT, { eval: true, workerData: { mstart, pool, id, again: PROCS_AGAIN_AGAIN } });
    worker.on("error", (error: Error) => {
      failed = error;
    });
    worker.on("exit", end);
  } catch (error) {
    // Ends no goroutine: the run ends for want of a thread.
    failed = error as Error;
    queueMicrotask(end);
  }
  return { ended: promise };
}
