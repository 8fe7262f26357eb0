/** The limits of a group of processes: each ends what comes to it, with all its children, and nothing else. */
import { describe, expect, test } from "bun:test";
import { beside } from "../../scripts/beside.ts";
import { type Ended, type Limits, runLimited } from "./limits.ts";

const isWindows = process.platform === "win32";

describe.skipIf(isWindows)("limits (skipped on Windows, which has no process groups)", () => {
  const limits: Limits = { cpuMs: 60_000, wallMs: 60_000, idleMs: 60_000, bytes: 2 ** 32 };
  const run = (code: string, more: Partial<Limits> = {}): Promise<Ended> =>
    runLimited([process.execPath, "-e", code], {
      cwd: import.meta.dir,
      env: process.env,
      limits: { ...limits, ...more },
    });

  beside("what comes to its end says how", async () => {
    expect(await run("console.log(7); process.exit(3)")).toMatchObject({ code: 3, ended: "", output: "7\n\n" });
    expect((await run("")).cpuMs, "a start of Bun takes time of a processor").toBeGreaterThan(0);
    expect(await run("process.kill(process.pid, 'SIGKILL')")).toMatchObject({ code: undefined, ended: "signal 9" });
  });

  beside("what waits for ever is ended by the time, with its children", async () => {
    const { ended, output } = await runLimited(["sh", "-c", "sleep 1000 & echo $!; wait"], {
      cwd: import.meta.dir,
      env: process.env,
      limits: { ...limits, wallMs: 2500 },
    });
    expect(ended).toBe("time");
    const pid = Number.parseInt(output, 10);
    expect(pid).toBeGreaterThan(0);
    // A zombie that nobody has buried yet is dead enough.
    const { stdout } = Bun.spawnSync(["ps", "-o", "stat=", "-p", String(pid)]);
    expect(stdout.toString()).toMatch(/^(?:Z.*)?\s*$/);
  });

  const hasProc = process.platform === "linux";
  (hasProc ? beside : test.skip)(
    "what waits for ever is ended for it, what runs meanwhile is not (skipped without /proc)",
    async () => {
      expect((await run("setInterval(() => {}, 1e6)", { idleMs: 1000 })).ended).toBe("idle time");
      // Its processor time, not the machine's: it is never idle for so long.
      const busy = "const end = process.cpuUsage().user + 3e5; while (process.cpuUsage().user < end);";
      expect(await run(busy, { idleMs: 20_000 })).toMatchObject({ code: 0, ended: "" });
    },
  );

  (hasProc ? beside : test.skip)(
    "what runs for ever is ended by the processor's time (skipped without /proc)",
    async () => {
      expect((await run("for (;;);", { cpuMs: 500 })).ended).toBe("processor time");
    },
  );

  (hasProc ? beside : test.skip)("what takes memory for ever is ended by it (skipped without /proc)", async () => {
    const code = "const all = []; for (;;) { all.push(new Uint8Array(1 << 24).fill(1)); await 0; }";
    expect((await run(code, { bytes: 2 ** 29 })).ended).toBe("memory");
  });
});
