/** What `for await` goes through: values that are taken at once where they are there, and waited for where not. */
import { isThenable } from "./expect.ts";

type Result<T> = IteratorResult<T, void>;

/**
 * Values one after another. As those of an async generator, its calls are answered in their order, the end or an error is for
 * good, and a value that is a promise is awaited. It is none, for to resume one takes longer than to receive.
 */
export class AsyncValues<T> implements AsyncGenerator<T, void, undefined> {
  private over = false;
  /** The last call that has to wait, until it is answered. */
  private pending: Promise<unknown> | null = null;

  /**
   * @param ready the next value, or the end, where it is there
   * @param wait waits for the next value, and says whether it is one
   */
  constructor(
    private readonly ready: () => Result<T> | undefined,
    private readonly wait: () => Promise<readonly [value: T | undefined, ok: boolean]>,
  ) {}

  next(): Promise<Result<T>> {
    if (this.pending !== null) return this.behind(() => this.answer());
    const answer = this.answer();
    return answer instanceof Promise ? this.enter(answer) : Promise.resolve(answer);
  }

  return(value?: void | PromiseLike<void>): Promise<Result<T>> {
    return this.behind(async () => {
      this.over = true;
      return { value: await value, done: true };
    });
  }

  throw(error: unknown): Promise<Result<T>> {
    return this.behind(() => {
      this.over = true;
      return Promise.reject(error);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private answer(): Result<T> | Promise<Result<T>> {
    if (this.over) return { value: undefined, done: true };
    const result = this.ready();
    if (result === undefined) return this.waited();
    if (result.done) this.over = true;
    return isThenable(result.value) ? this.waited([result.value as T, true]) : result;
  }

  /** @param received what was received and is to be awaited; by default the next value is waited for */
  private async waited(received?: readonly [T, true]): Promise<Result<T>> {
    let more = false;
    try {
      const [value, ok] = received ?? (await this.wait());
      const settled = await value;
      more = ok;
      return ok ? { value: settled as T, done: false } : { value: undefined, done: true };
    } finally {
      if (!more) this.over = true;
    }
  }

  /** Does a call when all before it were answered. */
  private behind<R>(call: () => R | Promise<R>): Promise<R> {
    return this.enter(this.pending === null ? Promise.resolve(call()) : this.pending.then(call, call));
  }

  /** Notes a call that waits. */
  private enter<R>(answer: Promise<R>): Promise<R> {
    const answered = () => {
      if (this.pending === answer) this.pending = null;
    };
    this.pending = answer;
    answer.then(answered, answered);
    return answer;
  }
}
