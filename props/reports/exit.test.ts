/** A program that ends by fatalpanic ends as a program of Go's: the report on stderr, exit code 2. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";

const PROGRAM = join(import.meta.dir, "crash-program.ts");

async function ends(how: string): Promise<{ out: string; err: string; code: number }> {
  const child = Bun.spawn(
    [process.execPath, "-e", `await (await import(${JSON.stringify(PROGRAM)})).crash(${JSON.stringify(how)})`],
    { stdout: "pipe", stderr: "pipe" },
  );
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { out, err, code };
}

describe("F13: fatalpanic ends the process as Go does", () => {
  const TEXTS: Readonly<Record<string, string>> = {
    panic: "panic: a panic\n\tof two lines\n\ngoroutine 1 [running]:\nmain(...)\n",
    deadlock:
      "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:\nmain(...)\n\n" +
      "goroutine 2 [chan receive]:\nother(...)\ncreated by main in goroutine 1\n",
    goroutine: "panic: TypeError: bad\n\ngoroutine 2 [running]:\nbad(...)\ncreated by main in goroutine 1\n",
    unprintable: "fatal error: panic while printing panic value: type TypeError\n\ngoroutine 1 [running]:\nmain(...)\n",
  };
  for (const [how, err] of Object.entries(TEXTS)) {
    test(`F13: ${how}`, async () => {
      expect(await ends(how)).toEqual({ out: "", err, code: 2 });
    });
  }

  test("F13: a long report comes whole through a pipe", async () => {
    const { err, code } = await ends("many");
    expect(code).toBe(2);
    expect(err.match(/^goroutine \d+/gm)?.length).toBe(1000);
    expect(err).toEndWith("\n...4001 goroutines left out...\n");
  });

  test("F13: a program that does not fail goes on", async () => {
    expect(await ends("fine")).toEqual({ out: "went on\n", err: "", code: 0 });
  });
});
