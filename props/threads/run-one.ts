/** Workers of worker.ts, run one at a time by tests of this process and by processes that are watched from outside. */
import type { Task } from "./task.ts";

/** Runs a Worker until it is gone: it ends itself, or is terminated when it has said that it is done. */
export async function runOne(task: Task): Promise<void> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url));
  await new Promise<void>((resolve, reject) => {
    worker.addEventListener("close", () => resolve());
    worker.onerror = (event) => reject(new Error(event.message));
    worker.onmessage = ({ data }) => {
      if (data === "ready") worker.postMessage(task);
      else worker.terminate();
    };
  });
}
