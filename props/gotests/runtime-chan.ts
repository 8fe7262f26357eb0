/** runtime/chan_test.go, runtime/chanbarrier_test.go: channels and select. */
import {
  type Chan,
  chan,
  type Go,
  go,
  gosched,
  Mutex,
  nilchan,
  type RecvChan,
  recvCase,
  type SelectCase,
  type SendChan,
  select,
  sendCase,
  sleep,
  WaitGroup,
} from "gobuf";
import { drain, flag, GoFile, must, poll, same } from "./gotest.ts";

export const chanTest = new GoFile("runtime/chan_test.go");

function* receivesBlock(cap: number): Go {
  const c = chan<number>(cap);
  const first = flag();
  const second = flag();
  go(function* () {
    yield* c.recv();
    first.value = true;
  });
  go(function* () {
    yield* c.recvOk();
    second.value = true;
  });
  yield* sleep(1);
  must(!first.value && !second.value, `capacity ${cap}: a receive from an empty channel goes on`);
  for (let i = 0; i < 2; i++) must(!(yield* poll(c)).ready, `capacity ${cap}: a value in an empty channel`);
  yield* c.send(0);
  yield* c.send(0);
}

function* sendsBlock(cap: number): Go {
  const c = chan<number>(cap);
  for (let i = 0; i < cap; i++) yield* c.send(i);
  const sent = flag();
  go(function* () {
    yield* c.send(0);
    sent.value = true;
  });
  yield* sleep(1);
  must(!sent.value, `capacity ${cap}: a send to a full channel goes on`);
  const r = yield* select([sendCase(c, 0)], { default: true });
  same(r.index, -1, `capacity ${cap}: case of a select that sends to a full channel`);
  yield* c.recv();
}

function* closedChannels(cap: number): Go {
  const c = chan<number>(cap);
  for (let i = 0; i < cap; i++) yield* c.send(i);
  c.close();
  for (let i = 0; i < cap; i++) same(yield* c.recv(), i, `capacity ${cap}: value of a closed channel`);
  same(yield* c.recv(), undefined, `capacity ${cap}: value of a drained channel`);
  same((yield* c.recvOk())[1], false, `capacity ${cap}: ok of a drained channel`);

  const d = chan<number>(cap);
  const done = chan<boolean>();
  go(function* () {
    const [value, ok] = yield* d.recvOk();
    yield* done.send(value === undefined && !ok);
  });
  yield* sleep(1);
  d.close();
  must((yield* done.recv()) === true, `capacity ${cap}: close gives a waiting receiver a value`);
}

function* inOrder(cap: number): Go {
  const c = chan<number>(cap);
  function* count(n: number): Go {
    for (let i = 0; i < n; i++) yield* c.send(i);
  }
  go(count, 100);
  for (let i = 0; i < 100; i++) same(yield* c.recv(), i, `capacity ${cap}: value received`);
  go(count, 100);
  for (let i = 0; i < 100; i++) {
    const [value, ok] = yield* c.recvOk();
    must(ok && value === i, `capacity ${cap}: ${value}, ${ok} received in place of ${i}, true`);
  }

  const parties = 4;
  const each = 1000;
  const done = chan<Map<number, number>>();
  for (let p = 0; p < parties; p++) go(count, each);
  for (let p = 0; p < parties; p++) {
    go(function* () {
      const seen = new Map<number, number>();
      for (let i = 0; i < each; i++) {
        const v = (yield* c.recv()) as number;
        seen.set(v, (seen.get(v) ?? 0) + 1);
      }
      yield* done.send(seen);
    });
  }
  const all = new Map<number, number>();
  for (let p = 0; p < parties; p++) {
    for (const [v, n] of (yield* done.recv()) ?? []) all.set(v, (all.get(v) ?? 0) + n);
  }
  same(all.size, each, `capacity ${cap}: different values`);
  for (const [v, n] of all) same(n, parties, `capacity ${cap}: times that ${v} arrived`);
}

