/** What a process of its own prints when its goroutines fail, and on SIGQUIT. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";

describe("a program of its own", () => {
  const preamble = `import { chan, go, goroutineDump, hold, run } from "gobuf";\n`;

  /** Starts a program in this package, so that it finds gobuf by its name. */
  function start(code: string) {
    return Bun.spawn([process.execPath, "-e", preamble + code], {
      cwd: join(import.meta.dir, "..", ".."),
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
  }

  test("a deadlock ends it with the report, not in silence and not never", async () => {
    const child = start(`
      await run(function* main() {
        yield* chan().recv();
      });
    `);
    const [stderr, exitCode] = await Promise.all([child.stderr.text(), child.exited]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:\nmain(...)\n");
  });

  test("an uncaught error ends it with the report", async () => {
    const child = start(`
      await run(function* main() {
        go(function* thrower() { throw new Error("no luck"); });
        yield* chan().recv();
      });
    `);
    const [stderr, exitCode] = await Promise.all([child.stderr.text(), child.exited]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      "panic: Error: no luck\n\ngoroutine 2 [running]:\nthrower(...)\ncreated by main in goroutine 1\n",
    );
  });

  test.skipIf(process.platform === "win32")("SIGQUIT prints what goroutineDump gives, and it goes on", async () => {
    const child = start(`
      run(function* main() {
        using _ = hold();
        go(function* worker() { yield* chan().recv(); });
        yield* chan().recv();
      });
      setImmediate(function look() {
        const dump = goroutineDump();
        if (dump.includes("runnable")) setImmediate(look);
        else process.stdout.write(dump + "end\\n");
      });
      process.on("SIGTERM", () => process.exit(7));
    `);
    let dump = "";
    const decoder = new TextDecoder();
    for await (const bytes of child.stdout) {
      dump += decoder.decode(bytes, { stream: true });
      if (dump.endsWith("end\n")) break;
    }
    expect(dump).toBe(`\
goroutine 1 [chan receive]:
main(...)

goroutine 2 [chan receive]:
worker(...)
created by main in goroutine 1
end
`);
    child.kill("SIGQUIT");
    let printed = "";
    for await (const bytes of child.stderr) {
      printed += decoder.decode(bytes, { stream: true });
      if (printed.includes("worker") && printed.endsWith("\n")) break;
    }
    expect(printed).toContain(`SIGQUIT: quit\n\n${dump.replace("end\n", "")}`);
    child.kill("SIGTERM");
    expect(await child.exited).toBe(7);
  });
});
