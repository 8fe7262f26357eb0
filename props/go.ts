/**
 * The Go that the properties use: the one that the recorder finds (golden/recorder/toolchain.ts), so that no two places
 * find different ones.
 */
import { findGo, type Go, minorOf, type NoGo } from "../golden/recorder/toolchain.ts";

export { goEnvironment, minorOf } from "../golden/recorder/toolchain.ts";

/** The release whose numbers, texts and tests are written down here, as the 26 of 1.26. */
const TOLD = 26;
type What = "runtime2" | "gotrace" | "trace" | "tests";
/** Later releases that differ from it in nothing that is compared with `what`. */
const SAME: Readonly<Record<What, readonly number[]>> = { runtime2: [27], gotrace: [27], trace: [], tests: [] };

/** The Go on PATH, as GOTOOLCHAIN has it. */
export function installedGo(): Go | NoGo {
  return findGo();
}

/**
 * The installed Go where it is of the release that something is written down of.
 *
 * @param what "runtime2": statuses and wait reasons; "gotrace": numbers and texts of traces; "trace": the pages of go
 * tool trace; "tests": Go's own tests
 * @returns a reason that names the version, for a test that is skipped, where it is of another one
 */
export function goAsTold(what: What, go: Go | NoGo = installedGo()): Go | NoGo {
  if (!go.ok) return go;
  const known = [TOLD, ...SAME[what]];
  if (known.includes(minorOf(go.version))) return go;
  const expected = known.map((minor) => `1.${minor}`).join(" or ");
  return {
    ok: false,
    reason: `the installed Go is ${go.version}; expected ${expected}, of which this is written down`,
  };
}
