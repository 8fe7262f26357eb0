/** gobuf as a scheduler under the kit, on either kind of body: `bun gobuf.ts generator`, `bun gobuf.ts native`. */

import pkg from "../../../package.json";
import { gobuf } from "../../../props/fidelity/gobuf.ts";
import { runGenerators } from "../../../props/fidelity/interp.ts";
import { NativeBodies } from "../../../props/fidelity/native.ts";
import { loadProbe } from "../../../props/fidelity/probe-library.ts";
import type { Runner } from "../../../props/fidelity/trace.ts";
import { ABILITIES, checkHello } from "../../src/sched/hello.ts";
import { serve } from "../../src/sched/serve.ts";

const kind = process.argv[2];
if (kind !== "generator" && kind !== "native") throw new Error(`expected generator or native, got ${kind}`);

function native(): Runner {
  const bodies = new NativeBodies(gobuf, loadProbe(gobuf.native.api));
  return (input, limits) => {
    const trace = bodies.run(input, limits);
    const faults = bodies.takeFaults();
    return faults.length === 0 ? trace : { ...trace, outcome: `error: ${faults.join("; ")}` };
  };
}

const run: Runner = kind === "native" ? native() : (input, limits) => runGenerators(gobuf, input, limits);
const name = `gobuf, ${kind} bodies`;
await serve(checkHello({ conform: 1, name, version: pkg.version, ops: ABILITIES, status: true, level: "L3" }), run);
