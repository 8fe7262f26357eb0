/** Ends: of goroutines that fail, of threads that are ended, of runs; what is told, and that nothing stays behind. */
import { describe, expect, setDefaultTimeout } from "bun:test";
import { chan, go, hold, Mutex, reportOf, run, sleep, UncaughtError, wait } from "gobuf";
import { integerFromEnv } from "../../scripts/numbers.ts";
import { native } from "../../src/runtime/ffi.ts";
import { currentRun } from "../../src/runtime/outside.ts";
import { matesOf } from "../../src/workers/mates.ts";
import type { Asked } from "./own.worker.ts";
import { workersTest } from "./skip.ts";

setDefaultTimeout(60_000);
const stages = new URL("./stages.ts", import.meta.url);
type Stages = typeof import("./stages.ts");

/** What a run rejected with. */
function failureOf(
  main: () => Generator<unknown, unknown, true>,
  traceback: "single" | "all" = "single",
): Promise<Error> {
  return run(main as never, { traceback }).then(
    () => expect.unreachable("the run ended well"),
    (error) => error as Error,
  );
}

describe("a goroutine that fails there", () => {
  workersTest("a panic ends the run, with Go's report", async () => {
    const error = await failureOf(function* main() {
      yield* go.worker<Stages>(stages, "fails", "oops");
      yield* sleep(60_000);
    });
    expect(error).toBeInstanceOf(UncaughtError);
    expect(reportOf(error)).toBe("panic: RangeError: oops\n\ngoroutine 2000000000001 [running]:\nfails(...)\n");
    expect(error.cause).toBeInstanceOf(RangeError);
    expect((error as UncaughtError).goid).toBe(2000000000001);
  });

  workersTest('with traceback: "all" all threads are in it', async () => {
    const error = await failureOf(function* main() {
      const c = chan.shared<number>();
      yield* go.worker<Stages>({ module: stages, m: 2 }, "waitsForEver", c);
      yield* go.worker<Stages>({ module: stages, m: 1 }, "fails", "oops");
      yield* c.recv();
    }, "all");
    const heads = error.message.split("\n").filter((line) => /^(panic|goroutine)/.test(line));
    expect(heads).toEqual([
      "panic: RangeError: oops",
      "goroutine 2000000000001 [running]:",
      "goroutine 1 [chan receive]:",
      "goroutine 3000000000001 [chan receive]:",
    ]);
  });

  workersTest("a fatal error is one here, with all goroutines", async () => {
    const error = await failureOf(function* main() {
      yield* go.worker<Stages>(stages, "unlocks", Mutex.shared());
      yield* sleep(60_000);
    });
    expect(reportOf(error)).toContain(
      "fatal error: sync: unlock of unlocked mutex\n\ngoroutine 1 [sleep]:\nmain(...)\n",
    );
    expect(reportOf(error)).toContain("goroutine 2000000000001 [running]:\nunlocks(...)\n");
  });
});

describe("a goroutine that cannot be started is an error of the call", () => {
  const cases: readonly [string, () => unknown, string][] = [
    [
      "no such module",
      () => go.worker("file:///nowhere/stage.ts", "x"),
      "go.worker: cannot load file:///nowhere/stage.ts: ",
    ],
    ["no such export", () => go.worker(stages, "nothing"), 'exports no function "nothing": it exports '],
    ["an export that is no function", () => go.worker(stages, "notAFunction"), 'exports no function "notAFunction"'],
    [
      "no generator function",
      () => go.worker(stages, "plain"),
      "go.worker: plain is no generator function: write `function*`",
    ],
    ["a relative path", () => go.worker("./stage.ts", "x"), '"./stage.ts" is relative to nothing'],
    ["no URL", () => go.worker(1 as never, "x"), "go.worker: expected the URL of a module"],
    ["no name", () => go.worker(stages, 1 as never), "go.worker: expected the name of an export"],
    ["an option", () => go.worker({ module: stages, n: 1 } as never, "x"), 'go.worker: unknown option "n"'],
    [
      "a thread's number",
      () => go.worker({ module: stages, m: 0 }, "x"),
      "go.worker: option m: expected a thread's number, from 1 to 32",
    ],
    [
      "what is to be handed over",
      () => go.worker({ module: stages, transfer: [1] } as never, "x"),
      "option transfer: expected a list of ArrayBuffers",
    ],
  ];
  workersTest("each by name, and the thread serves the next", async () => {
    await run(function* main() {
      for (const [name, start, says] of cases) {
        let told = "";
        try {
          yield* start() as Generator<unknown, unknown, true>;
        } catch (error) {
          told = String(error);
        }
        expect(`${name}: ${told}`).toContain(says);
      }
      const [to, from] = [chan.shared<number>(), chan.shared<number>()];
      yield* go.worker<Stages>(stages, "square", to, from);
      yield* to.send(3);
      expect(yield* from.recv()).toBe(9);
    });
  });
});

