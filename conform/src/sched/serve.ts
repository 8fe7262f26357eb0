/**
 * The scheduler's side of the conversation, for what runs in this kit's own process: a TypeScript target, by the interpreter of
 * gobuf's suite. It is started as a process of its own, so that a target that hangs is seen from outside.
 */
import { resolve } from "node:path";
import type { CaseInput } from "../../../golden/format.ts";
import { runGenerators } from "../../../props/fidelity/interp.ts";
import type { GeneratorPort, TimerPort } from "../../../props/fidelity/target.ts";
import type { Runner } from "../../../props/fidelity/trace.ts";
import { type Ability, checkHello, type Hello } from "./hello.ts";

/** What every target has. */
type Always = "run" | "go";

/** A scheduler in TypeScript: what of it there is. */
export interface Target extends Partial<Omit<GeneratorPort, "timers" | Always>>, Pick<GeneratorPort, Always> {
  readonly name: string;
  readonly version?: string;
  readonly level?: Hello["level"];
  readonly capacities?: Hello["capacities"];
  readonly deadlocks?: boolean;
  /** The reason why a goroutine waits; a target that has it tells its status changes to `onTransition`. */
  waitReason?(g: number): string;
  /** Operations that it has not, though it has the function: a channel without `close`. */
  readonly lacks?: readonly Ability[];
}

/** Operations by the function that they need. */
const NEEDS: readonly (readonly [need: keyof Target | "", ops: readonly Ability[]])[] = [
  ["", ["go", "work"]],
  ["chan", ["send", "recv", "close"]],
  ["select", ["select"]],
  ["mutex", ["lock", "unlock"]],
  ["rwmutex", ["wlock", "wunlock", "rlock", "runlock"]],
  ["waitgroup", ["wgadd", "wgdone", "wgwait", "join"]],
  ["cond", ["condwait", "signal", "broadcast"]],
  ["once", ["once"]],
  ["gosched", ["gosched"]],
  ["goexit", ["goexit"]],
  ["sleepMicros", ["sleep"]],
];

/** What a target can, by the functions that it has. @throws Error */
export function helloOf(target: Target): Hello {
  for (const name of ["run", "go"] as const) {
    if (typeof target?.[name] !== "function") throw new Error(`the target has no ${name}: expected a function`);
  }
  const ops = NEEDS.flatMap(([need, names]) => (need === "" || target[need] !== undefined ? names : []));
  const has = ops.filter((op) => !target.lacks?.includes(op));
  const { name, version = "0", level = "L1", capacities, deadlocks = true } = target;
  const status = target.waitReason !== undefined;
  const hello = { conform: 1, name, version, ops: has, order: "total", deadlocks, status, level };
  return checkHello(capacities === undefined ? hello : { ...hello, capacities });
}

/** Runs workloads on a target. */
export function runnerOf(target: Target): Runner {
  const timers = { now: () => 0 } as TimerPort;
  const generator = { isPanic: () => false, ...target, timers } as GeneratorPort;
  const waitReason = target.waitReason ?? (() => "");
  return (input, limits) => runGenerators({ generator, waitReason }, input, limits);
}

/** Events of one workload at most. */
const LIMITS = { opsMax: 100_000, statusMax: 400_000 };

/** Says the hello, and answers the workloads of standard input. */
export async function serve(hello: Hello, run: Runner): Promise<void> {
  const out = Bun.stdout.writer();
  const say = (lines: readonly string[]) => {
    out.write(`${lines.join("\n")}\n`);
    return out.flush();
  };
  await say([JSON.stringify(hello)]);
  for await (const line of console) {
    const { outcome, ops, status } = run(JSON.parse(line) as CaseInput, LIMITS);
    const told = hello.status ? status.map((event) => `~${event}`) : [];
    await say([...ops, ...told, `= ${outcome}`]);
  }
}

/** Loads a target's file. @throws Error that says what it lacks */
export async function loadTarget(file: string): Promise<Target> {
  const module = (await import(resolve(file))) as { default?: Target; target?: Target };
  const target = module.target ?? module.default;
  if (target === undefined)
    throw new Error(`${file} exports no target: expected export const target = { name, run, go, ... }`);
  return target;
}
