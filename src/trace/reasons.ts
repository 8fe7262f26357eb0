/** Why goroutines stop running, in the words of Go's traces: runtime/traceruntime.go. */
import { waitReasonStrings } from "../runtime/runtime2.ts";

/** Why a goroutine gave the M back while it could go on: traceGoStopReasonStrings. */
export const stopReasons = ["runtime.Gosched", "preempted"] as const;
export const STOP_GOSCHED = 0;
export const STOP_PREEMPTED = 1;

/** Texts of the reasons why a goroutine blocks: traceBlockReasonStrings. */
const FOREVER = "forever";
const SYNC = "sync";
const SYNCTEST = "synctest";
const blockReasons: Readonly<Record<string, string>> = {
  "IO wait": "network",
  "chan receive": "chan receive",
  "chan receive (nil chan)": FOREVER,
  "chan receive (durable)": "chan receive",
  "chan send": "chan send",
  "chan send (durable)": "chan send",
  "chan send (nil chan)": FOREVER,
  preempted: "preempted",
  select: "select",
  "select (no cases)": FOREVER,
  "select (durable)": "select",
  semacquire: SYNC,
  sleep: "sleep",
  "sync.Cond.Wait": "sync.(*Cond).Wait",
  "sync.Mutex.Lock": SYNC,
  "sync.RWMutex.Lock": SYNC,
  "sync.RWMutex.RLock": SYNC,
  "sync.WaitGroup.Wait": SYNC,
  "sync.WaitGroup.Wait (durable)": SYNC,
  "synctest.Run": SYNCTEST,
  "synctest.Wait": SYNCTEST,
};

/** Go's block reason of each wait reason of runtime2.ts, by its number. */
export const goBlockReasons: readonly string[] = waitReasonStrings.map((text) => blockReasons[text] ?? "unspecified");
