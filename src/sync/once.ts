/**
 * Once: sync/once.go.
 */
import { bodyIfAny, checkCallback } from "../runtime/body.ts";
import { getg, type Op, opCall, opOwnCall, opReady } from "../runtime/m.ts";
import { Mutex } from "./mutex.ts";

/**
 * Runs a function once, however many goroutines ask for it: Go's sync.Once (sync/once.go).
 *
 * @example
 * ```ts
 * const once = new Once();
 * function* setUp(): Go {
 *   yield* sleep(1);
 *   console.log("only now"); // only now
 * }
 * const wg = new WaitGroup();
 * for (let i = 0; i < 3; i++) {
 *   wg.go(function* () {
 *     yield* once.do(setUp);
 *   });
 * }
 * yield* wg.wait();
 * ```
 */
export class Once {
  /** @internal */
  finished = false;
  /** Held while the function runs. @internal */
  readonly m = new Mutex();

  /**
   * Runs `f` on the first call; calls that come meanwhile wait until it is over, and later ones do nothing: Go's Do.
   * Also an `f` that throws, or ends by goexit, has run. An `f` that calls `do` of the same Once waits for ever.
   *
   * @param f a generator function, or a plain one
   * @throws on the first call what `f` throws; Error outside a goroutine
   */
  do(f: () => Generator<unknown, unknown, true> | void): Op<void> {
    getg("Once.do");
    checkCallback("Once.do", f);
    return this.finished ? opReady<void>(undefined) : opOwnCall(this.doSlow(f));
  }

  private *doSlow(f: () => Generator<unknown, unknown, unknown> | void): Generator<unknown, void, true> {
    if (!(yield* this.begin())) return;
    try {
      const body = bodyIfAny("Once.do", f, f());
      if (body !== null) yield* opCall(body);
    } finally {
      yield* this.end();
    }
  }

  /** The part of Do before `f`. @returns whether `f` is to run, and then {@link end} @internal */
  begin(): Op<boolean> {
    return this.finished ? opReady(false) : opOwnCall(this.beginSlow());
  }

  private *beginSlow(): Generator<unknown, boolean, true> {
    yield* this.m.lock();
    if (!this.finished) return true;
    yield* this.m.unlock();
    return false;
  }

  /** The part of Do behind `f`: done, and only then unlocked. @internal */
  end(): Op<void> {
    this.finished = true;
    return this.m.unlock();
  }
}
