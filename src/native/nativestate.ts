/**
 * What only JavaScript can hold for a native goroutine: the memory of its argument, what a callback threw, and the WaitGroup
 * that waits for it. Few goroutines have one of them, so that they lie in maps, and not in arrays over all Gs.
 */
import { setNativeRelease } from "../runtime/ending.ts";
import { runOf, type World } from "../runtime/world.ts";
import type { WaitGroup } from "../sync/waitgroup.ts";

/** What a callback threw; the value may be anything, undefined too. */
export interface Thrown {
  readonly error: unknown;
}

const thrown = new Map<number, Thrown>();
const arguments_ = new Map<number, object>();
const groups = new Map<number, WaitGroup>();

/** Notes what a callback threw. */
export function setThrown(gp: number, error: unknown): void {
  thrown.set(gp, { error });
}

/** Whether a callback of the goroutine threw, and nothing has recovered. */
export function hasThrown(gp: number): boolean {
  return thrown.size !== 0 && thrown.has(gp);
}

/** What a callback of the goroutine threw, which is forgotten here; null for nothing. */
export function takeThrown(gp: number): Thrown | null {
  if (thrown.size === 0) return null;
  const found = thrown.get(gp);
  if (found === undefined) return null;
  thrown.delete(gp);
  return found;
}

/** What a callback of any goroutine of a world threw and nobody has recovered; null for nothing. */
export function anyThrown(world: World): Thrown | null {
  for (const [gp, one] of thrown) if (runOf(gp).world === world) return one;
  return null;
}

/** Keeps the memory of a body's argument until its goroutine ends. */
export function keepArgument(gp: number, argument: object): void {
  arguments_.set(gp, argument);
}

/** The goroutine is one of a WaitGroup, which waits until it ends. */
export function joinGroup(gp: number, group: WaitGroup): void {
  groups.set(gp, group);
}

/** The WaitGroup of a goroutine that gobuf_wg_go has started; null for any other. */
export function groupOf(gp: number): WaitGroup | null {
  return groups.size === 0 ? null : (groups.get(gp) ?? null);
}

/** The goroutine has ended. @returns what a callback threw and nobody recovered */
export function releaseNative(gp: number): Thrown | null {
  if (arguments_.size !== 0) arguments_.delete(gp);
  if (groups.size !== 0) groups.delete(gp);
  return takeThrown(gp);
}

setNativeRelease(releaseNative);
