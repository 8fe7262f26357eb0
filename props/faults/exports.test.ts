/** F21: every exported function, and every method that needs no more than its class, refuses bad values in words. */
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as gobuf from "gobuf";
import * as testing from "gobuf/testing";
import { takeForgotten } from "../../src/runtime/m.ts";

/** A string that names a file which may be written: trace.start takes it. */
const folder = mkdtempSync(join(tmpdir(), "gobuf-exports-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, "x");

const BAD: readonly (readonly [string, unknown])[] = [
  ["undefined", undefined],
  ["null", null],
  ["0", 0],
  ["a string", file],
  ["an object", {}],
  ["an async function", async () => {}],
  ["an arrow", () => 1],
  ["a promise", Promise.resolve(1)],
];

/** Not called: they end the process, the run or the goroutine by design, or programs do not construct them. */
const LEFT_OUT: readonly RegExp[] = [
  /^fatalpanic$/,
  /^goexit$/,
  /nlock(Now)?$/,
  /^Once\.(begin|end)$/,
  /^go$/,
  /^(Timer|Ticker)(\.|$)/,
  /Error$/,
  /^Goexit$/,
];

/** What Go's own panics say. */
const GOS: readonly RegExp[] = [
  /^cannot create context from nil parent$/,
  /^non-positive interval for /,
  /^sync: negative WaitGroup counter$/,
  /^semaphore: /,
  /^goroutine is not in a bubble$/,
];

interface Callee {
  readonly name: string;
  call(value: unknown): unknown;
}

type Any = (...args: unknown[]) => unknown;

/** The functions and methods of a module, those of its namespaces included. */
function* calleesOf(under: string, module: object): Generator<Callee, void, undefined> {
  for (const [key, value] of Object.entries(module)) {
    const name = under + key;
    if (Object.prototype.toString.call(value) === "[object Module]") yield* calleesOf(`${name}.`, value);
    if (typeof value !== "function") continue;
    if (!/^[A-Z]/.test(key)) yield { name, call: (v) => (value as Any)(v) };
    else {
      yield { name, call: (v) => Reflect.construct(value, [v]) };
      for (const [method, { value: f }] of Object.entries(Object.getOwnPropertyDescriptors(value.prototype))) {
        if (method === "constructor" || typeof f !== "function") continue;
        const call = (v: unknown) => (f as Any).call(Reflect.construct(value, []), v);
        yield { name: `${name}.${method}`, call };
      }
    }
  }
}

/** A service, which goes on until it is stopped. */
function isDisposable(made: unknown): made is AsyncDisposable {
  return typeof made === "object" && made !== null && Symbol.asyncDispose in made;
}

test("F21: no exported function answers a bad value in raw words", async () => {
  const callees = [...calleesOf("", gobuf), ...calleesOf("testing.", testing)];
  const called = callees.filter(({ name }) => !LEFT_OUT.some((out) => out.test(name)));
  expect(called.length).toBeGreaterThan(70);
  const complaints: string[] = [];
  const later: Promise<unknown>[] = [];
  let refused = 0;
  const judge = (name: string, what: string, error: unknown) => {
    refused++;
    const text = String(error instanceof Error ? error.message : error).split("\n")[0] ?? "";
    if (!text.startsWith("gobuf: ") && !GOS.some((go) => go.test(text))) complaints.push(`${name}(${what}): ${text}`);
  };
  await gobuf
    .run(function* main() {
      for (const { name, call } of called) {
        for (const [what, value] of BAD) {
          try {
            const made = call(value);
            if (made instanceof Promise) later.push(made.catch((error) => judge(name, what, error)));
            if (isDisposable(made)) later.push(Promise.resolve(made[Symbol.asyncDispose]()));
          } catch (error) {
            judge(name, what, error);
          }
          // What was made is not waited for.
          takeForgotten();
        }
      }
    })
    .catch((error) => complaints.push(`the run: ${error}`));
  await Promise.all(later);
  expect(complaints).toEqual([]);
  expect(refused).toBeGreaterThan(250);
});
