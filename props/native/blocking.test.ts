/** native.blocking: C functions on threads of their own, awaited or by yield*; what is passed, what is refused, and their end. */

import { dlopen, type Pointer, toArrayBuffer } from "bun:ffi";
import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { go, native, run, sleep, WaitGroup, wait } from "gobuf";
import { BLOCKING_THREADS, blockingStats, terminateBlocking } from "../../src/native/blockingpool.ts";
import { addressOf } from "../../src/runtime/ffi.ts";
import { hostPlatform, libraryFile, packageRoot } from "../../src/runtime/library.ts";

/** Whether the probe's functions can block: by a call of Linux. */
const BLOCKS = process.platform === "linux";
const path = join(packageRoot, "zig-out", "lib", hostPlatform(), libraryFile("gobuf_probe", hostPlatform()));
const { symbols } = dlopen(path, {
  plain_block: { args: ["u64", "u64"], returns: "u64" },
  plain_wait: { args: ["ptr"], returns: "void" },
  plain_sum: { args: ["i8", "u8", "i16", "u16", "i32", "u32", "f32", "f64"], returns: "f64" },
  plain_sum64: { args: ["i64", "u64", "bool"], returns: "i64" },
  plain_not: { args: ["bool"], returns: "bool" },
  plain_low: { args: ["i32"], returns: "i8" },
  plain_bytes: { args: ["ptr", "u32"], returns: "ptr" },
});

const block = native.blocking(symbols.plain_block, { args: ["u64", "u64"], returns: "u64", name: "block" });
const waits = native.blocking(symbols.plain_wait, { args: ["ptr"], name: "waits" });

afterAll(terminateBlocking);

describe("what is passed, and what comes back", () => {
  test("numbers of each type", async () => {
    const sum = native.blocking(symbols.plain_sum, {
      args: ["i8", "u8", "i16", "u16", "i32", "u32", "f32", "f64"],
      returns: "f64",
    });
    expect(await sum(-128, 255, -32768, 65535, -(2 ** 31), 2 ** 32 - 1, 0.5, 0.25)).toBe(
      -128 + 255 - 32768 + 65535 - 2 ** 31 + 2 ** 32 - 1 + 0.75,
    );
    const wide = native.blocking(symbols.plain_sum64, { args: ["i64", "u64", "bool"], returns: "i64" });
    expect(await wide(-(2n ** 63n), 0, false)).toBe(-(2n ** 63n));
    expect(await wide(2 ** 40, 5n, true)).toBe(-(2n ** 40n) - 5n);
    expect(await native.blocking(symbols.plain_not, { args: ["bool"], returns: "bool" })(true)).toBe(false);
    expect(await native.blocking(symbols.plain_low, { args: ["i32"], returns: "i8" })(511)).toBe(-1);
    expect(await block(0, 2n ** 64n - 1n)).toBe(2n ** 64n - 1n);
  });

  test("bytes are read and written where they are; an address comes back, or null", async () => {
    const adds = native.blocking(symbols.plain_bytes, { args: ["ptr", "u32"], returns: "ptr" });
    // A small array, whose bytes move when its buffer is asked for.
    const bytes = new Uint8Array([1, 2, 255]);
    const address = await adds(bytes, 3);
    expect([...bytes]).toEqual([2, 3, 0]);
    expect(address).toBe(addressOf(bytes) as number);
    expect(await adds(address, 3)).toBe(address);
    expect(await adds(BigInt(address as number), 1)).toBe(address);
    expect([...bytes]).toEqual([4, 4, 1]);
    expect(await adds(bytes.buffer, 1)).toBe(address);
    expect([await adds(null, 0), await adds(0, 0), await adds(new Uint8Array(0), 0)]).toEqual([null, null, null]);
  });

  test("a function by its address, and one that returns nothing", async () => {
    const by = native.blocking(Number((symbols.plain_wait as unknown as { ptr: number }).ptr), { args: ["ptr"] });
    expect(await by(new Uint32Array([1]))).toBeUndefined();
  });
});

