/** A golden file that cannot be taken at its word: where, what is wrong, and what was expected instead. */
export class GoldenError extends Error {
  override readonly name = "GoldenError";

  /**
   * @param file the path as the user gave it
   * @param line 1-based line of the (decompressed) file; 0 when the fault is the file's as a whole
   * @param caseName the case on that line, when the line could be read that far
   * @param reason what is there
   * @param expected what the format asks for
   */
  constructor(
    readonly file: string,
    readonly line: number,
    readonly caseName: string | undefined,
    readonly reason: string,
    readonly expected: string,
  ) {
    const place = line === 0 ? file : `${file}:${line}`;
    const named = caseName === undefined ? "" : ` case ${JSON.stringify(caseName)}:`;
    super(`${place}:${named} ${reason}; expected ${expected}`);
  }
}

/** A fault found inside one line; the reader adds the place and makes a {@link GoldenError} of it. */
export class Fault extends Error {
  constructor(
    readonly reason: string,
    readonly expected: string,
  ) {
    super(reason);
  }
}

/** A value as an error shows it: JSON, shortened. */
export function show(value: unknown): string {
  const text = value === undefined ? "missing" : (JSON.stringify(value) ?? String(value));
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}
