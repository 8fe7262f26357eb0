/**
 * The other side of go.worker: what serves a thread that gobuf started for a run of another thread. It has a run of its own
 * without a main, in which the goroutines are started that the other thread asks for.
 */
import { openWorld } from "./run.ts";
import { frameOf, type Go } from "./runtime/body.ts";
import { numberFrom } from "./runtime/g.ts";
import { goidOf } from "./runtime/gstatus.ts";
import { opOwnCall } from "./runtime/m.ts";
import { kick } from "./runtime/outside.ts";
import { FatalError, isA, UncaughtError } from "./runtime/panic.ts";
import { printpanics } from "./runtime/printpanics.ts";
import { finishRun, newprocIn } from "./runtime/proc.ts";
import { goroutineDumpOf } from "./runtime/traceback.ts";
import { observeBegin, type Run } from "./runtime/world.ts";
import { come, type Member } from "./workers/group.ts";
import { unmark } from "./workers/marks.ts";
import {
  type Beginning,
  type FromStage,
  type Port,
  passable,
  type Serve,
  STAGE,
  type Start,
} from "./workers/messages.ts";

/** Goroutines of the thread m have numbers from (m + 1) times this on. */
const GOIDS = 1e12;

class Stage {
  private readonly member: Member;
  private readonly run: Run;
  private ending = false;

  constructor(
    private readonly beginning: Beginning,
    private readonly port: Port,
  ) {
    this.run = openWorld(beginning.tracebackAll ? { traceback: "all" } : {}, (run) => this.settled(run));
    observeBegin(this.run.world);
    numberFrom((beginning.m + 1) * GOIDS + 1);
    this.member = come(beginning.me, beginning.cells, this.run.world);
    this.member.whenOver = () => this.end();
    port.on("message", (message) => {
      if (message.type === "start") void this.start(message);
      else if (message.type === "gather") this.say({ type: "goroutines", text: goroutineDumpOf(this.run.world) });
      else this.end();
    });
    kick(this.run.world);
  }

  private say(message: FromStage): void {
    this.port.postMessage(message);
  }

  private async start({ id, module, name, args, marked }: Start): Promise<void> {
    try {
      const fn = await exported(module, name);
      if (this.run.over) return;
      const own = marked ? args.map((arg) => unmark(this.member, arg)) : args;
      const body = frameOf("go.worker", fn, [...own]);
      // Whoever hears that it has started may give the verdict: this thread is not idle from now on.
      this.member.rouse();
      const gp = newprocIn(this.run, this.counted(body), fn);
      this.say({ type: "started", id, goid: goidOf(gp) });
    } catch (error) {
      // Ends no goroutine: the one that called go.worker gets it.
      Atomics.sub(this.beginning.loads, this.beginning.m, 1);
      const message = isA(error, Error) ? error.message : String(error);
      this.say({ type: "refused", id, error: message, cause: passable(isA(error, Error) ? error.cause : error) });
    }
  }

  private *counted(body: Go<unknown>): Go {
    try {
      yield* opOwnCall(body);
    } finally {
      Atomics.sub(this.beginning.loads, this.beginning.m, 1);
    }
  }

  /** The run that this thread was started for is over. */
  private end(): void {
    this.ending = true;
    if (this.run.over) process.exit(0);
    finishRun(this.run, undefined);
    kick(this.run.world);
  }

  private settled(run: Run): void {
    if (run.failed) {
      this.say(failure(run.error));
      // It waits to be told to end: what a thread says last may be lost when it exits by itself.
      this.member.whenOver = null;
    }
    this.member.end();
    if (this.ending) process.exit(0);
  }
}

/** What a module exports under a name. @throws Error for a module that cannot be loaded, and where it exports none */
async function exported(module: string, name: string): Promise<(...args: unknown[]) => Go<unknown>> {
  let exports: Record<string, unknown>;
  try {
    exports = (await import(module)) as Record<string, unknown>;
  } catch (cause) {
    // Ends no goroutine: the one that called go.worker gets it.
    const why = isA(cause, Error) ? cause.message : String(cause);
    throw new Error(`gobuf: go.worker: cannot load ${module}: ${why}`, { cause });
  }
  const fn = exports[name];
  if (typeof fn !== "function") {
    const names = Object.keys(exports);
    throw new Error(
      `gobuf: go.worker: ${module} exports no function ${JSON.stringify(name)}: it exports ${names.join(", ") || "nothing"}`,
    );
  }
  return fn as (...args: unknown[]) => Go<unknown>;
}

function failure(error: unknown): FromStage {
  if (isA(error, FatalError)) {
    const at = error.message.indexOf("\n\n");
    return {
      type: "failed",
      fatal: error.text,
      report: at < 0 ? "" : error.message.slice(at + 2),
      goid: 0,
      cause: undefined,
    };
  }
  if (isA(error, UncaughtError)) {
    return { type: "failed", fatal: null, report: error.message, goid: error.goid, cause: passable(error.cause) };
  }
  return { type: "failed", fatal: null, report: printpanics(error).text, goid: 0, cause: passable(error) };
}

const serve: Serve = (beginning, port) => void new Stage(beginning, port);

/** Lets what starts a thread find this copy of gobuf in it: the thread's first module may be a bundle. */
export function offerStage(): void {
  Object.defineProperty(globalThis, STAGE, { value: serve, configurable: true, writable: true });
}
