/** What native bodies and their libraries are refused for, each by a message that says what was expected. */
import { dlopen, JSCallback } from "bun:ffi";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import {
  Cond,
  chan,
  FatalError,
  go,
  gosched,
  Mutex,
  native,
  nilchan,
  Once,
  RWMutex,
  run,
  runSync,
  sleep,
  WaitGroup,
} from "gobuf";
import { currentAbi } from "../../scripts/abis/abis.ts";
import { compilerTest } from "../../scripts/abis/compiler.ts";
import { abiSkip } from "../../scripts/abis/skip.ts";
import { SELECT_PANIC, STATUS_OK, STATUS_PANIC } from "../../src/runtime/codes.ts";
import { libraryPath as corePath } from "../../src/runtime/ffi.ts";
import { libraryPath, openBodies, Work } from "./bodies.ts";

const { symbols } = openBodies();

/** The message of what a goroutine throws. */
function messageOf(f: () => unknown): string {
  return runSync(function* () {
    yield* gosched();
    try {
      f();
    } catch (error) {
      return `${(error as Error).name}: ${(error as Error).message}`;
    }
    return "nothing";
  });
}

describe("go.native refuses a body", () => {
  const callback = new JSCallback(() => {}, { args: ["ptr"], returns: "void" });
  const foreign = dlopen(libraryPath, { c_echo: native.body }).symbols.c_echo;
  const entries: [string, unknown, string][] = [
    ["null", 0, "TypeError: gobuf: go.native: the body's address is null"],
    [
      "a symbol with the address's bits as a double, as old Buns have it",
      Object.assign(function old() {}, { ptr: 6.9e-310 }),
      "TypeError: gobuf: go.native: old: its ptr, 6.9e-310, is no address of a function",
    ],
    ["null, as a BigInt", 0n, "TypeError: gobuf: go.native: the body's address is null"],
    ["no address", -8, "TypeError: gobuf: go.native: -8 is no address of a function"],
    ["a small number", 12, "TypeError: gobuf: go.native: 12 is no address of a function"],
    ["NaN", Number.NaN, "NaN is no address of a function"],
    ["too large", 2n ** 60n, "1152921504606846976 is no address of a function"],
    ["undefined", undefined, "expected a symbol of native.cc or native.dlopen, or an address, got undefined"],
    ["a generator function", function* main() {}, "main is a function of TypeScript: start it by go()"],
    ["a JSCallback", callback, "would enter JavaScript on the goroutine's own stack"],
    ["a symbol of another library", foreign, "is of a library that is not attached to gobuf: open it by native.dlopen"],
  ];
  test.each(entries)("%s", (_name, fn, message) => {
    expect(messageOf(() => go.native(fn as native.Body))).toContain(message);
  });

  test("outside a goroutine", () => {
    expect(() => go.native(symbols.c_echo)).toThrow("gobuf: go.native outside a goroutine");
  });

  test("of a library that was closed", () => {
    const library = openBodies();
    library.close();
    library.close();
    expect(messageOf(() => go.native(library.symbols.c_echo))).toBe(
      `Error: gobuf: go.native: the library ${libraryPath} is closed`,
    );
  });
});

describe("go.native refuses an argument", () => {
  test.each([
    ["text", "text", "expected a channel, callback, object of sync, typed array, or number"],
    ["an object", {}, "object as an argument: expected a channel"],
    ["a fraction", 1.5, "1.5 as an argument: expected an address or a whole number below 2^53"],
    ["a negative number", -1, "-1 as an argument"],
    ["a large BigInt", 2n ** 53n + 1n, "9007199254740993 as an argument"],
    ["a JSCallback", new JSCallback(() => {}, {}), "use native.callback"],
  ])("%s", (_name, arg, message) => {
    expect(messageOf(() => go.native(symbols.c_echo, arg as unknown as number))).toContain(message);
  });

  test("native.handle: what is no object of gobuf, and outside a goroutine", () => {
    expect(messageOf(() => native.handle({} as Mutex))).toContain(
      "TypeError: gobuf: native.handle: expected a channel, a callback, or an object of sync, got [object Object]",
    );
    expect(() => native.handle(new Mutex())).toThrow("gobuf: native.handle outside a goroutine");
  });
});

