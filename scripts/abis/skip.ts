/** Tests that an emulator cannot run: skipped by name, with the reason, and so counted by Bun. */
import { test } from "bun:test";
import { type AbiName, currentAbi, type Env } from "./abis.ts";

/** A test as bun:test takes it. */
export type TestFunction = (name: string, body: () => void | Promise<unknown>, timeoutMs?: number) => void;

/**
 * `test`, or on the named ABIs one that skips.
 *
 * @example
 * const linked = abiSkip("windows", "wine 8 makes no symbolic links");
 * linked("a link is followed", () => { ... });
 *
 * @param abis where the tests cannot run
 * @param reason why the emulator cannot, which ends up in the test's name
 * @param env says which ABI this is
 * @param runs what takes its place where it is not skipped, e.g. `beside`
 */
export function abiSkip(
  abis: AbiName | readonly AbiName[],
  reason: string,
  env: Env = process.env,
  runs: TestFunction = test,
): TestFunction {
  const abi = currentAbi(env);
  const isSkipped = abi !== undefined && (typeof abis === "string" ? [abis] : abis).includes(abi.name);
  if (!isSkipped) return runs;
  return (name, body) => test.skip(`${name} (skipped on ${abi.title}: ${reason})`, body);
}
