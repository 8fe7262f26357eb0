/**
 * Instances of this module on one thread: `bun --hot` loads it anew, and two packages may bring a copy each. An instance
 * has an M of its own; where several share a library, and with it the thread's M, each says which is the thread's while it
 * runs goroutines. A copy that is loaded anew takes the place of the one before, whose runs end.
 */
import { packageRoot, standsIn } from "./library.ts";

/** Where this instance was loaded from, as messages say it. */
export const origin: string = standsIn === "bundle" ? import.meta.path : packageRoot;

/** What instances know of each other. */
export interface Instance {
  /** Where it was loaded from. */
  readonly url: string;
  /** The same, as messages say it. */
  readonly origin: string;
  /** Its library, by an address in it. */
  readonly library: number;
  /** Its M. */
  readonly mid: number;
  /** Ends its runs, for good. */
  retire(): void;
  /** Whether a goroutine of it runs. */
  isRunning(): boolean;
}

const KEY = Symbol.for("gobuf.instances");

/** Those on this thread, this one among them. A Map by URL on globalThis, which all versions of this module share. */
const instances: Map<string, Instance> = (() => {
  const found = Reflect.get(globalThis, KEY) as Map<string, Instance> | undefined;
  const map = found ?? new Map<string, Instance>();
  if (found === undefined) Object.defineProperty(globalThis, KEY, { value: map });
  return map;
})();

let retire = (): void => {};
let isRunning = (): boolean => false;

/** Sets how this instance ends, and whether it is in a goroutine: modules above know. */
export function setInstance(how: { retire?: () => void; isRunning?: () => boolean }): void {
  retire = how.retire ?? retire;
  isRunning = how.isRunning ?? isRunning;
}

/** This instance was replaced by one that was loaded from the same place. */
export let retired = false;

/** Why nothing runs in an instance that was replaced. */
export const RETIRED =
  "gobuf: this copy was loaded anew (bun --hot): its runs are over, and what it made is not the new copy's";

/** Whether another instance on this thread has the same library: then the thread is not always this one's M. */
export function sharesLibrary(library: number): boolean {
  for (const other of instances.values()) if (other.library === library && other.url !== import.meta.url) return true;
  return false;
}

/** Ends the instance that was loaded from the same place before. @returns its M, if it has the same library */
export function replace(library: number): number | undefined {
  const before = instances.get(import.meta.url);
  before?.retire();
  return before?.library === library ? before.mid : undefined;
}

/** Makes this instance known to those that come. */
export function register(library: number, mid: number): void {
  instances.set(import.meta.url, {
    url: import.meta.url,
    origin,
    library,
    mid,
    retire() {
      retired = true;
      retire();
    },
    isRunning: () => isRunning(),
  });
}

/** Another instance, one of whose goroutines is calling: where it was loaded from. */
export function runningElsewhere(): string | undefined {
  for (const other of instances.values()) if (other.url !== import.meta.url && other.isRunning()) return other.origin;
  return undefined;
}