function* lenAndCap(cap: number): Go {
  const c = chan<number>(cap);
  must(c.len === 0 && c.cap === cap, `len ${c.len}, cap ${c.cap} of an empty channel for ${cap}`);
  for (let i = 0; i < cap; i++) yield* c.send(i);
  must(c.len === cap && c.cap === cap, `len ${c.len}, cap ${c.cap} of a full channel for ${cap}`);
}

chanTest.run("TestChan", function* () {
  for (let cap = 0; cap < 20; cap++) {
    yield* receivesBlock(cap);
    yield* sendsBlock(cap);
    yield* closedChannels(cap);
    yield* inOrder(cap);
    yield* lenAndCap(cap);
  }
});

chanTest.run("TestNonblockRecvRace", function* () {
  for (let i = 0; i < 1000; i++) {
    const c = chan<number>(1);
    yield* c.send(1);
    let ready: boolean | undefined;
    go(function* () {
      ({ ready } = yield* poll(c));
    });
    c.close();
    yield* c.recv();
    yield* gosched();
    must(ready !== false, `round ${i}: neither a value nor a close was there`);
  }
});

/** From the second goroutine's start on one of two channels is ready, whatever else happens. */
function* oneIsReady(makeReady: (c: Chan<number>) => Go, cap: number): Go {
  const done = chan<boolean>(1);
  for (let i = 0; i < 1000; i++) {
    const c1 = chan<number>(1);
    const c2 = chan<number>(cap);
    yield* c1.send(1);
    go(function* () {
      const r = yield* select([recvCase(c1), recvCase(c2)], { default: true });
      yield* done.send(r.index !== -1);
    });
    yield* makeReady(c2);
    yield* poll(c1);
    must((yield* done.recv()) === true, `round ${i}: no channel was ready`);
  }
}

chanTest.run("TestNonblockSelectRace", () =>
  oneIsReady(function* (c) {
    yield* c.send(1);
  }, 1),
);

chanTest.run("TestNonblockSelectRace2", () =>
  oneIsReady(function* (c) {
    c.close();
  }, 0),
);

chanTest.run("TestSelfSelect", function* () {
  for (const cap of [0, 10]) {
    const wg = new WaitGroup();
    const c = chan<number>(cap);
    for (let p = 0; p < 2; p++) {
      wg.go(function* () {
        for (let i = 0; i < 1000; i++) {
          const sendFirst = p === 0 || i % 2 === 0;
          const cases = sendFirst ? [sendCase(c, p), recvCase(c)] : [recvCase(c), sendCase(c, p)];
          const r = yield* select(cases);
          const received = r.index === (sendFirst ? 1 : 0);
          must(!(received && cap === 0 && r.value === p), `goroutine ${p} received from itself`);
        }
      });
    }
    yield* wg.wait();
  }
});

/** Does every operation of four channels so many times, in one select. */
function* allInOneSelect(n: number, cases: SelectCase[], never: SelectCase): Go {
  const left = cases.map(() => n);
  for (let i = 0; i < cases.length * n; i++) {
    const { index } = yield* select(cases);
    if (--(left[index] as number) === 0) cases[index] = never;
  }
  must(
    left.every((k) => k === 0),
    `operations that are left: ${left}`,
  );
}

chanTest.run("TestSelectStress", function* () {
  const n = 5000;
  const cs = [chan<number>(), chan<number>(), chan<number>(2), chan<number>(3)];
  const wg = new WaitGroup();
  for (const c of cs) {
    wg.go(function* () {
      for (let i = 0; i < n; i++) yield* c.send(0);
    });
    wg.go(drain, c, n);
  }
  const order = [3, 2, 0, 1].map((k) => cs[k] as Chan<number>);
  wg.go(
    allInOneSelect,
    n,
    order.map((c) => sendCase(c, 0)),
    sendCase(nilchan as SendChan<number>, 0),
  );
  wg.go(
    allInOneSelect,
    n,
    cs.map((c) => recvCase(c)),
    recvCase(nilchan as RecvChan<number>),
  );
  yield* wg.wait();
});

