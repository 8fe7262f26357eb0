/**
 * Reports of crash programs, beside Go's: what Go prints of each of its own, with GOTRACEBACK=single and all, is recorded
 * in crash-outlines.json (`bun run gotests --record`), and compared with what the port's report says.
 */
import outlines from "./crash-outlines.json";
import { crash } from "./crash-programs.ts";
import { type Fails, same } from "./gotest.ts";
import { outline } from "./outline.ts";

/** What GOTRACEBACK may say, and the option of a run. */
export const TRACEBACKS = ["single", "all"] as const;
export type Traceback = (typeof TRACEBACKS)[number];

/** Outlines by program. */
export type Outlines = Readonly<Record<string, Readonly<Record<Traceback, readonly string[]>>>>;

/** What Go prints. */
export const RECORDED: Outlines = outlines;

/** Compares one report with Go's. */
export async function compareReport(name: string, traceback: Traceback): Promise<void> {
  const { output } = await crash(name, { traceback });
  const want = RECORDED[name]?.[traceback] ?? ["(nothing is recorded: bun run gotests --record)"];
  same(outline(output).join("\n"), want.join("\n"), `${name}, ${traceback}`);
}

// Faults that several tests show.
export const LOST =
  "JavaScript does not tell that a caught error was thrown again, nor which error a finally's own has taken the place of";
export const MAIN_ENDS = "G2: main's return does not wait for a goroutine whose deferred work runs in a panic";

/** Marks programs whose report differs, by what the port prints in place of Go's. */
function marks(fault: string, says: string, ...names: string[]): [string, Fails][] {
  return names.map((name) => [name, { fault, says }]);
}

/** Known differences, by program, or by "program, traceback" when the other one is as Go's. */
export const REPORT_FAILS: ReadonlyMap<string, Fails> = new Map([
  ...marks(LOST, ": panic: message\n", "RepanickedPanic"),
  ...marks(LOST, "\tpanic: middle [recovered]\n", "RepanickedMiddlePanic"),
  ...marks(LOST, ": panic: outer\n", "RepanickedPanicSandwich"),
  ...marks(LOST, ": panic: panic pt1\n", "PanicTraceback"),
  ...marks(LOST, ": panic: YYY\n", "DoublePanic"),
  ...marks(MAIN_ENDS, ": , Go's: panic: crash", "PanicRace"),
]);
