/** The distinct times of sleepers, milliseconds, in no order: 5 us apart, from 1 ms on. */
export function sleepMs(i: number, n: number): number {
  return 1 + ((i * 7919) % n) * 0.005;
}