chanTest.run("TestSelectFairness", function* () {
  const trials = 10_000;
  const c1 = chan<number>(trials + 1);
  const c2 = chan<number>(trials + 1);
  for (let i = 0; i <= trials; i++) {
    yield* c1.send(1);
    yield* c2.send(2);
  }
  const out = chan<number>();
  const done = chan<void>();
  const wg = new WaitGroup();
  wg.go(function* () {
    const cases = [recvCase(chan<number>()), recvCase(chan<number>()), recvCase(c1), recvCase(c2)];
    for (;;) {
      const { value } = yield* select(cases);
      if ((yield* select([sendCase(out, value as number), recvCase(done)])).index === 1) return;
    }
  });
  const counts = [0, 0, 0];
  for (let i = 0; i < trials; i++) counts[(yield* out.recv()) as number]++;
  const [, ones = 0, twos = 0] = counts;
  same(ones + twos, trials, "values");
  must(Math.abs(ones - trials / 2) <= 10 * Math.sqrt(trials / 4), `an unfair select: ${ones} and ${twos}`);
  done.close();
  yield* wg.wait();
});

chanTest.run("TestChanSendInterface", function* () {
  const m = {};
  const c = chan<object>(1);
  yield* c.send(m);
  same((yield* select([sendCase(c, m)], { default: true })).index, -1, "a send to a full channel");
  same((yield* select([sendCase(c, m), sendCase(c, {})], { default: true })).index, -1, "two sends to a full channel");
  same(yield* c.recv(), m as object, "the value");
});

chanTest.run("TestPseudoRandomSend", function* () {
  const n = 100;
  for (const cap of [0, n]) {
    const c = chan<number>(cap);
    const got: number[] = [];
    const m = new Mutex();
    yield* m.lock();
    go(function* () {
      for (let i = 0; i < n; i++) {
        yield* gosched();
        got.push((yield* c.recv()) as number);
      }
      yield* m.unlock();
    });
    for (let i = 0; i < n; i++) yield* select([sendCase(c, 1), sendCase(c, 0)]);
    yield* m.lock();
    const ones = got.filter((v) => v === 1).length;
    must(ones > n / 10 && n - ones > n / 10, `capacity ${cap}: ${n - ones} zeros and ${ones} ones`);
  }
});

chanTest.run("TestMultiConsumer", function* () {
  const workers = 23;
  const rounds = 27_182;
  const numbers = [2, 3, 7, 11, 13, 17, 19, 23, 27, 31];
  const q = chan<number>(workers * 3);
  const r = chan<number>(workers * 3);
  const wg = new WaitGroup();
  for (let w = 0; w < workers; w++) {
    wg.go(function* () {
      for (let v = yield* q.recv(); v !== undefined; v = yield* q.recv()) {
        if (numbers[w % numbers.length] === v) yield* gosched();
        yield* r.send(v);
      }
    });
  }
  let expected = 0;
  go(function* () {
    for (let i = 0; i < rounds; i++) {
      const v = numbers[i % numbers.length] as number;
      expected += v;
      yield* q.send(v);
    }
    q.close();
    yield* wg.wait();
    r.close();
  });
  let [count, sum] = [0, 0];
  for (let v = yield* r.recv(); v !== undefined; v = yield* r.recv()) {
    count++;
    sum += v;
  }
  same(count, rounds, "values that arrived");
  same(sum, expected, "their sum");
});

/** A deep stack of generators, for a moment. */
function* deep(n: number): Go {
  if (n > 0) yield* deep(n - 1);
  else yield* gosched();
}

