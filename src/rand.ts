/**
 * The generator that `select` draws its poll order from: wyrand with Go's constants (cheaprand in runtime/rand.go),
 * seeded, so that a run can be repeated.
 *
 * The 64-bit state is two u32 halves and the product is built from 16-bit limbs: no BigInt on the way.
 */

// Halves of the state, as int32.
let stateLo = 0;
let stateHi = 0;

/** Seeds the stream. @param seed an integer of 0 to 2^53-1 */
export function randinit(seed: number): void {
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`gobuf: seed ${seed}: expected 0 to 2^53-1`);
  stateLo = seed | 0;
  stateHi = Math.floor(seed / 0x1_0000_0000) | 0;
}

/** The state as two u32 halves, low first. */
export function randstate(): readonly [number, number] {
  return [stateLo >>> 0, stateHi >>> 0];
}

/** Whether a sum of u32 numbers, one of which is `part`, has gone past 2^32. */
function carries(sum: number, part: number): number {
  return sum >>> 0 < part >>> 0 ? 1 : 0;
}

/** Adds 0xa0761d6478bd642f to the state. */
function step(): void {
  const lo = (stateLo + 0x78bd642f) | 0;
  stateHi = (stateHi + 0xa0761d64 + carries(lo, stateLo)) | 0;
  stateLo = lo;
}

/** Steps, and folds the 128-bit product of the state with (s ^ 0xe7037ed1a0b428db) into its low 32 bits. */
function next32(): number {
  step();
  const lo = stateLo;
  const hi = stateHi;
  const xl = lo ^ 0xa0b428db;
  const xh = hi ^ 0xe7037ed1;
  // Words 0 and 2 of the product are wanted. Word 1 is needed for its carries.
  const high = mulhi(lo, xl);
  const sum1 = (high + Math.imul(lo, xh)) | 0;
  const sum2 = (sum1 + Math.imul(hi, xl)) | 0;
  const carry = carries(sum1, high) + carries(sum2, sum1);
  return Math.imul(lo, xl) ^ (mulhi(lo, xh) + mulhi(hi, xl) + Math.imul(hi, xh) + carry);
}

/** The upper 32 bits of the product of two u32 numbers. Nothing leaves the range of int32 arithmetic. */
function mulhi(a: number, b: number): number {
  const al = a & 0xffff;
  const ah = a >>> 16;
  const bl = b & 0xffff;
  const bh = b >>> 16;
  const mid = Math.imul(ah, bl) + (Math.imul(al, bl) >>> 16);
  const mid2 = Math.imul(al, bh) + (mid & 0xffff);
  return (Math.imul(ah, bh) + (mid >>> 16) + (mid2 >>> 16)) | 0;
}

/** An integer of 0 to n-1: cheaprandn in runtime/rand.go. @param n 1 to 2^31-1 */
export function cheaprandn(n: number): number {
  if (n === 1) {
    step(); // the draw is 0 whatever its bits: a select's first
    return 0;
  }
  return mulhi(next32(), n);
}
