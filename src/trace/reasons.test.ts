/** Block reasons: those of Go's runtime/traceruntime.go, for each wait of goroutines. */
import { expect, test } from "bun:test";
import { waitReasonStrings } from "../runtime/runtime2.ts";
import { goBlockReasons } from "./reasons.ts";

/** traceBlockReasonStrings, by the wait reason that a goroutine parks with in Go. */
const EXPECTED: Readonly<Record<string, string>> = {
  "IO wait": "network",
  sleep: "sleep",
  "chan receive (nil chan)": "forever",
  "chan send (nil chan)": "forever",
  "select (no cases)": "forever",
  select: "select",
  "select (durable)": "select",
  "chan receive": "chan receive",
  "chan receive (durable)": "chan receive",
  "chan send": "chan send",
  "chan send (durable)": "chan send",
  preempted: "preempted",
  "sync.Cond.Wait": "sync.(*Cond).Wait",
  semacquire: "sync",
  "sync.Mutex.Lock": "sync",
  "sync.RWMutex.RLock": "sync",
  "sync.RWMutex.Lock": "sync",
  "sync.WaitGroup.Wait": "sync",
  "sync.WaitGroup.Wait (durable)": "sync",
  "synctest.Run": "synctest",
  "synctest.Wait": "synctest",
};

test("each wait has Go's block reason, and what no goroutine of gobuf's waits for has none", () => {
  const found = waitReasonStrings.map((text, i) => [text, goBlockReasons[i]]);
  expect(found).toEqual(waitReasonStrings.map((text) => [text, EXPECTED[text] ?? "unspecified"]));
});
