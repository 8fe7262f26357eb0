/** Fault F24: two instances of the module on one thread: two copies with one library, and `bun --hot`. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compilerTest } from "../../scripts/abis/compiler.ts";
import { abiSkip } from "../../scripts/abis/skip.ts";
import { libraryPath } from "../../src/runtime/ffi.ts";
import { packageRoot } from "../../src/runtime/library.ts";

const folder = mkdtempSync(join(tmpdir(), "gobuf-instances-"));
const env = { ...process.env, GOBUF_LIBRARY: libraryPath };

beforeAll(() => {
  for (const copy of ["a", "b"]) cpSync(join(packageRoot, "src"), join(folder, copy, "src"), { recursive: true });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const HEAD = `import * as A from "./a/src/index.ts";
import * as B from "./b/src/index.ts";
`;

/** Runs a program with two copies, A and B, that have one library. @returns what it prints, by lines */
function two(name: string, program: string): string[] {
  const file = join(folder, `${name}.ts`);
  writeFileSync(file, HEAD + program);
  const { stdout, stderr, exitCode } = Bun.spawnSync([process.execPath, file], { env, stdout: "pipe", stderr: "pipe" });
  if (exitCode !== 0) throw new Error(`${name}: exit code ${exitCode}\n${stdout}${stderr}`);
  return stdout.toString().trim().split("\n");
}

/** Many goroutines that sleep, meet and end, and a sum that says whether all did. */
const WORK = `function* work(G) {
  const c = G.chan(), wg = new G.WaitGroup();
  let sum = 0;
  for (let i = 0; i < 50; i++) wg.go(function* () {
    for (let k = 0; k < 20; k++) { yield* G.sleep(0.1); yield* G.gosched(); yield* c.send(1); }
  });
  const read = G.chan();
  G.go(function* () {
    while ((yield* c.recvOk())[1]) sum++;
    yield* read.send(sum);
  });
  yield* wg.wait();
  c.close();
  return yield* read.recv();
}
`;

describe("F24: two copies with one library", () => {
  test("each has an M of its own, and their runs go on side by side", () => {
    const program = `${WORK}
      const { mid: a } = await import("./a/src/runtime/ffi.ts");
      const { mid: b } = await import("./b/src/runtime/ffi.ts");
      const runs = [A, B, A, B].map((G) => G.run(() => work(G)));
      console.log(a !== b, (await Promise.all(runs)).join(" "));`;
    expect(two("beside", program)).toEqual(["true 1000 1000 1000 1000"]);
  });

  test("one inside the other, and back", () => {
    const program = `${WORK}
      console.log(A.runSync(function* () {
        yield* A.gosched();
        const inner = B.runSync(function* () { return (yield* work(B)) + A.runSync(() => work(A)); });
        yield* A.gosched();
        return inner + (yield* work(A));
      }));`;
    expect(two("inside", program)).toEqual(["3000"]);
  });

  compilerTest("native bodies and callbacks: each calls its own copy's, which have the same handles", () => {
    writeFileSync(
      join(folder, "bodies.c"),
      `#include "gobuf.h"
      GOBUF_RUNTIME
      void caller(void *arg) {
        for (int i = 0; i < 50; i++) { gobuf_call(gobuf_handle_of(arg), 1); gobuf_gosched(); }
      }`,
    );
    cpSync(join(packageRoot, "arch", "include"), join(folder, "a", "arch", "include"), { recursive: true });
    cpSync(join(packageRoot, "arch", "include"), join(folder, "b", "arch", "include"), { recursive: true });
    const program = `
      const counts = { A: 0, B: 0 };
      function* main(G, name, inside) {
        const { symbols } = G.native.cc({ source: new URL("./bodies.c", import.meta.url), symbols: { caller: G.native.body } });
        using callback = G.native.callback((n) => {
          if (counts[name] === 0) inside?.();
          counts[name] += n;
        });
        for (let i = 0; i < 4; i++) G.go.native(symbols.caller, callback);
        while (G.numGoroutine() > 1) yield* G.gosched();
        return callback.handle;
      }
      const handles = await Promise.all([A.run(() => main(A, "A")), B.run(() => main(B, "B"))]);
      console.log(handles[0] === handles[1], counts.A, counts.B);
      counts.A = counts.B = 0;
      A.runSync(() => main(A, "A", () => B.runSync(() => main(B, "B"))));
      console.log(counts.A, counts.B);`;
    expect(two("native", program)).toEqual(["true 200 200", "200 200"]);
  });

  /** What a goroutine of A does with something of B, and how it is refused. */
  const REFUSED: Readonly<Record<string, [body: string, message: RegExp]>> = {
    "an operation": ["yield* B.gosched();", /^gobuf: gosched of another copy of gobuf: it is of the copy in .*b, .*a:/],
    "a receive": ["yield* B.chan().recv();", /^gobuf: recv of another copy of gobuf/],
    "a send": ["yield* B.chan(1).send(1);", /^gobuf: send of another copy of gobuf/],
    "a lock": ["const mu = new B.Mutex(); yield* mu.lock();", /^gobuf: Mutex.lock of another copy of gobuf/],
    "a WaitGroup": ["const wg = new B.WaitGroup(); wg.add(1); yield* wg.wait();", /of another copy of gobuf/],
    "a go statement": ["B.go(function* () {});", /^gobuf: go of another copy of gobuf/],
    "a case that receives": [
      "yield* A.select([A.recvCase(B.chan(1))]);",
      /^gobuf: recvCase: the channel is of another copy/,
    ],
    "a case that sends": [
      "yield* A.select([A.sendCase(B.chan(1), 1)]);",
      /^gobuf: sendCase: the channel is of another copy/,
    ],
    "a context": [
      "const [ctx] = B.context.withCancel(B.context.background()); A.context.withCancel(ctx);",
      /^gobuf: context.withCancel: the parent's done\(\): the channel is of another copy/,
    ],
    "a Cond's lock": ["const c = new A.Cond(new B.Mutex()); yield* c.wait();", /^gobuf: Mutex.unlock of another copy/],
  };

  test("what belongs to one is refused by the other, by name, and both go on", () => {
    const bodies = Object.entries(REFUSED).map(
      ([name, [body]]) => `${JSON.stringify(name)}: function* () { ${body} },`,
    );
    const program = `${WORK}
      const bodies = { ${bodies.join("\n")} };
      for (const [name, body] of Object.entries(bodies)) {
        try { await A.run(body); console.log(name, "is not refused"); } catch (error) { console.log(error.message); }
      }
      console.log(await A.run(() => work(A)), await B.run(() => work(B)));`;
    const lines = two("refused", program);
    Object.values(REFUSED).forEach(([, message], i) => {
      expect(lines[i]).toMatch(message);
    });
    expect(lines.slice(Object.keys(REFUSED).length)).toEqual(["1000 1000"]);
  });

  test("what is no channel at all is refused as such", () => {
    const program = `for (const c of [undefined, null, 1, {}, () => {}]) {
      for (const make of [A.recvCase, A.sendCase]) try { make(c); } catch (error) { console.log(error.message); } }`;
    const lines = two("nothing", program);
    expect(lines).toHaveLength(10);
    for (const line of lines) expect(line).toMatch(/^gobuf: (recv|send)Case: expected a channel, got /);
  });
});

