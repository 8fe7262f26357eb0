/** What is computed of samples. */

/** The value that cuts off a share `q` of the samples, which are in order. */
export function quantile(sorted: readonly number[], q: number): number {
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}

/** The middle one of samples in any order. */
export function median(samples: readonly number[]): number {
  return quantile(
    samples.toSorted((a, b) => a - b),
    0.5,
  );
}

/** Distance of the quartiles, as a share of the median. */
export function spread(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = quantile(sorted, 0.5);
  return middle === 0 ? 0 : Math.abs((quantile(sorted, 0.75) - quantile(sorted, 0.25)) / middle);
}

/**
 * The Mann-Whitney test, exact: how likely two groups of samples of the same kind lie as far apart as these, either way.
 *
 * @param a at most 10 samples
 * @param b at most 10 samples
 */
export function mannWhitney(a: readonly number[], b: readonly number[]): number {
  const pooled = [...a, ...b];
  /** Twice the U of a group: for each pair 2 where its sample is larger, 1 where they are equal. */
  const twiceU = (chosen: readonly number[], others: readonly number[]) =>
    chosen.reduce((sum, x) => sum + others.reduce((s, y) => s + (x > y ? 2 : x === y ? 1 : 0), 0), 0);
  const middle = a.length * b.length;
  const distance = Math.abs(twiceU(a, b) - middle);
  let all = 0;
  let asFar = 0;
  // Every way to choose the first group from the pooled samples.
  for (let mask = 0; mask < 2 ** pooled.length; mask++) {
    const first = pooled.filter((_, i) => (mask >> i) & 1);
    if (first.length !== a.length) continue;
    all++;
    const second = pooled.filter((_, i) => !((mask >> i) & 1));
    if (Math.abs(twiceU(first, second) - middle) >= distance) asFar++;
  }
  return asFar / all;
}
