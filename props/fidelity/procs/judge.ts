/**
 * The judge of runs with several Ms: whether what all Ms have noted, merged by the numbers that they drew, is legal. It wants
 * no golden: which M runs which goroutine when is nobody's to say.
 */

import { MAIN, NO_P, type PoolEvent } from "../../../src/procs/pool.ts";
import { statusName } from "../../../src/runtime/runtime2.ts";

const [IDLE, RUNNABLE, RUNNING, SYSCALL, WAITING, DEAD] = [0, 1, 2, 3, 4, 6];

/** The changes that a pool makes; who ends what another has begun is told apart below. */
const LEGAL = new Set(
  [
    [IDLE, RUNNABLE],
    [RUNNABLE, RUNNING],
    [RUNNING, RUNNABLE],
    [RUNNING, WAITING],
    [RUNNING, SYSCALL],
    [SYSCALL, RUNNING],
    [SYSCALL, RUNNABLE],
    [WAITING, RUNNABLE],
    [RUNNING, DEAD],
  ].map(([from, to]) => `${from}>${to}`),
);

/** One of Go in addition: of a call that waits for the world, which has stopped. */
const GO = new Set([`${SYSCALL}>${WAITING}`]);

/** What a merged trace shows. */
export interface Seen {
  readonly transitions: number;
  readonly executes: number;
  /** A goroutine went on, on another M than before. */
  readonly migrations: number;
  readonly goroutines: number;
  /** Blocking calls that were begun, and those behind which there was no P. */
  readonly calls: number;
  readonly waited: number;
}

/**
 * @param lists what each writer has noted
 * @param of what a pool's Ms have noted, or Go's execution trace
 * @returns what it shows, and what is wrong with it: at most ten things
 */
export function judge(
  lists: readonly (readonly PoolEvent[])[],
  of: "pool" | "go" = "pool",
): { seen: Seen; wrong: string[] } {
  const wrong: string[] = [];
  const tell = (text: string) => {
    if (wrong.length < 10) wrong.push(text);
  };
  for (const list of lists) {
    for (let i = 1; i < list.length; i++) {
      if ((list[i] as PoolEvent).number <= (list[i - 1] as PoolEvent).number) tell("a writer's numbers do not rise");
    }
  }
  const events = lists.flat().sort((a, b) => a.number - b.number);
  const statuses = new Map<number, number>();
  /** The M that each G is on, and was on last; the G of each M, and of each P. */
  const on = new Map<number, number>();
  const last = new Map<number, number>();
  const running = new Map<number, number>();
  const ofP = new Map<number, number>();
  let [executes, migrations, goroutines, calls, waited] = [0, 0, 0, 0, 0];
  for (const { number, gp, old, new: to, who, p } of events) {
    const by = who === MAIN ? "main" : `M ${who}${p === NO_P ? " without a P" : ` with P ${p}`}`;
    const where = `event ${number}: G ${gp}, ${statusName(old)}>${statusName(to)} by ${by}`;
    const status = statuses.get(gp) ?? IDLE;
    // A dead G that is used again is idle first, which is outside the relation.
    const expected = status === DEAD ? IDLE : status;
    if (old !== expected) tell(`${where}: it was ${statusName(expected)}`);
    if (!LEGAL.has(`${old}>${to}`) && !(of === "go" && GO.has(`${old}>${to}`)))
      tell(`${where}: is no change of a pool's`);
    statuses.set(gp, to);
    if (old === IDLE) goroutines++;
    if (to === RUNNING) {
      const other = running.get(who);
      const same = old === SYSCALL;
      if (other !== undefined && !(same && other === gp)) tell(`${where}: the M runs G ${other} already`);
      if (on.has(gp) && !(same && on.get(gp) === who)) tell(`${where}: M ${on.get(gp)} runs it already`);
      if (who === MAIN) tell(`${where}: main's thread runs no native goroutine`);
      else if (p === NO_P) tell(`${where}: nothing runs without a P`);
      const ofSame = ofP.get(p);
      if (ofSame !== undefined) tell(`${where}: the P runs G ${ofSame} already`);
      if (!same) {
        executes++;
        if (last.has(gp) && last.get(gp) !== who) migrations++;
      }
      running.set(who, gp);
      on.set(gp, who);
      last.set(gp, who);
      ofP.set(p, gp);
    } else if (old === RUNNING || old === SYSCALL) {
      if (on.get(gp) !== who) tell(`${where}: it runs on M ${on.get(gp)}`);
      if (old === RUNNING) {
        if (ofP.get(p) !== gp) tell(`${where}: the P runs G ${ofP.get(p)}`);
        ofP.delete(p);
      } else if (p !== NO_P) tell(`${where}: an M that has a P goes on with it`);
      if (to === SYSCALL) calls++;
      else {
        if (old === SYSCALL) waited++;
        on.delete(gp);
        running.delete(who);
      }
    }
    if (to === DEAD) last.delete(gp);
  }
  return { seen: { transitions: events.length, executes, migrations, goroutines, calls, waited }, wrong };
}
