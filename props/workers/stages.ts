/** Stages of the tests: goroutines on other threads. */
import {
  after,
  context,
  type Go,
  gosched,
  type Mutex,
  type RecvChan,
  recvCase,
  type SendChan,
  select,
  sendCase,
  sleep,
  type WaitGroup,
} from "gobuf";

export function* square(from: RecvChan<number>, to: SendChan<number>): Go {
  for (let n = yield* from.recv(); n !== undefined; n = yield* from.recv()) yield* to.send(n * n);
  to.close();
}

/** Sends back what comes, until the channel is closed. */
export function* echo(from: RecvChan<unknown>, to: SendChan<unknown>): Go {
  for (;;) {
    const [value, ok] = yield* from.recvOk();
    if (!ok) break;
    yield* to.send(value);
  }
  to.close();
}

/** Sends the numbers from `first` on, `count` of them, and is done. */
export function* produce(to: SendChan<number>, first: number, count: number, wg: WaitGroup): Go {
  for (let n = first; n < first + count; n++) {
    yield* to.send(n);
    if (n % 7 === 0) yield* gosched();
  }
  wg.done();
}

/** Hands on what comes, until the channel is closed. */
export function* relay(from: RecvChan<number>, to: SendChan<number>, wg: WaitGroup): Go {
  for (let n = yield* from.recv(); n !== undefined; n = yield* from.recv()) yield* to.send(n);
  wg.done();
}

/** The same by selects, which send to either of two channels and receive from either. */
export function* mix(
  a: RecvChan<number>,
  b: RecvChan<number>,
  x: SendChan<number>,
  y: SendChan<number>,
  wg: WaitGroup,
): Go {
  const open = { a: true, b: true };
  while (open.a || open.b) {
    const cases = [...(open.a ? [recvCase(a)] : []), ...(open.b ? [recvCase(b)] : []), recvCase(after(1000))];
    const r = yield* select(cases);
    const which = open.a && r.index === 0 ? "a" : "b";
    if (!r.ok) open[which] = false;
    else yield* select([sendCase(x, r.value as number), sendCase(y, r.value as number)]);
  }
  wg.done();
}

/** Counts by reading, giving way, and writing, under the lock. */
export function* count(cells: SharedArrayBuffer, times: number, mutex: Mutex, wg: WaitGroup): Go {
  const [cell] = [new Int32Array(cells)];
  for (let i = 0; i < times; i++) {
    yield* mutex.lock();
    const was = cell[0] as number;
    if (i % 5 === 0) yield* gosched();
    cell[0] = was + 1;
    mutex.unlock();
  }
  wg.done();
}

/** Says how its context ended: by waiting for it, and by asking while it computes. */
export function* untilDone(ctx: context.Context, to: SendChan<string>): Go {
  yield* ctx.done().recv();
  yield* to.send(`${ctx.err()?.message}`);
}

export function* untilErr(ctx: context.Context, to: SendChan<string>): Go {
  while (ctx.err() === undefined);
  yield* to.send(`${ctx.err()?.message}`);
}

/** Says in shared memory that its context has ended, and asks no thread for it. */
export function* untilErrThere(ctx: context.Context, cells: SharedArrayBuffer): Go {
  while (ctx.err() === undefined);
  Atomics.store(new Int32Array(cells), 0, 1);
}

export function* causeOf(ctx: context.Context, to: SendChan<string>): Go {
  yield* ctx.done().recv();
  const cause = context.cause(ctx);
  yield* to.send(`${cause?.name}: ${cause?.message}`);
}

export function* fails(text: string): Go {
  yield* sleep(1);
  throw new RangeError(text);
}

export function* unlocks(mutex: Mutex): Go {
  yield* sleep(1);
  mutex.unlock();
}

export function* waitsForEver(ch: RecvChan<unknown>): Go {
  yield* ch.recv();
}

/** The same, when everybody else has waited for long. */
export function* waitsLate(ch: RecvChan<unknown>): Go {
  yield* sleep(200);
  yield* ch.recv();
}

export function* exits(code: number): Go {
  yield* sleep(1);
  process.exit(code);
}

export function* throwsOutside(): Go {
  setTimeout(() => {
    throw new Error("nobody's");
  }, 1);
  yield* sleep(60_000);
}

/** Leaves its frame. */
export function* leaves(began: SendChan<boolean>, ch: RecvChan<unknown>, cells: SharedArrayBuffer): Go {
  try {
    yield* began.send(true);
    yield* ch.recv();
  } finally {
    Atomics.add(new Int32Array(cells), 0, 1);
  }
}

export function* computes(ms: number): Go<number> {
  const end = performance.now() + ms;
  let n = 0;
  while (performance.now() < end) n++;
  return n;
}

export function* total(bytes: Uint8Array, to: SendChan<number>): Go {
  yield* to.send(bytes.reduce((sum, byte) => sum + byte, 0));
}

export function* reply(from: RecvChan<{ n: number; to: SendChan<number> }>): Go {
  for (let job = yield* from.recv(); job !== undefined; job = yield* from.recv()) yield* job.to.send(job.n + 1);
}

export const notAFunction = 1;
export function plain(): void {}
