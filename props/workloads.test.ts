/** What must hold of every workload, on both kinds of body. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { type CaseInput, OP_NAMES, type Op } from "../golden/format.ts";
import { allgs } from "../src/runtime/g.ts";
import { readgstatus } from "../src/runtime/gstatus.ts";
import { Gidle, Grunnable, Grunning } from "../src/runtime/runtime2.ts";
import { caseInput, workload } from "./arbitraries/workload.ts";
import { check } from "./check.ts";
import { compareTraces, formatDivergence } from "./fidelity/compare.ts";
import { gobuf } from "./fidelity/gobuf.ts";
import { runGenerators } from "./fidelity/interp.ts";
import { checkHistory } from "./fidelity/legality.ts";
import { NativeBodies } from "./fidelity/native.ts";
import { loadProbe } from "./fidelity/probe-library.ts";
import { checkProgram } from "./fidelity/program.ts";
import { OPEN_LIMITS, type Trace } from "./fidelity/trace.ts";

/** Some take seconds, and more on a busy machine. */
setDefaultTimeout(60_000);

const native = new NativeBodies(gobuf, loadProbe(gobuf.native.api));
const generators = (input: CaseInput) => runGenerators(gobuf, input);
const natives = (input: CaseInput) => native.run(input, OPEN_LIMITS);
const FILE = "props/workloads.test.ts";

function expectSame(expected: Trace, got: Trace): void {
  const found = compareTraces(expected, got);
  if (found.length > 0) throw new Error(found.flatMap(formatDivergence).join("\n"));
}

function property(name: string, holds: (input: CaseInput) => void, runs = 300): void {
  test(name, () => check(FILE, name, caseInput(), holds, runs));
}

function namesIn(ops: readonly Op[], into: Set<string>): void {
  for (const op of ops) {
    into.add(op[0]);
    if (op[0] === "once") namesIn(op[2], into);
  }
}

test("the arbitrary covers every operation, and shrinks to a single one", () => {
  const names = new Set<string>();
  for (const w of fc.sample(workload(), { numRuns: 300, seed: 1 })) for (const body of w.bodies) namesIn(body, names);
  expect([...names].sort()).toEqual([...OP_NAMES].sort());
  const { counterexample } = fc.check(
    fc.property(workload(), (w) => !w.bodies.flat().some(([name]) => name === "wgwait")),
    { seed: 1 },
  );
  const [shrunk] = counterexample ?? [];
  expect(shrunk?.bodies.flat()).toEqual([["wgwait", 0]]);
});

property("every transition is legal, on generator bodies", (input) => {
  const { status, outcome } = generators(input);
  expect(checkHistory(status, outcome)).toBeUndefined();
});

property("native and generator bodies give the same trace, registers intact on both sides", (input) => {
  expectSame(generators(input), natives(input));
  expect(native.takeFaults()).toEqual([]);
});

property("the same seed gives the same trace, twice", (input) => {
  expectSame(generators(input), generators(input));
});

property("every program does what its operations say: order, values conserved for each channel", (input) => {
  expect(checkProgram(input.workload, generators(input).ops)).toBeUndefined();
});

/** Events "G.I OP ..." of a trace, split. */
function events(trace: Trace): { g: string; op: string; rest: string }[] {
  return trace.ops.flatMap((line) => {
    const found = /^(\d+)\.\d+ (\w+) ?(.*)$/.exec(line);
    return found ? [{ g: found[1] ?? "", op: found[2] ?? "", rest: found[3] ?? "" }] : [];
  });
}

describe("first in, first out", () => {
  const name = "one sender, one receiver, one channel: what comes out is what went in, in order";
  const sizes = fc.record({ n: fc.integer({ min: 1, max: 40 }), capacity: fc.nat(5), gosched: fc.array(fc.nat(39)) });
  test(name, () =>
    check(FILE, name, sizes, ({ n, capacity, gosched }) => {
      const main: Op[] = [["go", 1]];
      const sender: Op[] = [];
      for (let i = 0; i < n; i++) {
        main.push(["recv", 0]);
        if (gosched.includes(i)) main.push(["gosched"]);
        sender.push(["send", 0]);
      }
      const input = {
        name: "fifo",
        seed: 1,
        workload: {
          ...{ chans: [capacity], mutexes: 0, rwmutexes: 0, waitgroups: 0, conds: 0, onces: 0, join: false },
          bodies: [main, sender],
        },
      };
      for (const run of [generators, natives]) {
        const got = events(run(input)).filter(({ op }) => op === "recv");
        expect(got.map(({ rest }) => rest)).toEqual(Array.from({ length: n }, (_, i) => String(100 + i)));
      }
    }),
  );
});

