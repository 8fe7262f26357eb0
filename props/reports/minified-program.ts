/** A program whose goroutines wait in operations of every kind: minified.test.ts compares its report with a bundle's. */
import {
  afterFunc,
  Cond,
  call,
  chan,
  ErrGroup,
  go,
  goroutineDump,
  gosched,
  Mutex,
  Once,
  RWMutex,
  recvCase,
  run,
  select,
  sendCase,
  sleep,
  spawn,
  WaitGroup,
  wait,
} from "../../src/index.ts";

function* receives() {
  yield* chan<number>().recv();
}

function* sends() {
  yield* chan<number>().send(1);
}

function* inner() {
  yield* sleep(3_600_000);
}

function* outer() {
  yield* inner();
}

const bodies = [
  receives,
  sends,
  outer,
  function* twice() {
    const m = new Mutex();
    yield* m.lock();
    yield* m.lock();
  },
  function* writes() {
    const m = new RWMutex();
    yield* m.rlock();
    yield* m.lock();
  },
  function* condition() {
    const cond = new Cond(new Mutex());
    yield* cond.L.lock();
    yield* cond.wait();
  },
  function* one() {
    yield* select([recvCase(chan<number>())]);
  },
  function* many() {
    yield* select([recvCase(chan<number>()), sendCase(chan<number>(), 1)]);
  },
  function* none() {
    yield* select([]);
  },
  function* calls() {
    yield* call(outer);
  },
  function* once() {
    yield* new Once().do(outer);
  },
  function* promise() {
    yield* wait(new Promise(() => {}));
  },
  function* waits() {
    const wg = new WaitGroup();
    wg.go(outer);
    yield* wg.wait();
  },
  function* group() {
    const g = new ErrGroup();
    g.setLimit(1);
    yield* g.go(outer);
    yield* g.go(outer);
  },
];

await run(
  function* main() {
    for (const body of bodies) go(body);
    spawn(outer).catch(() => {});
    chan<number>()
      .recvAsync()
      .catch(() => {});
    afterFunc(0, function* timer() {
      yield* outer();
    });
    for (let i = 0; i < 100; i++) yield* gosched();
    console.log(goroutineDump());
  },
  { traceback: "all", clock: "real" },
);
