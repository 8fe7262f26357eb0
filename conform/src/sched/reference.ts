/** Where what Go does comes from: the Go of this machine, or the traces that the kit has with it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Case, CaseInput } from "../../../golden/format.ts";
import { type Go, goAvailable, record } from "../../../golden/record.ts";
import { readGoldenFile } from "../../../props/fidelity/reader.ts";

/** The traces of the kit: beside the bundle, or in a checkout beside src. */
const GOLDEN = ["../golden/sched.jsonl.gz", "../../golden/sched.jsonl.gz"];

export interface Reference {
  /** For reports: `go1.26.8, live`. */
  readonly name: string;
  /** Runs workloads on Go; absent where there is none. */
  readonly record?: (inputs: readonly CaseInput[]) => Promise<readonly Case[]>;
  /** The traces that there are; absent where Go is asked. */
  readonly cases?: readonly Case[];
}

/** The kit's own traces. @throws Error where they are not there */
export function shipped(why: string): Reference {
  const path = GOLDEN.map((name) => join(import.meta.dir, name)).find(existsSync);
  if (path === undefined) throw new Error("the kit's traces of Go are not there: expected golden/sched.jsonl.gz in it");
  const { header, cases } = readGoldenFile(path);
  return { name: `${header.go}, from the kit's traces (${why})`, cases };
}

/** The Go of this machine, else the traces of the kit. @param live false: the traces in any case */
export async function reference(live: boolean): Promise<Reference> {
  if (!live) return shipped("as asked");
  const go = goAvailable();
  if (!go.ok) return shipped(go.reason);
  if (!/^go1\.26\b/.test(go.version)) return shipped(`the Go on PATH is ${go.version}`);
  try {
    await record([], { go });
    return liveReference(go);
  } catch (error) {
    // no recorder, by whatever reason, is no reason to compare with nothing
    return shipped((error as Error).message.split("\n", 1)[0] ?? "");
  }
}

function liveReference(go: Go): Reference {
  return { name: `${go.version}, live`, record: (inputs) => record(inputs, { go }) };
}
