/**
 * Loads traces into Perfetto's trace processor and asks it: a process of its own, because the trace processor's
 * JavaScript takes itself for a web worker's. Reads a {@link Request} a line, writes a {@link Loaded} a line.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { command } from "../../scripts/command.ts";
import { PERFETTO } from "./setup.ts";

/** A trace, and SQL on it. */
export interface Request {
  readonly file: string;
  readonly queries: readonly string[];
}

/** What came of it. */
export interface Loaded {
  readonly file: string;
  /** Why it could not be loaded, or asked; empty when it was. */
  readonly error: string;
  /** Rows of each query. */
  readonly answers: readonly (readonly (readonly (string | number)[])[])[];
}

type Cell = string | number | bigint | null;

/** What is used of Perfetto's EngineBase (ui/src/trace_processor/engine.ts). */
interface Engine {
  onRpcResponseBytes(bytes: Uint8Array): void;
  parse(bytes: Uint8Array): Promise<void>;
  notifyEof(): Promise<void>;
  resetTraceProcessor(config: Readonly<Record<string, boolean>>): Promise<void>;
  query(sql: string): Promise<{
    columns(): string[];
    iter(columns: Readonly<Record<string, null>>): { valid(): boolean; next(): void; get(column: string): Cell };
  }>;
}

/** What is used of its WasmBridge (ui/src/engine/wasm_bridge.ts). */
interface Bridge {
  reqBufferAddr: number;
  messagePort: { postMessage(bytes: Uint8Array): void };
  onMessage(message: { data: Uint8Array }): void;
}

/** Changes to the worker's bundle: 32-bit memory, the bytes of the module from here, and a way to the bridge. */
const EDITS = [
  ["this.useMemory64 = hasMemory64Support();", "this.useMemory64 = false;"],
  ["locateFile: (s) => s,", "locateFile: (s) => s, wasmBinary: globalThis.gobufWasm,"],
  ["const wasmBridge = new", "const wasmBridge = globalThis.gobufBridge = new"],
] as const;

async function startEngine(): Promise<Engine> {
  const worker = globalThis as unknown as Record<string, unknown>;
  worker.self = globalThis;
  worker.WorkerGlobalScope = class {};
  worker.location = { href: `${Bun.pathToFileURL(PERFETTO)}/` };
  worker.gobufWasm = readFileSync(join(PERFETTO, "trace_processor.wasm"));
  // It comments on what it does not need.
  console.warn = () => {};
  let bundle = readFileSync(join(PERFETTO, "engine_bundle.node.js"), "utf8");
  for (const [from, to] of EDITS) {
    if (!bundle.includes(from)) throw new Error(`the trace processor's bundle has no ${from}`);
    bundle = bundle.replace(from, to);
  }
  new Function(bundle)();
  const bridge = worker.gobufBridge as Bridge;
  while (bridge.reqBufferAddr === 0) await new Promise((resolve) => setImmediate(resolve));
  const { EngineBase } = (await import(join(PERFETTO, "engine.mjs"))) as { EngineBase: new () => Engine };
  class Direct extends EngineBase {
    readonly mode = "WASM";
    readonly id = "gobuf";
    rpcSendRequestBytes(data: Uint8Array): void {
      bridge.onMessage({ data });
    }
  }
  const engine = new Direct();
  bridge.messagePort = { postMessage: (bytes) => engine.onRpcResponseBytes(bytes) };
  return engine;
}

async function ask(engine: Engine, sql: string): Promise<(string | number)[][]> {
  const result = await engine.query(sql);
  const columns = result.columns();
  const rows: (string | number)[][] = [];
  const cells = result.iter(Object.fromEntries(columns.map((column) => [column, null])));
  for (; cells.valid(); cells.next()) {
    rows.push(
      columns.map((column) => {
        const cell = cells.get(column);
        return typeof cell === "string" ? cell : Number(cell);
      }),
    );
  }
  return rows;
}

async function load(engine: Engine, { file, queries }: Request): Promise<Loaded> {
  const answers: (string | number)[][][] = [];
  try {
    await engine.resetTraceProcessor({});
    await engine.parse(readFileSync(file));
    await engine.notifyEof();
    for (const sql of queries) answers.push(await ask(engine, sql));
    return { file, error: "", answers };
  } catch (error) {
    return { file, error: error instanceof Error ? error.message : String(error), answers };
  }
}

/** Loads traces, in one process. */
export async function loadTraces(requests: readonly Request[]): Promise<Loaded[]> {
  const stdin = new TextEncoder().encode(requests.map((request) => `${JSON.stringify(request)}\n`).join(""));
  const child = Bun.spawn([process.execPath, import.meta.path], { stdin, stdout: "pipe", stderr: "pipe" });
  const [out, err, exitCode] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (exitCode !== 0) throw new Error(`the trace processor: exit code ${exitCode}\n${err}`);
  const lines = out.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as Loaded);
}

if (import.meta.main) {
  command(
    "bun props/trace/load.ts",
    "Loads traces that standard input names, one a line as JSON, into Perfetto.",
  ).parse();
  const engine = await startEngine();
  const requests = (await Bun.stdin.text()).split("\n").filter((line) => line !== "");
  for (const line of requests) {
    process.stdout.write(`${JSON.stringify(await load(engine, JSON.parse(line) as Request))}\n`);
  }
  process.exit(0);
}
