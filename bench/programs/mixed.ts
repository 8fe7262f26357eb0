/**
 * Programs of generators in a process in which native bodies have run. Each row has a process of its own, so that no other
 * sees what one kind of body leaves behind for the other: here all free Gs have stacks.
 */
import type { Program, Programs } from "../program.ts";
import { programs as generator } from "./gobuf.ts";

/** Goroutines of the native program; how many there are at once is the program's. */
const BEFORE = 1000;

/** A row's native program, whose time does not count, and then the one of generators. */
function afterNative(name: string): Program {
  return async (n) => {
    // Loaded here, and so in no other row's process.
    const { programs: native } = await import("./native.ts");
    const [first, second] = [native[name], generator[name]];
    if (first === undefined || second === undefined) throw new Error(`no such program: ${name}`);
    await first(BEFORE);
    const start = Bun.nanoseconds();
    const got = await second(n);
    return { check: typeof got === "number" ? got : got.check, values: [Bun.nanoseconds() - start] };
  };
}

/** The programs by the name of their row. */
export const programs: Programs = { "spawn+exit, after native": afterNative("spawn+exit") };
