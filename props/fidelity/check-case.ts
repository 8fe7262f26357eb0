/**
 * Checks the value of one line of a golden file, field by field, against golden/format.ts. Everything that a later stage
 * indexes with is range-checked here, so that interpreters need no checks of their own.
 */
import {
  type Case,
  EXTENSIONS,
  type Extension,
  FORMAT,
  GOROUTINES_MAX,
  type Header,
  INDEXED_OPS,
  OP_NAMES,
  type Op,
  OUTCOMES,
  SEED_LIMIT,
  SELECT_CASES_MAX,
  TIMER_OPS,
  TIMER_SETS_MAX,
  type TimerOpName,
  type Workload,
} from "../../golden/format.ts";
import { checkOpEvent, checkStatusEvent, type EventRanges } from "./check-event.ts";
import { Fault, show } from "./golden-error.ts";

/** What a workload may hold at most. Far above any recorded case; there to refuse a file that would eat the machine. */
export const WORKLOAD_LIMITS = {
  chans: 1024,
  capacity: 65_536,
  /** Sum over all channels. */
  capacities: 1_000_000,
  mutexes: 1024,
  rwmutexes: 1024,
  waitgroups: 1024,
  conds: 1024,
  onces: 1024,
  timers: 1024,
  bodies: 1024,
  /** Ops of one body, and of one once body. */
  ops: 10_000,
  /** Levels of `once` inside `once`. */
  onceDepth: 32,
  sleepMicros: 1e12,
  workThousands: 100_000,
  nameLength: 256,
} as const;

type Json = Readonly<Record<string, unknown>>;

function object(value: unknown, what: string, required: readonly string[], optional: readonly string[] = []): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Fault(`${what} is ${show(value)}`, `an object with ${required.join(", ")}`);
  }
  for (const key of required) {
    if (!Object.hasOwn(value, key)) throw new Fault(`${what} has no ${show(key)}`, required.join(", "));
  }
  for (const key of Object.keys(value)) {
    if (!required.includes(key) && !optional.includes(key)) {
      throw new Fault(`${what} has an unknown field ${show(key)}`, [...required, ...optional].join(", "));
    }
  }
  return value as Json;
}

function array(value: unknown, what: string, lengthMax: number): readonly unknown[] {
  if (!Array.isArray(value)) throw new Fault(`${what} is ${show(value)}`, "an array");
  if (value.length > lengthMax) throw new Fault(`${what} has ${value.length} elements`, `at most ${lengthMax}`);
  return value;
}

function integer(value: unknown, what: string, min: number, max: number): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
    throw new Fault(`${what} is ${show(value)}`, `an integer of ${min} to ${max}`);
  }
  return value;
}

function string(value: unknown, what: string): string {
  if (typeof value !== "string") throw new Fault(`${what} is ${show(value)}`, "a string");
  return value;
}

function oneOf<T extends string>(value: unknown, what: string, allowed: readonly T[]): T {
  if (!allowed.includes(value as T)) throw new Fault(`${what} is ${show(value)}`, allowed.join(", "));
  return value as T;
}

function boolean(value: unknown, what: string): boolean {
  if (typeof value !== "boolean") throw new Fault(`${what} is ${show(value)}`, "true or false");
  return value;
}

function name(value: unknown, what: string): string {
  const text = string(value, what);
  // a control character in a name could forge lines of a report
  if (text === "" || text.length > WORKLOAD_LIMITS.nameLength || /\p{Cc}/u.test(text)) {
    throw new Fault(`${what} is ${show(text)}`, `1 to ${WORKLOAD_LIMITS.nameLength} printable characters`);
  }
  return text;
}

