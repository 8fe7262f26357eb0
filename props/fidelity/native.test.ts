/** The native side of fidelity: what the probe sees comes out, and it does look: at registers, at frames, at any depth. */
import { expect, test } from "bun:test";
import { generate } from "../../golden/generate.ts";
import { gobuf } from "./gobuf.ts";
import { NativeBodies } from "./native.ts";
import { H, REPORT_WORDS } from "./probe-buffer.ts";
import { loadProbe, type Probe } from "./probe-library.ts";
import { OPEN_LIMITS } from "./trace.ts";

const probe = loadProbe(gobuf.native.api);
const INPUT = generate(1, "mix");

/** Bodies whose probe leaves so many reports in the buffer, of which some did not fit. */
function reporting(count: number, lost: number): NativeBodies {
  const bind: Probe["bind"] = (buffer) => {
    probe.bind(buffer);
    if (buffer === null) return;
    const at = buffer[H.reports] as number;
    for (let i = 0; i < count; i++) buffer.set([1, 3, i, 18, 0, 2, 5, 0, 0, 0, 6, 0, 0, 0], at + i * REPORT_WORDS);
    buffer[H.reportCount] = count;
    buffer[H.reportLost] = lost;
  };
  return new NativeBodies(gobuf, { ...probe, bind });
}

test("what the probe saw is told once", () => {
  const bodies = reporting(2, 0);
  bodies.run(INPUT, OPEN_LIMITS);
  const faults = bodies.takeFaults();
  expect(faults).toHaveLength(2);
  expect(faults[1]).toMatch(
    /^3\.1 gosched: \w+ \(register, seen from the goroutine, depth 2\): expected 0x0+5, found 0x0+6$/,
  );
  expect(bodies.takeFaults()).toEqual([]);
});

test("mismatches for which there was no room are counted", () => {
  const bodies = reporting(0, 7);
  bodies.run(INPUT, OPEN_LIMITS);
  expect(bodies.takeFaults()).toEqual(["... and 7 more mismatches"]);
});

test("every execute goes through the probe, and every operation's registers and frames are looked at", () => {
  let executes = 0;
  const execute: Probe["execute"] = (g) => {
    executes++;
    return probe.execute(g);
  };
  const bodies = new NativeBodies(gobuf, { ...probe, execute });
  const { ops } = bodies.run(INPUT, OPEN_LIMITS);
  expect(bodies.takeFaults()).toEqual([]);
  expect(executes).toBeGreaterThan(10);
  // Two sides, each with all registers; a frame for each operation at least, and more where it is below others.
  expect(bodies.counts.registers).toBeGreaterThan(2 * executes * probe.registers * 0.9);
  expect(bodies.counts.frames).toBeGreaterThan(bodies.counts.registers / probe.registers + ops.length / 4);
});

test("events for which there was no room end the run with an error", () => {
  const bodies = new NativeBodies(gobuf, probe);
  expect(bodies.run(INPUT, { opsMax: 3, statusMax: 1e6 }).outcome).toBe("error: more than 3 op events");
});
