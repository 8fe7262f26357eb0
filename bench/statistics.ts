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
