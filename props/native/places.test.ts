/** Reports list the goroutines of a run by their places, however few of the thread's Gs are without a stack. */
import { expect, test } from "bun:test";

test("main is first, then as they were started, for every number of Gs without a stack", async () => {
  const worker = new Worker(new URL("./places-worker.ts", import.meta.url));
  const listed = await new Promise<number[][]>((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data as number[][]);
    worker.onerror = (event) => reject(new Error(event.message));
  });
  expect(listed).toEqual(Array(6).fill([1, 2, 3, 4, 5, 6]));
});
