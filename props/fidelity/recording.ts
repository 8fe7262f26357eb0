/** Writes the two event lists of a run while it goes on. */
import { errorOutcome, firstLine, type Trace, type TraceLimits, TraceOverflow } from "./trace.ts";

/** Outcomes by the text of the fatal error that ended the run. */
const VERDICTS: Readonly<Record<string, string>> = {
  "all goroutines are asleep - deadlock!": "deadlock",
  "no goroutines (main called runtime.Goexit) - deadlock!": "nogoroutines",
};

/** The lists of one run. Goroutines are numbered as they are created; main, which is there from the start, is 0. */
export class Recording {
  readonly ops: string[] = [];
  readonly status: string[] = [];
  /** Main is done: what still happens does not count. */
  done = false;
  private readonly numbers = new Map<number, number>();
  /** Goroutines created, by operations and by timers. */
  created = 0;
  /** The one that runs, or ran last. */
  running = 0;

  constructor(
    private readonly waitReason: (g: number) => string,
    private readonly limits: TraceLimits,
  ) {}

  /** @throws TraceOverflow */
  op(event: string): void {
    if (this.ops.length === this.limits.opsMax) throw new TraceOverflow(`more than ${this.limits.opsMax} op events`);
    this.ops.push(event);
  }

  /** Takes a status change. @throws TraceOverflow */
  transition(g: number, from: string, to: string): void {
    if (this.done) return;
    if (this.status.length === this.limits.statusMax) {
      throw new TraceOverflow(`more than ${this.limits.statusMax} status events`);
    }
    // a dead G is used again: it is a new goroutine each time it leaves idle
    if (from === "idle") this.numbers.set(g, ++this.created);
    const reason = to === "waiting" ? ` ${this.waitReason(g)}` : "";
    const number = this.numberOf(g);
    if (to === "running") this.running = number;
    this.status.push(`${number} ${from}>${to}${reason}`);
  }

  private numberOf(g: number): number {
    let number = this.numbers.get(g);
    if (number === undefined) {
      number = 0;
      this.numbers.set(g, number);
    }
    return number;
  }

  /** Runs `body` and makes the trace. */
  finish(body: () => void): Trace {
    let outcome: string;
    try {
      body();
      outcome = "return";
    } catch (error) {
      outcome = (error instanceof Error && VERDICTS[firstLine(error.message)]) || errorOutcome(error);
    }
    return { outcome, ops: this.ops, status: this.status };
  }
}
