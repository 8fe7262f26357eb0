/** What native bodies ask without waiting: tryLock of each lock, and the buffer of a channel. */
import { describe, expect, test } from "bun:test";
import { chan, type FatalError, go, gosched, Mutex, native, newTimer, nilchan, RWMutex, run, runSync } from "gobuf";
import { compilerTest } from "../../scripts/abis/compiler.ts";
import { compileBodies, openBodies } from "./bodies.ts";

const { symbols } = openBodies();

/** What a body answers about locks and a channel: from word 3 on. */
function* answers(body: native.Body, mutex: Mutex, lock: RWMutex, ch: native.Handled) {
  const words = new Uint32Array(14).fill(99);
  words.set([mutex, lock, ch].map(native.handle));
  go.native(body, words);
  yield* gosched();
  return [...words.slice(3)];
}

/** Free locks: Lock, Lock again; RLock twice, Lock beside them; Lock, RLock beside it. */
const FREE = [1, 0, 1, 1, 0, 1, 0];

function tries(body: native.Body): void {
  runSync(function* () {
    const [mutex, lock] = [new Mutex(), new RWMutex()];
    const ch = chan<number>(5);
    yield* ch.send(1);
    yield* ch.send(2);
    expect(yield* answers(body, mutex, lock, ch)).toEqual([...FREE, 2, 5, 0, 0]);
    // What it took it gave back.
    expect([mutex.tryLock(), lock.tryLock()]).toEqual([true, true]);
    mutex.unlock();
    lock.unlock();
    expect(yield* answers(body, mutex, lock, nilchan)).toEqual([...FREE, 0, 0, 0, 0]);
    expect(yield* answers(body, mutex, lock, chan())).toEqual([...FREE, 0, 0, 0, 0]);
    expect(yield* answers(body, mutex, lock, newTimer(1).c)).toEqual([...FREE, 0, 0, 0, 0]);
  });
}

describe("tryLock, tryRLock, len and cap", () => {
  test("in C, compiled by Zig", () => tries(symbols.c_tries));
  test("in Zig", () => tries(symbols.zig_tries));
  compilerTest("in C, compiled by bun:ffi", () => {
    using library = compileBodies();
    tries(library.symbols.c_tries);
  });

  test("what is no such object is refused by the operation's name", async () => {
    for (const [at, name, wrong] of [
      [0, "gobuf_trylock", new RWMutex()],
      [1, "gobuf_tryrlock", new Mutex()],
      [2, "gobuf_chan_len", new Mutex()],
    ] as const) {
      const failed = await run(function* () {
        const words = new Uint32Array(14);
        const given: native.Handled[] = [new Mutex(), new RWMutex(), chan()];
        given[at] = wrong;
        words.set(given.map(native.handle));
        go.native(symbols.c_tries, words);
        yield* gosched();
      }).catch((error: FatalError) => error.text);
      expect(failed).toContain(`${name} on handle `);
    }
  });
});
