/**
 * V6: Go's statuses and their changes beside the table and the port's relation. Where Go is installed its source is read,
 * as it is, and with one status, one change or one use more, which must be told of.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Go, goAvailable, minorOf } from "../../../golden/record.ts";
import { abiSkip } from "../../../scripts/abis/skip.ts";
import { COUNTED, matrixFaults, PINNED, readMatrix, ruleOf } from "../matrix.ts";
import { RELATION } from "../relation.ts";
import { readSource, type Source } from "./read.ts";
import { edgesOf, GO_EDGES, GO_STATUSES, PORT_ONLY, reasonFaults, sourceFaults } from "./table.ts";

/** The reader may have to be built first. */
setDefaultTimeout(300_000);

const ROOT = join(import.meta.dir, "..", "..", "..");
const found = goAvailable();
const why = found.ok ? "" : ` (skipped: ${found.reason})`;
const test_ = abiSkip(["arm64", "windows", "musl"], "Go's source is the same there as here");

/** The source that the table tells of. */
function asTold(minor: number): Source {
  const told = GO_STATUSES.filter(({ since = 0 }) => since <= minor);
  const names = (...scans: string[]) => told.filter(({ scan }) => scans.includes(scan)).map(({ name }) => name);
  return {
    statuses: Object.fromEntries(told.map(({ name, number }) => [name, number])),
    scannable: names("both"),
    releasable: names("both", "released"),
    changes: edgesOf(minor).map((edge) => {
      const [from = "", to = ""] = edge.split(">");
      return { from, to, where: ["proc.go:f"] };
    }),
    untold: [],
  };
}

describe("the table of Go's statuses", () => {
  test("has a reason for each difference from the relation, and for nothing else", () => {
    expect(reasonFaults()).toEqual([]);
    const lacking = GO_EDGES.filter(({ lacks, until }) => lacks !== undefined && until === undefined);
    expect(lacking.map(({ edge }) => edge).sort()).toEqual(
      edgesOf(26)
        .filter((edge) => !(RELATION as readonly string[]).includes(edge))
        .sort(),
    );
    expect(Object.keys(PORT_ONLY).sort()).toEqual(RELATION.filter((edge) => !edgesOf(26).includes(edge)).sort());
  });

  test("fits the source that it tells of, in every release, and no other", () => {
    for (const minor of [24, 25, 26, 27, 28]) expect(sourceFaults(asTold(minor), minor)).toEqual([]);
    const { statuses, changes, scannable } = asTold(26);
    const faults = (changed: Partial<Source>) =>
      sourceFaults({ ...asTold(26), ...changed }, 26).map((f) => f.slice(0, 40));
    expect(faults({ statuses: { ...statuses, frozen: 12 } })).toEqual(["status frozen (12) is in Go, and not in "]);
    expect(faults({ statuses: { ...statuses, leaked: 12 } })).toHaveLength(2);
    expect(faults({ scannable: scannable.slice(1) })).toEqual(["scan bit of runnable is not in Go, but i"]);
    expect(faults({ changes: changes.slice(1) })).toEqual(["edge idle>dead is not in Go, but in the "]);
    expect(faults({ untold: ["proc.go:f: a use"] })).toEqual(["the source of Go has what its reader can"]);
    expect(sourceFaults(asTold(25), 26)).not.toEqual([]);
  });
});

