/**
 * Go's crash programs (runtime/testdata/testprog), told for gobuf: each under the name it has there. A deferred function
 * is a `finally`, a recover a `catch`, and a panic a thrown PanicError; a Goexit on the way through is `goexit`.
 */
import {
  afterFunc,
  call,
  type Go,
  go,
  goexit,
  gosched,
  PanicError,
  type RunOptions,
  reportOf,
  run,
  select,
  sleep,
  WaitGroup,
} from "gobuf";
import { forever, textOf } from "./gotest.ts";

/** Takes a line that the program prints. */
export type Print = (line: string) => void;

/** What became of a program. */
export interface Outcome {
  /** What it printed, then its report: what Go writes, as one text. */
  readonly output: string;
  /** What the run rejected with; undefined when it did not. */
  readonly failure: unknown;
}

/** Go's panic. */
export function panic(text: string, cause?: unknown): never {
  throw cause === undefined ? new PanicError(text) : new PanicError(text, { cause });
}

/** Runs a main goroutine's body to its end. @param name of its function */
export async function runMain(name: string, main: (print: Print) => Go, options: RunOptions = {}): Promise<Outcome> {
  const lines: string[] = [];
  try {
    const body = Object.defineProperty(() => main((line) => lines.push(line)), "name", { value: name });
    await run(body, { clock: "fake", seed: 1, ...options });
  } catch (failure) {
    return { output: [...lines, reportOf(failure) ?? "(no report)"].join("\n"), failure };
  }
  return { output: lines.join("\n"), failure: undefined };
}

/** Runs one of {@link PROGRAMS} to its end. */
export function crash(name: string, options: RunOptions = {}): Promise<Outcome> {
  const program = PROGRAMS[name];
  if (program === undefined) throw new Error(`there is no program ${name}`);
  return runMain(name, program, options);
}

/** What prints itself by a function of the program's. */
class Printed {
  constructor(private readonly print: () => string) {}
  toString(): string {
    return this.print();
  }
}

// Go's report names the type of a value that cannot be printed.
class exampleError extends Printed {}
class exampleStringer extends Printed {}
class exampleCircleEndError extends Printed {}

function fails(value: unknown): never {
  throw value;
}

const multiLineError = () => fails("important multi-line\nerror message");
const multiLineStringer = () => fails("important multi-line\nstringer message");

