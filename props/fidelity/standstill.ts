/**
 * Judges the end of a run in which nothing could go on: every goroutine that is left must wait for what cannot come. It looks at
 * op events alone, so that it judges schedulers that tell no status, too. What it cannot know, it lets pass.
 */
import { GOROUTINES_MAX, ONCE_INDEX_BASE, type Op, type Workload } from "../../golden/format.ts";
import type { Illegal } from "./legality.ts";

/** Ops that can wait for another goroutine. */
const WAITS: readonly string[] = [
  "send",
  "recv",
  "select",
  "lock",
  "wlock",
  "rlock",
  "wgwait",
  "condwait",
  "once",
  "trecv",
];

/** What a goroutine is in when the run ends. */
interface Left {
  readonly g: number;
  readonly op: Op | undefined;
}

class Books {
  /** The body of each goroutine that was created. */
  readonly bodies = new Map<number, number>([[0, 0]]);
  readonly started = new Set<number>();
  readonly ended = new Set<number>();
  /** Ops at the top of its body that a goroutine has behind it. */
  private readonly behind = new Map<number, number>();
  /** Values in each channel; NaN where they cannot be counted. */
  readonly values: number[];
  readonly closed = new Set<number>();
  readonly waitgroups: number[];

  constructor(readonly workload: Workload) {
    this.values = workload.chans.map((capacity) => (capacity === null ? Number.NaN : 0));
    this.waitgroups = Array.from({ length: workload.waitgroups }, () => 0);
  }

  take(event: string): void {
    const match = /^(\d+)(?:\.(\d+))? (\S+)(?: (.*))?$/.exec(event);
    if (match === null) return;
    const [g, index, name, result = ""] = [Number(match[1]), Number(match[2]), match[3] as string, match[4]];
    if (name === "start") {
      this.started.add(g);
      // a timer's goroutine shows when it begins
      this.bodies.set(g, Number(result));
    } else if (name === "exit") this.ended.add(g);
    else if (name === "go") {
      const op = this.opOf(g, index);
      if (op?.[0] === "go" && result !== "0") this.bodies.set(Number(result), op[1]);
      // from within a once body its op is not looked for; the goroutine shows when it begins
      if (op === undefined && result !== "0") this.bodies.set(Number(result), -1);
    } else if (result !== "enter") this.end(this.opOf(g, index), name, result);
    if (index < ONCE_INDEX_BASE && result !== "enter") this.behind.set(g, index + 1);
  }

  private opOf(g: number, index: number): Op | undefined {
    return this.workload.bodies[this.bodies.get(g) ?? -1]?.[index];
  }

  private end(op: Op | undefined, name: string, result: string): void {
    if (op === undefined) {
      // an op of a once body: which objects it used is not looked for
      this.values.fill(Number.NaN);
      this.waitgroups.fill(Number.NaN);
      return;
    }
    if (result === "panic") {
      if (name === "wgadd" || name === "wgdone") this.waitgroups[op[1] as number] = Number.NaN;
      return;
    }
    switch (op[0]) {
      case "send":
        this.values[op[1]] = (this.values[op[1]] as number) + 1;
        return;
      case "recv":
        if (result !== "closed") this.values[op[1]] = (this.values[op[1]] as number) - 1;
        return;
      case "close":
        this.closed.add(op[1]);
        return;
      case "select": {
        const chosen = op[1][Number(result)];
        if (chosen === undefined || chosen[0] === "timer") return;
        this.values[chosen[1]] = (this.values[chosen[1]] as number) + (chosen[0] === "send" ? 1 : -1);
        return;
      }
      case "wgadd":
        this.waitgroups[op[1]] = (this.waitgroups[op[1]] as number) + 1;
        return;
      case "wgdone":
        this.waitgroups[op[1]] = (this.waitgroups[op[1]] as number) - 1;
    }
  }

  /** Goroutines that have not ended, each with the op that it is in. */
  left(): Left[] {
    const numbers = [...this.bodies.keys()].filter((g) => !this.ended.has(g));
    return numbers.map((g) => ({ g, op: this.opOf(g, this.behind.get(g) ?? 0) }));
  }
}

function channelFault(books: Books, c: number, left: readonly Left[]): string | undefined {
  const ways = (way: "send" | "recv") =>
    left.filter(({ op }) =>
      op?.[0] === "select" ? op[1].some(([dir, at]) => dir === way && at === c) : op?.[0] === way && op[1] === c,
    );
  const [senders, receivers] = [ways("send"), ways("recv")];
  const [one] = [...senders, ...receivers];
  if (one === undefined || books.workload.chans[c] === null) return undefined;
  const who = `goroutine ${one.g} waits at channel ${c}`;
  if (books.closed.has(c)) return `${who}, which is closed`;
  const pair = senders.flatMap((s) => receivers.filter((r) => r.g !== s.g).map((r) => [s, r] as const))[0];
  if (pair !== undefined)
    return `goroutine ${pair[0].g} waits to send at channel ${c}, and goroutine ${pair[1].g} to receive from it`;
  const [count, capacity] = [books.values[c] as number, books.workload.chans[c] ?? 0];
  if (receivers.length > 0 && count > 0) return `${who}, in which there is a value`;
  if (senders.length > 0 && count >= 0 && count < capacity) return `${who}, which has room`;
  return undefined;
}

/**
 * Checks that nothing could go on, or that main was done: what the outcome says.
 *
 * @returns what speaks against it, with the length of the list as its index
 */
export function checkStandstill(workload: Workload, ops: readonly string[], outcome: string): Illegal | undefined {
  const fault = (reason: string): Illegal => ({ index: ops.length, reason });
  const done = ops.indexOf("0 done");
  if (outcome === "return") {
    if (done < 0) return fault('the outcome is return, and there is no "0 done"');
    return done === ops.length - 1
      ? undefined
      : { index: done + 1, reason: "main was done, which is the end of a run" };
  }
  if (outcome !== "deadlock" && outcome !== "nogoroutines") return fault(`no such outcome: ${outcome}`);
  if (done >= 0) return { index: done, reason: `main was done, and the outcome is ${outcome}` };
  const books = new Books(workload);
  for (const event of ops) books.take(event);
  const left = books.left();
  const joins = workload.join && ops.includes("0 exit") && !ops.some((event) => /^0\.\d+ goexit$/.test(event));
  if (outcome === "nogoroutines" && left.length > 0)
    return fault(`no goroutine is left, and ${left[0]?.g} has not ended`);
  if (left.length === 0) {
    if (outcome === "deadlock") return fault("all goroutines are asleep, and none is left");
    return joins ? fault("no goroutine is left, and main did not end by Goexit") : undefined;
  }
  const never = left.find(({ g }) => !books.started.has(g));
  if (never !== undefined && never.g <= GOROUTINES_MAX) return fault(`goroutine ${never.g} was created and never ran`);
  const able = left.find(({ op }) => op !== undefined && !WAITS.includes(op[0]));
  if (able !== undefined) return fault(`goroutine ${able.g} is in ${JSON.stringify(able.op)}, which waits for nobody`);
  for (const { g, op } of left) {
    if (op?.[0] === "wgwait" && (books.waitgroups[op[1]] as number) === 0)
      return fault(`goroutine ${g} waits for WaitGroup ${op[1]}, which is at 0`);
  }
  for (let c = 0; c < workload.chans.length; c++) {
    const reason = channelFault(books, c, left);
    if (reason !== undefined) return fault(reason);
  }
  return undefined;
}
