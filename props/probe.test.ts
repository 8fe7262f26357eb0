/**
 * The register probe, tested: it names each register that is broken on purpose, says nothing of registers that a callee
 * may change, and does the same again with the same seed.
 */
import { dlopen, type Pointer, ptr } from "bun:ffi";
import { describe, expect, test } from "bun:test";
import { generate } from "../golden/generate.ts";
import { chunkOfG, descriptor, G_STATUS, G_STRIDE, gmem, native } from "../src/runtime/ffi.ts";
import { casgstatus } from "../src/runtime/gstatus.ts";
import { Gdead, Gidle, Grunnable, Grunning } from "../src/runtime/runtime2.ts";
import { decodeReports, type Report } from "./fidelity/decode.ts";
import { encodeWorkload } from "./fidelity/encode.ts";
import { gobuf } from "./fidelity/gobuf.ts";
import { NativeBodies } from "./fidelity/native.ts";
import { FLAG_REGISTERS, H, setWide } from "./fidelity/probe-buffer.ts";
import { EYES, type Eye, loadProbe } from "./fidelity/probe-library.ts";
import { OPEN_LIMITS } from "./fidelity/trace.ts";
import { libraryPath } from "./native/bodies.ts";

const SEED = 20_261_124;
const probe = loadProbe(gobuf.native.api);
const registers = Array.from({ length: probe.registers }, (_, id) => probe.registerName(id));

/** A buffer without a workload. */
function scratch(seed: number): Uint32Array<ArrayBuffer> {
  const { native } = gobuf;
  const machine = { regionM: native.region(0), regionG: native.region(1), m: native.m };
  const handles = {
    chans: [],
    mutexes: [],
    rwmutexes: [],
    waitgroups: [],
    conds: [],
    condLocks: [],
    onces: [],
    join: 0,
  };
  const nothing = { chans: [], mutexes: 0, rwmutexes: 0, waitgroups: 0, conds: 0, onces: 0, join: false, bodies: [[]] };
  const buffer = encodeWorkload(nothing, handles, machine, seed, FLAG_REGISTERS, 1);
  setWide(buffer, buffer[H.blocks] as number, probe.address(buffer, 0));
  return buffer;
}

interface Seen {
  readonly what: string;
  readonly broken: number | undefined;
  readonly mismatches: number;
  readonly reports: readonly Report[];
}

/** Breaks everything there is before an eye, one thing at a time. */
function breakAll(eye: Eye, seed: number): Seen[] {
  const buffer = scratch(seed);
  probe.bind(buffer);
  try {
    return Array.from({ length: probe.selftests(eye) }, (_, k) => {
      buffer[H.reportCount] = 0;
      const { what, register, mismatches } = probe.selftest(eye, k);
      return { what, broken: register, mismatches, reports: decodeReports(buffer, probe.registerName) };
    });
  } finally {
    probe.bind(null);
  }
}

test("the names come from a table in which each is there once", () => {
  expect(registers.length).toBeGreaterThan(0);
  expect(new Set(registers).size).toBe(registers.length);
  expect(probe.registerName(registers.length)).toBe(`register ${registers.length}`);
});

test("the probe looks at every word that the library's Gobuf has room for", () => {
  // Each plain word has one self-test for its top bit, each half of a vector one of its own.
  const words = breakAll("goroutine", SEED).filter(({ what }) => /: (bit 63|low half|high half)$/.test(what));
  const framePointer = 1; // sched.bp
  expect(words.length).toBe(descriptor.callee_saved_slots + framePointer);
});

describe.each(["goroutine", "g0"] as const)("registers, as the %s sees them", (eye) => {
  const seen = breakAll(eye, SEED);

  test("there is a function that breaks each one", () => {
    expect([...new Set(seen.map(({ broken }) => broken))].sort((a, b) => Number(a) - Number(b))).toEqual(
      registers.map((_, id) => id),
    );
  });

  test.each(seen)("$what: seen once, by name", ({ what, broken, mismatches, reports }) => {
    expect({ what, mismatches, registers: reports.map(({ register }) => register) }).toEqual({
      what,
      mismatches: 1,
      registers: [broken as number],
    });
    expect(reports[0]?.text).toContain(`${registers[broken as number]} (`);
  });
});

test("locals of every frame: seen once, in its frame", () => {
  const seen = breakAll("locals", SEED);
  const frames = 9;
  const locals = seen.length / frames;
  expect(locals).toBeGreaterThan(1);
  seen.forEach(({ mismatches, reports }, k) => {
    expect(mismatches).toBe(1);
    expect(reports[0]?.text).toContain(`local ${k % locals} (local of a frame, depth ${Math.floor(k / locals)})`);
  });
});

test.each([...EYES])("what a caller saves may change: %s", (eye) => {
  const buffer = scratch(SEED);
  probe.bind(buffer);
  expect(probe.selftestCallerSaved(eye)).toBe(0);
  probe.bind(null);
  expect(decodeReports(buffer, probe.registerName)).toEqual([]);
});

test("the values follow from the seed", () => {
  const texts = (seed: number) => breakAll("goroutine", seed).map(({ reports }) => reports[0]?.text);
  expect(texts(1)).toEqual(texts(1));
  expect(texts(1)).not.toEqual(texts(2));
});

test("F30: the control words that execute's caller had are back behind it, whatever they were when the M began", () => {
  // The probe draws others for each execute: what minit found, or an earlier execute, is right for hardly any of them.
  const bodies = new NativeBodies(gobuf, probe);
  for (const seed of [1, 2, 3]) {
    bodies.run(generate(SEED + seed), OPEN_LIMITS);
    expect(bodies.takeFaults()).toEqual([]);
  }
});

const PLACES = [
  "",
  "the goroutine",
  "g0, behind execute",
  "g0, in systemstack",
  "the goroutine, behind systemstack",
  "codes",
];

test.skipIf(process.arch !== "x64")("every value of MXCSR's control bits comes back on both sides (x86-64)", () => {
  const { symbols } = dlopen(libraryPath, {
    gobuf_probe_sweep_body: { args: [], returns: "ptr" },
    gobuf_probe_sweep: { args: ["u32", "ptr"], returns: "u32" },
  });
  const gp = chunkOfG();
  const sweep = new Uint32Array(7);
  expect(native.gobuf_stackalloc(gp, descriptor.stack_size_default)).toBe(0);
  expect(native.gobuf_gosetup(gp, symbols.gobuf_probe_sweep_body() as Pointer, ptr(sweep))).toBe(0);
  // A chunk that an ended thread gave back has dead Gs.
  Atomics.store(gmem, gp * G_STRIDE + G_STATUS, Gidle);
  casgstatus(gp, Gidle, Grunnable);
  casgstatus(gp, Grunnable, Grunning);
  expect(symbols.gobuf_probe_sweep(gp, ptr(sweep))).toBe(1);
  const [, , checked = 0, wrong = 0, place = 0, expected = 0, found = 0] = sweep;
  const first = `mxcsr of ${PLACES[place]}: expected 0x${expected.toString(16)}, found 0x${found.toString(16)}`;
  expect(wrong === 0 ? "" : `${wrong} wrong; the first: ${first}`).toBe("");
  // Twice on g0, with the code; three times on the goroutine's side; and the goroutine's end.
  expect(checked).toBe(1024 * 7 + 1);
  casgstatus(gp, Grunning, Gdead);
  expect(native.gobuf_stackfree(gp)).toBe(0);
});
