/**
 * Power series as streams of terms that are computed when they are asked for, after M. D. McIlroy, "Squinting at Power
 * Series": every operation is a goroutine between channels.
 */
import { type Chan, chan, type Go, go, nilchan, recvCase, select, sendCase } from "gobuf";

/** What the coefficients are. */
export interface Field<T> {
  readonly zero: T;
  readonly one: T;
  /** `n / d`. */
  ratio(n: number, d: number): T;
  add(a: T, b: T): T;
  mul(a: T, b: T): T;
  neg(a: T): T;
}

/** A coefficient; undefined stands behind the last one of a series that ends. */
export type Term<T> = T | undefined;

/** A series: a goroutine that wants its next term sends on `ask` and receives from `term`. */
export interface Series<T> {
  readonly ask: Chan<void>;
  readonly term: Chan<Term<T>>;
}

type Pair<S> = readonly [S, S];

function make<T>(): Series<T> {
  return { ask: chan<void>(), term: chan<Term<T>>() };
}

/** A series from the goroutine that serves it. */
function serve<T>(body: (out: Series<T>) => Go): Series<T> {
  const out = make<T>();
  go(body, out);
  return out;
}

/** The next term. */
export function* get<T>(from: Series<T>): Go<Term<T>> {
  yield* from.ask.send();
  return yield* from.term.recv();
}

/** Sends a term for each request. */
function* put<T>(out: Series<T>, term: Term<T>): Go {
  yield* out.ask.recv();
  yield* out.term.send(term);
}

/** Serves one series as another. */
function* forward<T>(from: Series<T>, out: Series<T>): Go {
  for (;;) {
    yield* out.ask.recv();
    yield* out.term.send(yield* get(from));
  }
}

/** The next terms of two series, asked for side by side: neither waits for the other. */
function* both<T>(series: Pair<Series<T>>): Go<[Term<T>, Term<T>]> {
  const terms: [Term<T>, Term<T>] = [undefined, undefined];
  const asked = [false, false];
  const got = [false, false];
  while (!got[0] || !got[1]) {
    const [a, b] = series;
    const r = yield* select([
      sendCase(asked[0] ? nilchan : a.ask, undefined),
      sendCase(asked[1] ? nilchan : b.ask, undefined),
      recvCase(asked[0] && !got[0] ? a.term : nilchan),
      recvCase(asked[1] && !got[1] ? b.term : nilchan),
    ]);
    if (r.index < 2) asked[r.index] = true;
    else {
      terms[r.index - 2] = r.value;
      got[r.index - 2] = true;
    }
  }
  return terms;
}

/**
 * Serves a series to two readers, each at a pace of its own: what one has read and the other has not is kept. It never
 * waits for the source alone, for the source may be waiting for one of the readers.
 */
function* share<T>(from: Series<T>, readers: Pair<Series<T>>): Go {
  const kept: Pair<Term<T>[]> = [[], []];
  const hungry = [false, false];
  let asked = false;
  for (;;) {
    for (const i of [0, 1] as const) {
      if (!hungry[i] || kept[i].length === 0) continue;
      hungry[i] = false;
      yield* readers[i].term.send(kept[i].shift());
    }
    const wanted = hungry[0] || hungry[1];
    const r = yield* select([
      recvCase(hungry[0] ? nilchan : readers[0].ask),
      recvCase(hungry[1] ? nilchan : readers[1].ask),
      sendCase(wanted && !asked ? from.ask : nilchan, undefined),
      recvCase(asked ? from.term : nilchan),
    ]);
    if (r.index === 3) {
      asked = false;
      for (const queue of kept) queue.push(r.value);
    } else if (r.index === 2) asked = true;
    else hungry[r.index] = true;
  }
}

/** The arithmetic of series over a field. Every method starts goroutines: call it in one. */
export class Algebra<T> {
  constructor(readonly field: Field<T>) {}

  /** c + cx + cx² + … */
  constant(c: T): Series<T> {
    return serve(function* constant(out) {
      for (;;) yield* put(out, c);
    });
  }

