/**
 * The kit on an ABI that an emulator runs (`bun run test:windows`, `test:arm64`, `test:musl`): its self-test names every fault
 * there, too. The driver was built before (scripts/abis/run.ts), for Zig runs on this machine's own ABI alone.
 */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { abisFolder, currentAbi } from "../scripts/abis/abis.ts";
import { driverPath } from "./build.ts";
import { type SelfTested, saidOf, selfTest } from "./selftest.ts";

/** A child process a fault, each slowed down by its emulator. */
const LIMIT_MS = 600_000;

const abi = currentAbi();
const why = "conform.test.ts has that of this machine's own";

/** What starts a driver on the ABI of this Bun. */
function command(): { readonly platform: SelfTested; readonly runner: readonly string[] } {
  if (abi?.name === "windows") return { platform: "windows-x64", runner: [] };
  if (abi?.name === "arm64")
    return { platform: "linux-arm64", runner: ["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu"] };
  const lib = join(abisFolder(), "musl", "lib");
  return { platform: "linux-x64-musl", runner: [join(lib, "ld-musl-x86_64.so.1"), "--library-path", lib] };
}

test.skipIf(abi === undefined)(
  `the driver's self-test on an emulated ABI (skipped elsewhere: ${why})`,
  async () => {
    const { platform, runner } = command();
    const child = Bun.spawn([...runner, driverPath(platform), "--self-test"], { stdout: "pipe", stderr: "pipe" });
    const [code, out, err] = await Promise.all([child.exited, child.stdout.text(), child.stderr.text()]);
    expect(saidOf(out), err).toEqual(selfTest(platform));
    expect(code).toBe(0);
  },
  LIMIT_MS,
);
