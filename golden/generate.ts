/** Random workloads from a seed: the same seed gives the same workload everywhere. Each ends, since an op is no
 * loop. */
import type { CaseInput, Op, SelectCase, Workload } from "./format.ts";
import { SEED_LIMIT } from "./format.ts";
import { Prng } from "./prng.ts";
import { PROFILE_NAMES, PROFILES, type Profile, type ProfileName, type Step } from "./profiles.ts";

/** Yields of main after its first spawns, so that the others get somewhere before main blocks. */
const YIELDS_EARLY = 4;
/** Yields of main at its end: main done is the end of the case. */
const YIELDS_LATE: readonly [number, number] = [2, 8];
/** Probability that main does nothing but start goroutines and yield: it cannot block, and the case can return. */
const IDLE_MAIN = 0.3;
/** Probability that the bodies are longer, and how many times. */
const LONG = 0.06;
const LONG_FACTOR = 4;
const ONCE_OPS: readonly [number, number] = [1, 3];
const WORK_THOUSANDS: readonly [number, number] = [1, 3];

interface Context {
  readonly random: Prng;
  readonly profile: Profile;
  readonly shape: Omit<Workload, "bodies" | "join">;
  readonly bodies: number;
  /** The body being made. */
  body: number;
}

/** Chooses a profile, as often as its share says. */
function chooseProfile(random: Prng): ProfileName {
  return random.weighted(Object.fromEntries(PROFILE_NAMES.map((name) => [name, PROFILES[name].share]))) as ProfileName;
}

/**
 * A random case.
 * @param seed an integer in 0..2^53-1; also the seed of the case's select draw
 * @param profile what the workload is heavy on; chosen by the seed when absent
 * @returns a case named `PROFILE-SEED`
 */
export function generate(seed: number, profile?: ProfileName): CaseInput {
  if (!Number.isSafeInteger(seed) || seed < 0 || seed >= SEED_LIMIT)
    throw new RangeError(`seed ${seed}: expected an integer from 0 to 2^53-1`);
  const random = new Prng(seed);
  const name = profile ?? chooseProfile(random);
  return { name: `${name}-${seed}`, seed, workload: workload(random, PROFILES[name]) };
}

function workload(random: Prng, profile: Profile): Workload {
  const count = () => random.within(profile.objects);
  const shape = {
    chans: Array.from({ length: random.within(profile.chans) }, () => random.pick(profile.capacities)),
    mutexes: count(),
    rwmutexes: count(),
    waitgroups: count(),
    conds: count(),
    onces: count(),
  };
  const context: Context = { random, profile, shape, bodies: 1 + random.within(profile.bodies), body: 0 };
  const join = random.chance(profile.join);
  const factor = random.chance(LONG) ? LONG_FACTOR : 1;
  const bodies = [mainBody(context)];
  while (++context.body < context.bodies) bodies.push(steps(context, factor * random.within(profile.steps), 0));
  return { ...shape, join, bodies };
}

function yields(count: number): Op[] {
  return Array.from({ length: count }, () => ["gosched"]);
}

function mainBody(context: Context): Op[] {
  const { random, profile } = context;
  const body: Op[] = [];
  for (let left = random.within(profile.spawns); left > 0; left--) body.push(spawn(context));
  body.push(...yields(YIELDS_EARLY));
  const idle = random.chance(IDLE_MAIN);
  for (let left = Math.ceil(random.within(profile.steps) * 1.5); left > 0; left--) {
    if (!idle) body.push(...step(context, 0));
    if (idle || random.chance(0.3)) body.push(["gosched"]);
  }
  const end: Op[] = [...yields(random.within(YIELDS_LATE)), ["sleep", random.pick(profile.sleeps)]];
  if (random.chance(profile.mainGoexit)) body.splice(random.within([YIELDS_EARLY, body.length]), 0, ["goexit"]);
  return [...body, ...end, ...yields(random.within(YIELDS_LATE))];
}

function spawn({ random, profile, bodies, body }: Context): Op {
  if (body === 0 || random.chance(profile.recursive)) return ["go", 1 + random.below(bodies - 1)];
  return body + 1 < bodies ? ["go", random.within([body + 1, bodies - 1])] : ["gosched"];
}

function steps(context: Context, count: number, depth: number): Op[] {
  return Array.from({ length: count }, () => step(context, depth)).flat();
}

/** One op, or a critical section around one or two. */
function step(context: Context, depth: number): Op[] {
  const { random, profile, shape } = context;
  const kind = random.weighted<Step>(profile.weights);
  const section = (open: "lock" | "wlock" | "rlock", close: "unlock" | "wunlock" | "runlock", count: number): Op[] => {
    const at = random.below(count);
    const inner = steps(context, random.within([0, 1]), depth);
    return [[open, at], ...inner, random.chance(0.5) ? ["gosched"] : pause(context), [close, at]];
  };
  switch (kind) {
    case "locked":
      return section("lock", "unlock", shape.mutexes);
    case "wlocked":
      return section("wlock", "wunlock", shape.rwmutexes);
    case "rlocked":
      return section("rlock", "runlock", shape.rwmutexes);
    case "once":
      if (depth >= profile.onceDepth) return [["gosched"]];
      return [["once", random.below(shape.onces), steps(context, random.within(ONCE_OPS), depth + 1)]];
    case "go":
      return [spawn(context)];
    case "select":
      return [select(context)];
    case "sleep":
      return [pause(context)];
    case "gosched":
    case "goexit":
      return [[kind]];
    case "work":
      return [[kind, random.within(WORK_THOUSANDS)]];
    case "send":
    case "recv":
    case "close":
      return [[kind, random.below(shape.chans.length)]];
    case "lock":
    case "unlock":
      return [[kind, random.below(shape.mutexes)]];
    case "wlock":
    case "wunlock":
    case "rlock":
    case "runlock":
      return [[kind, random.below(shape.rwmutexes)]];
    case "wgadd":
    case "wgdone":
    case "wgwait":
      return [[kind, random.below(shape.waitgroups)]];
    case "condwait":
    case "signal":
    case "broadcast":
      return [[kind, random.below(shape.conds)]];
  }
}

function pause({ random, profile }: Context): Op {
  return ["sleep", random.pick(profile.sleeps)];
}

function select({ random, profile, shape }: Context): Op {
  const cases: SelectCase[] = [];
  for (let left = random.within(profile.selectCases); left > 0; left--) {
    const again = cases.length > 0 && random.chance(profile.twice);
    const chan = again ? cases[cases.length - 1][1] : random.below(shape.chans.length);
    cases.push([random.chance(0.5) ? "send" : "recv", chan]);
  }
  return ["select", cases, cases.length > 0 && random.chance(0.4)];
}
