/**
 * Semaphores: first in, first out, except a waiter that queues at the head; no other takes a token that was handed over.
 */
import { expect, test } from "bun:test";
import { type Go, go, gosched, runSync } from "../index.ts";
import { getg, MCALL_NONE, mp, type Op, opPending, opReady } from "./m.ts";
import { waitReasonSemacquire } from "./runtime2.ts";
import { NotifyList, Sema, semacquired } from "./sema.ts";

function acquire(sema: Sema, lifo = false): Op<void> {
  return sema.acquire(getg("acquire"), lifo, semacquired) ? opReady<void>(undefined) : opPending();
}

/** Starts a goroutine that takes a token and notes its name, and lets it begin to wait. */
function* taker(sema: Sema, name: string, notes: string[], lifo = false): Go {
  go(function* () {
    yield* acquire(sema, lifo);
    notes.push(name);
  });
  yield* gosched();
  yield* gosched();
}

function* settle(): Go {
  for (let i = 0; i < 4; i++) yield* gosched();
}

test("waiters are served in their order; lifo goes to the head", () => {
  const notes: string[] = [];
  runSync(function* () {
    const sema = new Sema(waitReasonSemacquire);
    yield* taker(sema, "a", notes);
    yield* taker(sema, "b", notes);
    yield* taker(sema, "c", notes, true);
    for (let i = 0; i < 3; i++) {
      sema.release(false);
      yield* settle();
    }
    expect(sema.value).toBe(0);
  });
  expect(notes.join("")).toBe("cab");
});

test("a token that nobody waits for is kept", () =>
  runSync(function* () {
    const sema = new Sema(waitReasonSemacquire);
    sema.release(false);
    sema.release(false);
    yield* acquire(sema);
    expect([sema.tryAcquire(), sema.tryAcquire()]).toEqual([true, false]);
  }));

test("a released token may be taken before the woken waiter runs, which waits again; a handed-over one may not", () => {
  for (const handoff of [false, true]) {
    const notes: string[] = [];
    runSync(function* () {
      const sema = new Sema(waitReasonSemacquire);
      yield* taker(sema, "a", notes);
      sema.release(handoff);
      expect(mp.mcall !== MCALL_NONE).toBe(handoff);
      mp.mcall = MCALL_NONE;
      expect(sema.tryAcquire()).toBe(!handoff);
      yield* settle();
      expect(notes).toEqual(handoff ? ["a"] : []);
      if (!handoff) {
        sema.release(false);
        yield* settle();
      }
    });
    expect(notes).toEqual(["a"]);
  }
});

test("a notify list serves tickets, also those whose waiters have not come yet", () => {
  const notes: string[] = [];
  runSync(function* () {
    const list = new NotifyList();
    function* waiter(name: string, ticket: number): Go {
      yield* list.waitFor(getg("wait"), ticket) ? opReady<void>(undefined) : opPending<void>();
      notes.push(name);
    }
    const tickets = [list.add(), list.add(), list.add()] as const;
    list.notifyOne();
    go(waiter, "second", tickets[1]);
    yield* settle();
    expect(notes).toEqual([]);
    go(waiter, "first", tickets[0]);
    yield* settle();
    expect(notes).toEqual(["first"]);
    list.notifyAll();
    go(waiter, "third", tickets[2]);
    yield* settle();
  });
  // The newest goroutine takes runnext, and finds its turn come already.
  expect(notes).toEqual(["first", "third", "second"]);
});
