/**
 * Goroutines of different worlds do not meet: a queue of waiters holds goroutines of one world. Nor do copies of gobuf. And
 * what is made in a bubble belongs to it (runtime/synctest.go): goroutines of other runs are refused.
 */
import { describe } from "./expect.ts";
import { gentry } from "./g.ts";
import { goidOf } from "./gstatus.ts";
import { origin } from "./instance.ts";
import { fatal, mp } from "./m.ts";
import { FatalError } from "./panic.ts";
import { currentWorld, enter, runOf, type World, whenSeveralWorlds } from "./world.ts";

/** @throws Error for what is no channel of this copy of gobuf @param what what wants one */
export function refuseChan(what: string, c: unknown): never {
  const isOther = typeof c === "object" && c !== null && "lane" in c && "dataqsiz" in c;
  if (!isOther) {
    const nil = c === undefined || c === null ? " (the nil channel is nilchan)" : "";
    throw new TypeError(`gobuf: ${what}: expected a channel, got ${describe(c)}${nil}`);
  }
  throw new TypeError(
    `gobuf: ${what}: the channel is of another copy of gobuf, this one is ${origin}: what passes things between the two ` +
      "needs one copy (or the program was loaded anew, by bun --hot, and the channel was made before)",
  );
}

/**
 * A queue on which a G waits is used while there are several worlds. Ordinary code goes over to the G's world; a goroutine
 * of another world is refused, before anything has changed.
 *
 * @throws Error that names the goroutine that waits
 */
export function meet(gp: number): void {
  const { world } = runOf(gp);
  if (world === currentWorld()) return;
  if (!mp.turn) return enter(world);
  const entry = gentry[gp];
  const name = typeof entry === "function" && entry.name !== "" ? ` (${entry.name})` : "";
  throw new Error(
    `gobuf: goroutine ${goidOf(gp)}${name} of another run waits here, which has ${OWN}: such runs share no ` +
      "channels, locks or groups with others",
  );
}

/** Bubbles and worlds apart of this thread, those that are over included: while it is 0, nobody asks further. */
export let owners = 0;

/** Whether a select has to ask for each of its channels: there was a bubble, or there were several worlds. */
export let selectsAsk = false;

/** From now on a select looks at its channels first. */
export function askInSelects(): void {
  selectsAsk = true;
}

whenSeveralWorlds(askInSelects);

/** What is made in a bubble from now on belongs to it. */
export function own(world: World): void {
  world.owns = true;
  owners++;
  selectsAsk = true;
}

/** What a world and the others make from now on is each one's own. */
export function partWorld(world: World): void {
  world.apart = true;
  owners++;
}

/** What a goroutine does with a channel. */
export type ChanUse = "send" | "receive" | "close" | "select";

/** The world that what is made now belongs to; null for ordinary code, which is of none. */
export function ownerNow(): World | null {
  return mp.curg === 0 ? null : currentWorld();
}

/**
 * Refuses a goroutine that uses a channel of another world, where one of the two is apart, whether or not anybody waits on
 * it. What a world leaves behind is for all.
 *
 * @throws Error that names the use
 */
export function refuseOther(owner: World, use: ChanUse): void {
  if (mp.curg === 0 || owner.runs.size === 0) return;
  const world = currentWorld();
  if (world === owner || !(owner.apart || world?.apart)) return;
  throw new Error(
    `gobuf: ${use}: the channel was made in another run, and one of the two has ${OWN}: such runs share no channels, locks ` +
      "or groups with others",
  );
}

const OWN = "a clock, a seed or a hook of its own";

/** The bubble whose goroutine runs; null for another run's, and for ordinary code. */
export function bubbleNow(): World | null {
  if (owners === 0 || mp.curg === 0) return null;
  const world = currentWorld();
  return world?.owns ? world : null;
}

/** Refuses a goroutine that uses what another run's bubble has made. @throws FatalError with Go's text, the run's end */
export function refuseOutside(bubble: World, text: string): void {
  if (mp.curg !== 0 && currentWorld() !== bubble) refuse(text);
}

/** @throws FatalError the end of the run whose goroutine runs */
export function refuse(text: string): never {
  if (mp.curg === 0) throw new FatalError(text);
  return fatal(text);
}
