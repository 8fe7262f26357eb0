/** What a run of fidelity found: a row for each part and kind of body, and every failure with what replays it. */
import type { Kind } from "./trace.ts";

/** One line of the table. */
export interface Row {
  /** e.g. "golden". */
  readonly part: string;
  /** Empty where no goroutine body runs. */
  readonly body: Kind | "";
  readonly cases: number;
  readonly ops: number;
  readonly transitions: number;
  /** Single comparisons: events, registers, questions asked of a table. A part that made none has said nothing. */
  readonly compared: number;
  /** Cases that failed. */
  readonly divergent: number;
  readonly ms: number;
  /** What the numbers do not say: single checks made, or why the part was skipped. */
  readonly note: string;
  /** Cases that these bodies cannot run. */
  readonly skipped?: number;
}

/** One failure. */
export interface Failure {
  readonly part: string;
  readonly body: Kind | "";
  /** What failed, on one line: a case with its file, a table's entry. */
  readonly title: string;
  /** The first event that differs with the events around it, or whatever else shows it. */
  readonly details: readonly string[];
  /** Command that runs it again; undefined where the whole part has to. */
  readonly replay: string | undefined;
  /** Nothing diverged: Go's side of the comparison could not be had. */
  readonly notRecorded?: true;
}

/** Rows and failures of one part. */
export interface PartResult {
  readonly rows: readonly Row[];
  readonly failures: readonly Failure[];
}

/** Counts while a part runs one kind of body. */
export class Tally {
  cases = 0;
  ops = 0;
  transitions = 0;
  compared = 0;
  divergent = 0;
  private ms = 0;
  readonly notes: string[] = [];
  private readonly skips = new Map<string, number>();
  /** Cases that these bodies cannot run. */
  skipped = 0;

  constructor(
    private readonly part: string,
    readonly body: Kind | "",
  ) {}

  /** Runs `f` on this tally's clock. */
  timed<T>(f: () => T): T {
    const start = performance.now();
    try {
      return f();
    } finally {
      this.ms += performance.now() - start;
    }
  }

  /** Adds time that was taken elsewhere. */
  addTime(ms: number): void {
    this.ms += ms;
  }

  /** Books a case. @param trace its events @param failed whether it is among the divergent */
  add(trace: { ops: readonly string[]; status: readonly string[] }, failed: boolean): void {
    this.cases++;
    this.ops += trace.ops.length;
    this.transitions += trace.status.length;
    if (failed) this.divergent++;
  }

  /** Books a case that these bodies cannot run. */
  skip(reason: string): void {
    this.skipped++;
    this.skips.set(reason, (this.skips.get(reason) ?? 0) + 1);
  }

  row(): Row {
    const { part, body, cases, ops, transitions, compared, divergent, ms } = this;
    const skipped = [...this.skips].map(([reason, count]) => `${count} not run: ${reason}`);
    return {
      part,
      body,
      cases,
      ops,
      transitions,
      compared,
      divergent,
      ms,
      note: [...this.notes, ...skipped].join(", "),
      ...(this.skipped > 0 ? { skipped: this.skipped } : {}),
    };
  }
}

/** A row as a sentence: the run's last lines have this form. */
export function summary({ part, body, cases, ops, transitions, divergent }: Row): string {
  return `${part} ${body}: ${cases} cases, ${ops} ops, ${transitions} transitions, ${divergent} divergent`;
}
