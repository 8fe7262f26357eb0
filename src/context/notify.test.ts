/** Contexts that end with a signal of the process: signal.NotifyContext. */
import { describe, expect, test } from "bun:test";
import { chan, context, go, gosched, hold, run, runSync } from "../index.ts";

const { background, notifyContext, withCancel, withTimeout } = context;
const heard = () => process.listenerCount("SIGHUP");

describe("notifyContext", () => {
  test("a signal of the process cancels it; the cause names the signal as Go does", async () => {
    const [ctx, stop] = notifyContext(background(), "SIGHUP", "SIGTERM");
    expect([ctx.err(), heard()]).toEqual([undefined, 1]);
    process.emit("SIGHUP", "SIGHUP");
    expect(ctx.err()).toBe(context.Canceled);
    expect(context.cause(ctx)?.message).toBe("hangup signal received");
    // Until stop the signal does nothing else.
    expect(heard()).toBe(1);
    stop();
    stop();
    expect(heard()).toBe(0);
  });

  test("the system's own signal wakes the goroutine that waits, and no deadlock is reported meanwhile", async () => {
    const cause = await run(function* () {
      const [ctx, stop] = notifyContext(background(), "SIGHUP");
      using _ = stop;
      const [child] = withCancel(ctx);
      setTimeout(() => {
        if (process.platform === "win32") process.emit("SIGHUP", "SIGHUP");
        else process.kill(process.pid, "SIGHUP");
      }, 1);
      yield* child.done().recv();
      return context.cause(child)?.message;
    });
    expect(cause).toBe("hangup signal received");
    expect(heard()).toBe(0);
  });

  test("stop cancels it, its parent does, and its parent may be over already", () => {
    runSync(function* () {
      const [stopped, stop] = notifyContext(background(), "SIGHUP");
      stop();
      const [parent, cancel] = withCancel(background());
      const [child, stopChild] = notifyContext(parent, "SIGHUP");
      cancel();
      const [late, stopLate] = notifyContext(parent, "SIGHUP");
      expect([stopped, child, late].map((ctx) => ctx.err())).toEqual(Array(3).fill(context.Canceled));
      expect(context.cause(stopped)).toBe(context.Canceled);
      stopChild();
      stopLate();
      yield* child.done().recv();
    });
    expect(heard()).toBe(0);
  });

  test("the end of the run gives the signals back", async () => {
    await run(function* () {
      notifyContext(background(), "SIGHUP");
      expect(heard()).toBe(1);
      yield* gosched();
    });
    expect(heard()).toBe(0);
    const failed = run(function* () {
      notifyContext(background(), "SIGHUP");
      yield* gosched();
      throw new Error("no");
    });
    await expect(failed).rejects.toThrow("no");
    expect(heard()).toBe(0);
  });

  test("only while somebody waits for it is a blocked run no deadlock", async () => {
    const dead = run(function* () {
      const [ctx] = notifyContext(background(), "SIGHUP");
      ctx.done();
      yield* chan().recv();
    });
    await expect(dead).rejects.toThrow("all goroutines are asleep - deadlock!");
  });

  test("one signal, named twice or by two contexts, is heard by each once", async () => {
    const [a, stopA] = notifyContext(background(), "SIGHUP", "SIGHUP");
    const [b, stopB] = notifyContext(background(), "SIGHUP");
    expect(heard()).toBe(2);
    stopA();
    expect([heard(), a.err() === undefined, b.err() === undefined]).toEqual([1, false, true]);
    process.emit("SIGHUP", "SIGHUP");
    expect(b.err()).toBe(context.Canceled);
    stopB();
  });

  test("what it calls itself, and its children, is as in Go", async () => {
    const [ctx, stop] = notifyContext(background(), "SIGINT", "SIGTERM");
    expect(String(ctx)).toBe("signal.NotifyContext(context.Background, [interrupt terminated])");
    const [child] = withCancel(ctx);
    expect(String(child)).toBe("signal.NotifyContext(context.Background, [interrupt terminated]).WithCancel");
    stop();
  });

  test("a timeout below it still comes", async () => {
    const late = await run(function* () {
      using _ = hold();
      const [ctx, stop] = notifyContext(background(), "SIGHUP");
      using __ = stop;
      const [child] = withTimeout(ctx, 1);
      go(function* () {
        yield* gosched();
      });
      yield* child.done().recv();
      return child.err() === context.DeadlineExceeded;
    });
    expect(late).toBe(true);
  });

  for (const signals of [[], ["SIGNONE"], ["SIGKILL"], ["SIGSTOP"], [2], [null], ["constructor"]]) {
    test(`refused: ${JSON.stringify(signals)}`, () => {
      const before = heard();
      expect(() => notifyContext(background(), ...(signals as NodeJS.Signals[]))).toThrow(
        /gobuf: context.notifyContext: expected (at least one signal|the name of a signal)/,
      );
      expect(heard()).toBe(before);
    });
  }
});