chanTest.run("TestShrinkStackDuringBlockedSend", function* () {
  const n = 10;
  const c = chan<number>();
  const done = chan<void>();
  go(function* () {
    for (let i = 0; i < n; i++) {
      yield* c.send(i);
      yield* deep(20);
    }
    yield* done.send();
  });
  for (let i = 0; i < n; i++) {
    same(yield* c.recv(), i, "value");
    yield* sleep(1);
    Bun.gc(true);
  }
  yield* done.recv();
});

chanTest.run("TestNoShrinkStackWhileParking", function* () {
  const n = 10;
  for (let i = 0; i < 20; i++) {
    const c = chan<number>();
    const done = chan<void>();
    go(function* () {
      for (let k = 0; k < n; k++) {
        yield* sleep(0.01);
        same(yield* c.recv(), k, "value");
      }
      yield* done.send();
    });
    go(function* () {
      for (let k = 0; k < n; k++) {
        yield* c.send(k);
        yield* deep(20);
      }
      yield* done.send();
    });
    yield* sleep(0.05);
    Bun.gc(true);
    yield* drain(done, 2);
  }
});

chanTest.run("TestSelectDuplicateChannel", function* () {
  const [c, d, e] = [chan<number>(), chan<number>(), chan<number>()];
  go(function* () {
    yield* select([recvCase(c), recvCase(c), recvCase(d)]);
    yield* e.send(9);
  });
  yield* sleep(1);
  const served = flag();
  go(function* () {
    yield* c.recv();
    served.value = true;
  });
  yield* sleep(1);
  yield* d.send(7);
  same(yield* e.recv(), 9, "the select's goroutine");
  yield* c.send(8);
  yield* sleep(1);
  must(served.value, "the one that waited behind the select's dead cases got nothing");
});

chanTest.run("TestSelectStackAdjust", function* () {
  const c = chan<{ n: number }>();
  const d = chan<{ n: number }>();
  function* body(ready: Chan<void>, twice: boolean): Go {
    yield* deep(10);
    yield* ready.send();
    const box = { n: 42 };
    let slot: { n: number } | undefined = box;
    const [c2, d2] = twice ? [c, d] : [nilchan, nilchan];
    const r = yield* select([recvCase(c), recvCase(c2), recvCase(d), recvCase(d2)]);
    if (r.index === 0) slot = r.value as { n: number };
    must(slot === box && box.n === 42, "a variable that no case received into has changed");
    slot.n = 43;
    same(box.n, 43, "the value behind it");
    yield* ready.send();
  }
  const [ready1, ready2] = [chan<void>(), chan<void>()];
  go(body, ready1, false);
  go(body, ready2, true);
  yield* ready1.recv();
  yield* ready2.recv();
  yield* sleep(10);
  Bun.gc(true);
  d.close();
  yield* ready1.recv();
  yield* ready2.recv();
});

export const chanbarrierTest = new GoFile("runtime/chanbarrier_test.go");

/** Answers of many short-lived goroutines, with garbage between them. */
function barrier(useSelect: boolean): () => Go {
  function* request(): Go<Error | undefined> {
    const ch = chan<Error>();
    const done = chan<void>();
    go(function* () {
      if (useSelect) yield* select([sendCase(ch, new RangeError("no answer")), recvCase(done)]);
      else yield* ch.send(new RangeError("no answer"));
    });
    const answer = yield* ch.recv();
    yield* gosched();
    return answer;
  }
  return function* () {
    const wg = new WaitGroup();
    for (let i = 0; i < 10; i++) {
      wg.go(function* () {
        let garbage = new Uint8Array(0);
        for (let k = 0; k < 1000; k++) {
          must((yield* request()) instanceof RangeError, "an answer that nobody gave");
          garbage = new Uint8Array(1024);
        }
        same(garbage.length, 1024, "garbage");
      });
    }
    yield* wg.wait();
  };
}

chanbarrierTest.run("TestChanSendSelectBarrier", barrier(true));
chanbarrierTest.run("TestChanSendBarrier", barrier(false));