/** The programs. */
export const PROGRAMS: Readonly<Record<string, (print: Print) => Go>> = {
  *SimpleDeadlock() {
    yield* select([]);
  },

  // A goroutine never leaves its thread: runtime.LockOSThread has nothing to do.
  *LockedDeadlock() {
    yield* select([]);
  },

  *LockedDeadlock2() {
    go(forever);
    yield* sleep(1);
    yield* select([]);
  },

  *GoexitDeadlock() {
    go(function* () {});
    go(function* () {});
    yield* goexit();
  },

  *RecursivePanic(print) {
    try {
      try {
        panic("bad");
      } catch (error) {
        panic(`wrap: ${textOf(error)}`);
      }
    } catch (error) {
      print(textOf(error));
    }
    panic("again");
  },

  *RecursivePanic2(print) {
    try {
      try {
        try {
          panic("first panic");
        } catch (error) {
          print(textOf(error));
        }
      } finally {
        panic("second panic");
      }
    } catch (error) {
      print(textOf(error));
    }
    panic("third panic");
  },

  *RecursivePanic3() {
    try {
      throw new PanicError("first panic");
    } finally {
      try {
        panic("second panic");
      } catch {}
    }
  },

  *RecursivePanic4() {
    try {
      panic("first panic");
    } catch (error) {
      panic("second panic", error);
    }
  },

  *RecursivePanic5(print) {
    function* three(): Go {
      try {
        try {
          panic("first panic");
        } catch (error) {
          print(textOf(error));
          panic("second panic", error);
        }
      } catch (error) {
        print(textOf(error));
      }
    }
    function* two(): Go {
      try {
        yield* three();
      } finally {
        yield* gosched();
      }
    }
    yield* two();
    panic("third panic");
  },

  *RepanickedPanic() {
    try {
      panic("message");
    } catch (error) {
      // Not useless here: Go's report tells of it.
      fails(error);
    }
  },

  *RepanickedMiddlePanic() {
    let inner: unknown;
    let middle: unknown;
    try {
      try {
        try {
          panic("inner");
        } catch (error) {
          inner = error;
          panic("middle", inner);
        }
      } catch (error) {
        middle = error;
        fails(middle);
      }
    } catch {
      panic("outer", middle);
    }
  },

  *RepanickedPanicSandwich() {
    let outer: unknown;
    try {
      try {
        panic("outer");
      } catch (error) {
        outer = error;
        panic("inner", outer);
      }
    } catch {
      fails(outer);
    }
  },

  *DoublePanicWithSameValue() {
    const e = new PanicError("message");
    try {
      throw e;
    } finally {
      fails(e);
    }
  },

  *GoexitExit(print) {
    print("t1");
    go(function* () {
      yield* sleep(1);
    });
    print("t2");
    new FinalizationRegistry(() => {}).register({}, 0);
    print("t3");
    Bun.gc(true);
    print("t4");
    yield* goexit();
  },

  *GoNil() {
    try {
      go(undefined as unknown as () => Go);
    } catch {}
    yield* select([]);
  },

  *MainGoroutineID() {
    throw "test";
  },

  *NoHelperGoroutines() {
    new FinalizationRegistry(() => {}).register({}, 0);
    afterFunc(3_600_000, () => {});
    panic("oops");
  },

  *GoexitInPanic() {
    go(function* () {
      try {
        panic("hello");
      } finally {
        yield* goexit();
      }
    });
    yield* goexit();
  },

  *SyscallInPanic(print) {
    throw new Printed(() => {
      print("1");
      print("2");
      return "3";
    });
  },

  *PanicAfterGoexit() {
    try {
      yield* goexit();
    } finally {
      panic("hello");
    }
  },

  *RecoveredPanicAfterGoexit(print) {
    try {
      yield* goexit();
    } finally {
      try {
        panic("hello");
      } catch {}
    }
    print("main goes on behind its goexit");
  },

  // Calls are `call`s: a frame of its own ends where its Goexit was caught, as a deferred function's recover cannot stop it.
  *RecoverBeforePanicAfterGoexit(print) {
    function* f(): Go {
      try {
        try {
          yield* goexit();
        } finally {
          panic("hello");
        }
      } catch {}
    }
    yield* call(f);
    yield* gosched();
    print("main goes on behind its goexit");
  },

  *RecoverBeforePanicAfterGoexit2(print) {
    function* f(depth: number): Go {
      if (depth > 0) {
        try {
          yield* call(f, depth - 1);
        } finally {
          yield* gosched();
        }
        return;
      }
      try {
        try {
          yield* goexit();
        } finally {
          panic("hello");
        }
      } catch {}
    }
    yield* call(f, 2);
    yield* gosched();
    print("main goes on behind its goexit");
  },

  *PanicTraceback() {
    function* pt2(): Go {
      try {
        panic("hello");
      } finally {
        panic("panic pt2");
      }
    }
    function* pt1(): Go {
      try {
        yield* pt2();
      } finally {
        panic("panic pt1");
      }
    }
    yield* pt1();
  },

  *PanicLoop() {
    throw new Printed(() => fails("double error"));
  },

  *PanicRace() {
    const wg = new WaitGroup();
    wg.add(1);
    go(function* () {
      try {
        panic("crash");
      } finally {
        wg.done();
        yield* gosched();
      }
    });
    yield* wg.wait();
  },

  *DoublePanic() {
    try {
      throw new Printed(() => "XXX");
    } finally {
      fails(new Printed(() => "YYY"));
    }
  },

  *ErrorPanic() {
    throw new Printed(multiLineError);
  },

  *StringerPanic() {
    throw new Printed(multiLineStringer);
  },

  *DoubleErrorPanic() {
    throw new Printed(() => fails(new exampleError(multiLineError)));
  },

  *DoubleStringerPanic() {
    throw new Printed(() => fails(new exampleStringer(multiLineStringer)));
  },

  *CircularPanic() {
    const end = new exampleCircleEndError(() => fails(start));
    const start: Printed = new Printed(() => fails(end));
    throw start;
  },

  *StringPanic() {
    throw "important multi-line\nstring message";
  },

  *NilPanic() {
    throw null;
  },
};
