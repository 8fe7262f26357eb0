/** Tests of what threads share: on Linux, which alone has it. */
import { test } from "bun:test";
import { abiSkip } from "../../scripts/abis/skip.ts";

type Body = () => void | Promise<unknown>;

/** A test that is skipped, by name, where threads share nothing, and where each takes too long. */
export function workersTest(name: string, body: Body): void {
  if (process.platform !== "linux") test.skip(`${name} (threads share nothing on ${process.platform})`, () => {});
  else abiSkip("arm64", "a thread takes seconds to start under qemu")(name, body as () => void);
}

/** One that qemu runs, too: enough to see the library's part at work there. */
export function anywhereTest(name: string, body: Body): void {
  if (process.platform === "linux") test(name, body as () => void);
  else test.skip(`${name} (threads share nothing on ${process.platform})`, () => {});
}
