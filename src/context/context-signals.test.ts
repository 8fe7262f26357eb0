/** Contexts and the world outside: AbortSignals both ways, and code outside the goroutines that cancels. */
import { describe, expect, test } from "bun:test";
import { chan, context, go, hold, recvCase, run, runSync, select, wait } from "../index.ts";

const {
  background,
  Canceled,
  cause,
  DeadlineExceeded,
  fromSignal,
  Key,
  withCancel,
  withCancelCause,
  withTimeout,
  withValue,
  withoutCancel,
} = context;

describe("signals", () => {
  test("of a context is aborted with it, for its cause", () => {
    const why = new Error("why");
    const [parent, cancel] = withCancelCause(background());
    const [ctx] = withCancel(parent);
    const { signal } = ctx;
    expect(ctx.signal).toBe(signal);
    expect(withValue(ctx, new Key<number>("n"), 1).signal).toBe(signal);
    const seen: unknown[] = [];
    signal.addEventListener("abort", () => seen.push([signal.reason, ctx.err(), parent.err()]));
    expect(signal.aborted).toBe(false);
    cancel(why);
    expect(seen).toEqual([[why, Canceled, Canceled]]);
    expect(parent.signal.aborted).toBe(true);
    expect(parent.signal.reason).toBe(why);
  });

  test("of a context with a deadline", () => {
    runSync(function* () {
      const [ctx] = withTimeout(background(), 5);
      const { signal } = ctx;
      yield* ctx.done().recv();
      expect(signal.reason).toBe(DeadlineExceeded);
    });
  });

  test("gives a context, always the same, which ends with it", () => {
    runSync(function* () {
      const controller = new AbortController();
      const ctx = fromSignal(controller.signal);
      expect(fromSignal(controller.signal)).toBe(ctx);
      expect(ctx.signal).toBe(controller.signal);
      expect(String(ctx)).toBe("context.FromSignal");
      const [child] = withCancel(ctx);
      const why = new Error("why");
      controller.abort(why);
      for (const c of [ctx, child]) {
        expect((yield* select([recvCase(c.done())], { default: true })).index).toBe(0);
        expect([c.err(), cause(c)]).toEqual([Canceled, why]);
      }
    });
  });

  test.each([
    ["no reason", AbortSignal.abort(), Canceled, "AbortError"],
    ["a reason that is no error", AbortSignal.abort("gone"), Canceled, "Error"],
    ["a timeout", AbortSignal.abort(new DOMException("late", "TimeoutError")), DeadlineExceeded, "TimeoutError"],
  ])("aborted before, for %s", (_, signal, err, name) => {
    const ctx = fromSignal(signal);
    expect(ctx.err()).toBe(err);
    expect(cause(ctx)?.name).toBe(name);
    if (typeof signal.reason === "string") expect(cause(ctx)).toEqual(new Error("gone", { cause: "gone" }));
    else expect(cause(ctx)).toBe(signal.reason);
  });

  test("there and back is the same context", () => {
    const [ctx] = withCancel(background());
    expect(fromSignal(ctx.signal)).toBe(ctx);
  });

  test("an idle run waits for one that a goroutine waits for, and for no other", async () => {
    const controller = new AbortController();
    const why = await run(function* () {
      const [ctx] = withCancel(fromSignal(controller.signal));
      setImmediate(() => controller.abort(new Error("outside")));
      yield* ctx.done().recv();
      return cause(ctx)?.message;
    });
    expect(why).toBe("outside");
    const verdict = run(function* () {
      const ctx = fromSignal(new AbortController().signal);
      const other = chan<void>();
      go(function* () {
        yield* select([recvCase(ctx.done()), recvCase(other)]);
      });
      yield* other.send();
      const [apart] = withCancel(withoutCancel(ctx));
      yield* apart.done().recv();
    });
    expect(verdict).rejects.toThrow("all goroutines are asleep - deadlock!");
    await verdict.catch(() => {});
  });

  test("ends what a goroutine awaits", async () => {
    const [ctx, cancel] = withCancel(background());
    const seen = await run(function* () {
      go(function* () {
        cancel();
      });
      const { promise, reject } = Promise.withResolvers<never>();
      ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason));
      try {
        yield* wait(promise);
      } catch (error) {
        return error;
      }
      return undefined;
    });
    expect(seen).toBe(Canceled);
  });
});

test("code outside the goroutines cancels", async () => {
  const [ctx, cancel] = withCancel(background());
  await run(function* () {
    using _ = hold();
    setImmediate(cancel);
    yield* ctx.done().recv();
  });
  expect(ctx.err()).toBe(Canceled);
});

test("code outside the goroutines sets a deadline", async () => {
  await run(function* () {
    using _ = hold();
    const done = chan<void>();
    setImmediate(() => {
      const [ctx] = withTimeout(background(), 0.1);
      context.afterFunc(ctx, () => done.close());
    });
    yield* done.recv();
  });
});
