/**
 * A lock between processes: a file that names its holder. A holder that is gone does not hold it.
 */
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** Milliseconds between two tries. */
const POLL_MS = 50;

const word = new Int32Array(new SharedArrayBuffer(4));

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Takes the lock if it is free. @returns the holder's process number if not; 0 when it is being made or let go */
function tryLock(path: string): number | undefined {
  try {
    const file = openSync(path, "wx");
    writeSync(file, String(process.pid));
    closeSync(file);
    return undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  try {
    return Number(readFileSync(path, "utf8")) || 0;
  } catch {
    return 0;
  }
}

/**
 * Runs `f` while no other process holds the lock.
 *
 * @param path the lock's file
 * @param waitMaxMs how long to wait for another holder, milliseconds
 * @throws Error that names the holder when that time is over
 */
export function withLock<T>(path: string, waitMaxMs: number, f: () => T): T {
  mkdirSync(dirname(path), { recursive: true });
  const start = performance.now();
  for (let unnamed = 0; ; ) {
    const holder = tryLock(path);
    if (holder === undefined) break;
    // A file without a number is being written; one that stays so was left by a process that died over it.
    unnamed = holder === 0 ? unnamed + 1 : 0;
    if (unnamed > 20 || (holder !== 0 && !isAlive(holder))) {
      rmSync(path, { force: true });
      continue;
    }
    if (performance.now() - start > waitMaxMs) {
      throw new Error(`gobuf: process ${holder} has held ${path} for ${waitMaxMs} ms: stop it, or remove the file`);
    }
    Atomics.wait(word, 0, 0, POLL_MS);
  }
  try {
    return f();
  } finally {
    rmSync(path, { force: true });
  }
}