describe("a thread that ends", () => {
  workersTest("by process.exit: an error by name", async () => {
    const error = await failureOf(function* main() {
      yield* go.worker<Stages>(stages, "exits", 3);
      yield* chan().recv();
    });
    expect(error.message).toStartWith("go.worker: M 1: its thread has ended: exit code 3");
  });

  workersTest("by an error of ordinary code there", async () => {
    const error = await failureOf(function* main() {
      yield* go.worker<Stages>(stages, "throwsOutside");
      yield* chan().recv();
    });
    expect(error.message).toStartWith("go.worker: M 1: its thread has ended: nobody's");
  });

  workersTest("at a random moment, many times: an error by name, nothing hangs, nothing stays", async () => {
    const seed = integerFromEnv("GOBUF_SEED", 20_261_201, 0, 2 ** 31);
    const times = 8 * integerFromEnv("GOBUF_RUNS", 1, 1, 1000);
    let state = seed;
    const draw = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    };
    for (let i = 0; i < times; i++) {
      const error = await failureOf(function* main() {
        const [to, from] = [chan.shared<unknown>(2), chan.shared<unknown>(2)];
        yield* go.worker<Stages>({ module: stages, m: 1 }, "echo", to, from);
        yield* go.worker<Stages>({ module: stages, m: 2 }, "echo", to, from);
        const m = matesOf(currentRun("test"), "test").ms.get(1 + Math.floor(2 * draw()));
        setTimeout(() => m?.terminate(), 5 * draw());
        go(function* () {
          for (let n = 0; ; n++) yield* to.send({ n, text: "ant" });
        });
        for (;;) yield* from.recv();
      });
      expect(`GOBUF_SEED=${seed}, ${i}: ${error.message}`).toMatch(
        /go\.worker: M [12]: its thread has ended: exit code/,
      );
    }
    expect(native.gobuf_share_live()).toBe(0);
  });
});

describe("the end of a run", () => {
  workersTest("goroutines there leave their frames", async () => {
    const cells = new SharedArrayBuffer(4);
    await run(function* main() {
      const [began, c] = [chan.shared<boolean>(), chan.shared<number>()];
      for (let m = 1; m < 3; m++) yield* go.worker<Stages>({ module: stages, m }, "leaves", began, c, cells);
      // Before it has begun, a goroutine has no frame to leave.
      for (let m = 1; m < 3; m++) yield* began.recv();
    });
    expect(new Int32Array(cells)[0]).toBe(2);
    expect(native.gobuf_share_live()).toBe(0);
  });

  workersTest("one that computes is ended where it is", async () => {
    const start = performance.now();
    await run(function* main() {
      yield* go.worker<Stages>(stages, "computes", 60_000);
    });
    expect(performance.now() - start).toBeLessThan(30_000);
    expect(native.gobuf_share_live()).toBe(0);
  });
});

describe("a program's own Worker", () => {
  const script = `
    import { chan, run } from "gobuf";
    self.onmessage = async ({ data }) => {
      await run(function* main() {
        const [from, to] = [chan.attach(data.from), chan.attach(data.to)];
        for (let n = yield* from.recv(); n !== undefined; n = yield* from.recv()) yield* to.send(n + 1);
        to.close();
      });
      postMessage("over");
    };`;

  workersTest("takes up channels by chan.attach", async () => {
    const path = `${import.meta.dir}/own-worker.${process.pid}.ts`;
    await Bun.write(path, script);
    try {
      const got = await run(function* main() {
        using _ = hold();
        const [from, to] = [chan.shared<number>(1), chan.shared<number>(1)];
        const worker = new Worker(path);
        worker.postMessage({ from, to });
        go(function* () {
          for (let n = 0; n < 50; n++) yield* from.send(n);
          from.close();
        });
        const out: number[] = [];
        for (let n = yield* to.recv(); n !== undefined; n = yield* to.recv()) out.push(n);
        worker.terminate();
        return out;
      });
      expect(got).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
    } finally {
      await Bun.file(path).delete();
    }
  });

  /** One that is ended by the test. @returns its first message, when it has said it, and when it has closed */
  function started(asked: Asked) {
    const worker = new Worker(new URL("./own.worker.ts", import.meta.url));
    const first = Promise.withResolvers<unknown>();
    const closed = Promise.withResolvers<void>();
    worker.onmessage = ({ data }) => first.resolve(data);
    worker.addEventListener("close", () => closed.resolve());
    worker.postMessage(asked);
    const end = () => {
      worker.terminate();
      return closed.promise;
    };
    return { first: first.promise, end };
  }

  for (const how of ["receives", "sleeps"] as const) {
    workersTest(`that ended where it ${how} is nobody to wait for`, async () => {
      const error = await failureOf(function* main() {
        const channel = chan.shared<number>();
        const worker = started({ how, channel });
        yield* wait(worker.first);
        yield* wait(worker.end());
        yield* channel.recv();
      });
      expect(reportOf(error)).toBe(
        "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:\nmain(...)\n",
      );
      expect(native.gobuf_share_live()).toBe(0);
    });
  }

  workersTest("that ended and had the run takes along what others wait for: goroutines and ordinary code", async () => {
    const worker = started({ how: "has the run" });
    const message = await worker.first;
    const ended = run(function* main() {
      using _ = hold();
      const channel = chan.attach<number>(message);
      const received = channel.recvAsync();
      go(function* () {
        yield* wait(worker.end());
      });
      const errors: string[] = [];
      try {
        yield* channel.recv();
      } catch (error) {
        errors.push((error as Error).name);
      }
      errors.push(yield* wait(received.catch((error: Error) => error.name) as Promise<string>));
      return errors;
    });
    expect(await ended).toEqual(["RunOverError", "RunOverError"]);
  });
});
