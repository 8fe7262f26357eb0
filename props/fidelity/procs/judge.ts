/**
 * The judge of runs with several Ms: whether what all Ms have noted, merged by the numbers that they drew, is legal. It wants
 * no golden: which M runs which goroutine when is nobody's to say.
 */

import { MAIN, type PoolEvent } from "../../../src/procs/pool.ts";
import { statusName } from "../../../src/runtime/runtime2.ts";

const [IDLE, RUNNABLE, RUNNING, WAITING, DEAD] = [0, 1, 2, 4, 6];

/** The changes that a pool makes; who ends what another has begun is told apart below. */
const LEGAL = new Set(
  [
    [IDLE, RUNNABLE],
    [RUNNABLE, RUNNING],
    [RUNNING, RUNNABLE],
    [RUNNING, WAITING],
    [WAITING, RUNNABLE],
    [RUNNING, DEAD],
  ].map(([from, to]) => `${from}>${to}`),
);

/** What a merged trace shows. */
export interface Seen {
  readonly transitions: number;
  readonly executes: number;
  /** A goroutine went on, on another M than before. */
  readonly migrations: number;
  readonly goroutines: number;
}

/**
 * @param lists what each writer has noted
 * @returns what it shows, and what is wrong with it: at most ten things
 */
export function judge(lists: readonly (readonly PoolEvent[])[]): { seen: Seen; wrong: string[] } {
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
  /** The P that each G is on, and was on last; the G of each P. */
  const on = new Map<number, number>();
  const last = new Map<number, number>();
  const running = new Map<number, number>();
  let [executes, migrations, goroutines] = [0, 0, 0];
  for (const { number, gp, old, new: to, who } of events) {
    const where = `event ${number}: G ${gp}, ${statusName(old)}>${statusName(to)} by ${who === MAIN ? "main" : `P ${who}`}`;
    const status = statuses.get(gp) ?? IDLE;
    // A dead G that is used again is idle first, which is outside the relation.
    const expected = status === DEAD ? IDLE : status;
    if (old !== expected) tell(`${where}: it was ${statusName(expected)}`);
    if (!LEGAL.has(`${old}>${to}`)) tell(`${where}: is no change of a pool's`);
    statuses.set(gp, to);
    if (old === IDLE) goroutines++;
    if (to === RUNNING) {
      executes++;
      const other = running.get(who);
      if (other !== undefined) tell(`${where}: the P runs G ${other} already`);
      if (on.has(gp)) tell(`${where}: P ${on.get(gp)} runs it already`);
      if (who === MAIN) tell(`${where}: main's thread runs no native goroutine`);
      if (last.has(gp) && last.get(gp) !== who) migrations++;
      running.set(who, gp);
      on.set(gp, who);
      last.set(gp, who);
    } else if (old === RUNNING) {
      if (on.get(gp) !== who) tell(`${where}: it runs on P ${on.get(gp)}`);
      on.delete(gp);
      running.delete(who);
    }
    if (to === DEAD) last.delete(gp);
  }
  return { seen: { transitions: events.length, executes, migrations, goroutines }, wrong };
}
