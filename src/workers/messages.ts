/** What a run's thread and those that gobuf started for it say to each other. */
/** What a thread begins with. */
export interface Beginning {
  /** Its place in the group. */
  readonly me: number;
  readonly cells: Int32Array<SharedArrayBuffer>;
  /** Its number, from 1. */
  readonly m: number;
  /** By thread: goroutines that go.worker started there and that are not over. */
  readonly loads: Int32Array<SharedArrayBuffer>;
  readonly tracebackAll: boolean;
}

/** Starts a goroutine. */
export interface Start {
  readonly type: "start";
  readonly id: number;
  readonly module: string;
  readonly name: string;
  readonly args: readonly unknown[];
  /** Things stand in the arguments by their names. */
  readonly marked: boolean;
}

export type ToStage = Start | { readonly type: "gather" } | { readonly type: "end" };

export type FromStage =
  | { readonly type: "started"; readonly id: number; readonly goid: number }
  | { readonly type: "refused"; readonly id: number; readonly error: string; readonly cause: unknown }
  | { readonly type: "goroutines"; readonly text: string }
  /** Its run has failed. */
  | {
      readonly type: "failed";
      /** Of a fatal error its text; else null. */
      readonly fatal: string | null;
      /** The report of one that is not; else what the goroutines did. */
      readonly report: string;
      readonly goid: number;
      readonly cause: unknown;
    };

/** Where the thread's script finds what serves it: src/stage.ts puts it there. */
export const STAGE = Symbol.for("gobuf.stage");

/** The other end. */
export interface Port {
  postMessage(message: FromStage): void;
  on(event: "message", f: (message: ToStage) => void): void;
}

export type Serve = (beginning: Beginning, port: Port) => void;

/** What of a thrown value passes: itself, or what it says. */
export function passable(cause: unknown): unknown {
  try {
    return structuredClone(cause);
  } catch {
    // Ends no goroutine: a value is copied.
    try {
      return new Error(String((cause as Error)?.message ?? cause));
    } catch {
      // Ends no goroutine: the same.
      return new Error("it cannot be shown");
    }
  }
}

/** What a thread that asks for it says of a group's other threads, and does for it. */
export interface Mates {
  /** Asks the others what their goroutines do; `done` is called when they have said it, or cannot. */
  gather(done: () => void): void;
  /** What they have said. */
  readonly text: string;
}
