/** What a scheduler says of itself in its first line: name, operations, and what it claims. */
import { OP_NAMES, type PlainOpName } from "../../../golden/format.ts";

/** The version of what kit and scheduler say to each other. */
export const PROTOCOL = 1;

/** L0: legal. L1: outcome and results where one is possible. L2: Go's events. L3: and Go's status changes. */
export const LEVELS = ["L0", "L1", "L2", "L3"] as const;
export type Level = (typeof LEVELS)[number];

/** An operation of the golden format, or `join`: main waits for all goroutines that were started. */
export type Ability = PlainOpName | "join";
export const ABILITIES: readonly Ability[] = [...OP_NAMES, "join"];

export interface Hello {
  readonly conform: typeof PROTOCOL;
  readonly name: string;
  readonly version: string;
  readonly ops: readonly Ability[];
  /** Capacities that a channel may have; null is a nil channel. Absent: any number, and no nil channel. */
  readonly capacities?: readonly (number | null)[];
  /** `total`: events come in the order in which they happened. `goroutine`: only those of one goroutine do. */
  readonly order: "total" | "goroutine";
  /** Whether it tells by itself that nothing can go on. */
  readonly deadlocks: boolean;
  /** Whether it tells status changes. */
  readonly status: boolean;
  /** What it claims: what is claimed and does not hold is a failure. */
  readonly level: Level;
}

const oneOf = <T>(allowed: readonly T[]) => ({
  says: `one of ${allowed.join(", ")}`,
  holds: (value: unknown) => allowed.includes(value as T),
});
const text = {
  says: "a printable text",
  holds: (v: unknown) => typeof v === "string" && /^[^\p{Cc}]{1,200}$/u.test(v),
};
const flag = { says: "true or false", holds: (v: unknown) => typeof v === "boolean" };
const isCapacity = (v: unknown) => v === null || (Number.isInteger(v) && (v as number) >= 0);

const FIELDS: Readonly<Record<keyof Hello, { readonly says: string; holds(value: unknown): boolean }>> = {
  conform: oneOf([PROTOCOL]),
  name: text,
  version: text,
  ops: {
    says: `a list of ${ABILITIES.join(", ")}`,
    holds: (v) => Array.isArray(v) && v.length > 0 && v.every((op) => ABILITIES.includes(op as Ability)),
  },
  capacities: {
    says: "a list of capacities, null for a nil channel",
    holds: (v) =>
      v === undefined || (Array.isArray(v) && v.length > 0 && v.every(isCapacity) && v.some((c) => c !== null)),
  },
  order: oneOf(["total", "goroutine"]),
  deadlocks: flag,
  status: flag,
  level: oneOf(LEVELS),
};

/** What a hello has where it does not say. */
const DEFAULTS = { version: "0", order: "total", deadlocks: true, status: false, level: "L1" } as const;

/** Checks a hello. @throws Error that says which field is wrong, and what was expected */
export function checkHello(value: unknown): Hello {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error(`its hello is ${JSON.stringify(value)}: expected an object with ${Object.keys(FIELDS).join(", ")}`);
  }
  const hello = { ...DEFAULTS, ...value } as Record<string, unknown>;
  for (const key of Object.keys(hello)) {
    if (!Object.hasOwn(FIELDS, key)) {
      throw new Error(`its hello has an unknown field ${key}: expected ${Object.keys(FIELDS).join(", ")}`);
    }
  }
  for (const [key, { says, holds }] of Object.entries(FIELDS)) {
    if (!holds(hello[key])) throw new Error(`its hello's ${key} is ${JSON.stringify(hello[key])}: expected ${says}`);
  }
  const { level, order, status } = hello as unknown as Hello;
  if (level >= "L2" && order !== "total") throw new Error(`its hello claims ${level}: expected order "total" for that`);
  if (level === "L3" && !status) throw new Error('its hello claims L3: expected "status": true for that');
  return hello as unknown as Hello;
}

/** Reads a scheduler's first line. @throws Error */
export function readHello(line: string): Hello {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new Error(`its first line is ${JSON.stringify(line.slice(0, 200))}: expected its hello, a line of JSON`);
  }
  return checkHello(value);
}