describe("what is refused", () => {
  const refused: [what: string, make: () => unknown, message: string][] = [
    ["no function", () => native.blocking(null as never), "blocking: expected a function of a library"],
    [
      "a function of JavaScript",
      () => native.blocking((() => {}) as never),
      "blocking: expected a function of a library",
    ],
    ["an address of 0", () => native.blocking(0), "blocking: expected a function of a library"],
    ["no signature", () => native.blocking(4096, null as never), "blocking: expected an object of options"],
    ["another option", () => native.blocking(4096, { arg: [] } as never), 'blocking: unknown option "arg"'],
    [
      "types that are no list",
      () => native.blocking(4096, { args: "i32" as never }),
      "blocking: args: expected an array",
    ],
    ["another type", () => native.blocking(4096, { args: ["int"] as never }), "blocking: args: expected i8, u8"],
    ["void as an argument", () => native.blocking(4096, { args: ["void"] as never }), "blocking: args: expected i8"],
    ["another result", () => native.blocking(4096, { returns: "int" as never }), "blocking: returns: expected i8"],
    ["a name that is none", () => native.blocking(4096, { name: 1 as never }), "blocking: name: expected a string"],
    ["too few arguments", () => (block as never as () => void)(), "block: expected 2 arguments, got 0"],
    [
      "a fraction",
      () => block(1.5, 0),
      "block: argument 1: expected an integer of 0 to 18446744073709551615 (u64), got 1.5",
    ],
    [
      "a negative one",
      () => block(0, -1n),
      "block: argument 2: expected an integer of 0 to 18446744073709551615 (u64), got -1n",
    ],
    [
      "a bigint for 32 bits",
      () => native.blocking(4096, { args: ["i32"], name: "f" })(1n as never),
      "f: argument 1: expected",
    ],
    [
      "a string for a pointer",
      () => waits("x" as never),
      'waits: argument 1: expected bytes, an address, or null (ptr), got "x"',
    ],
    [
      "a number for a bool",
      () => native.blocking(4096, { args: ["bool"], name: "f" })(1 as never),
      "f: argument 1: expected a boolean",
    ],
    [
      "a string for a double",
      () => native.blocking(4096, { args: ["f64"], name: "f" })("1" as never),
      "f: argument 1: expected a number (f64)",
    ],
  ];
  for (const [what, make, message] of refused) test(what, () => expect(make).toThrow(`gobuf: ${message}`));

  test("an integer out of range is a RangeError, another value a TypeError", () => {
    expect(() => block(0, 2n ** 64n)).toThrow(RangeError);
    expect(() => block(0, "1" as never)).toThrow(TypeError);
  });
});

