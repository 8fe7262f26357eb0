/** What every part of a run gets. */
import type { Workload } from "../../golden/format.ts";
import type { Options } from "./cli.ts";
import type { Reporter } from "./reporter.ts";
import type { Target } from "./target.ts";
import type { Kind, Runner } from "./trace.ts";

/** A runner, and what it noticed besides the trace. */
export interface Bodies {
  readonly kind: Kind;
  readonly run: Runner;
  /** Why a workload cannot run on these bodies; absent where all can. */
  refuses?(workload: Workload): string | undefined;
  /** Faults seen since the last call, e.g. a register that changed; empties the list. */
  takeFaults(): string[];
}

export interface Context {
  readonly target: Target;
  readonly options: Options;
  readonly reporter: Reporter;
  /** The chosen kinds of body. */
  readonly bodies: readonly Bodies[];
}

/** Whether the k-th workload of a part belongs to this shard. */
export function inShard({ shard }: Options, k: number): boolean {
  return k % shard.count === shard.index - 1;
}
