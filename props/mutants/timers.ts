/** Seeded faults of the heap of timers and of what stands on it. Found by the recorded programs of timers. */
import type { Mutant } from "./mutant.ts";

function fault(kind: string, file: string, from: string, to: string): Mutant {
  return { name: `src/${kind}`, subject: "src", kind, edits: [{ file: `src/${file}`, from, to }] };
}
const heap = (kind: string, from: string, to: string) => fault(kind, "runtime/time.ts", from, to);
const timer = (kind: string, from: string, to: string) => fault(kind, "time/timer.ts", from, to);

export const TIMER_MUTANTS: readonly Mutant[] = [
  heap("zombies are dropped at a half", "zombies > length >> 2", "zombies > length >> 1"),
  heap("zombies are counted against the length of now", "zombies > length >> 2", "zombies > heap.length >> 2"),
  heap(
    "the length is not noted behind a look at the heap",
    "    if (tooManyZombies()) adjust(now, true);\n    length = heap.length;",
    "    if (tooManyZombies()) adjust(now, true);",
  ),
  heap(
    "the tail's zombies are kept",
    "    if ((last.state & timerZombie) !== 0) {\n      last.state = 0;",
    "    if (false) {\n      last.state = 0;",
  ),
  heap(
    "modified timers are moved before their time",
    "minWhenModified === 0 || minWhenModified > now)",
    "minWhenModified === 0)",
  ),
  heap(
    "a reset leaves its zombie counted",
    "      zombies--;\n      timer.state &= ~timerZombie;\n    }\n    if (minWhen",
    "      timer.state &= ~timerZombie;\n    }\n    if (minWhen",
  ),
  heap("a late tick is followed by those before it", "period * (1 + Math.floor(delay / period))", "period"),
  heap(
    "a zombie that is waited for stays counted",
    "      this.state &= ~timerZombie;\n      zombies--;\n",
    "      this.state &= ~timerZombie;\n",
  ),
  heap("a wait for a timer that goes on is its end", "if (this.blocked === 0 && (this.state", "if ((this.state"),
  heap(
    "a timer of the heap runs when its channel is looked at",
    "if ((this.state & timerHeaped) !== 0 || this.when === 0) return;",
    "if (this.when === 0) return;",
  ),
  heap(
    "a new timer cleans no head",
    "function add(timer: Timer): void {\n  cleanHead();",
    "function add(timer: Timer): void {",
  ),
  heap(
    "the forced sweep comes first",
    "    adjust(now, false);\n    while",
    "    adjust(now, tooManyZombies());\n    while",
  ),
  timer("a pending timer's channel is not emptied", "return drain(r) || pending;", "return pending || drain(r);"),
  timer("a reset forgets what it took out of the channel", "return pending || drained;", "return pending;"),
  timer("a channel gives the time of the look", "timeAt(nanotime() - delay)", "timeAt(nanotime())"),
];
