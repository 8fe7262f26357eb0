/** How the set-up runs programs, and what it tells while it does. Tests bring their own. */
import type { Env } from "./abis.ts";

/** What a program left behind. An exit code of 127 is a program that is not there. */
export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Shell {
  run(command: readonly string[], options?: { cwd?: string; env?: Env; timeoutMs?: number }): Ran;
  readonly isRoot: boolean;
  log(line: string): void;
}

export const realShell: Shell = {
  run(command, { cwd, env, timeoutMs } = {}) {
    try {
      const { exitCode, stdout, stderr } = Bun.spawnSync([...command], {
        stdin: "ignore",
        ...(cwd === undefined ? {} : { cwd }),
        ...(env === undefined ? {} : { env }),
        ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
      });
      return { exitCode: exitCode ?? 1, stdout: stdout.toString(), stderr: stderr.toString() };
    } catch (error) {
      return { exitCode: 127, stdout: "", stderr: (error as Error).message };
    }
  },
  isRoot: process.getuid?.() === 0,
  log: (line) => console.log(line),
};

/** The last lines a program printed: where it says what went wrong. */
export function lastWords({ stdout, stderr }: Ran): string {
  const lines = `${stderr.trim() || stdout.trim()}`.split("\n").filter((line) => line.trim() !== "");
  return lines.slice(-8).join("\n  ");
}

/**
 * Runs a program that has to work.
 *
 * @param what ends the sentence "cannot ..."
 * @returns what it printed
 * @throws Error with its command and its last words
 */
export function must(
  shell: Shell,
  what: string,
  command: readonly string[],
  options?: Parameters<Shell["run"]>[1],
): Ran {
  const ran = shell.run(command, options);
  if (ran.exitCode === 0) return ran;
  const how =
    ran.exitCode === 127 ? `${command[0]} is not there` : `\`${command.join(" ")}\` exits with ${ran.exitCode}`;
  throw new Error(`cannot ${what}: ${how}:\n  ${lastWords(ran)}`);
}
