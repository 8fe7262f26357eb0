/** The prime sieve: a goroutine for every prime drops its multiples from what flows by. */
import { chan, type Go, go, type RecvChan, run, type SendChan } from "gobuf";

function* count(out: SendChan<number>): Go {
  for (let n = 2; ; n++) yield* out.send(n);
}

function* filter(prime: number, input: RecvChan<number>, out: SendChan<number>): Go {
  for (let n = yield* input.recv(); n !== undefined; n = yield* input.recv()) {
    if (n % prime !== 0) yield* out.send(n);
  }
}

await run(function* main() {
  let numbers = chan<number>();
  go(count, numbers);
  const primes: number[] = [];
  while (primes.length < 25) {
    const prime = (yield* numbers.recv()) as number;
    primes.push(prime);
    const rest = chan<number>();
    go(filter, prime, numbers, rest);
    numbers = rest;
  }
  console.log(primes.join(" "));
});
