/** The table of series that both programs of power series print: of plain pairs of numbers, and of objects. */
import type { Go } from "gobuf";
import { must, type Print, type Program } from "./program.ts";
import { Algebra, type Field, get, type Series } from "./series.ts";

function gcd(a: bigint, b: bigint): bigint {
  return b === 0n ? (a < 0n ? -a : a) : gcd(b, a % b);
}

/** A fraction in lowest terms, its denominator above 0. */
type Fraction = readonly [n: bigint, d: bigint];

function fraction(n: bigint, d: bigint): Fraction {
  const g = d < 0n ? -gcd(n, d) : gcd(n, d);
  return [n / g, d / g];
}

function show([n, d]: Fraction): string {
  return d === 1n ? `${n}` : `${n}/${d}`;
}

const fractions: Field<Fraction> = {
  zero: [0n, 1n],
  one: [1n, 1n],
  ratio: (n, d) => fraction(BigInt(n), BigInt(d)),
  add: ([a, b], [c, d]) => fraction(a * d + c * b, b * d),
  mul: ([a, b], [c, d]) => fraction(a * c, b * d),
  neg: ([a, b]) => [-a, b],
};

/** A coefficient that knows its own arithmetic. */
interface Item {
  plus(other: Item): Item;
  times(other: Item): Item;
  negated(): Item;
  readonly fraction: Fraction;
}

class Rational implements Item {
  constructor(readonly fraction: Fraction) {}
  plus(other: Item): Item {
    return new Rational(fractions.add(this.fraction, other.fraction));
  }
  times(other: Item): Item {
    return new Rational(fractions.mul(this.fraction, other.fraction));
  }
  negated(): Item {
    return new Rational(fractions.neg(this.fraction));
  }
}

const items: Field<Item> = {
  zero: new Rational(fractions.zero),
  one: new Rational(fractions.one),
  ratio: (n, d) => new Rational(fractions.ratio(n, d)),
  add: (a, b) => a.plus(b),
  mul: (a, b) => a.times(b),
  neg: (a) => a.negated(),
};

/** Coefficients of exp(x/(1-x)), times n!: ways to put n things into lists, aₙ = (2n-1)·aₙ₋₁ - (n-1)(n-2)·aₙ₋₂. */
function listCounts(count: number): string[] {
  const lists = [1n, 1n];
  for (let n = 2; n < count; n++) {
    const [before, last] = lists.slice(-2) as [bigint, bigint];
    lists.push(BigInt(2 * n - 1) * last - BigInt((n - 1) * (n - 2)) * before);
  }
  let factorial = 1n;
  return lists.map((ways, n) => {
    factorial *= BigInt(Math.max(n, 1));
    return show(fraction(ways, factorial));
  });
}

function row(count: number, f: (n: number) => number | string): string[] {
  return Array.from({ length: count }, (_, n) => String(f(n)));
}

const TERMS = 10;
const MORE_TERMS = 15;

/** Lines of the table: a name, what it is to show, and how it comes about. */
function lines<T>(algebra: Algebra<T>): [name: string, expected: string[], series: () => Series<T>][] {
  const { field } = algebra;
  const minusOne = field.neg(field.one);
  const ones = algebra.constant(field.one);
  const twos = algebra.constant(field.ratio(2, 1));
  const signs = ["1", "0", "-1", "0"];
  return [
    ["Ones", row(TERMS, () => 1), () => ones],
    ["Twos", row(TERMS, () => 2), () => twos],
    ["Add", row(TERMS, () => 3), () => algebra.add(ones, twos)],
    ["Diff", row(TERMS, (n) => n + 1), () => algebra.derivative(ones)],
    ["Integ", row(TERMS, (n) => (n < 2 ? n : `1/${n}`)), () => algebra.integral(field.zero, ones)],
    ["CMul", row(TERMS, () => -1), () => algebra.scale(minusOne, ones)],
    ["Sub", row(TERMS, () => -1), () => algebra.sub(ones, twos)],
    ["Mul", row(TERMS, (n) => n + 1), () => algebra.mul(ones, ones)],
    ["Exp", listCounts(MORE_TERMS), () => algebra.exp(ones)],
    ["MonSubst", row(TERMS, (n) => signs[n % 4] as string), () => algebra.substitute(ones, minusOne, 2)],
    [
      "ATan",
      row(TERMS, (n) => (n % 2 === 0 ? 0 : `${n % 4 === 1 ? "" : "-"}${n === 1 ? 1 : `1/${n}`}`)),
      () => algebra.integral(field.zero, algebra.substitute(ones, minusOne, 2)),
    ],
  ];
}

function* table<T>(field: Field<T>, asFraction: (term: T) => Fraction, print: Print): Go {
  for (const [name, expected, series] of lines(new Algebra(field))) {
    const u = series();
    print(`${name}: `);
    for (const term of expected) {
      const got = yield* get(u);
      const text = got === undefined ? "the end" : show(asFraction(got));
      must(text === term, `${name}: ${text} in place of ${term}`);
      print(`${text} `);
    }
    print("\n");
  }
}

/** It prints when it is given an argument; without, it only checks. */
const args = ["print"];

export const powser1: Program = {
  name: "powser1",
  pins: "streams on demand: hundreds of goroutines, selects over sends and receives that come and go, a loop",
  args,
  main: (print) => table(fractions, (term) => term, print),
};

export const powser2: Program = {
  name: "powser2",
  pins: "the same, with objects behind an interface on the channels",
  args,
  main: (print) => table(items, (term) => term.fraction, print),
};
