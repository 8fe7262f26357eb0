/** What the tests of reports share. */
import { expect } from "bun:test";
import { readFileSync } from "node:fs";

/** A report in which every place in a file is the line that stands there. */
export function withCode(report: string, path: string): string {
  const source = readFileSync(path, "utf8").split("\n");
  return report.replaceAll(/\t(.*):(\d+):\d+$/gm, (place, file: string, line: string) =>
    file === path ? `\t${(source[Number(line) - 1] ?? "").trim()}` : place,
  );
}

/** What a promise rejects with. @throws when that is no `type` */
export async function failure<E extends Error>(
  type: new (...args: never[]) => E,
  promise: Promise<unknown>,
): Promise<E> {
  const error = await promise.then(
    () => new Error("it succeeded"),
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(type);
  return error as E;
}