describe.skipIf(!BLOCKS)("calls that block (the probe does so on Linux)", () => {
  test("ordinary code goes on, and so do goroutines", async () => {
    const word = new Uint32Array(1);
    void word.buffer;
    const call = waits(word);
    const got = await run(function* () {
      const wg = new WaitGroup();
      let turns = 0;
      wg.go(function* () {
        for (; turns < 10; turns++) yield* sleep(1);
      });
      yield* wg.wait();
      return turns;
    });
    expect(got).toBe(10);
    expect(blockingStats().busy).toBe(1);
    word[0] = 1;
    expect(await call).toBeUndefined();
  });

  test("a goroutine waits by yield*, and the run is no deadlock meanwhile", async () => {
    const got = await run(function* () {
      const wg = new WaitGroup();
      const words: bigint[] = [];
      for (let i = 0; i < 3; i++) {
        wg.go(function* () {
          words.push(yield* block(20_000_000, i));
        });
      }
      yield* wg.wait();
      return words.toSorted();
    });
    expect(got).toEqual([0n, 1n, 2n]);
  });

  test("wait takes it as any other promise", async () => {
    expect(
      await run(function* () {
        return yield* wait(block(1000, 7));
      }),
    ).toBe(7n);
  });

  test("no more threads than there may be; further calls wait, and each has its result", async () => {
    const word = new Uint32Array(1);
    void word.buffer;
    const held = Array.from({ length: BLOCKING_THREADS }, () => waits(word));
    const more = Array.from({ length: 5 }, (_, i) => block(0, i));
    const { threads, busy, waiting } = blockingStats();
    expect({ busy, waiting }).toEqual({ busy: BLOCKING_THREADS, waiting: 5 });
    expect(threads).toBe(BLOCKING_THREADS);
    word[0] = 1;
    expect(await Promise.all(more)).toEqual([0n, 1n, 2n, 3n, 4n]);
    await Promise.all(held);
    expect(blockingStats().busy).toBe(0);
  });

  test("bytes live as long as their call, when nobody else has them", async () => {
    const kept: WeakRef<Uint32Array>[] = [];
    const addresses: number[] = [];
    const begin = () => {
      const word = new Uint32Array(1);
      addresses.push(addressOf(word));
      kept.push(new WeakRef(word));
      return waits(word);
    };
    // More than threads: those that wait for one have bytes, too.
    const calls = Array.from({ length: 2 * BLOCKING_THREADS }, begin);
    for (let i = 0; i < 4; i++) {
      await new Promise((resolve) => setImmediate(resolve));
      Bun.gc(true);
    }
    expect(kept.filter((ref) => ref.deref() === undefined).length).toBe(0);
    for (const address of addresses) new Uint32Array(toArrayBuffer(address as Pointer, 0, 4))[0] = 1;
    await Promise.all(calls);
  });

  test("a run that ends first leaves the call, whose promise is kept", async () => {
    const word = new Uint32Array(1);
    void word.buffer;
    let call: native.BlockingCall<undefined> | undefined;
    await run(function* () {
      go(function* () {
        call = waits(word);
        yield* call;
        throw new Error("a goroutine of a run that is over went on");
      });
      yield* sleep(1);
    });
    word[0] = 1;
    expect(await call).toBeUndefined();
  });

  test("a thread that ends in a call fails that one, and the next have another", async () => {
    const word = new Uint32Array(1);
    void word.buffer;
    const call = waits(word);
    const ended = terminateBlocking();
    word[0] = 1;
    await expect(call).rejects.toThrow("gobuf: blocking: waits: its thread has ended");
    await ended;
    expect(await block(0, 1)).toBe(1n);
  });

  test("threads without a call end after a while", async () => {
    await block(0, 1);
    expect(blockingStats().threads).toBeGreaterThan(0);
    while (blockingStats().threads > 0) await Bun.sleep(20);
    expect(await block(0, 2)).toBe(2n);
  });

  test("outside of a goroutine yield* is refused", async () => {
    const call = block(0, 1);
    expect(() => call[Symbol.iterator]()).toThrow("block");
    await call;
  });
});

describe("the end of a process and of a Worker", () => {
  const program = join(import.meta.dir, "blocking-program.ts");

  test("a process stays alive while a call is under way, and ends then", async () => {
    const child = Bun.spawn([process.execPath, program], { stdout: "pipe", stderr: "inherit" });
    expect(await new Response(child.stdout).text()).toBe("7\n");
    expect(await child.exited).toBe(0);
  });

  test.skipIf(!BLOCKS)("a Worker that is terminated waits for its call", async () => {
    const word = new Uint32Array(1);
    void word.buffer;
    const worker = new Worker(program);
    const begun = new Promise((resolve) => worker.addEventListener("message", resolve, { once: true }));
    worker.postMessage(addressOf(word) as number);
    await begun;
    const closed = new Promise((resolve) => worker.addEventListener("close", resolve, { once: true }));
    worker.terminate();
    word[0] = 1;
    await closed;
  });
});
