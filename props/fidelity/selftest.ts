/**
 * The probe looks at itself first: each register bit that it watches is broken on purpose and must be seen, by name, and
 * what a callee may change must not be. A probe that sees nothing would call every switch right.
 */
import { decodeReports } from "./decode.ts";
import { encodeWorkload, type Handles } from "./encode.ts";
import { FLAG_REGISTERS, H, setWide } from "./probe-buffer.ts";
import { EYES, type Probe } from "./probe-library.ts";
import type { TableCheck } from "./relation.ts";
import type { NativePort } from "./target.ts";

const NO_HANDLES: Handles = {
  chans: [],
  mutexes: [],
  rwmutexes: [],
  waitgroups: [],
  conds: [],
  condLocks: [],
  onces: [],
  join: 0,
};
const NO_WORKLOAD = {
  chans: [],
  mutexes: 0,
  rwmutexes: 0,
  waitgroups: 0,
  conds: 0,
  onces: 0,
  join: false,
  bodies: [[]],
};

/** Breaks what the probe watches, a thing at a time. */
export function selftest(probe: Probe, native: NativePort, seed: number): TableCheck {
  const machine = { regionM: native.region(0), regionG: native.region(1), m: native.m };
  const buffer = encodeWorkload(NO_WORKLOAD, NO_HANDLES, machine, seed, FLAG_REGISTERS, 1);
  setWide(buffer, buffer[H.blocks] as number, probe.address(buffer, 0));
  probe.bind(buffer);
  const faults: string[] = [];
  let checked = 0;
  for (const eye of EYES) {
    const count = probe.selftests(eye);
    checked += count + 1;
    if (count === 0) faults.push(`self-test: nothing to break before the probe's eye for ${eye}`);
    for (let k = 0; k < count; k++) {
      buffer[H.reportCount] = 0;
      const { mismatches, register, what } = probe.selftest(eye, k);
      if (mismatches !== 1) faults.push(`self-test: ${what}, changed once, is seen ${mismatches} times (${eye})`);
      const report = decodeReports(buffer, probe.registerName)[0];
      if (register !== undefined && report !== undefined && report.register !== register) {
        faults.push(`self-test: ${what} was changed and another register is named: ${report.text}`);
      }
    }
    buffer[H.reportCount] = 0;
    const seen = probe.selftestCallerSaved(eye);
    if (seen !== 0) faults.push(`self-test: ${seen} mismatches where only what a caller saves was changed (${eye})`);
  }
  probe.bind(null);
  return { checked, faults };
}
