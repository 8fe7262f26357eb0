/**
 * Measures one row, in a process of its own: what the compiler learnt from other programs must not be in its code.
 * Started by main.ts; prints the results as JSON.
 */
import { GoPeer } from "./go.ts";
import { measureRow } from "./measure.ts";
import { nativePrograms } from "./native.ts";
import { programs, setSeed } from "./programs.ts";
import { rows } from "./rows.ts";

/** What main.ts asks for. */
export interface RowRequest {
  name: string;
  /** As of {@link rows}. */
  scale: number;
  rounds: number;
  samples: number;
  seed: number;
  /** Whether there are Go programs. */
  go: boolean;
}

const request = JSON.parse(process.argv[2] ?? "{}") as RowRequest;
const row = rows(request.scale).find(({ name }) => name === request.name);
if (row === undefined) throw new Error(`bench: no row ${request.name}`);
setSeed(request.seed);
const peer = request.go ? await GoPeer.start(1) : undefined;
if (typeof peer === "string") throw new Error(`bench: ${peer}`);
const results = await measureRow(row, { generator: programs, native: nativePrograms, go: peer }, request);
peer?.stop();
process.stdout.write(JSON.stringify(results));