/** Checks the header line. @throws Fault */
export function checkHeader(value: unknown): Header {
  const fields = ["format", "go", "goos", "goarch", "gomaxprocs", "corpus"] as const;
  const header = object(value, "the header", fields, ["extensions"]);
  if (header.format !== FORMAT) throw new Fault(`format is ${show(header.format)}`, `format ${FORMAT}`);
  if (!/^go1\.26(\.\d+)?$/.test(string(header.go, "go"))) {
    throw new Fault(`go is ${show(header.go)}`, "a release of Go 1.26, whose rules this port has");
  }
  for (const field of ["goos", "goarch"] as const) {
    if (!/^[a-z0-9]+$/.test(string(header[field], field))) {
      throw new Fault(`${field} is ${show(header[field])}`, "Go's name of a system");
    }
  }
  if (header.gomaxprocs !== 1) throw new Fault(`gomaxprocs is ${show(header.gomaxprocs)}`, "1");
  name(header.corpus, "corpus");
  if (header.extensions !== undefined) {
    const extensions = array(header.extensions, "extensions", EXTENSIONS.length);
    extensions.forEach((extension, i) => {
      oneOf(extension, `extensions[${i}]`, EXTENSIONS);
      if (extensions.indexOf(extension) !== i) throw new Fault(`extensions has ${show(extension)} twice`, "it once");
    });
  }
  return value as Header;
}

/** The lengths that indices are checked against. */
interface Sizes extends Record<(typeof INDEXED_OPS)[keyof typeof INDEXED_OPS], number> {
  readonly onces: number;
  /** Undefined without the extension. */
  readonly timers?: number;
  readonly selectNone: boolean;
}

function index(value: unknown, what: string, field: string, size: number): number {
  if (size === 0) throw new Fault(`${what} is ${show(value)}`, `no such op: the workload has no ${field}`);
  return integer(value, what, 0, size - 1);
}

function checkSelectCase(value: unknown, what: string, sizes: Sizes): void {
  const pair = array(value, what, 2);
  if (pair.length !== 2) throw new Fault(`${what} is ${show(value)}`, "[direction, channel]");
  if (pair[0] === "timer" && sizes.timers !== undefined) {
    index(pair[1], `${what}[1]`, "timers", sizes.timers);
    return;
  }
  oneOf(pair[0], `${what}[0]`, ["send", "recv"]);
  index(pair[1], `${what}[1]`, "chans", sizes.chans);
}

function checkOp(value: unknown, what: string, sizes: Sizes, depth: number): void {
  const op = array(value, what, 4);
  if (sizes.timers !== undefined && Object.hasOwn(TIMER_OPS, String(op[0]))) return checkTimerOp(op, what, sizes);
  const opName = oneOf(op[0], `${what}[0]`, OP_NAMES);
  const operands = (count: number) => {
    if (op.length !== count + 1) {
      throw new Fault(`${what} is ${show(value)}`, `${count} operand${count === 1 ? "" : "s"} after ${show(opName)}`);
    }
  };
  switch (opName) {
    case "gosched":
    case "goexit":
      operands(0);
      return;
    case "sleep":
      operands(1);
      integer(op[1], `${what}[1]`, -WORKLOAD_LIMITS.sleepMicros, WORKLOAD_LIMITS.sleepMicros);
      return;
    case "work":
      operands(1);
      integer(op[1], `${what}[1]`, 0, WORKLOAD_LIMITS.workThousands);
      return;
    case "select": {
      operands(2);
      const cases = array(op[1], `${what}[1]`, SELECT_CASES_MAX);
      for (const [i, c] of cases.entries()) checkSelectCase(c, `${what}[1][${i}]`, sizes);
      const hasDefault = boolean(op[2], `${what}[2]`);
      if (cases.length === 0 && !hasDefault && !sizes.selectNone) {
        throw new Fault(`${what} is a select of no cases`, 'the extension "select-none" in the header');
      }
      return;
    }
    case "once":
      operands(2);
      index(op[1], `${what}[1]`, "onces", sizes.onces);
      if (depth === WORKLOAD_LIMITS.onceDepth) {
        throw new Fault(`${what} is a once at depth ${depth + 1}`, `at most ${WORKLOAD_LIMITS.onceDepth}`);
      }
      checkBody(op[2], `${what}[2]`, sizes, depth + 1);
      return;
    default: {
      operands(1);
      const field = INDEXED_OPS[opName];
      index(op[1], `${what}[1]`, field, sizes[field]);
    }
  }
}