test("a handle that was let go names nothing, and the object may get another", async () => {
  let freed = 0;
  const failed = await run(function* () {
    const ch = chan<number>();
    expect(native.release(ch)).toBe(false);
    expect(native.release({} as Mutex)).toBe(false);
    const work = new Work({ in: ch });
    freed = native.handle(ch);
    expect(native.release(ch)).toBe(true);
    expect(native.handle(ch)).toBe(freed + 1);
    go.native(symbols.c_echo, work.bytes);
    yield* gosched();
    yield* gosched();
  }).catch((error: unknown) => error);
  expect((failed as FatalError).text).toBe(
    `goroutine 2: gobuf_recv on handle ${freed}: expected a Chan, found nothing`,
  );
});

test("bodies by an address, without an argument, with a nil channel", () => {
  runSync(function* () {
    const wg = new WaitGroup();
    const [to, from] = [chan<number>(), chan<number>()];
    wg.add(1);
    const work = new Work({ in: to, out: from, wg }, 1);
    expect(go.native(symbols.c_passer_address() as number, work.bytes)).toBe(2);
    yield* to.send(5);
    expect(yield* from.recv()).toBe(5);
    yield* wg.wait();
    expect(native.handle(nilchan)).toBe(0);
  });
});

test("the bytes of an argument are kept until the goroutine ends", () => {
  // In the suite's one process each takes tenths of a second.
  const COLLECTIONS = 4;
  runSync(function* () {
    const wg = new WaitGroup();
    wg.add(1);
    let weak: WeakRef<object> | undefined;
    let alive = 0;
    using callback = native.callback(() => {
      Bun.gc(true);
      if (weak?.deref() !== undefined) alive++;
    });
    (() => {
      const { bytes } = new Work({ wg, callback }, COLLECTIONS);
      weak = new WeakRef(bytes);
      go.native(symbols.c_caller, bytes);
    })();
    yield* wg.wait();
    expect(alive).toBe(COLLECTIONS);
  });
});

describe("every operation of gobuf.zig", () => {
  test("goroutines, channels, mutex, Cond, WaitGroup", () => {
    runSync(function* () {
      const m = new Mutex();
      const work = new Work({ in: chan(1), out: m, wg: new WaitGroup(), callback: new Cond(m) });
      go.native(symbols.zig_everything, work.bytes);
      yield* sleep(10);
      expect([work.done, work.sum, work.panics, work.last > 0]).toEqual([1, 5n, 0, true]);
    });
  });

  test("RWMutex, Once, a Cond's wait", () => {
    runSync(function* () {
      const m = new Mutex();
      const cond = new Cond(m);
      const work = new Work({ in: new RWMutex(), out: new Once(), wg: m, callback: cond });
      go.native(symbols.zig_locks, work.bytes);
      yield* sleep(10);
      expect([work.done, work.sum, work.last]).toEqual([1, 1n, 0]);
      cond.signal();
      yield* sleep(10);
      expect(work.last).toBe(1);
    });
  });
});

describe("a library is refused", () => {
  test("that lies nowhere", () => {
    expect(() => native.dlopen("no-such-library.so", {})).toThrow(/^gobuf: native\.dlopen: no-such-library\.so: /);
  });

  test("that has no GOBUF_RUNTIME", () => {
    expect(() => native.dlopen(corePath, {})).toThrow(
      /^gobuf: native\.dlopen: .*gobuf_attach.*: it lacks GOBUF_RUNTIME \(gobuf\.h\), or does not import gobuf\.zig$/s,
    );
  });

  test("while a goroutine of it exists, and not after", () => {
    const library = openBodies();
    runSync(function* () {
      const ch = chan<number>();
      go.native(library.symbols.c_echo, new Work({ in: ch, out: chan() }).bytes);
      yield* gosched();
      yield* gosched();
      expect(() => library.close()).toThrow(`gobuf: close: ${libraryPath}: native goroutine 2 still exists`);
      ch.close();
      yield* gosched();
      yield* gosched();
      library.close();
    });
  });
});

describe("of bun:ffi's compiler", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "gobuf-refusals-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function compile(text: string) {
    const source = join(folder, `body${Bun.hash(text)}.c`);
    writeFileSync(source, text);
    return native.cc({ source, symbols: { body: native.body } });
  }

  compilerTest("another version of gobuf.h: both are named", () => {
    const other = `#include "gobuf.h"
      #undef GOBUF_ABI_VERSION
      #define GOBUF_ABI_VERSION 77u
      GOBUF_RUNTIME
      void body(void *arg) {}`;
    expect(() => compile(other)).toThrow(
      /made with gobuf\.h of ABI version 77, but this is gobuf with version \d+: compile it again$/,
    );
  });

  compilerTest("no GOBUF_RUNTIME, and what does not compile", () => {
    expect(() => compile('#include "gobuf.h"\nvoid body(void *arg) {}')).toThrow("it lacks GOBUF_RUNTIME");
    expect(() => compile("void body(")).toThrow(/^gobuf: native\.cc: .*body\d+\.c: /);
  });

  compilerTest("a body that is there", () => {
    const library = compile(
      '#include "gobuf.h"\nGOBUF_RUNTIME void body(void *arg) { gobuf_close(gobuf_handle_of(arg)); }',
    );
    runSync(function* () {
      const ch = chan<number>();
      go.native(library.symbols.body, ch);
      expect(yield* ch.recvOk()).toEqual([undefined, false]);
    });
    library.close();
  });
});

