/** Loads arch/probe's library, the native side of fidelity, and attaches it to the library under test. */
import { CString, dlopen, type Pointer, ptr } from "bun:ffi";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { hostPlatform, libraryFile, packageRoot } from "../../src/runtime/library.ts";
import { VERSION } from "./probe-buffer.ts";

/** What a self-test of the probe looks through, and breaks. */
export const EYES = ["goroutine", "g0", "locals"] as const;
export type Eye = (typeof EYES)[number];

/** One deliberate fault. */
export interface SelfTest {
  /** Mismatches that were reported; one is right. */
  readonly mismatches: number;
  /** The register that was broken; undefined for a local. */
  readonly register: number | undefined;
  /** What was broken, e.g. "rbx: bit 63". */
  readonly what: string;
}

/** The probe library's functions. */
export interface Probe {
  /** Address of the native workload body. */
  readonly body: number;
  /** Number of registers that the probe watches. */
  readonly registers: number;
  registerName(id: number): string;
  /** Resumes a G as the library under test does, all callee-saved registers filled before and checked after. */
  execute(g: number): number;
  /** Sets the buffer that results go to; null for none. */
  bind(buffer: Uint32Array<ArrayBuffer> | null): void;
  /** Address of a word of a buffer. */
  address(buffer: Uint32Array<ArrayBuffer>, word: number): number;
  /** Number of self-tests of an eye. */
  selftests(eye: Eye): number;
  /** Breaks the k-th thing before an eye. A buffer is bound. */
  selftest(eye: Eye, k: number): SelfTest;
  /** Breaks everything that a caller saves before an eye. @returns mismatches; none is right */
  selftestCallerSaved(eye: Eye): number;
}

/** In place of a self-test's number: break what a caller saves. */
const CALLER_SAVED = 0xffff_ffff;

const ATTACH_ERRORS = [
  "no error",
  "there is no table",
  "the table is of another version",
  "the table is too small",
  "its descriptor has another magic",
  "it is of another ABI",
];

/**
 * Loads the probe.
 *
 * @param api table of functions of the library under test
 * @throws Error when there is no probe library, or it and the library under test do not fit
 */
export function loadProbe(api: unknown): Probe {
  const platform = hostPlatform();
  const path = join(packageRoot, "zig-out", "lib", platform, libraryFile("gobuf_probe", platform));
  if (!existsSync(path)) throw new Error(`no probe library at ${path}: run \`bun run build\``);
  const { symbols } = dlopen(path, {
    gobuf_probe_attach: { args: ["ptr"], returns: "u32" },
    gobuf_probe_bind: { args: ["ptr"], returns: "u32" },
    gobuf_probe_entry_address: { args: [], returns: "ptr" },
    gobuf_probe_execute: { args: ["u32"], returns: "u32" },
    gobuf_probe_register_count: { args: [], returns: "u32" },
    gobuf_probe_register_name: { args: ["u32"], returns: "ptr" },
    gobuf_probe_selftest_count: { args: ["u32"], returns: "u32" },
    gobuf_probe_selftest_register: { args: ["u32"], returns: "u32" },
    gobuf_probe_selftest_what: { args: ["u32"], returns: "ptr" },
    gobuf_probe_selftest: { args: ["u32", "u32"], returns: "u32" },
  });
  const code = symbols.gobuf_probe_attach(api as Pointer);
  if (code !== 0) throw new Error(`${path} refuses the library under test: ${ATTACH_ERRORS[code] ?? code}`);
  const text = (address: unknown, otherwise: string) =>
    address === null ? otherwise : new CString(address as Pointer).toString();
  const registerName = (id: number) => text(symbols.gobuf_probe_register_name(id), `register ${id}`);
  return {
    body: Number(symbols.gobuf_probe_entry_address()),
    registers: symbols.gobuf_probe_register_count(),
    registerName,
    execute: symbols.gobuf_probe_execute,
    bind: (buffer) => {
      if (symbols.gobuf_probe_bind(buffer === null ? null : ptr(buffer)) !== 0) {
        throw new Error(`${path} refuses a buffer of version ${VERSION}`);
      }
    },
    address: (buffer, word) => Number(ptr(buffer)) + 4 * word,
    selftests: (eye) => symbols.gobuf_probe_selftest_count(EYES.indexOf(eye)),
    selftest: (eye, k) => {
      const mismatches = symbols.gobuf_probe_selftest(EYES.indexOf(eye), k);
      if (eye === "locals") return { mismatches, register: undefined, what: `local ${k}` };
      const register = symbols.gobuf_probe_selftest_register(k);
      return {
        mismatches,
        register,
        what: `${registerName(register)}: ${text(symbols.gobuf_probe_selftest_what(k), "")}`,
      };
    },
    selftestCallerSaved: (eye) => symbols.gobuf_probe_selftest(EYES.indexOf(eye), CALLER_SAVED),
  };
}