test("a mutex has one holder: between lock and unlock nobody else locks", () => {
  const name = "mutual exclusion";
  const steps = fc.array(fc.array(fc.constantFrom("gosched", "sleep"), { maxLength: 3 }), {
    minLength: 2,
    maxLength: 6,
  });
  check(FILE, name, steps, (inside) => {
    const bodies: Op[][] = [inside.flatMap((_, i): Op[] => [["go", i + 1]])];
    for (const held of inside) {
      const middle = held.map((what): Op => (what === "sleep" ? ["sleep", 600] : ["gosched"]));
      // The channel is a critical section's own witness: both of its operations stand inside the lock.
      bodies.push([["lock", 0], ["send", 0], ...middle, ["recv", 0], ["unlock", 0]]);
    }
    const input = {
      name: "exclusion",
      seed: 1,
      workload: {
        ...{ chans: [1], mutexes: 1, rwmutexes: 0, waitgroups: 0, conds: 0, onces: 0, join: true },
        bodies,
      },
    };
    for (const run of [generators, natives]) {
      const trace = run(input);
      expect(trace.outcome).toBe("return");
      const inOrder = events(trace).filter(({ op }) => op === "send" || op === "recv");
      for (let i = 0; i < inOrder.length; i += 2) {
        expect([inOrder[i]?.op, inOrder[i + 1]?.op, inOrder[i + 1]?.g]).toEqual(["send", "recv", inOrder[i]?.g ?? ""]);
      }
      expect(inOrder).toHaveLength(2 * inside.length);
    }
  });
});

property("a verdict falls exactly when nothing can run and no timer is pending", (input) => {
  const trace = generators(input);
  // The world as it was left: after a verdict every goroutine waits, and none of them for a timer.
  const left = new Map<string, string>([["0", "running"]]);
  for (const line of trace.status) {
    const [g = "", edge = "", ...reason] = line.split(" ");
    left.set(g, [edge.split(">")[1], ...reason].join(" "));
  }
  const alive = [...left.values()].filter((s) => s !== "dead");
  if (trace.outcome === "return") expect(left.get("0")).toBe("running");
  else {
    expect(alive.filter((s) => !s.startsWith("waiting"))).toEqual([]);
    expect(alive).not.toContain("waiting sleep");
    expect(alive.length === 0).toBe(trace.outcome === "nogoroutines");
  }
});

property("no G is lost: at a verdict every G of the thread waits, is dead, or was never made", (input) => {
  const { outcome } = generators(input);
  if (outcome === "return") return;
  // One expectation for all: other tests of the process may have made thousands.
  expect(allgs().filter((gp) => [Gidle, Grunnable, Grunning].includes(readgstatus(gp)))).toEqual([]);
});

property("a WaitGroup lets through as many as waited, a Cond as many as it was told to", (input) => {
  const trace = generators(input);
  const waits = (reason: string) => trace.status.filter((line) => line.endsWith(`running>waiting ${reason}`)).length;
  const ended = (op: string) => events(trace).filter((e) => e.op === op).length;
  const still = (reason: string) => {
    const last = new Map<string, string>();
    for (const line of trace.status) last.set(line.split(" ", 1)[0] ?? "", line);
    return [...last.values()].filter((line) => line.endsWith(`running>waiting ${reason}`)).length;
  };
  // A goroutine that began to wait has ended its operation, still waits, or had been woken when main returned.
  const onTheWay = trace.outcome === "return" ? Number.POSITIVE_INFINITY : 0;
  const condWaits = waits("sync.Cond.Wait");
  expect(condWaits).toBeLessThanOrEqual(
    ended("condwait") + still("sync.Cond.Wait") + still("sync.Mutex.Lock") + onTheWay,
  );
  const broadcasts = ended("broadcast");
  if (broadcasts === 0) {
    expect(condWaits - still("sync.Cond.Wait")).toBeLessThanOrEqual(ended("signal"));
  }
  expect(waits("sync.WaitGroup.Wait")).toBeLessThanOrEqual(
    ended("wgwait") + still("sync.WaitGroup.Wait") + onTheWay + (input.workload.join ? 1 : 0),
  );
});

test("both directions: a trace with one event changed is not the same", () => {
  const [input] = fc.sample(caseInput(), { numRuns: 1, seed: 5 });
  if (input === undefined) throw new Error("no sample");
  const trace = generators(input);
  const status = [...trace.status, "1 waiting>running"];
  expect(() => expectSame(trace, { ...trace, status })).toThrow("waiting>running");
  expect(checkHistory(status, trace.outcome)).toBeDefined();
});
