/**
 * A lock between processes that the kernel keeps: SQLite's on an empty database beside the lock's file. It goes with the
 * process that holds it, so that none is ever broken, by mistake or by two at once, and no process is taken for another
 * that had its number. The lock's file itself only says who holds it, for those who wait.
 */
import { Database } from "bun:sqlite";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Milliseconds between two tries. */
const POLL_MS = 50;
/** Milliseconds after which a process says whom it waits for. */
const SILENT_MS = 1000;

const word = new Int32Array(new SharedArrayBuffer(4));

/** Who holds a lock, as that process put it. */
function holderOf(path: string): string {
  try {
    return readFileSync(path, "utf8").trim() || "another process";
  } catch {
    // It has just taken the lock, or let it go.
    return "another process";
  }
}

/** What this process is called in another's message. */
function self(): string {
  return `process ${process.pid} (${process.argv.slice(1).join(" ") || "bun"})`;
}

/** The error of a lock that there cannot be. */
function noLock(path: string, cause: unknown): Error {
  const { code, message } = cause as { code?: string; message: string };
  const way = code === "SQLITE_NOTADB" ? `: remove ${path}.db` : "";
  return new Error(`gobuf: there can be no lock ${path}: ${message}${way}`, { cause });
}

/** Takes the lock if it is free. */
function tryLock(db: Database, path: string): boolean {
  try {
    db.exec("BEGIN EXCLUSIVE");
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === "SQLITE_BUSY") return false;
    throw noLock(path, error);
  }
}

function open(path: string): Database {
  try {
    mkdirSync(dirname(path), { recursive: true });
    return new Database(`${path}.db`);
  } catch (error) {
    throw noLock(path, error);
  }
}

/** Says who holds the lock; a name that cannot be written is no reason not to hold it. */
function sign(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
    writeFileSync(path, `${self()}\n`);
  } catch {}
}

/**
 * Runs `f` while no other process holds the lock.
 *
 * @param path the lock's file
 * @param waitMaxMs how long to wait for another holder, milliseconds
 * @param say gets a line when it takes long
 * @throws Error that names the holder when that time is over; where there can be no lock, one that says why
 */
export function withLock<T>(
  path: string,
  waitMaxMs: number,
  f: () => T,
  say: (line: string) => void = console.error,
): T {
  const db = open(path);
  try {
    const start = performance.now();
    let said = false;
    while (!tryLock(db, path)) {
      const waited = performance.now() - start;
      if (waited > waitMaxMs) {
        throw new Error(`gobuf: ${holderOf(path)} has held ${path} for ${waitMaxMs} ms: stop it, or wait for it`);
      }
      if (waited > SILENT_MS && !said) {
        said = true;
        say(`gobuf: waiting for ${holderOf(path)}, which holds ${path}`);
      }
      Atomics.wait(word, 0, 0, POLL_MS);
    }
    sign(path);
    try {
      return f();
    } finally {
      rmSync(path, { force: true });
    }
  } finally {
    db.close();
  }
}
