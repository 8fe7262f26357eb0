/** Profiles as users have them: counts by stack, as text, and as a file of pprof. runtime/pprof/pprof.go. */
import { type Line, writeProfile } from "./pprofwire.ts";
import type { Frame } from "./stacks.ts";

/**
 * What a profile says of one stack.
 *
 * @example
 * ```ts
 * const [main]: readonly pprof.Sample[] = pprof.lookup("goroutine").samples;
 * console.log(main?.stack.length, main?.count, main?.delay); // 1 1 0
 * ```
 */
export interface Sample {
  /** The innermost frame first: "name (file:line)" with the run's option `traceback: "all"`, else the name of the body. */
  readonly stack: readonly string[];
  /** How many goroutines, or how many times one waited there. */
  readonly count: number;
  /** How long they waited, milliseconds of the run's clock; 0 in a profile of goroutines. */
  readonly delay: number;
}

/** A stack's counts, as they grow. */
export interface Sum {
  readonly frames: readonly Frame[];
  count: number;
  nanoseconds: number;
}

const CONTENTIONS = [
  ["contentions", "count"],
  ["delay", "nanoseconds"],
] as const;
const GOROUTINES = [["goroutine", "count"]] as const;

const said = ({ func, file, line }: Frame) => (file === "" ? func : `${func} (${file}:${line})`);

/**
 * A profile, as it was when it was asked for: Go's pprof.Profile (runtime/pprof/pprof.go).
 *
 * @example
 * ```ts
 * const profile: pprof.Profile = pprof.lookup("goroutine");
 * console.log(profile.name, profile.samples.length); // goroutine 1
 * ```
 */
export class Profile {
  /** "goroutine", "block" or "mutex". */
  readonly name: string;
  /** The largest first. */
  readonly samples: readonly Sample[];
  readonly #sums: readonly Sum[];

  /** @internal */
  constructor(name: string, sums: readonly Sum[]) {
    this.name = name;
    this.#sums = sums.toSorted((a, b) => b.nanoseconds - a.nanoseconds || b.count - a.count);
    this.samples = this.#sums.map(({ frames, count, nanoseconds }) => ({
      stack: frames.map(said),
      count,
      delay: nanoseconds / 1e6,
    }));
  }

  /** The profile as a file of pprof, gzipped: Go's WriteTo. `go tool pprof` opens it. */
  encode(): Uint8Array<ArrayBuffer> {
    const timed = this.name !== "goroutine";
    const lines: Line[] = this.#sums.map(({ frames, count, nanoseconds }) => ({
      frames,
      values: timed ? [count, nanoseconds] : [count],
    }));
    return Bun.gzipSync(writeProfile(timed ? CONTENTIONS : GOROUTINES, lines));
  }

  /** The profile as text: of each stack its counts, then a frame a line. */
  toString(): string {
    const total = this.samples.reduce((n, { count }) => n + count, 0);
    const blocks = this.samples.map(({ stack, count, delay }) => {
      const head = this.name === "goroutine" ? String(count) : `${count} @ ${delay} ms`;
      return `${head}\n${stack.map((frame) => `\t${frame}\n`).join("")}`;
    });
    return `${this.name} profile: total ${total}\n${blocks.join("\n")}`;
  }
}
