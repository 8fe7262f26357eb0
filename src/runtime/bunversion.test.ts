/** A Bun that is too old is refused by name when gobuf is loaded, and before it loads its library; a newer one is not. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BUN_LEAST, checkBun } from "./bunversion.ts";
import { packageRoot } from "./library.ts";

test.each(["1.4.4", "1.4.5", "1.4.10", "1.5.0-canary.20261130.1", "2.0.0", "1.10.0", "1.4.4+abc"])(
  "%s will do",
  (version) => {
    expect(() => checkBun(version)).not.toThrow();
  },
);

test.each(["1.4.3", "1.3.99", "0.9.9", "1.4.4-canary.20261001.1"])("%s is refused by name", (version) => {
  expect(() => checkBun(version)).toThrow(`gobuf: Bun ${version} is too old; expected Bun 1.4.4 or newer`);
});

test.each([undefined, "", "1.4", "canary"])("%p is no version of Bun", (version) => {
  expect(() => checkBun(version)).toThrow(`gobuf: this is no Bun (its version is ${version}); expected Bun 1.4.4`);
});

/** Loads gobuf in a process whose Bun says another version; its library is one that is not there. */
function load(version: string) {
  const script =
    `Object.defineProperty(process.versions, "bun", { value: ${JSON.stringify(version)} });` +
    `await import(${JSON.stringify(join(packageRoot, "src", "index.ts"))});`;
  const { exitCode, stderr } = Bun.spawnSync([process.execPath, "-e", script], {
    env: { ...process.env, GOBUF_LIBRARY: join(packageRoot, "nothing.so") },
    stderr: "pipe",
  });
  return { exitCode, err: stderr.toString() };
}

test("loading gobuf asks for the version first", () => {
  const old = load("1.4.3");
  expect(old.err).toContain("gobuf: Bun 1.4.3 is too old; expected Bun 1.4.4 or newer");
  expect(old.err).not.toContain("nothing.so");
  expect(old.exitCode).not.toBe(0);
  // the other direction: one that will do comes to the library
  expect(load("1.4.4").err).toMatch(/gobuf: no library at .*nothing\.so/);
});

test("the package asks for the same", () => {
  const { engines } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as {
    engines: { bun: string };
  };
  expect(engines.bun).toBe(`>=${BUN_LEAST}`);
});
