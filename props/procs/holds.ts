/**
 * `bun test ./props/procs/holds.ts -t NAME`: each group of models holds. The steps of mutants of arch/procs
 * (props/mutants/procs.ts), of which each is to be found by one group; `bun run model` has all of it, and the faults.
 */
import { expect, test } from "bun:test";
import { buildModel } from "./model.ts";

/** Names of tests, and how the names of their models begin. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  lock: ["lock", "note"],
  runq: ["runq: put", "runq: runnext", "runq: a full ring"],
  park: ["park: two Ms", "park: main ends"],
  runnext: ["park: the same by runnext"],
  chan: ["chan: a buffer of one, two", "chan: a buffer of one", "chan: closed while"],
  sema: ["sema"],
  readers: ["rwmutex: a reader, a writer", "rwmutex: a reader, two"],
  cond: ["cond: one"],
  once: ["once: two"],
  attempts: ["mutex"],
};

for (const [name, models] of Object.entries(GROUPS)) {
  test(`${name}: the models hold`, () => {
    const { exitCode, stderr } = Bun.spawnSync([buildModel(), "--holds", ...models], { stderr: "pipe" });
    expect({
      exitCode,
      wrong: stderr
        .toString()
        .split("\n")
        .filter((line) => line.includes("by the choices")),
    }).toEqual({
      exitCode: 0,
      wrong: [],
    });
  }, 240_000);
}
