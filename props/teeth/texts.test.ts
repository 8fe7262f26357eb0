/**
 * What reports say of goroutines, from every operation that waits: Go's reason, since when, who started it. The hot path
 * notes these, each at the place where it parks.
 */
import { expect, test } from "bun:test";
import {
  Cond,
  chan,
  go,
  goroutines,
  gosched,
  Mutex,
  native,
  nilchan,
  RWMutex,
  recvCase,
  runSync,
  select,
  sendCase,
  sleep,
  WaitGroup,
} from "gobuf";
import { openBodies, Work } from "../native/bodies.ts";

const MINUTE_MS = 60_000;

/** Goroutines that wait in every way, each named after its reason and a number. */
function waiters(): Record<string, () => Generator<unknown, unknown, true>> {
  const empty = chan<number>();
  const full = chan<number>(1);
  const mutex = new Mutex();
  const rwmutex = new RWMutex();
  const writer = new RWMutex();
  const wg = new WaitGroup();
  const cond = new Cond(new Mutex());
  const held = function* () {
    yield* full.send(1);
    yield* mutex.lock();
    yield* rwmutex.lock();
    yield* writer.rlock();
    wg.add(1);
    yield* sleep(1e9);
  };
  return {
    "sleep 1": held,
    "chan receive 1": () => empty.recv(),
    "chan receive 2": () => empty.recvOk(),
    "chan receive 3": () => select([recvCase(empty)]),
    "chan send 1": () => full.send(2),
    "chan send 2": () => select([sendCase(full, 3)]),
    "select 1": () => select([recvCase(empty), sendCase(full, 4)]),
    "select (no cases) 1": () => select([]),
    "chan receive (nil chan) 1": () => nilchan.recv(),
    "chan send (nil chan) 1": () => nilchan.send(undefined as never),
    "sync.Mutex.Lock 1": () => mutex.lock(),
    "sync.RWMutex.RLock 1": () => rwmutex.rlock(),
    "sync.RWMutex.Lock 1": () => writer.lock(),
    "sync.WaitGroup.Wait 1": () => wg.wait(),
    *"sync.Cond.Wait 1"() {
      yield* cond.L.lock();
      yield* cond.wait();
    },
    "sleep 2": () => sleep(1e9),
  } as unknown as Record<string, () => Generator<unknown, unknown, true>>;
}

/** A goroutine under a name that waits first, for so long, and then for good. */
function named(name: string, first: number, body: () => Generator<unknown, unknown, true>) {
  const f = {
    *[name]() {
      if (first > 0) yield* sleep(first);
      yield* body();
    },
  };
  return f[name] as () => Generator<unknown, unknown, true>;
}

interface Told {
  state: string;
  waited: number;
  createdBy: number;
  creator: string;
}

test("every wait has Go's reason, its beginning and who started the goroutine, whenever it began", () => {
  const dumps: Map<string, Told>[] = [];
  const look = () => {
    const all = goroutines().map(({ name, state, waited, createdBy, creator }): [string, Told] => [
      name,
      { state, waited, createdBy, creator },
    ]);
    dumps.push(new Map(all));
  };
  const names = Object.keys(waiters());
  runSync(function* main() {
    for (const [name, body] of Object.entries(waiters())) go(named(name, 0, body));
    // of those that wait later, the first waits are of another reason, and another beginning
    for (const [name, body] of Object.entries(waiters())) go(named(`late ${name}`, 2 * MINUTE_MS, body));
    yield* sleep(3 * MINUTE_MS);
    look();
    yield* sleep(2 * MINUTE_MS);
    look();
  });
  expect(dumps.length).toBe(2);
  for (const [dump, minutes] of [
    [dumps[0], 3],
    [dumps[1], 5],
  ] as const) {
    for (const name of names) {
      const state = name.replace(/ \d$/, "");
      for (const [who, waited] of [
        [name, minutes * MINUTE_MS],
        [`late ${name}`, (minutes - 2) * MINUTE_MS],
      ] as const) {
        expect({ who, ...dump?.get(who) }).toEqual({ who, state, waited, createdBy: 1, creator: "main" });
      }
    }
    expect(dump?.get("main")).toMatchObject({ state: "running", waited: 0, createdBy: 0, creator: "" });
  }
});

test("a goroutine that has waited and is runnable waits no longer", () => {
  let told: Told | undefined;
  runSync(function* main() {
    const c = chan<number>();
    go(function* waited() {
      yield* c.recv();
      yield* gosched();
    });
    yield* sleep(2 * MINUTE_MS);
    yield* c.send(1);
    told = goroutines().find(({ name }) => name === "waited");
  });
  expect(told).toMatchObject({ state: "runnable", waited: 0 });
});

test("native bodies' waits have the same reasons and beginnings", () => {
  const { symbols } = openBodies();
  let told: Told[] = [];
  runSync(function* main() {
    const empty = native.chan(native.u32);
    const also = native.chan(native.u32);
    yield* sleep(MINUTE_MS);
    go.native(symbols.c_passer, new Work({ in: empty, out: also }).bytes);
    go.native(symbols.zig_passer, new Work({ in: empty, out: also }).bytes);
    go.native(symbols.c_echo, new Work({ in: also, out: empty }).bytes);
    yield* sleep(2 * MINUTE_MS);
    told = goroutines().filter(({ goid }) => goid !== 1);
  });
  expect(told.length).toBe(3);
  for (const one of told) expect(one).toMatchObject({ state: "chan receive", waited: 2 * MINUTE_MS, createdBy: 1 });
});

test("the report of a deadlock says the minutes of each, and nothing below one", () => {
  const report = (ms: number): string => {
    try {
      runSync(function* main() {
        const c = chan<number>();
        go(function* early() {
          yield* c.recv();
        });
        yield* sleep(ms);
        yield* c.recv();
      });
    } catch (error) {
      return (error as Error).message;
    }
    return "no deadlock";
  };
  const headers = (text: string) => text.split("\n").filter((line) => line.startsWith("goroutine "));
  const states = (ms: number) => headers(report(ms)).map((line) => /\[(.*)\]/.exec(line)?.[1]);
  expect(states(MINUTE_MS - 1)).toEqual(["chan receive", "chan receive"]);
  expect(states(MINUTE_MS)).toEqual(["chan receive", "chan receive, 1 minutes"]);
  expect(states(5 * MINUTE_MS)).toEqual(["chan receive", "chan receive, 5 minutes"]);
  expect(report(0)).toMatch(/created by main.* in goroutine 1/);
});
