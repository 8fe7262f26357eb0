/** How a context of context/x_test.go ends, and the error and the cause that it has then. */
import { type Context, chan, context, type RecvChan } from "gobuf";

const { background, withCancel, withCancelCause, withTimeout, withoutCancel } = context;

/** A context of the program's own around another. */
export class Other implements Context {
  constructor(readonly inner: Context) {}
  deadline(): number | undefined {
    return this.inner.deadline();
  }
  done(): RecvChan<never> {
    return this.inner.done();
  }
  err(): Error | undefined {
    return this.inner.err();
  }
  value<T>(key: context.Key<T>): T | undefined {
    return this.inner.value(key);
  }
  get signal(): AbortSignal {
    return this.inner.signal;
  }
}

/** A context of the program's own that ends with its parent, by afterFunc. */
class Custom extends Other {
  private readonly donec = chan<never>();
  private failure: Error | undefined;

  constructor(parent: Context) {
    super(parent);
    context.afterFunc(parent, () => this.end(parent.err() as Error));
  }
  override done(): RecvChan<never> {
    return this.donec;
  }
  override err(): Error | undefined {
    return this.failure;
  }
  cancel(): void {
    this.end(context.Canceled);
  }
  private end(error: Error): void {
    if (this.failure !== undefined) return;
    this.failure = error;
    this.donec.close();
  }
}

const FOREVER = 1e9;
const parentCause = new Error("parentCause");
const childCause = new Error("childCause");
const tooSlow = new Error("tooSlow");
const finishedEarly = new Error("finishedEarly");

/** How a context ends, and the err() and cause that it has then. */
export const causes: readonly [name: string, make: () => Context, err: Error | undefined, why: Error | undefined][] = [
  ["background", context.background, undefined, undefined],
  ["todo", context.todo, undefined, undefined],
  [
    "withCancel",
    () => {
      const [ctx, cancel] = withCancel(background());
      cancel();
      return ctx;
    },
    context.Canceled,
    context.Canceled,
  ],
  [
    "withCancelCause",
    () => {
      const [ctx, cancel] = withCancelCause(background());
      cancel(parentCause);
      return ctx;
    },
    context.Canceled,
    parentCause,
  ],
  [
    "withCancelCause, no cause",
    () => {
      const [ctx, cancel] = withCancelCause(background());
      cancel();
      return ctx;
    },
    context.Canceled,
    context.Canceled,
  ],
  [
    "the parent's cause before the child's",
    () => {
      const [parent, cancelParent] = withCancelCause(background());
      const [ctx, cancelChild] = withCancelCause(parent);
      cancelParent(parentCause);
      cancelChild(childCause);
      return ctx;
    },
    context.Canceled,
    parentCause,
  ],
  [
    "the parent's cause behind the child's",
    () => {
      const [parent, cancelParent] = withCancelCause(background());
      const [ctx, cancelChild] = withCancelCause(parent);
      cancelChild(childCause);
      cancelParent(parentCause);
      return ctx;
    },
    context.Canceled,
    childCause,
  ],
  [
    "the parent's cause before none",
    () => {
      const [parent, cancelParent] = withCancelCause(background());
      const [ctx, cancelChild] = withCancel(parent);
      cancelParent(parentCause);
      cancelChild();
      return ctx;
    },
    context.Canceled,
    parentCause,
  ],
  [
    "the parent's cause behind none",
    () => {
      const [parent, cancelParent] = withCancelCause(background());
      const [ctx, cancelChild] = withCancel(parent);
      cancelChild();
      cancelParent(parentCause);
      return ctx;
    },
    context.Canceled,
    context.Canceled,
  ],
  [
    "the child's cause behind none",
    () => {
      const [parent, cancelParent] = withCancel(background());
      const [ctx, cancelChild] = withCancelCause(parent);
      cancelParent();
      cancelChild(childCause);
      return ctx;
    },
    context.Canceled,
    context.Canceled,
  ],
  [
    "the child's cause before none",
    () => {
      const [parent, cancelParent] = withCancel(background());
      const [ctx, cancelChild] = withCancelCause(parent);
      cancelChild(childCause);
      cancelParent();
      return ctx;
    },
    context.Canceled,
    childCause,
  ],
  [
    "withTimeout",
    () => {
      const [ctx, cancel] = withTimeout(background(), 0);
      cancel();
      return ctx;
    },
    context.DeadlineExceeded,
    context.DeadlineExceeded,
  ],
  [
    "withTimeout, canceled",
    () => {
      const [ctx, cancel] = withTimeout(background(), FOREVER);
      cancel();
      return ctx;
    },
    context.Canceled,
    context.Canceled,
  ],
  [
    "withTimeout with a cause",
    () => {
      const [ctx, cancel] = withTimeout(background(), 0, tooSlow);
      cancel();
      return ctx;
    },
    context.DeadlineExceeded,
    tooSlow,
  ],
  [
    "withTimeout with a cause, canceled",
    () => {
      const [ctx, cancel] = withTimeout(background(), FOREVER, tooSlow);
      cancel();
      return ctx;
    },
    context.Canceled,
    context.Canceled,
  ],
  [
    "withTimeout with a cause, below another",
    () => {
      const [parent, cancel] = withCancelCause(background());
      const [ctx] = withTimeout(parent, 0, tooSlow);
      cancel(finishedEarly);
      return ctx;
    },
    context.DeadlineExceeded,
    tooSlow,
  ],
  [
    "withTimeout with a cause, below another that is canceled",
    () => {
      const [parent, cancel] = withCancelCause(background());
      const [ctx] = withTimeout(parent, FOREVER, tooSlow);
      cancel(finishedEarly);
      return ctx;
    },
    context.Canceled,
    finishedEarly,
  ],
  ["withoutCancel", () => withoutCancel(background()), undefined, undefined],
  [
    "withoutCancel of one that is canceled",
    () => {
      const [parent, cancel] = withCancelCause(background());
      const ctx = withoutCancel(parent);
      cancel(finishedEarly);
      return ctx;
    },
    undefined,
    undefined,
  ],
  [
    "withoutCancel of one whose time is over",
    () => withoutCancel(withTimeout(background(), 0, tooSlow)[0]),
    undefined,
    undefined,
  ],
  [
    "a context of the program's own, its parent goes on",
    () => {
      const [parent] = withCancelCause(background());
      const ctx = new Custom(parent);
      ctx.cancel();
      return ctx;
    },
    context.Canceled,
    context.Canceled,
  ],
  [
    "a context of the program's own, canceled behind its parent",
    () => {
      const [parent, cancel] = withCancelCause(background());
      const ctx = new Custom(parent);
      cancel(parentCause);
      ctx.cancel();
      return ctx;
    },
    context.Canceled,
    parentCause,
  ],
  [
    "a context of the program's own, canceled before its parent",
    () => {
      const [parent, cancel] = withCancelCause(background());
      const ctx = new Custom(parent);
      ctx.cancel();
      cancel(parentCause);
      return ctx;
    },
    context.Canceled,
    parentCause,
  ],
];
