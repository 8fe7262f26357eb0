/**
 * The generator that `select` draws its poll order from: wyrand with Go's constants (cheaprand in runtime/rand.go),
 * seeded, so that a run can be repeated.
 *
 * The 64-bit state is two u32 halves and the product is built from 16-bit limbs: no BigInt on the way.
 */

let stateLo = 0;
let stateHi = 0;

/** Seeds the stream. @param seed an integer of 0 to 2^53-1 */
export function randinit(seed: number): void {
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`gobuf: seed ${seed}: expected 0 to 2^53-1`);
  stateLo = seed >>> 0;
  stateHi = Math.floor(seed / 0x1_0000_0000) >>> 0;
}

/** The state as two u32 halves, low first. */
export function randstate(): readonly [number, number] {
  return [stateLo, stateHi];
}

/** Adds 0xa0761d6478bd642f and folds the 128-bit product with (s ^ 0xe7037ed1a0b428db) into its low 32 bits. */
function next32(): number {
  const lo = stateLo + 0x78bd642f;
  stateLo = lo >>> 0;
  stateHi = (stateHi + 0xa0761d64 + (lo > 0xffffffff ? 1 : 0)) >>> 0;
  const xl = (stateLo ^ 0xa0b428db) >>> 0;
  const xh = (stateHi ^ 0xe7037ed1) >>> 0;
  // Words 0 and 2 of the product are wanted. Word 1 is needed for its carry.
  const p0lo = Math.imul(stateLo, xl) >>> 0;
  const p0hi = mulhi(stateLo, xl);
  const p1lo = Math.imul(stateLo, xh) >>> 0;
  const p1hi = mulhi(stateLo, xh);
  const p2lo = Math.imul(stateHi, xl) >>> 0;
  const p2hi = mulhi(stateHi, xl);
  const p3lo = Math.imul(stateHi, xh) >>> 0;
  const word1 = p0hi + p1lo + p2lo;
  const carry = Math.floor(word1 / 0x1_0000_0000);
  const word2 = (p1hi + p2hi + p3lo + carry) % 0x1_0000_0000;
  return (p0lo ^ word2) >>> 0;
}

/** The upper 32 bits of a 32 by 32 bit product. */
function mulhi(a: number, b: number): number {
  const al = a & 0xffff;
  const ah = a >>> 16;
  const bl = b & 0xffff;
  const bh = b >>> 16;
  const mid = ah * bl + ((al * bl) >>> 16);
  const mid2 = al * bh + (mid & 0xffff);
  return (ah * bh + Math.floor(mid / 0x10000) + Math.floor(mid2 / 0x10000)) >>> 0;
}

/** An integer of 0 to n-1: cheaprandn in runtime/rand.go. @param n 1 to 2^20 */
export function cheaprandn(n: number): number {
  return Math.floor((next32() * n) / 0x1_0000_0000);
}
