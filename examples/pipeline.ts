/** A pipeline: numbers flow through stages, each a goroutine; the middle stage runs three times side by side. */
import { chan, type Go, go, type RecvChan, run, type SendChan, WaitGroup } from "gobuf";

function* numbers(upTo: number, out: SendChan<number>): Go {
  for (let n = 1; n <= upTo; n++) yield* out.send(n);
  out.close();
}

function* square(input: RecvChan<number>, out: SendChan<number>): Go {
  for (let n = yield* input.recv(); n !== undefined; n = yield* input.recv()) yield* out.send(n * n);
}

await run(function* main() {
  const source = chan<number>();
  const squares = chan<number>(8);
  go(numbers, 100, source);

  const squarers = new WaitGroup();
  for (let i = 0; i < 3; i++) squarers.go(square, source, squares);
  go(function* closer() {
    yield* squarers.wait();
    squares.close();
  });

  let sum = 0;
  for (let n = yield* squares.recv(); n !== undefined; n = yield* squares.recv()) sum += n;
  console.log(`the squares of 1 to 100 add up to ${sum}`);
});
