/**
 * Folders for the time a command runs. They go with the process, however it ends: by `Symbol.dispose`, at an exit, an error
 * that nobody catches, or a signal. What a killed process (SIGKILL) has left is removed by the next one that wants such a
 * folder.
 */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { isSameProcess, startOf } from "./process.ts";

export interface Scratch extends Disposable {
  readonly path: string;
}

/** What is done at the end of the process, in order. */
const atEnd = new Set<() => void>();

function end(): void {
  for (const f of [...atEnd].reverse()) f();
}

/** By signal: has the process end as by `process.exit` where the signal would end it at once. */
const ends = (["SIGINT", "SIGTERM", "SIGHUP"] as const).map(
  (signal) => [signal, () => process.exit(128 + constants.signals[signal])] as const,
);

/** Only while there is something to do: who is in the process later, such as another test, has its signals for itself. */
function watch(): void {
  process.on("exit", end);
  for (const [signal, f] of ends) process.on(signal, f);
}

function unwatch(): void {
  process.off("exit", end);
  for (const [signal, f] of ends) process.off(signal, f);
}

/**
 * Has `f` called when the process ends, the last one first.
 *
 * @returns what takes it back
 */
export function onEnd(f: () => void): () => void {
  if (atEnd.size === 0) watch();
  atEnd.add(f);
  return () => {
    if (atEnd.delete(f) && atEnd.size === 0) unwatch();
  };
}

/** A child that may write in a folder still. */
const RETRIES = { recursive: true, force: true, maxRetries: 20, retryDelay: 50 } as const;

/** Removes what processes that are gone have left. */
function sweep(prefix: string, parent: string): void {
  for (const name of readdirSync(parent)) {
    const [, pid, start] = (name.startsWith(prefix) && /^(\d+)-(\d*)-/.exec(name.slice(prefix.length))) || [];
    if (pid === undefined || isSameProcess(Number(pid), start ?? "")) continue;
    try {
      rmSync(join(parent, name), RETRIES);
    } catch {
      // Another user's: it is that user's next command's.
    }
  }
}

/**
 * Makes a folder.
 *
 * @param name what it is for; the folder is called so, with the process behind it
 * @param remove what else is to be done when it goes, after it is gone
 */
export function scratch(name: string, parent = tmpdir(), remove = () => {}): Scratch {
  const prefix = `gobuf-${name}-`;
  sweep(prefix, parent);
  const path = mkdtempSync(join(parent, `${prefix}${process.pid}-${startOf(process.pid)}-`));
  const dispose = () => {
    forget();
    rmSync(path, RETRIES);
    remove();
  };
  const forget = onEnd(dispose);
  return { path, [Symbol.dispose]: dispose };
}