  /** The same series twice. */
  split(u: Series<T>): Pair<Series<T>> {
    const readers = [make<T>(), make<T>()] as const;
    go(share<T>, u, readers);
    return readers;
  }

  /** u + v */
  add(u: Series<T>, v: Series<T>): Series<T> {
    const { field } = this;
    return serve(function* add(out) {
      for (;;) {
        yield* out.ask.recv();
        const [a, b] = yield* both([u, v]);
        yield* out.term.send(a === undefined ? b : b === undefined ? a : field.add(a, b));
        if (a === undefined) yield* forward(v, out);
        if (b === undefined) yield* forward(u, out);
      }
    });
  }

  /** Every term by its place: f(term, place). */
  private map(u: Series<T>, f: (term: T, place: number) => T): Series<T> {
    return serve(function* map(out) {
      for (let place = 0; ; place++) {
        yield* out.ask.recv();
        const a = yield* get(u);
        yield* out.term.send(a === undefined ? undefined : f(a, place));
      }
    });
  }

  /** c·u */
  scale(c: T, u: Series<T>): Series<T> {
    return this.map(u, (a) => this.field.mul(c, a));
  }

  /** u − v */
  sub(u: Series<T>, v: Series<T>): Series<T> {
    return this.add(u, this.scale(this.field.neg(this.field.one), v));
  }

  /** u·v: with u = a + x·u′ and v = b + x·v′ it is ab + x·(a·v′ + b·u′) + x²·u′v′. */
  mul(u: Series<T>, v: Series<T>): Series<T> {
    return serve((out) => this.product(u, v, out));
  }

  private *product(u: Series<T>, v: Series<T>, out: Series<T>): Go {
    yield* out.ask.recv();
    const [a, b] = yield* both([u, v]);
    if (a === undefined || b === undefined) {
      yield* out.term.send(undefined);
      return;
    }
    yield* out.term.send(this.field.mul(a, b));
    const us = this.split(u);
    const vs = this.split(v);
    const mixed = this.add(this.scale(a, vs[0]), this.scale(b, us[0]));
    yield* out.ask.recv();
    yield* out.term.send(yield* get(mixed));
    yield* forward(this.add(mixed, this.mul(us[1], vs[1])), out);
  }

  /** u′, the derivative. */
  derivative(u: Series<T>): Series<T> {
    const { field } = this;
    return serve(function* derivative(out) {
      yield* out.ask.recv();
      yield* get(u);
      for (let n = 1; ; n++) {
        const a = yield* get(u);
        yield* out.term.send(a === undefined ? undefined : field.mul(field.ratio(n, 1), a));
        yield* out.ask.recv();
      }
    });
  }

  /** The integral of u that is c at 0. */
  integral(c: T, u: Series<T>): Series<T> {
    const { field } = this;
    return serve(function* integral(out) {
      yield* put(out, c);
      for (let n = 1; ; n++) {
        yield* out.ask.recv();
        const a = yield* get(u);
        yield* out.term.send(a === undefined ? undefined : field.mul(field.ratio(1, n), a));
      }
    });
  }

  /** exp(u), for a u that is 0 at 0: the z with z′ = z·u′, which is read while it is computed. */
  exp(u: Series<T>): Series<T> {
    const [inner, outer] = [make<T>(), make<T>()];
    go(share<T>, this.integral(this.field.one, this.mul(inner, this.derivative(u))), [inner, outer]);
    return outer;
  }

  /** u(c·xⁿ) */
  substitute(u: Series<T>, c: T, n: number): Series<T> {
    const { field } = this;
    return serve(function* substitute(out) {
      for (let power = field.one; ; power = field.mul(power, c)) {
        yield* out.ask.recv();
        const a = yield* get(u);
        yield* out.term.send(a === undefined ? undefined : field.mul(a, power));
        for (let i = 1; i < n; i++) yield* put(out, field.zero);
      }
    });
  }
}
