/** A context that ends with a signal of the process: signal.NotifyContext (os/signal/signal.go). */
import { refuse } from "../runtime/expect.ts";
import { callDone } from "../runtime/m.ts";
import { currentRun, isUnderWay } from "../runtime/outside.ts";
import { CancelCtx, checkParent } from "./cancelctx.ts";
import { disposable } from "./disposable.ts";
import { Canceled, type CancelFunc, type Context } from "./types.ts";

/** What Go calls the signals that programs wait for (syscall's table of signals); another one has its own name. */
const NAMES: { readonly [signal: string]: string } = {
  SIGHUP: "hangup",
  SIGINT: "interrupt",
  SIGQUIT: "quit",
  SIGTERM: "terminated",
  SIGALRM: "alarm clock",
  SIGUSR1: "user defined signal 1",
  SIGUSR2: "user defined signal 2",
  SIGPIPE: "broken pipe",
  SIGCHLD: "child exited",
  SIGCONT: "continued",
  SIGWINCH: "window changed",
};

/** The system hands them to nobody. */
const UNHEARD = new Set(["SIGKILL", "SIGSTOP"]);

/** Ends with a signal of the process: signalCtx. */
class NotifyCtx extends CancelCtx {
  constructor(
    parent: Context,
    private readonly heard: readonly NodeJS.Signals[],
  ) {
    super(parent);
    this.outside = true;
  }

  override toString(): string {
    return `signal.NotifyContext(${this.parent}, [${this.heard.map((each) => NAMES[each] ?? each).join(" ")}])`;
  }
}

/**
 * Makes a context that is canceled when the process gets one of the signals, with its parent, or by its stop function: Go's
 * signal.NotifyContext (os/signal/signal.go). {@link cause} then gives an Error that names the signal.
 *
 * Until `stop` is called, or the run ends in which the context was made, these signals do nothing else: a second Ctrl-C does
 * not end the process. While a goroutine waits for the context, a run in which no goroutine can run is no deadlock.
 *
 * @param parent the context that it is made from
 * @param signals at least one, by name, as `process.on` takes them
 * @returns the context, and a function that cancels it and gives the signals back; `using` calls it
 * @throws PanicError "cannot create context from nil parent"; TypeError for what is no signal, or one that nobody can hear
 * @example
 * ```ts
 * const [ctx, stop] = context.notifyContext(context.background(), "SIGINT", "SIGTERM");
 * using _ = stop;
 * setTimeout(() => process.emit("SIGINT", "SIGINT"), 1); // somebody presses Ctrl-C
 * yield* ctx.done().recv();
 * console.log(context.cause(ctx)?.message); // interrupt signal received
 * ```
 */
export function notifyContext(parent: Context, ...signals: NodeJS.Signals[]): [ctx: Context, stop: CancelFunc] {
  const what = "context.notifyContext";
  checkParent(what, parent);
  if (signals.length === 0) refuse(what, undefined, 'at least one signal, as "SIGINT"');
  // Late: few programs need it.
  const { constants } = process.getBuiltinModule("node:os");
  for (const each of signals) {
    if (!Object.hasOwn(constants.signals, each) || UNHEARD.has(each)) {
      refuse(what, each, 'the name of a signal that a process can hear, as "SIGINT"');
    }
  }
  const ctx = new NotifyCtx(parent, signals).propagate(what);
  const listeners = [...new Set(signals)].map((signal) => {
    const hear = () => ctx.cancel(true, Canceled, new Error(`${NAMES[signal] ?? signal} signal received`));
    return { signal, hear };
  });
  const run = isUnderWay() ? currentRun(what) : undefined;
  const leave = () => {
    for (const { signal, hear } of listeners) process.off(signal, hear);
    run?.waiters.delete(leave);
  };
  for (const { signal, hear } of listeners) process.on(signal, hear);
  run?.waiters.add(leave);
  const stop = disposable(() => {
    ctx.cancel(true, Canceled);
    leave();
    callDone();
  });
  return [ctx, stop];
}
