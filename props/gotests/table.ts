/** Every test file of Go that this folder stands for. */
import { afterfuncTest, contextExamples, contextNetTest } from "./context-examples.ts";
import { xTest } from "./context-x.ts";
import { errgroupTest, md5allExample } from "./errgroup.ts";
import type { GoFile } from "./gotest.ts";
import { rateTest, sometimesTest } from "./rate.ts";
import { chanbarrierTest, chanTest } from "./runtime-chan.ts";
import { crashTest } from "./runtime-crash.ts";
import { procTest, semaTest } from "./runtime-proc.ts";
import { semaphoreExample, semaphoreTest, singleflightTest, syncmapTest } from "./semaphore.ts";
import { condTest, mutexTest } from "./sync.ts";
import { mapTest, poolExamples, poolTest, rwmutexTest, syncExamples, waitgroupTest } from "./sync-groups.ts";
import { oncefuncTest, onceTest } from "./sync-once.ts";
import { internalTest, runtimeSynctestTest } from "./synctest.ts";
// More functions of internalTest.
import "./synctest-borders.ts";
import { exampleTest, synctestTest } from "./synctest-testing.ts";
import { sleepTest } from "./time.ts";
import { fakeTimeTest, tickTest } from "./time-tick.ts";

export const FILES: readonly GoFile[] = [
  chanTest,
  chanbarrierTest,
  procTest,
  semaTest,
  crashTest,
  condTest,
  mutexTest,
  onceTest,
  oncefuncTest,
  rwmutexTest,
  waitgroupTest,
  syncExamples,
  mapTest,
  poolTest,
  poolExamples,
  xTest,
  afterfuncTest,
  contextExamples,
  contextNetTest,
  sleepTest,
  tickTest,
  fakeTimeTest,
  exampleTest,
  synctestTest,
  internalTest,
  runtimeSynctestTest,
  errgroupTest,
  md5allExample,
  semaphoreTest,
  semaphoreExample,
  singleflightTest,
  syncmapTest,
  rateTest,
  sometimesTest,
];

/** The tests that are told of one package. */
export interface Package {
  /** Its import path. */
  readonly pkg: string;
  readonly module: string | undefined;
  readonly names: readonly string[];
}

/** The packages with a told test. */
export function packages(): Package[] {
  const all = new Map<string, { module: string | undefined; names: string[] }>();
  for (const { pkg, module, told } of FILES) {
    const found = all.get(pkg) ?? { module, names: [] };
    found.names.push(...told.map((t) => t.name));
    all.set(pkg, found);
  }
  return [...all].filter(([, { names }]) => names.length > 0).map(([pkg, rest]) => ({ pkg, ...rest }));
}
