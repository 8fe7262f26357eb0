/** Primes after Eratosthenes: streams of multiples, merged in order, are taken out of the odd numbers. */
import { type Chan, chan, type Go, go, nilchan, type RecvChan, recvCase, type SendChan, select, sendCase } from "gobuf";
import { primesBelow } from "./primes.ts";
import { must, type Program } from "./program.ts";

/** A channel that gives an endless row of numbers. */
function row(first: number, step: number, size: number): RecvChan<number> {
  const out = chan<number>(size);
  go(function* steps(): Go {
    for (let n = first; ; n += step) yield* out.send(n);
  });
  return out;
}

/** The next value of a stream that never ends. */
function* next<T>(from: RecvChan<T>): Go<T> {
  const [value, ok] = yield* from.recvOk();
  must(ok, "a stream ended");
  return value;
}

/** A channel that never makes its sender wait: what `to` does not take yet lies in an array. */
function unbounded(to: SendChan<number>): SendChan<number> {
  const input = chan<number>(10);
  go(function* buffer(): Go {
    const waiting: number[] = [];
    for (;;) {
      const oldest = waiting[0];
      const r = yield* select([recvCase(input), oldest === undefined ? sendCase(nilchan, 0) : sendCase(to, oldest)]);
      if (r.index === 1) waiting.shift();
      else if (r.ok) waiting.push(r.value);
    }
  });
  return input;
}

/** A stream of multiples, and the one that it gives next. */
interface Stream {
  head: number;
  readonly rest: RecvChan<number>;
}

/** Merges the multiples of all primes from a channel, each composite once. */
function* merge(primes: RecvChan<number>, to: SendChan<number>): Go {
  const streams: Stream[] = [];
  let last = 0;
  function* open(): Go<Stream> {
    const prime = yield* next(primes);
    const rest = row(prime * prime, 2 * prime, 10);
    return { head: yield* next(rest), rest };
  }
  let newest = yield* open();
  for (;;) {
    let least = newest;
    for (const stream of streams) if (stream.head < least.head) least = stream;
    if (least.head !== last) {
      last = least.head;
      yield* to.send(last);
    }
    least.head = yield* next(least.rest);
    // A prime's first multiple is its square: only then is the next prime's stream needed.
    if (least === newest) {
      streams.push(newest);
      newest = yield* open();
    }
  }
}

/** Sends the primes from 5 on. @param feedback gets them, too */
function* filter(composites: RecvChan<number>, feedback: SendChan<number>, out: SendChan<number>): Go {
  const candidates = row(5, 2, 50);
  let candidate = yield* next(candidates);
  for (;;) {
    const composite = yield* next(composites);
    for (; candidate < composite; candidate = yield* next(candidates)) {
      yield* feedback.send(candidate);
      yield* out.send(candidate);
    }
    if (candidate === composite) candidate = yield* next(candidates);
  }
}

/** A channel of all primes. */
function* sieve(): Go<Chan<number>> {
  const out = chan<number>(10);
  yield* out.send(2);
  yield* out.send(3);
  const composites = chan<number>(50);
  const primes = chan<number>(10);
  yield* primes.send(3);
  go(merge, primes, composites);
  go(filter, composites, unbounded(primes), out);
  return out;
}

export const sieve2: Program = {
  name: "sieve2",
  pins: "a loop of buffered channels that would lock up without a goroutine that buffers by select",
  *main() {
    const out = yield* sieve();
    for (const prime of primesBelow(100)) {
      const found = yield* out.recv();
      must(found === prime, `${found} in place of ${prime}`);
    }
  },
};
