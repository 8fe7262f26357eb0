/** Where a trace's bytes go: into a file, or to a function; in chunks of 256 KiB, so that an event seldom writes. */

import { closeSync, openSync, writeSync } from "node:fs";
import { isThenable } from "../runtime/expect.ts";

/**
 * A function that takes a trace's bytes, in order. Each array is a new one, which the function may keep.
 *
 * It is called while the scheduler works, and must call no operation of gobuf. If it throws, the trace ends there, and
 * `trace.stop` throws the error; the traced program goes on. It may give a promise, which is not waited for before the next
 * call: a rejection is the same as a throw.
 *
 * @example
 * ```ts
 * const chunks: Uint8Array[] = [];
 * const sink: trace.TraceSink = (chunk) => chunks.push(chunk);
 * trace.start(sink);
 * yield* gosched();
 * trace.stop();
 * console.log(new TextDecoder().decode(chunks[0]).slice(0, 13)); // go 1.26 trace
 * ```
 */
export type TraceSink = (chunk: Uint8Array) => unknown;

/** Bytes that are collected before they are written. */
const CHUNK_BYTES = 1 << 18;

/** Bytes on their way out. A failure stops the writing and is kept: the program that is traced must not see it. */
export class Output {
  private readonly chunk = new Uint8Array(CHUNK_BYTES);
  private used = 0;
  /** Promises that the sink gave, and that have not settled. */
  private readonly busy = new Set<Promise<void>>();
  private failed = false;
  private failure: unknown;

  private constructor(
    private readonly emit: (chunk: Uint8Array) => unknown,
    private readonly release: () => void,
    private readonly name: string,
  ) {}

  /** To a file, which is made, or emptied. @throws Error when that cannot be */
  static toFile(path: string): Output {
    let fd: number;
    try {
      fd = openSync(path, "w");
    } catch (error) {
      // Ends no goroutine: a file is opened.
      throw new Error(`gobuf: trace.start: cannot write ${path}: ${textOf(error)}`, { cause: error });
    }
    const emit = (chunk: Uint8Array) => {
      for (let done = 0; done < chunk.length; ) done += writeSync(fd, chunk, done);
    };
    return new Output(emit, () => closeSync(fd), path);
  }

  static toSink(sink: TraceSink): Output {
    return new Output(
      (chunk) => sink(chunk.slice()),
      () => {},
      "the sink",
    );
  }

  /** Takes bytes over; `bytes` may be used again afterwards. */
  write(bytes: Uint8Array): void {
    if (this.used + bytes.length > CHUNK_BYTES) this.flush();
    if (bytes.length > CHUNK_BYTES) return this.put(bytes);
    this.chunk.set(bytes, this.used);
    this.used += bytes.length;
  }

  /**
   * Writes what is left.
   *
   * @returns a promise when the sink is still busy, which says how that ended
   * @throws Error with the first failure of the whole trace
   */
  close(): Promise<void> | undefined {
    this.flush();
    try {
      this.release();
    } catch (error) {
      // Ends no goroutine: a sink is closed.
      this.fail(error);
    }
    this.report();
    if (this.busy.size === 0) return undefined;
    const settled = Promise.all(this.busy).then(() => this.report());
    // Who does not ask how the sink fared is not to be ended by it.
    settled.catch(() => {});
    return settled;
  }

  private report(): void {
    if (!this.failed) return;
    throw new Error(`gobuf: trace: writing to ${this.name} failed, the trace is incomplete: ${textOf(this.failure)}`, {
      cause: this.failure,
    });
  }

  private flush(): void {
    if (this.used > 0) this.put(this.chunk.subarray(0, this.used));
    this.used = 0;
  }

  private put(bytes: Uint8Array): void {
    if (this.failed) return;
    try {
      const made = this.emit(bytes);
      if (isThenable(made)) this.await(made);
    } catch (error) {
      // Ends no goroutine: a sink is written to.
      this.fail(error);
    }
  }

  private await(made: PromiseLike<unknown>): void {
    const settled = Promise.resolve(made)
      .then(
        () => {},
        (error) => this.fail(error),
      )
      .finally(() => this.busy.delete(settled));
    this.busy.add(settled);
  }

  private fail(error: unknown): void {
    if (!this.failed) this.failure = error;
    this.failed = true;
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
