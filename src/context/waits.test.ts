/** Waits for the end of a context: which of them are a deadlock; and what is no context at all. */
import { describe, expect, test } from "bun:test";
import { chan, context, run, runSync } from "../index.ts";

const { background, fromSignal, withCancel, withoutCancel, withValue } = context;

describe("who waits for a context's end", () => {
  test.each<[string, () => context.Context]>([
    ["withCancel", () => withCancel(background())[0]],
    ["a child of a child", () => withValue(withCancel(withCancel(background())[0])[0], new context.Key("k"), 1)],
    ["withoutCancel below a signal", () => withCancel(withoutCancel(fromSignal(new AbortController().signal)))[0]],
  ])("that nothing outside can bring is a deadlock: %s", async (_, make) => {
    function* main() {
      yield* make().done().recv();
    }
    expect(() => runSync(main)).toThrow("all goroutines are asleep - deadlock!");
    // Where something outside could bring it, this would wait for it.
    await expect(run(main)).rejects.toThrow("all goroutines are asleep - deadlock!");
  });

  test("of a signal, that may abort, is none", async () => {
    const signals = new AbortController();
    const promise = run(function* () {
      const [ctx] = withCancel(fromSignal(signals.signal));
      yield* ctx.done().recv();
      return ctx.err();
    });
    // The run waits when it has come this far.
    setTimeout(() => signals.abort(), 1);
    expect(await promise).toBe(context.Canceled);
  });
});

describe("what is no context is refused as a parent", () => {
  const whole = { deadline: () => undefined, done: () => chan<never>(), err: () => undefined, value: () => undefined };
  test.each(["done", "err", "value"] as const)("without %s", (name) => {
    expect(() => withCancel({ ...whole, [name]: undefined } as never)).toThrow("expected a context, got an object");
    expect(() => withCancel({ ...whole, [name]: 1 } as never)).toThrow("expected a context, got an object");
  });
  test.each([[{}], [1], ["x"], [() => {}]])("%p", (value) => {
    expect(() => withCancel(value as never)).toThrow("expected a context, got ");
  });
  test.each([[null], [undefined]])("%p", (value) => {
    expect(() => withCancel(value as never)).toThrow("cannot create context from nil parent");
  });
});