const hot = abiSkip(["windows", "arm64"], "a changed file is noticed late, or not at all");
const HOT = `import { chan, go, run, sleep } from ${JSON.stringify(join(packageRoot, "src", "index.ts"))};
const version = VERSION;
globalThis.before?.();
run(function* main() {
  const c = chan();
  globalThis.before = () => {
    try { go(function* () {}); } catch (error) { console.log(version, "old go:", error.message.slice(0, 30)); }
    run(function* () {}).catch((error) => console.log(version, "old run:", error.name));
  };
  let left = 0;
  for (let i = 0; i < 200; i++) go(function* () {
    try { for (;;) { yield* sleep(1); yield* c.send(i); } } finally { if (++left === 200) console.log(version, "all are left"); }
  });
  for (let n = 0; n < 1000; n++) yield* c.recv();
  console.log(version, "goes");
  for (;;) yield* c.recv();
}).catch((error) => console.log(version, "ended:", error.name));
`;

hot(
  "F24: bun --hot with 200 goroutines, saved again: the old run ends, the new one goes on",
  async () => {
    const file = join(folder, "hot.ts");
    const save = (version: number) => writeFileSync(file, HOT.replace("VERSION", String(version)));
    save(1);
    const child = Bun.spawn([process.execPath, "--hot", "--no-clear-screen", file], {
      env,
      stdout: "pipe",
      stderr: "pipe",
    });
    try {
      let text = "";
      const decoder = new TextDecoder();
      for await (const chunk of child.stdout) {
        text += decoder.decode(chunk);
        const goes = [...text.matchAll(/^(\d) goes$/gm)].map(([, version]) => Number(version));
        if (goes.at(-1) === 3) break;
        if (chunk.length > 0 && text.endsWith("goes\n")) save((goes.at(-1) ?? 0) + 1);
      }
      for (const old of [1, 2]) {
        expect(text).toContain(`${old} all are left\n`);
        expect(text).toContain(`${old} ended: RunOverError\n`);
        expect(text).toContain(`${old} old run: RunOverError\n`);
        expect(text).toContain(`${old} old go: gobuf: this copy was loaded an`);
      }
      expect(text.trimEnd().endsWith("3 goes")).toBe(true);
    } finally {
      child.kill();
      await child.exited;
    }
    expect(await new Response(child.stderr).text()).not.toMatch(/error|panic|deadlock/i);
  },
  30_000,
);
