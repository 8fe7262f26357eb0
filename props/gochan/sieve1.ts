/** Primes by trial division: a chain of goroutines, each of which drops the multiples of one prime. */
import { type Chan, chan, type Go, go, type RecvChan, type SendChan } from "gobuf";
import { primesBelow } from "./primes.ts";
import { must, type Program } from "./program.ts";

function* count(to: SendChan<number>): Go {
  for (let n = 2; ; n++) yield* to.send(n);
}

function* dropMultiples(prime: number, from: RecvChan<number>, to: SendChan<number>): Go {
  for (let n = yield* from.recv(); n !== undefined; n = yield* from.recv()) {
    if (n % prime !== 0) yield* to.send(n);
  }
}

function* primes(to: SendChan<number>): Go {
  let numbers: Chan<number> = chan<number>();
  go(count, numbers);
  for (;;) {
    const prime = (yield* numbers.recv()) as number;
    yield* to.send(prime);
    const rest = chan<number>();
    go(dropMultiples, prime, numbers, rest);
    numbers = rest;
  }
}

export const sieve1: Program = {
  name: "sieve1",
  pins: "a growing chain of goroutines over unbuffered channels",
  *main() {
    const out = chan<number>();
    go(primes, out);
    for (const prime of primesBelow(100)) {
      const found = yield* out.recv();
      must(found === prime, `${found} in place of ${prime}`);
    }
  },
};
