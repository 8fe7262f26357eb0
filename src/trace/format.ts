/** What a format of traces must be able to write: the events of one M and one P. Times are nanoseconds, and only rise. */
import type { Stack } from "./stacks.ts";

/**
 * One way to write a trace. A goroutine is named by its G, an index that is used again, and by its number in the trace,
 * which is not.
 */
export interface TraceFormat {
  /** Comes first. @param running whether the M has the P */
  begin(time: number, running: boolean): void;
  /** A goroutine that was there when the trace began. @param status of runtime2.ts @param reason why it waits */
  exists(time: number, gp: number, id: number, status: number, reason: number, stack: Stack): void;
  /** The M gets the P, or stops it because there is nothing to run. */
  proc(time: number, running: boolean): void;
  /** @param entry what the goroutine starts in @param at of the go statement, null where no goroutine runs */
  create(time: number, gp: number, id: number, entry: Stack, creator: number, at: Stack | null): void;
  start(time: number, gp: number, id: number): void;
  /** @param reason index of stopReasons in reasons.ts */
  stop(time: number, gp: number, id: number, reason: number, stack: Stack): void;
  /** @param reason a wait reason of runtime2.ts */
  block(time: number, gp: number, id: number, reason: number, stack: Stack): void;
  /** @param by number of the goroutine that runs, 0 for none @param at its stack */
  unblock(time: number, gp: number, id: number, by: number, at: Stack | null): void;
  destroy(time: number, gp: number, id: number): void;
  /** The run is over: its goroutines do nothing any more. */
  over(time: number): void;
  /** @param task number of the task that it belongs to, 0 for none */
  log(time: number, gp: number, id: number, task: number, category: string, message: string, stack: Stack): void;
  /** @param task as of a message; that of a region's end is that of its begin */
  region(time: number, gp: number, id: number, task: number, begins: boolean, type: string, stack: Stack): void;
  /** A task begins, at the goroutine that runs. @param task its number in the trace, from 1 @param parent 0 for none */
  taskBegin(time: number, gp: number, id: number, task: number, parent: number, type: string, stack: Stack): void;
  /** A task ends, at the goroutine that runs. It may have begun before the trace. */
  taskEnd(time: number, gp: number, id: number, task: number, stack: Stack): void;
  /** Comes last: what is left is written. */
  end(time: number): void;
}
