/**
 * The status relation, tried on a real G: every pair of statuses with every combination of scan bits, each from every
 * status that the word could really hold. The table is written down here once more, on purpose: the one under test must
 * not be its own judge.
 */
import type { StatusMachine } from "./target.ts";

/** The 13 edges. */
export const RELATION = [
  "idle>runnable",
  "runnable>running",
  "running>runnable",
  "running>waiting",
  "running>syscall",
  "running>copystack",
  "running>preempted",
  "running>dead",
  "waiting>runnable",
  "syscall>running",
  "syscall>runnable",
  "copystack>running",
  "preempted>runnable",
] as const;

/** The statuses, with Go's numbers. */
export const STATUSES: Readonly<Record<string, number>> = {
  idle: 0,
  runnable: 1,
  running: 2,
  syscall: 3,
  waiting: 4,
  dead: 6,
  copystack: 8,
  preempted: 9,
};
const SCAN_BIT = 0x1000;

/** Statuses whose goroutine castogscanstatus can hold. */
const SCANNABLE = ["runnable", "running", "waiting", "syscall"];

/** What a check of a table did and found. */
export interface TableCheck {
  /** Single questions asked. */
  readonly checked: number;
  /** What was wrong, a line each. */
  readonly faults: readonly string[];
}

const NAMES = Object.keys(STATUSES);

/** One question: is the pair taken from this word, and does the word say so afterwards. */
class Trial {
  checked = 0;
  readonly faults: string[] = [];

  constructor(
    private readonly machine: StatusMachine,
    private readonly g: number,
  ) {}

  text(status: number): string {
    const name = NAMES.find((n) => STATUSES[n] === (status & ~SCAN_BIT)) ?? String(status & ~SCAN_BIT);
    return (status & SCAN_BIT) === 0 ? name : `scan${name}`;
  }

  /** @param step what is tried on the word; `undefined` where it threw */
  try(
    what: string,
    word: number,
    allowed: boolean,
    after: number,
    names: readonly string[],
    step: () => boolean,
  ): void {
    this.checked++;
    this.machine.write(this.g, word);
    let taken: boolean;
    let message = "";
    try {
      taken = step();
    } catch (error) {
      taken = false;
      message = error instanceof Error ? error.message : String(error);
    }
    const found = this.machine.read(this.g);
    if (taken !== allowed) {
      const verb = (was: boolean) => (was ? "allowed" : "refused");
      this.faults.push(`${what} is ${verb(taken)}, expected: ${verb(allowed)}${message === "" ? "" : ` (${message})`}`);
    } else if (found !== (allowed ? after : word)) {
      const expected = this.text(allowed ? after : word);
      this.faults.push(
        `${what} is ${allowed ? "allowed" : "refused"} and leaves ${this.text(found)}, expected ${expected}`,
      );
    } else if (message !== "" && !names.every((name) => message.includes(name))) {
      this.faults.push(`${what} is refused with an error that does not name ${names.join(" and ")}: ${message}`);
    }
  }

  cas(from: number, to: number, word: number, allowed: boolean): void {
    const pair = `${this.text(from)}>${this.text(to)}`;
    const what = word === from ? `casgstatus ${pair}` : `casgstatus ${pair} of a ${this.text(word)} goroutine`;
    this.try(what, word, allowed, to, [pair], () => {
      this.machine.casgstatus(this.g, from, to);
      return true;
    });
  }

  /** casgstatus on a G whose scan bit this very thread holds must not wait for itself. */
  held(from: number, to: number): void {
    const scanned = from | SCAN_BIT;
    const what = `casgstatus ${this.text(from)}>${this.text(to)} while this thread holds the scan bit`;
    this.try(what, from, false, to, [], () => {
      if (!this.machine.castogscanstatus(this.g, from, scanned)) return true;
      try {
        this.machine.casgstatus(this.g, from, to);
        return true;
      } finally {
        this.machine.casfromgscanstatus(this.g, scanned, from);
      }
    });
  }

  scan(from: number, to: number): void {
    const pair = `${this.text(from)}>${this.text(to)}`;
    const bare = this.text(from & ~SCAN_BIT);
    const takes = SCANNABLE.includes(bare) && (from & SCAN_BIT) === 0 && to === (from | SCAN_BIT);
    const gives = SCANNABLE.includes(bare) && (from & SCAN_BIT) !== 0 && to === (from & ~SCAN_BIT);
    this.try(`castogscanstatus ${pair}`, from, takes, to, [], () => {
      const taken = this.machine.castogscanstatus(this.g, from, to);
      // gives it back at once, in the books of the machine too; the word is put as it was taken
      if (taken) {
        this.machine.casfromgscanstatus(this.g, to, from);
        this.machine.write(this.g, to);
      }
      return taken;
    });
    this.try(`casfrom_gscanstatus ${pair}`, from, gives, to, [], () => {
      this.machine.casfromgscanstatus(this.g, from, to);
      return true;
    });
  }
}

/** Checks numbers, relation and scan bits of a status machine. */
export function checkRelation(machine: StatusMachine): TableCheck {
  const g = machine.scratchG();
  const trial = new Trial(machine, g);
  const numbers = checkNumbers(machine);
  const words = NAMES.flatMap((name) => [STATUSES[name] as number, (STATUSES[name] as number) | SCAN_BIT]);
  for (const from of words) {
    for (const to of words) {
      const edge = (RELATION as readonly string[]).includes(`${trial.text(from)}>${trial.text(to)}`);
      trial.cas(from, to, from, edge);
      if (edge) {
        // from|scan is left out: there casgstatus rightly waits for the thread that holds the bit
        for (const word of words) if ((word & ~SCAN_BIT) !== from) trial.cas(from, to, word, false);
        if (SCANNABLE.includes(trial.text(from))) trial.held(from, to);
      }
      // not judged: a preempted goroutine's scan bit is taken by another function in Go, and by this one in the Rust
      // seed
      if ((from & ~SCAN_BIT) !== STATUSES.preempted) trial.scan(from, to);
    }
  }
  machine.release(g);
  return { checked: numbers.checked + trial.checked, faults: [...numbers.faults, ...trial.faults] };
}

function checkNumbers(machine: StatusMachine): TableCheck {
  const faults: string[] = [];
  const names = new Set([...NAMES, ...Object.keys(machine.byName)]);
  for (const name of names) {
    if (machine.byName[name] !== STATUSES[name]) {
      faults.push(`status ${name} is ${machine.byName[name]}, expected ${STATUSES[name]}`);
    }
  }
  if (machine.scanBit !== SCAN_BIT) faults.push(`the scan bit is ${machine.scanBit}, expected ${SCAN_BIT}`);
  return { checked: names.size + 1, faults };
}