function checkTimerOp(op: readonly unknown[], what: string, sizes: Sizes): void {
  const operands = TIMER_OPS[op[0] as TimerOpName];
  if (op.length !== operands.length + 2) {
    throw new Fault(`${what} is ${show(op)}`, `a timer and ${operands.length} operands after ${show(op[0])}`);
  }
  index(op[1], `${what}[1]`, "timers", sizes.timers ?? 0);
  operands.forEach((operand, i) => {
    const place = `${what}[${2 + i}]`;
    if (operand === "body") index(op[2 + i], place, "bodies", sizes.bodies);
    else integer(op[2 + i], place, -WORKLOAD_LIMITS.sleepMicros, WORKLOAD_LIMITS.sleepMicros);
  });
}

function checkBody(value: unknown, what: string, sizes: Sizes, depth: number): void {
  const ops = array(value, what, WORKLOAD_LIMITS.ops);
  for (const [i, op] of ops.entries()) checkOp(op, `${what}[${i}]`, sizes, depth);
}

/** Checks a workload. @throws Fault */
export function checkWorkload(value: unknown, extensions: readonly Extension[]): Workload {
  const counts = ["mutexes", "rwmutexes", "waitgroups", "conds", "onces"] as const;
  const timed = extensions.includes("timers");
  const workload = object(value, "workload", ["chans", ...counts, "join", "bodies"], timed ? ["timers"] : []);
  const chans = array(workload.chans, "chans", WORKLOAD_LIMITS.chans);
  chans.forEach((capacity, i) => {
    if (capacity !== null) integer(capacity, `chans[${i}]`, 0, WORKLOAD_LIMITS.capacity);
    else if (!extensions.includes("nil-chan")) {
      throw new Fault(`chans[${i}] is null`, 'a capacity, or the extension "nil-chan" in the header');
    }
  });
  const capacities = chans.reduce<number>((sum, capacity) => sum + Number(capacity), 0);
  if (capacities > WORKLOAD_LIMITS.capacities) {
    throw new Fault(`chans have room for ${capacities} values`, `at most ${WORKLOAD_LIMITS.capacities}`);
  }
  for (const field of counts) integer(workload[field], field, 0, WORKLOAD_LIMITS[field]);
  if (workload.timers !== undefined) integer(workload.timers, "timers", 0, WORKLOAD_LIMITS.timers);
  boolean(workload.join, "join");
  const bodies = array(workload.bodies, "bodies", WORKLOAD_LIMITS.bodies);
  if (bodies.length === 0) throw new Fault("bodies is []", "a body 0, which main runs");
  const sizes = {
    ...(workload as unknown as Workload),
    chans: chans.length,
    bodies: bodies.length,
    selectNone: extensions.includes("select-none"),
  };
  for (const [b, body] of bodies.entries()) checkBody(body, `bodies[${b}]`, sizes, 0);
  return value as Workload;
}

/** Longest body and longest once body: what an op's index can be. */
export function eventRanges(workload: Workload): EventRanges {
  let ops = 0;
  let onceOps = 0;
  const visit = (body: readonly Op[], inOnce: boolean) => {
    if (inOnce) onceOps = Math.max(onceOps, body.length);
    else ops = Math.max(ops, body.length);
    for (const op of body) if (op[0] === "once") visit(op[2], true);
  };
  for (const body of workload.bodies) visit(body, false);
  const timers = workload.timers !== undefined;
  const goroutinesMax = GOROUTINES_MAX + (timers ? TIMER_SETS_MAX : 0);
  return { ops, onceOps, bodies: workload.bodies.length, goroutinesMax, timers };
}

/** Checks a line after the header. @throws Fault */
export function checkCase(value: unknown, extensions: readonly Extension[]): Case {
  const fields = object(value, "the case", ["name", "seed", "workload", "outcome", "ops", "status"]);
  name(fields.name, "name");
  integer(fields.seed, "seed", 0, SEED_LIMIT - 1);
  const workload = checkWorkload(fields.workload, extensions);
  oneOf(fields.outcome, "outcome", OUTCOMES);
  const ranges = eventRanges(workload);
  const lists = [
    ["ops", checkOpEvent],
    ["status", checkStatusEvent],
  ] as const;
  for (const [list, check] of lists) {
    array(fields[list], list, Number.POSITIVE_INFINITY).forEach((event, i) => {
      check(string(event, `${list}[${i}]`), `${list}[${i}]`, ranges);
    });
  }
  return value as Case;
}
