/** Tells a process from a later one that has its number. */
import { readFileSync } from "node:fs";

/**
 * When a process started, as a string of digits; empty where that cannot be told: the process is gone, or the system has
 * no cheap way.
 */
export function startOf(pid: number): string {
  if (process.platform === "linux") {
    try {
      // Its first thread's file: of a process's own /proc/PID/stat qemu makes one up, with another start than others see.
      const stat = readFileSync(`/proc/${pid}/task/${pid}/stat`, "latin1");
      // Field 22, counted behind the name, which may hold anything and ends at the last parenthesis.
      return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
    } catch {
      return "";
    }
  }
  if (process.platform === "darwin") {
    const { stdout } = Bun.spawnSync(["ps", "-o", "lstart=", "-p", String(pid)], { stderr: "ignore" });
    const started = Date.parse(stdout.toString());
    return Number.isNaN(started) ? "" : String(started);
  }
  return "";
}

/** Whether a process with this number runs. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Whether the process that had this number, and started then, runs still. @param start of {@link startOf} */
export function isSameProcess(pid: number, start: string): boolean {
  if (!isAlive(pid)) return false;
  const now = startOf(pid);
  return start === "" || now === "" || now === start;
}
