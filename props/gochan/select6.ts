/** A select that another case won takes itself, and nobody else, out of the queues of its other cases. */
import { type Chan, chan, type Go, go, numGoroutine, recvCase, select } from "gobuf";
import { must, type Program, settle } from "./program.ts";

/** Receives once, and tells who did. */
function* receive(name: string, from: Chan<number>, served: Chan<string>): Go {
  yield* from.recv();
  yield* served.send(name);
}

/** Starts a goroutine that waits on a channel, behind those that wait already. */
function* wait(name: string, from: Chan<number>, served: Chan<string>): Go {
  go(receive, name, from, served);
  yield* settle();
}

/** Starts a select on both channels, which `other` is to win, and which then receives from `shared`. */
function* waitInSelect(shared: Chan<number>, other: Chan<void>, served: Chan<string>): Go {
  go(function* selects() {
    const r = yield* select([recvCase(shared), recvCase(other)]);
    must(r.index === 1, "the select took the shared channel");
    yield* receive("select", shared, served);
  });
  yield* settle();
}

function* allServed(served: Chan<string>, expected: readonly string[]): Go {
  const names: (string | undefined)[] = [];
  for (const _ of expected) names.push(yield* served.recv());
  must(names.sort().join() === [...expected].sort().join(), `served: ${names}`);
  yield* settle();
  must(numGoroutine() === 1, `${numGoroutine() - 1} goroutines still wait`);
}

/** The select is last in the queue; another one joins when it has left. */
function* last(): Go {
  const shared = chan<number>();
  const other = chan<void>();
  const served = chan<string>(3);
  yield* wait("before", shared, served);
  yield* waitInSelect(shared, other, served);
  yield* other.send();
  yield* settle();
  yield* wait("behind", shared, served);
  for (let n = 0; n < 3; n++) yield* shared.send(n);
  yield* allServed(served, ["before", "select", "behind"]);
}

/** The select is first in the queue, and a sender passes it over before it can leave by itself. */
function* passedOver(): Go {
  const shared = chan<number>();
  const other = chan<void>();
  const served = chan<string>(3);
  yield* waitInSelect(shared, other, served);
  yield* wait("second", shared, served);
  yield* wait("third", shared, served);
  yield* other.send();
  for (let n = 0; n < 3; n++) {
    yield* shared.send(n);
    yield* settle();
  }
  yield* allServed(served, ["second", "third", "select"]);
}

/** The select stands between two others. */
function* between(): Go {
  const shared = chan<number>();
  const other = chan<void>();
  const served = chan<string>(3);
  yield* wait("before", shared, served);
  yield* waitInSelect(shared, other, served);
  yield* wait("behind", shared, served);
  yield* other.send();
  yield* settle();
  for (let n = 0; n < 3; n++) yield* shared.send(n);
  yield* allServed(served, ["before", "behind", "select"]);
}

function* orders(of: readonly number[]): Generator<number[]> {
  if (of.length === 0) yield [];
  for (const first of of) for (const rest of orders(of.filter((n) => n !== first))) yield [first, ...rest];
}

/** Four selects wait in one queue. Some leave, in any order; those that stay are served in theirs. */
function* anyOrder(): Go {
  const all = [0, 1, 2, 3];
  for (const order of orders(all)) {
    for (let leaving = 0; leaving <= order.length; leaving++) {
      const shared = chan<number>();
      const doors = all.map(() => chan<void>());
      const stayed: number[] = [];
      for (const [i, door] of doors.entries()) {
        go(function* selects() {
          const r = yield* select([recvCase(shared), recvCase(door)]);
          if (r.index === 0) stayed.push(i);
        });
        yield* settle();
      }
      for (const i of order.slice(0, leaving)) {
        yield* (doors[i] as Chan<void>).send();
        yield* settle();
      }
      for (let n = leaving; n < all.length; n++) {
        yield* shared.send(n);
        yield* settle();
      }
      const expected = order.slice(leaving).sort();
      must(stayed.join() === expected.join(), `${order.slice(0, leaving)} left: ${stayed} were served`);
      must(numGoroutine() === 1, `${order.slice(0, leaving)} left: ${numGoroutine() - 1} goroutines still wait`);
    }
  }
}

export const select6: Program = {
  name: "select6",
  pins: "goroutines that wait before and behind a select in a queue are still served after it",
  *main() {
    yield* last();
    yield* between();
    yield* passedOver();
    yield* anyOrder();
  },
};
