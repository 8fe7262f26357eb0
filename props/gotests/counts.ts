/** How many of Go's tests are told, by its files. */
import type { GoFile } from "./gotest.ts";

/** Counts of some files. */
export interface Counts {
  readonly told: number;
  /** Told, and known to differ from Go. */
  readonly differ: number;
  readonly untold: number;
  /** Not told, as the port does not have it yet. */
  readonly absent: number;
}

/** The counts of files. */
export function totalOf(files: readonly GoFile[]): Counts {
  const told = files.flatMap((f) => f.told);
  const untold = files.flatMap((f) => f.untold);
  return {
    told: told.length,
    differ: told.filter((t) => t.fails !== undefined).length,
    untold: untold.length,
    absent: untold.filter((u) => u.absent !== undefined).length,
  };
}

function nameOf({ file, module }: GoFile): string {
  return module === undefined ? file : `${module}/${file}`;
}

/** A table of Markdown: a row a file, and the sum. */
export function countsTable(files: readonly GoFile[]): string[] {
  const row = (name: string, { told, differ, untold, absent }: Counts) =>
    `| ${name} | ${told - differ} | ${differ} | ${untold - absent} | ${absent} |`;
  return [
    "| Go's test file | retold, passes | retold, known to differ | not retold | not retold: not there yet |",
    "|---|---|---|---|---|",
    ...files.map((file) => row(nameOf(file), totalOf([file]))),
    row("all", totalOf(files)),
  ];
}
