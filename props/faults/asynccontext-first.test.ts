/** Fault F25: a goroutine, or code beside it, is the first of the process to enter a context of an AsyncLocalStorage. */
import { describe, expect, test } from "bun:test";
import { packageRoot } from "../../src/runtime/library.ts";

/** Runs a program in a process where nothing has used AsyncLocalStorage. @returns what it prints */
function fresh(program: string): string {
  const head = `import { AsyncLocalStorage } from "node:async_hooks";
import "gobuf";
import { chan, go, gosched, run, runSync, sleep, start, WaitGroup } from "gobuf";
const als = new AsyncLocalStorage(); const store = () => als.getStore() ?? "none"; const seen = [];`;
  const { stdout, stderr, exitCode } = Bun.spawnSync(
    [process.execPath, "-e", `${head}\n${program}\nconsole.log(seen.join(" "), "ambient", store());`],
    { cwd: packageRoot, stdout: "pipe", stderr: "pipe" },
  );
  expect(stderr.toString()).toBe("");
  expect(exitCode).toBe(0);
  return stdout.toString().trim();
}

/** Goroutines beside one that is the first to enter a context, and what all see. */
const BESIDE = `function* beside(name) { for (let i = 0; i < 3; i++) { yield* gosched(); seen.push(name + ":" + store()); } }`;

describe("F25: a goroutine enters the first context of the process", () => {
  test.each([
    ["run", "await run(main);"],
    ["run with a fake clock", "await run(main, { clock: 'fake' });"],
    ["runSync", "runSync(main);"],
    ["spawn", "const s = start(); await s.spawn(main); await s.stop();"],
    ["runSync in runSync", "runSync(function* () { yield* gosched(); runSync(main); yield* gosched(); });"],
    ["runSync in run", "await run(function* () { yield* gosched(); runSync(main); yield* gosched(); });"],
  ])("by enterWith in %s: it alone keeps it", (_, how) => {
    // It computes until the monitor has told several times that the slice around it is over.
    const main = `function* main() {
      go(beside, "x");
      yield* gosched();
      als.enterWith("mine");
      for (const end = performance.now() + 20; performance.now() < end;);
      go(beside, "y");
      seen.push(store());
      for (let i = 0; i < 5; i++) yield* gosched();
      seen.push(store());
    }`;
    const words = fresh(`${BESIDE}\n${main}\n${how}`).split(" ");
    expect(words.slice(-2)).toEqual(["ambient", "none"]);
    expect(words.filter((word) => word === "mine")).toHaveLength(2);
    expect(words.filter((word) => word === "x:none")).toHaveLength(3);
    expect(words.filter((word) => word === "y:mine")).toHaveLength(3);
  });

  test("in main's first turn", () => {
    const program = `await run(function* () { als.enterWith("mine"); yield* sleep(1); seen.push(store()); });`;
    expect(fresh(program)).toBe("mine ambient none");
  });

  test("in a runSync inside, and then in the goroutine around it, in one turn", () => {
    const program = `${BESIDE}
      runSync(function* () {
        go(beside, "x");
        yield* gosched();
        runSync(function* () { als.enterWith("inner"); yield* gosched(); seen.push(store()); });
        als.enterWith("outer");
        for (let i = 0; i < 4; i++) yield* gosched();
        seen.push(store());
      });`;
    const words = fresh(program).split(" ");
    expect(words.slice(-2)).toEqual(["ambient", "none"]);
    expect(words.filter((word) => word === "x:none")).toHaveLength(3);
    expect(words.slice(0, -2).filter((word) => !word.startsWith("x:"))).toEqual(["inner", "outer"]);
  });

  test("by run: goroutines started in its callback have it", () => {
    const program = `await run(function* () {
        const c = chan();
        als.run("mine", () => go(function* () { yield* gosched(); yield* c.send(store()); }));
        seen.push(store(), yield* c.recv(), store());
      });`;
    expect(fresh(program)).toBe("none mine none ambient none");
  });

  test("by an event handler, beside goroutines that run", () => {
    const program = `await run(function* () {
        setTimeout(() => als.enterWith("handler's"), 1);
        const wg = new WaitGroup();
        wg.go(function* () { yield* sleep(5); seen.push(store()); });
        yield* wg.wait();
        seen.push(store());
      });`;
    expect(fresh(program)).toBe("none none ambient none");
  });

  test("by OpenTelemetry's own means: a method that is kept from before, a subclass, another patch", () => {
    const program = `
      class Sub extends AsyncLocalStorage { run(...args) { return super.run(...args); } }
      const sub = new Sub();
      const before = AsyncLocalStorage.prototype.run;
      const patched = function (...args) { return before.apply(this, args); };
      AsyncLocalStorage.prototype.run = patched;
      const s = start();
      seen.push(await sub.run("sub", () => s.spawn(function* () { yield* sleep(1); return sub.getStore(); })));
      seen.push(await before.call(als, "kept", () => s.spawn(function* () { yield* sleep(1); return store(); })));
      seen.push(AsyncLocalStorage.prototype.run === patched);
      await s.stop();`;
    expect(fresh(program)).toBe("sub kept true ambient none");
  });
});

test("F25: the methods of AsyncLocalStorage are its own again once a context was entered", () => {
  const program = `
    const run0 = AsyncLocalStorage.prototype.run;
    als.run("A", () => {});
    seen.push(AsyncLocalStorage.prototype.run !== run0, AsyncLocalStorage.prototype.run.name);
    seen.push(AsyncLocalStorage.prototype.enterWith.name, Object.keys(AsyncLocalStorage.prototype).length);`;
  expect(fresh(program)).toBe("true run enterWith 0 ambient none");
});
