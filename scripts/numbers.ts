/** Numbers as a person writes them, in a command line or an environment variable: checked, or refused with the range. */

/** @throws RangeError that says which integers are expected */
export function parseInteger(text: string, min: number, max: number): number {
  const value = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new RangeError(`expected an integer of ${min} to ${max}`);
}

/** One of several equal parts. */
export interface Share {
  /** Of 1 to `count`. */
  readonly index: number;
  readonly count: number;
}

/** @throws RangeError that says what is expected */
export function parseShare(text: string, countMax: number): Share {
  const match = /^(\d{1,9})\/(\d{1,9})$/.exec(text);
  const [index, count] = [Number(match?.[1]), Number(match?.[2])];
  if (count >= 1 && count <= countMax && index >= 1 && index <= count) return { index, count };
  throw new RangeError(`expected i/n with 1 <= i <= n <= ${countMax}, e.g. 1/4`);
}

/**
 * An integer from the environment.
 *
 * @returns `otherwise` where the variable is not set, or empty
 * @throws RangeError that names the variable, its value and what is expected
 */
export function integerFromEnv(name: string, otherwise: number, min: number, max: number): number {
  const text = process.env[name];
  if (!text) return otherwise;
  try {
    return parseInteger(text, min, max);
  } catch (error) {
    throw new RangeError(`${name} is ${text}: ${(error as Error).message}`);
  }
}
