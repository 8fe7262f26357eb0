/** Everything a run prints: a bar on a terminal, plain lines elsewhere, failures, the table, the last lines. */
import { Presets, SingleBar } from "cli-progress";
import { pace } from "../../scripts/pace.ts";
import { type Failure, type PartResult, type Row, summary } from "./result.ts";

/** Failures of a part that are shown whole; the JSON result has all of them. */
const SHOWN_MAX = 5;
/** Where there is no bar, a long part says every so often that it is alive. */
const HEARTBEAT_MS = 10_000;

/** A stream as this file uses it. */
export interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export class Reporter {
  private bar: SingleBar | undefined;
  private part = "";
  private total = 0;
  private done = 0;
  private began = 0;
  private lastLine = 0;

  /**
   * @param out for what stays
   * @param progress for the bar; plain lines go to `out` when it is no terminal
   */
  constructor(
    private readonly out: Output,
    private readonly progress: Output,
  ) {}

  line(text: string): void {
    this.out.write(`${text}\n`);
  }

  /** Begins a part of `total` steps. */
  begin(part: string, total: number, what: string): void {
    this.part = part;
    this.total = total;
    this.done = 0;
    this.began = performance.now();
    this.lastLine = this.began;
    if (this.progress.isTTY === true) {
      const format = `${part.padEnd(8)} {bar} {value}/{total} ${what} {pace}`;
      this.bar = new SingleBar(
        { format, hideCursor: true, clearOnComplete: true, stream: this.progress as NodeJS.WriteStream },
        Presets.shades_classic,
      );
      this.bar.start(total, 0, { pace: "" });
    } else this.line(`${part}: ${total} ${what}`);
  }

  /** One step of the part is done. */
  tick(): void {
    this.done++;
    const now = performance.now();
    const goes = () => pace(this.done, this.total, now - this.began);
    if (this.bar) this.bar.update(this.done, { pace: goes() });
    else if (now - this.lastLine > HEARTBEAT_MS) {
      this.lastLine = now;
      this.line(`${this.part}: ${this.done}/${this.total}, ${goes()}`);
    }
  }

  /** Ends the part and shows its failures. */
  end({ failures }: PartResult): void {
    this.bar?.stop();
    this.bar = undefined;
    for (const failure of failures.slice(0, SHOWN_MAX)) this.failure(failure);
    const hidden = failures.length - SHOWN_MAX;
    if (hidden > 0) this.line(`... and ${hidden} more failures of ${this.part} (all of them: --json FILE)\n`);
  }

  private failure({ part, body, title, details, replay, notRecorded }: Failure): void {
    this.line(
      `\n${notRecorded ? "NOT RECORDED" : "DIVERGED"} ${part}${body === "" ? "" : ` on ${body} bodies`}: ${title}`,
    );
    for (const detail of details) this.line(`  ${detail}`);
    if (replay !== undefined) this.line(`  replay: ${replay}`);
    this.line("");
  }

  /** The table of all parts. */
  table(rows: readonly Row[]): void {
    const head = ["part", "body", "cases", "ops", "transitions", "divergent", "ms", ""];
    const cells = rows.map((r) => [
      r.part,
      r.body,
      ...[r.cases, r.ops, r.transitions, r.divergent, Math.round(r.ms)].map(String),
      r.note,
    ]);
    const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => (row[i] as string).length)));
    this.line("");
    for (const row of [head, ...cells]) {
      const padded = row.map((cell, i) =>
        i < 2 || i === 7 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0),
      );
      this.line(padded.join("  ").trimEnd());
    }
    this.line("");
  }

  /** The last lines, one for each kind of body. */
  summaries(rows: readonly Row[]): void {
    for (const row of rows) this.line(summary(row));
  }
}