test("an operation inside gobuf_systemstack ends the run, by name", async () => {
  const work: Work[] = [];
  const failed = await run(function* () {
    work.push(new Work({ out: chan<number>(1) }));
    go.native(symbols.c_on_g0, (work[0] as Work).bytes);
    yield* gosched();
    yield* gosched();
  }).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(FatalError);
  expect((failed as FatalError).text).toBe(
    "goroutine 2 called an operation of gobuf.h inside gobuf_systemstack: on g0's stack only gobuf_call may be called",
  );
  expect(work[0]?.done).toBe(0);
  // The thread is none the worse.
  expect(runSync(function* () {})).toBeUndefined();
});

describe("what nothing can resume says what it was, and the process ends", () => {
  const crash = join(import.meta.dir, "crash.ts");
  async function crashed(what: string): Promise<{ code: number; out: string; err: string }> {
    const child = Bun.spawn([process.execPath, crash, what], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
    const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    return { code, out, err };
  }

  const aborts = abiSkip("windows", "nothing tells of an abort there");
  aborts(
    "JavaScript entered on the goroutine's own stack",
    async () => {
      const { code, out, err } = await crashed("raw");
      // JavaScriptCore sees it sooner or later, by its processor.
      expect(err).toMatch(
        /gobuf: goroutine 2, body 0x[0-9a-f]+, (aborted|faulted) \(SIG\w+\) on its own stack at pc 0x[0-9a-f]+(, address 0x[0-9a-f]+)?\. If it entered JavaScript there: native bodies call back by gobuf_call, with a handle of native\.callback\n/,
      );
      expect(out).not.toContain("still there");
      expect(out).not.toContain("JavaScript ran");
      expect(code).not.toBe(0);
    },
    30_000,
  );

  test("an operation in C that a callback calls", async () => {
    const { code, out, err } = await crashed("callback");
    expect(err).toContain("gobuf: goroutine 2 called an operation of gobuf.h within a callback, on g0's stack\n");
    expect(out).not.toContain("still there");
    expect(code).not.toBe(0);
  }, 30_000);

  test("an operation outside a goroutine", async () => {
    const { code, out, err } = await crashed("outside");
    expect(err).toContain("gobuf: an operation of gobuf.h was called outside a goroutine\n");
    expect(out).not.toContain("still there");
    expect(code).not.toBe(0);
  }, 30_000);

  aborts(
    "any other fault of a body",
    async () => {
      const { code, out, err } = await crashed("fault");
      expect(err).toContain(
        "gobuf: goroutine 2, body 0xdeadb000, faulted (SIGSEGV) on its own stack at pc 0xdeadb000, address 0xdeadb000.",
      );
      expect(err).not.toContain("gobuf_systemstack");
      expect(out).not.toContain("still there");
      expect(code).not.toBe(0);
    },
    30_000,
  );

  const x64 = process.arch === "x64";
  const signals: [string, string, string, number][] = [
    ["null", "fault 0", "SIGSEGV) on its own stack at pc 0x%, address 0x8.", 139],
    ["an address of nobody's", "fault 4 3735928559", "SIGSEGV) on its own stack at pc 0x%, address 0xdeadbeef.", 139],
    ["a page behind a file's end", "fault 4 beyond", "SIGBUS) on its own stack at pc 0x%, address 0x%.", 135],
    ["what is no instruction", "fault 2", "SIGILL) on its own stack at pc 0x%.", 132],
    ["a breakpoint", "fault 3", "SIGTRAP) on its own stack at pc 0x%.", 133],
    ...(x64
      ? [["a division by zero", "fault 1", "SIGFPE) on its own stack at pc 0x%.", 136] as (typeof signals)[0]]
      : []),
  ];
  const posix = process.platform === "linux" && currentAbi() === undefined ? test : test.skip;
  posix.each(signals)(
    "F38: %s: the goroutine, its body, the address and pc, and the signal goes on",
    async (_name, what, message, ends) => {
      const { code, out, err } = await crashed(what);
      const pattern = message.replace(/[.)]/g, "\\$&").replaceAll("%", "[0-9a-f]+");
      expect(err).toMatch(new RegExp(`gobuf: goroutine 2, body 0x[0-9a-f]+, faulted \\(${pattern}`));
      expect(err.match(/gobuf: goroutine/g)?.length).toBe(1);
      expect(out).not.toContain("still there");
      expect(code).toBe(ends);
    },
    30_000,
  );

  test("a fault of nobody's: nothing is said of gobuf", async () => {
    const { code, out, err } = await crashed("nobody");
    expect(err).not.toContain("gobuf: ");
    expect(out).not.toContain("still there");
    expect(code).not.toBe(0);
  }, 30_000);
});

