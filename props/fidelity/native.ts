/** Runs a workload on native bodies: arch/probe's code on guarded stacks, the same scheduler above them. */
import type { CaseInput, Workload } from "../../golden/format.ts";
import type { Bodies } from "./context.ts";
import { decodeLog, decodeReports } from "./decode.ts";
import { encodeWorkload, type Handles } from "./encode.ts";
import { makeObjects, type Objects } from "./interp.ts";
import { FLAG_RECURSE, FLAG_REGISTERS, H, setWide, wide } from "./probe-buffer.ts";
import type { Probe } from "./probe-library.ts";
import { Recording } from "./recording.ts";
import type { HandleOf, Target } from "./target.ts";
import { type Trace, type TraceLimits, TraceOverflow } from "./trace.ts";

/** What the native side counted over all runs. */
export interface ProbeCounts {
  ops: number;
  registers: number;
  frames: number;
}

function handlesOf(objects: Objects, handleOf: HandleOf): Handles {
  return {
    chans: objects.chans.map(handleOf),
    mutexes: objects.mutexes.map(handleOf),
    rwmutexes: objects.rwmutexes.map(handleOf),
    waitgroups: objects.waitgroups.map(handleOf),
    conds: objects.conds.map(handleOf),
    condLocks: objects.conds.map((cond) => handleOf(cond.L)),
    onces: objects.onces.map(handleOf),
    join: objects.join === undefined ? 0 : handleOf(objects.join),
  };
}

/** Native bodies, with the register probe around every operation. */
export class NativeBodies implements Bodies {
  readonly kind = "native";
  readonly counts: ProbeCounts = { ops: 0, registers: 0, frames: 0 };
  private faults: string[] = [];

  constructor(
    private readonly target: Target,
    private readonly probe: Probe,
    /** What the probe does around each operation. */
    private readonly flags = FLAG_REGISTERS | FLAG_RECURSE,
  ) {}

  refuses({ timers }: Workload): string | undefined {
    return timers === undefined ? undefined : "native bodies have no operations on timers";
  }

  takeFaults(): string[] {
    const { faults } = this;
    this.faults = [];
    return faults;
  }

  readonly run = (input: CaseInput, limits: TraceLimits): Trace => {
    const { native, generator, waitReason } = this.target;
    const { workload, seed } = input;
    const recording = new Recording(waitReason, limits);
    let buffer: Uint32Array<ArrayBuffer> | undefined;
    const prepare = () => {
      const handles = handlesOf(makeObjects(generator, workload), native.handleOf);
      const machine = { regionM: native.region(0), regionG: native.region(1), m: native.m };
      buffer = encodeWorkload(workload, handles, machine, seed, this.flags, limits.opsMax);
      const block = buffer[H.blocks] as number;
      setWide(buffer, block, this.probe.address(buffer, 0));
      this.probe.bind(buffer);
      return { fn: this.probe.body, arg: this.probe.address(buffer, block) };
    };
    const trace = recording.finish(() => {
      native.setExecute(this.probe.execute);
      try {
        native.run(prepare, { seed, onTransition: (g, from, to) => recording.transition(g, from, to) });
      } finally {
        native.setExecute(null);
        this.probe.bind(null);
      }
      if (buffer !== undefined && buffer[H.logLost] !== 0) {
        throw new TraceOverflow(`more than ${buffer[H.logCapacity]} op events`);
      }
    });
    return buffer === undefined ? trace : this.collect(trace, buffer);
  };

  private collect(trace: Trace, buffer: Uint32Array): Trace {
    this.counts.ops += wide(buffer, H.opsRun);
    this.counts.registers += wide(buffer, H.registersCompared);
    this.counts.frames += wide(buffer, H.framesChecked);
    this.faults.push(...decodeReports(buffer, this.probe.registerName).map(({ text }) => text));
    const lost = buffer[H.reportLost] as number;
    if (lost > 0) this.faults.push(`... and ${lost} more mismatches`);
    return { ...trace, ops: decodeLog(buffer) };
  }
}
