/** The channel that plain async code writes for itself. */

/** A channel of promises: a value waits for a taker, or a taker for a value. */
export class Channel<T> implements AsyncIterable<T> {
  private readonly values: T[] = [];
  private readonly putters: { value: T; resolve: () => void }[] = [];
  private readonly takers: ((value: T) => void)[] = [];

  constructor(private readonly capacity: number) {}

  put(value: T): Promise<void> | undefined {
    const taker = this.takers.shift();
    if (taker !== undefined) {
      taker(value);
      return undefined;
    }
    if (this.values.length < this.capacity) {
      this.values.push(value);
      return undefined;
    }
    return new Promise((resolve) => this.putters.push({ value, resolve }));
  }

  take(): Promise<T> | T {
    const value = this.values.shift();
    const putter = this.putters.shift();
    putter?.resolve();
    if (value !== undefined) {
      if (putter !== undefined) this.values.push(putter.value);
      return value;
    }
    if (putter !== undefined) return putter.value;
    return new Promise((resolve) => this.takers.push(resolve));
  }

  /** What is put, until the loop is left. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, never, undefined> {
    for (;;) yield await this.take();
  }
}
