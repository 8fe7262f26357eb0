/** One run of an explored program, in a bubble on the fake clock. */
import { runSync } from "../run.ts";
import { type Body, bodyOf, type Go } from "../runtime/body.ts";
import { bubbled, namedAs } from "./bubble.ts";
import { type Chooser, type Steered, type SteeringOptions, steered } from "./steer.ts";

/** How a program is run. */
export interface ProgramOptions extends SteeringOptions {
  /** Whether a run is over only when all its goroutines have ended. */
  readonly whole: boolean;
  readonly traceback?: "single" | "all";
}

/** What came of a run: what it failed with, or main's result. */
export interface Outcome extends Steered<unknown> {
  readonly failed: boolean;
}

/** The draws that the poll order of selects comes from, where nothing is chosen. */
const SELECT_SEED = 1;

/** Timers that may expire after main has returned: goroutines that go on sleeping and waking do not end. */
const TIMERS_AFTER_MAIN = 1000;

/**
 * Runs a program once, on the fake clock.
 *
 * @throws what is no failure of the program: another run is under way, the program is no generator function
 */
export function steer(program: Body<unknown>, by: Chooser, options: ProgramOptions): Outcome {
  let started = false;
  const main = function* (): Go<unknown> {
    const body = bodyOf("the explored program", program, []) as Go<unknown>;
    started = true;
    return yield* bubbled(() => body, options.whole, TIMERS_AFTER_MAIN);
  };
  const attempt = () => {
    try {
      const value = runSync(namedAs(program.name, main), {
        seed: SELECT_SEED,
        traceback: options.traceback ?? "single",
      });
      return { failed: false, value };
    } catch (error) {
      // Ends no goroutine: a whole run has ended.
      if (!started) throw error;
      return { failed: true, value: error };
    }
  };
  const { value, ...decided } = steered(by, options, attempt);
  return { ...value, ...decided };
}