/** What a run ends with that starts a body. */
async function endOf(body: native.Body, work: () => Work): Promise<string> {
  try {
    await run(function* () {
      go.native(body, work().bytes);
      for (let n = 0; n < 3; n++) yield* gosched();
    });
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
  return "nothing";
}

describe("F41: operands that are not there or not legal are refused by name", () => {
  test.each([1, 2, 64])("gobuf_select of %i cases that are null", async (count) => {
    expect(await endOf(symbols.c_selects_null, () => new Work({}, count))).toContain(
      "gobuf_select: its cases are null, and their number is not 0",
    );
  });

  test("a select without cases needs none", async () => {
    expect(await endOf(symbols.c_selects_null, () => new Work({}, 0))).toBe("nothing");
  });

  test.each([0, 3, 7, 2 ** 32 - 1])("direction %i", async (dir) => {
    expect(await endOf(symbols.c_selects_askew, () => new Work({ in: chan(1) }, dir))).toContain(
      `gobuf_select: case 0 has direction ${dir}: expected GOBUF_SEND or GOBUF_RECV`,
    );
  });

  test.each([0, 24, 27, 63, 255])("trap %i, which no body may send", async (code) => {
    expect(await endOf(symbols.c_traps, () => new Work({}, code))).toMatch(
      /goroutine 2: .*trap \d+: no such operation/,
    );
  });

  test.each([0xffffff01, 0xffffff02, 0xffffff03, 0xffffff04, 0xffffff05, 0xffffff07, 0xffffffff])(
    "trap %i, which is an answer of execute",
    async (code) => {
      expect(await endOf(symbols.c_traps, () => new Work({}, code))).toContain(
        `goroutine 2: trap 0x${code.toString(16)}: no such operation`,
      );
    },
  );

  test("an embedder's trap without an embedder", async () => {
    expect(await endOf(symbols.c_traps, () => new Work({}, 256))).toContain("no handler of such traps is set");
  });
});

describe("F28: results that only C sees are documented constants", () => {
  test("a select that panics gives GOBUF_SELECT_PANIC", () => {
    runSync(function* () {
      const closed = chan<number>(1);
      closed.close();
      const sends = 1;
      const work = new Work({ in: closed }, sends);
      go.native(symbols.c_selects_askew, work.bytes);
      yield* gosched();
      expect([work.done, work.last, work.panics]).toEqual([1, SELECT_PANIC, STATUS_PANIC]);
    });
  });

  test("a select with a ready case gives its index", () => {
    runSync(function* () {
      const work = new Work({ in: chan<number>(1) }, 1);
      go.native(symbols.c_selects_askew, work.bytes);
      yield* gosched();
      expect([work.done, work.last, work.panics]).toEqual([1, 0, STATUS_OK]);
    });
  });
});

const copied = abiSkip("windows", "wine does not load the copy of the library");

copied("F35: a library of bodies that another copy of gobuf has is refused by name", () => {
  const folder = mkdtempSync(join(tmpdir(), "gobuf-attached-"));
  try {
    const core = join(folder, `core${extname(corePath)}`);
    const bodies = join(folder, `bodies${extname(libraryPath)}`);
    copyFileSync(corePath, core);
    copyFileSync(libraryPath, bodies);
    const other = dlopen(core, { gobuf_api: { args: [], returns: "ptr" } }).symbols.gobuf_api();
    expect(dlopen(bodies, { gobuf_attach: { args: ["ptr"], returns: "u32" } }).symbols.gobuf_attach(other)).toBe(0);
    expect(() => native.dlopen(bodies, { c_echo: native.body })).toThrow(
      `gobuf: native.dlopen: ${bodies}: is attached to another copy of gobuf in this process`,
    );
    // The same runtime may attach as often as it likes.
    for (let n = 0; n < 2; n++) openBodies();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
