/**
 * Traces of goroutines that are preempted between two instructions, Go's and gobuf's, before one judge: each status follows
 * the one before by an edge of the relation, and on one processor no two goroutines run at once.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { go, gosched, run, trace } from "gobuf";
import { isLegalTransition } from "../../src/runtime/gstatus.ts";
import { Gdead, Gidle, Grunnable, Grunning, Gsyscall, Gwaiting } from "../../src/runtime/runtime2.ts";
import { goEnvironment, installedGo } from "../go.ts";
import { Asynced, noAsync, openAsync } from "../preempt/async.ts";
import { BUILD_MS, buildReader, readTraces, type Verdict, whyNoReader } from "./reader.ts";

setDefaultTimeout(BUILD_MS);

/** Main goes on so often: each time a goroutine that spins has been preempted, for there is one processor. */
const TIMES = 5;

const PROGRAM = `package main

import (
	"os"
	"runtime"
	"runtime/trace"
	"sync"
	"sync/atomic"
	"time"
)

func main() {
	procs := 1
	if len(os.Args) > 2 {
		procs = 2
	}
	runtime.GOMAXPROCS(procs)
	file, err := os.Create(os.Args[1])
	if err != nil {
		panic(err)
	}
	if err := trace.Start(file); err != nil {
		panic(err)
	}
	var stop atomic.Bool
	var wg sync.WaitGroup
	for range 3 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for !stop.Load() {
			}
		}()
	}
	for range ${TIMES} {
		time.Sleep(time.Millisecond)
		runtime.Gosched()
	}
	stop.Store(true)
	wg.Wait()
	trace.Stop()
	file.Close()
}
`;

/** Statuses by the words of traces. */
const STATUS: Readonly<Record<string, number>> = {
  Runnable: Grunnable,
  Running: Grunning,
  Waiting: Gwaiting,
  Syscall: Gsyscall,
};

/** What is wrong with the changes of goroutines, "id from>to reason". @param procs so many run at once at the most */
function faultsOf(changes: readonly string[], procs: number): string[] {
  const faults: string[] = [];
  const states = new Map<string, string>();
  const running = new Set<string>();
  for (const change of changes) {
    const [, id = "", from = "", to = ""] = /^(\d+) (\w+)>(\w+)/.exec(change) ?? [];
    const before = states.get(id);
    if (from === "Undetermined" ? before !== undefined : from !== (before ?? "NotExist")) {
      faults.push(`${change}: it was ${before}`);
    }
    if (from !== "Undetermined") {
      const edge = [from === "NotExist" ? Gidle : STATUS[from], to === "NotExist" ? Gdead : STATUS[to]] as const;
      if (!isLegalTransition(edge[0] as number, edge[1] as number)) faults.push(`${change}: there is no such edge`);
    }
    states.set(id, to);
    if (to === "Running") running.add(id);
    else running.delete(id);
    if (running.size > procs) faults.push(`${change}: ${running.size} run at once`);
  }
  return faults;
}

const preempted = ({ goroutines }: Verdict) =>
  (goroutines ?? []).filter((change) => change.endsWith("Running>Runnable preempted")).length;

describe("the judge", () => {
  const legal = ["1 Undetermined>Running", "2 NotExist>Runnable", "1 Running>Runnable preempted", "2 Runnable>Running"];
  test("takes what is legal", () => expect(faultsOf(legal, 1)).toEqual([]));
  test.each([
    ["2 Running>Syscall", []],
    ["1 Runnable>Running", ["1 Runnable>Running: 2 run at once"]],
    ["1 Runnable>Waiting", ["1 Runnable>Waiting: there is no such edge"]],
    ["2 Runnable>Running", ["2 Runnable>Running: it was Running"]],
    ["3 Runnable>Running", ["3 Runnable>Running: it was undefined", "3 Runnable>Running: 2 run at once"]],
  ])("says of %s what is wrong with it", (change, faults) =>
    expect(faultsOf([...legal, change as string], 1)).toEqual(faults as string[]),
  );
});

const why = whyNoReader();
const skipped = why === undefined ? "" : ` (skipped: ${why})`;

describe.skipIf(why !== undefined)(`before Go's reader and the judge${skipped}`, () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "gobuf-preempted-"));
    buildReader();
  }, BUILD_MS);
  afterAll(() => rmSync(folder, { recursive: true }));

  for (const procs of [1, 2]) {
    test(`a program in Go that is preempted between two instructions, on ${procs} P`, async () => {
      const found = installedGo();
      if (!found.ok) throw new Error(found.reason);
      const source = join(folder, `main${procs}.go`);
      const file = join(folder, `go${procs}.trace`);
      writeFileSync(source, PROGRAM);
      const ran = Bun.spawnSync([found.command, "run", source, file, ...(procs === 2 ? ["two"] : [])], {
        cwd: folder,
        env: goEnvironment(join(import.meta.dir, ".cache", "go-build")),
      });
      expect(ran.exitCode, ran.stderr.toString()).toBe(0);
      const verdict = (await readTraces([file]))[0] as Verdict;
      expect(verdict.accepted, verdict.reason).toBe(true);
      expect(faultsOf(verdict.goroutines ?? [], procs)).toEqual([]);
      if (procs === 1) expect(preempted(verdict)).toBeGreaterThanOrEqual(TIMES);
    });
  }

  const cannot = noAsync();
  const not = cannot === null ? "" : ` (skipped: ${cannot})`;
  test.skipIf(cannot !== null)(`bodies of gobuf's that are${not}`, async () => {
    const file = join(folder, "gobuf.trace");
    const chunks: Uint8Array[] = [];
    {
      using opened = openAsync();
      const all = [new Asynced(), new Asynced(), new Asynced()];
      await run(function* () {
        trace.start((chunk) => chunks.push(chunk));
        for (const { words } of all) go.native(opened.symbols.c_async_counts, words);
        for (let n = 0; n < TIMES; n++) yield* gosched();
        for (const a of all) a.stop();
        while (!all.every((a) => a.ended)) yield* gosched();
        trace.stop();
      });
    }
    writeFileSync(file, Buffer.concat(chunks));
    const verdict = (await readTraces([file]))[0] as Verdict;
    expect(verdict.accepted, verdict.reason).toBe(true);
    expect(faultsOf(verdict.goroutines ?? [], 1)).toEqual([]);
    expect(preempted(verdict)).toBeGreaterThanOrEqual(TIMES);
  });
});
