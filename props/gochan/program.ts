/**
 * What the programs of this folder share. Each stands for one of Go's /test/chan: it pins the same behaviour on gobuf, in
 * its own way, and prints what that one prints.
 */
import { type Go, gosched } from "gobuf";

/** Takes what a program prints. */
export type Print = (text: string) => void;

/** A program. */
export interface Program {
  /** Name of the Go program, without `.go`. */
  readonly name: string;
  /** The behaviour that it pins. */
  readonly pins: string;
  /** The main goroutine's body. It throws when gobuf behaves otherwise. */
  readonly main: (print: Print) => Go;
  /** What the Go program is called with. */
  readonly args?: readonly string[];
  /** How Go runs its own: as it is (the default); to give a program that is run; or not at all, as it must not compile. */
  readonly original?: "run" | "runoutput" | "errorcheck";
}

/** Fails the program. @throws Error when `ok` is false */
export function must(ok: boolean, otherwise: string): asserts ok {
  if (!ok) throw new Error(otherwise);
}

/**
 * Lets every other goroutine run until it waits. Once does not do: every 61st time the global queue comes first, where the
 * caller stands.
 */
export function* settle(): Go {
  yield* gosched();
  yield* gosched();
}
