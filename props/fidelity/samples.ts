/** A small golden file for tests: two goroutines, one channel, as Go ran it. */
import type { Case, Header } from "../../golden/format.ts";

export const HEADER: Header = {
  format: 1,
  go: "go1.26.8",
  goos: "linux",
  goarch: "amd64",
  gomaxprocs: 1,
  corpus: "tests",
};

/** Main starts a goroutine that sends, and receives its value. */
export const PING: Case = {
  name: "ping",
  seed: 1,
  workload: {
    chans: [0],
    mutexes: 0,
    rwmutexes: 0,
    waitgroups: 0,
    conds: 0,
    onces: 1,
    join: false,
    bodies: [
      [
        ["go", 1],
        ["recv", 0],
      ],
      [["once", 0, [["send", 0]]]],
    ],
  },
  outcome: "return",
  ops: [
    "0 start 0",
    "0.0 go 1",
    "1 start 1",
    "1.0 once enter",
    "1.1000 send",
    "1.0 once",
    "1 exit",
    "0.1 recv 1100",
    "0 exit",
    "0 done",
  ],
  status: [
    "1 idle>runnable",
    "0 running>waiting chan receive",
    "1 runnable>running",
    "0 waiting>runnable",
    "1 running>dead",
    "0 runnable>running",
  ],
};

/** A golden file's bytes. */
export function goldenBytes(...lines: readonly unknown[]): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${lines.map((line) => JSON.stringify(line)).join("\n")}\n`);
}
