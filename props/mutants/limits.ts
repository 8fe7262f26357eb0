/**
 * Runs a process in a group of its own, with limits of time and memory, and ends all of the group with it. A shell stands
 * between: a program that ends its parent ends the shell, not the command that judges it.
 */
import { readdirSync, readFileSync } from "node:fs";
import { onEnd } from "../../scripts/scratch.ts";

/** What a group of processes may take. */
export interface Limits {
  /** Milliseconds of processor time, of all its processes together. Where /proc is not there, nobody looks. */
  readonly cpuMs: number;
  /** Milliseconds from beginning to end. A busy machine takes long as well: this is the last resort. */
  readonly wallMs: number;
  /** Milliseconds in which the processes do next to nothing: they wait for what does not come. As `cpuMs`. */
  readonly idleMs: number;
  /** Bytes of resident memory, as `cpuMs`. */
  readonly bytes: number;
}

/** How a group ended. */
export interface Ended {
  /** Exit code; undefined where a signal or a limit ended it. */
  readonly code: number | undefined;
  /** The limit that it came to, or the signal. */
  readonly ended: "" | "processor time" | "idle time" | "time" | "memory" | `signal ${string}`;
  readonly output: string;
  readonly cpuMs: number;
}

/** How often a group is looked at. */
const LOOK_MS = 200;
/** Less processor time than this is next to nothing: a timer that goes off, a collector that looks. */
const NEXT_TO_NOTHING_MS = 100;
/** The clock of /proc: `getconf CLK_TCK` is 100 on every Linux that Bun runs on. */
const TICK_MS = 10;
const PAGE_BYTES = 4096;
/** Fields of /proc/PID/stat, counted from the one behind the name. */
const STAT = { pgrp: 2, utime: 11, stime: 12, cutime: 13, cstime: 14, rss: 21 };
/** What a shell adds to the number of a signal that ended a process. */
const SIGNALLED = 128;
/** How long the pipes may stay open after the end. */
const PIPE_MS = 5000;
/** The most output that is kept, from the end. */
const OUTPUT_MAX = 400_000;

/** What the processes of a group have used; zeros where /proc is not there. */
export function usageOf(group: number): { cpuMs: number; bytes: number } {
  let [ticks, pages] = [0, 0];
  let names: string[] = [];
  try {
    names = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    // No /proc: the limit of time is the only one.
  }
  for (const name of names) {
    try {
      const text = readFileSync(`/proc/${name}/stat`, "utf8");
      const fields = text
        .slice(text.lastIndexOf(")") + 2)
        .split(" ")
        .map(Number);
      if (fields[STAT.pgrp] !== group) continue;
      for (const field of [STAT.utime, STAT.stime, STAT.cutime, STAT.cstime]) ticks += fields[field] as number;
      pages += fields[STAT.rss] as number;
    } catch {
      // It ended meanwhile.
    }
  }
  return { cpuMs: ticks * TICK_MS, bytes: pages * PAGE_BYTES };
}

function endGroup(group: number): void {
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // There is none of it left.
  }
}

/** Runs a command within limits. Nothing of its group is left afterwards. */
export async function runLimited(
  command: readonly string[],
  options: { readonly cwd: string; readonly env: Record<string, string | undefined>; readonly limits: Limits },
): Promise<Ended> {
  const { cwd, env, limits } = options;
  const start = performance.now();
  const shell = ["/bin/sh", "-c", '"$@"; exit $?', "sh", ...command];
  const run = Bun.spawn(shell, { cwd, env, stdin: "ignore", stdout: "pipe", stderr: "pipe", detached: true });
  const forget = onEnd(() => endGroup(run.pid));
  let ended: Ended["ended"] = "";
  let cpuMs = 0;
  let busy = { cpuMs: 0, at: start };
  const look = () => {
    const used = usageOf(run.pid);
    cpuMs = Math.max(cpuMs, used.cpuMs);
    const now = performance.now();
    // Where nothing is known of the processes they are not idle.
    if (used.bytes === 0 || used.cpuMs > busy.cpuMs + NEXT_TO_NOTHING_MS) busy = { cpuMs: used.cpuMs, at: now };
    if (used.cpuMs > limits.cpuMs) ended = "processor time";
    else if (used.bytes > limits.bytes) ended = "memory";
    else if (now - busy.at > limits.idleMs) ended = "idle time";
    else if (now - start > limits.wallMs) ended = "time";
    if (ended !== "") endGroup(run.pid);
  };
  const timer = setInterval(look, LOOK_MS);
  const texts = Promise.all([new Response(run.stdout).text(), new Response(run.stderr).text()]);
  await run.exited;
  clearInterval(timer);
  // Of those that have ended and were waited for; between two looks nobody has seen them.
  cpuMs = Math.max(cpuMs, Number(run.resourceUsage()?.cpuTime.total ?? 0) / 1000);
  // What is left of the group would hold the pipes open; what has left the group may still.
  endGroup(run.pid);
  forget();
  const [out, err] = await Promise.race([
    texts,
    Bun.sleep(PIPE_MS).then(() => ["", "its output is held open"] as const),
  ]);
  const output = `${out.slice(-OUTPUT_MAX)}\n${err.slice(-OUTPUT_MAX)}`;
  if (ended !== "") return { code: undefined, ended, output, cpuMs };
  if (run.signalCode) return { code: undefined, ended: `signal ${run.signalCode}`, output, cpuMs };
  const code = run.exitCode ?? 0;
  if (code > SIGNALLED) return { code: undefined, ended: `signal ${code - SIGNALLED}`, output, cpuMs };
  return { code, ended: "", output, cpuMs };
}
