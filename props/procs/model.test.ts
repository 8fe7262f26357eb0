/** The model checker: small models hold, each listed fault is found, and a model that is wrong would be told of. */
import { expect } from "bun:test";
import { abiSkip } from "../../scripts/abis/skip.ts";
import { buildModel } from "./model.ts";

const host = abiSkip(["arm64", "musl", "windows"], "Zig builds the checker for the host");
const LINUX = process.platform === "linux";

function check(...models: string[]): { code: number; lines: string[] } {
  const { exitCode, stderr } = Bun.spawnSync([buildModel(), ...models], { stdout: "pipe", stderr: "pipe" });
  return { code: exitCode, lines: stderr.toString().trim().split("\n") };
}

host(
  "locks, run queues, a channel and blocking calls hold at every interleaving, and each fault in them is found",
  () => {
    if (!LINUX) return expect(process.platform).not.toBe("linux");
    const { code, lines } = check(
      "lock",
      "note",
      "runq: put",
      "runq: runnext",
      "chan: a buffer of one, two",
      "sema",
      "rwmutex: a reader, a writer",
      "mutex",
      "cond: one",
      "once: two",
      "syscall: a call that ends while",
      "syscall: one P, and no M",
    );
    expect({ code, wrong: lines.filter((line) => /NOT FOUND|by the choices|WRONG/.test(line)) }).toEqual({
      code: 0,
      wrong: [],
    });
    const last = /^model: (\d+) models, (\d+) states, (\d+) ends, (\d+) faults found: ok$/.exec(lines.at(-1) ?? "");
    const [models = 0, states = 0, ends = 0, faults = 0] = (last ?? []).slice(1).map(Number);
    expect({ models, faults }).toEqual({ models: 14, faults: 23 });
    expect(states).toBeGreaterThan(100_000);
    expect(ends).toBeGreaterThan(10_000);
  },
  // The first build of the checker takes longer than its run.
  240_000,
);

host(
  "a name that no model has is refused",
  () => {
    if (!LINUX) return expect(process.platform).not.toBe("linux");
    expect(check("nothing-is-called-so")).toEqual({
      code: 2,
      lines: ["model: no model begins so; without an argument all run"],
    });
  },
  240_000,
);