describe.skipIf(!found.ok)(`the source of the installed Go${why}`, () => {
  const go = found as Go;
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "gobuf-status-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** A GOROOT with the installed runtime's source, of which one file is changed; its go is the installed one otherwise. */
  function planted(name: string, file: string, change: (text: string) => string): string {
    const goroot = join(folder, name);
    const runtime = join(goroot, "src", "runtime");
    mkdirSync(runtime, { recursive: true });
    mkdirSync(join(goroot, "bin"));
    const own = join(go.goroot, "src", "runtime");
    for (const each of readdirSync(own).filter((n) => n.endsWith(".go") && n !== file)) {
      symlinkSync(join(own, each), join(runtime, each));
    }
    const text = readFileSync(join(own, file), "utf8");
    const changed = change(text);
    expect(changed).not.toBe(text);
    writeFileSync(join(runtime, file), changed);
    const { version, goos, goarch } = go;
    const told = JSON.stringify({ GOVERSION: version, GOOS: goos, GOARCH: goarch, GOROOT: goroot });
    const script = `#!/bin/sh\nif [ "$1" = env ]; then echo '${told}'; else exec '${go.command}' "$@"; fi\n`;
    writeFileSync(join(goroot, "bin", "go"), script);
    chmodSync(join(goroot, "bin", "go"), 0o755);
    return goroot;
  }

  const faultsOf = (goroot: string) =>
    sourceFaults(readSource(go, join(goroot, "src", "runtime")), minorOf(go.version));

  test_("is as the table says", () => {
    expect(sourceFaults(readSource(go), minorOf(go.version))).toEqual([]);
  });

  test_("with one change more, in a function that takes the statuses from its callers, is found out", () => {
    const added =
      "\nfunc planted(gp *g, from, to uint32) { plantedToo(gp, from, to) }\n" +
      "func plantedToo(gp *g, a, b uint32) { casgstatus(gp, a, b) }\n" +
      "func plantedAt(gp *g) { s := uint32(_Gdead); planted(gp, _Gcopystack, s) }\n";
    expect(faultsOf(planted("edge", "proc.go", (text) => text + added))).toEqual([
      "edge copystack>dead is in Go (proc.go:plantedAt), and not in the table (props/fidelity/status/table.ts)",
    ]);
  });

  test_("with one status more is found out, and so is one that changed its number", () => {
    const frozen = planted("frozen", "runtime2.go", (text) => text.replace("\t_Gscan ", "\t_Gfrozen = 15\n\t_Gscan "));
    expect(faultsOf(frozen)).toEqual([
      "status frozen (15) is in Go, and not in the table (props/fidelity/status/table.ts)",
    ]);
    const next = planted("next", "runtime2.go", (text) =>
      text.replace(/\n\n(\t\/\/ _Gscan combined)/, "\n\t_Gfrozen\n\n$1"),
    );
    const number = minorOf(go.version) < 26 ? 10 : 12;
    expect(faultsOf(next)).toEqual([
      `status frozen (${number}) is in Go, and not in the table (props/fidelity/status/table.ts)`,
    ]);
    const moved = planted("moved", "runtime2.go", (text) =>
      text.replace("_Genqueue_unused // 7", "_Gextra\n_Genqueue_unused"),
    );
    expect(faultsOf(moved).join("\n")).toContain("status preempted (10) is in Go");
  });

  test_("with a use of a status that nothing tells is found out", () => {
    const added =
      "\nfunc plantedStore(gp *g, s uint32) { gp.atomicstatus.Store(s); casgstatus(gp, _Gdead, readgstatus(gp)) }\n";
    const faults = faultsOf(planted("store", "proc.go", (text) => text + added));
    expect(faults).toHaveLength(2);
    expect(faults.join("\n")).toContain("proc.go:plantedStore: a use that is no load and no compare-and-swap");
    expect(faults.join("\n")).toContain("proc.go:plantedStore: no call says what its parameters are");
  });

  test_("with one change more turns fidelity red, by its name; as it is, it does not", () => {
    const added = "\nfunc plantedAt(gp *g) { casgstatus(gp, _Gwaiting, _Gsyscall) }\n";
    const changed = planted("red", "proc.go", (text) => text + added);
    const run = (goroot: string) =>
      Bun.spawnSync(
        [
          process.execPath,
          "props/fidelity/main.ts",
          ..."--golden golden/sample.jsonl --runs 0 --bodies generator --go".split(" "),
          goroot,
        ],
        { cwd: ROOT, stdin: "ignore" },
      );
    const red = run(changed);
    expect(red.stdout.toString()).toContain("edge waiting>syscall is in Go (proc.go:plantedAt), and not in the table");
    expect(red.exitCode).toBe(1);
    expect(run(go.goroot).exitCode).toBe(0);
  });
});

describe("the matrix of Gos", () => {
  test("is of the committed goldens, has every pinned Go, and no difference", () => {
    expect(matrixFaults(readMatrix())).toEqual([]);
  });

  test("that is not so is told of", () => {
    const matrix = readMatrix();
    const [first = ""] = PINNED;
    const [counted = ""] = COUNTED;
    const versions = { ...matrix.versions };
    delete versions[first];
    expect(matrixFaults({ ...matrix, versions }).join()).toContain(`${first} has not been recorded`);
    expect(matrixFaults({ ...matrix, corpora: "0" }).join()).toContain("of other goldens than are committed");
    const differing = { ...matrix.versions, [first]: { "rule 05": [3, 1] as const } };
    expect(matrixFaults({ ...matrix, versions: differing }).join()).toContain(
      "decides 1 of 3 cases of rule 05 in another way",
    );
    const taken = { ...matrix.taken, [counted]: ["dead>dead"] };
    expect(matrixFaults({ ...matrix, taken }).join()).toContain("took dead>dead, which its source does not have");
  });

  test("knows the rule of a case by its name", () => {
    expect(
      ["rule-05-slice-0-is-global", "rule-12b-x", "outcome-deadlock", "events-of-nil", "mix-3"].map(ruleOf),
    ).toEqual(["rule 05", "rule 12b", "outcome", "events", "random workloads"]);
  });
});
