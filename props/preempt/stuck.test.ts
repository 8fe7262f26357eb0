/**
 * A native body that never gives the thread back is named at SIGQUIT, with the place where it is: on main, where JavaScript
 * cannot print anything, and on a Worker, beside what main prints.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { packageRoot } from "../../src/runtime/library.ts";
import { libraryPath } from "../native/bodies.ts";

setDefaultTimeout(60_000);

/** Reads from a stream until there is a match. @param again called for what is none */
async function until(stream: ReadableStream<Uint8Array>, wanted: RegExp, again = () => {}): Promise<RegExpExecArray> {
  let text = "";
  for await (const bytes of stream) {
    text += new TextDecoder().decode(bytes);
    const match = wanted.exec(text);
    if (match !== null) return match;
    again();
  }
  throw new Error(`the stream has ended: expected ${wanted}, got ${JSON.stringify(text)}`);
}

const windows = process.platform === "win32";
const skipped = windows ? " (skipped: there is no SIGQUIT on Windows)" : "";
for (const where of ["main", "worker"]) {
  test.skipIf(windows)(`a body that keeps its thread for ever is named at SIGQUIT: on ${where}${skipped}`, async () => {
    const child = Bun.spawn([process.execPath, join(import.meta.dir, "stuck-program.ts"), where, libraryPath], {
      cwd: packageRoot,
      stdout: "pipe",
      stderr: "pipe",
    });
    try {
      const [, body] = await until(child.stdout, /body 0x([0-9a-f]+)\n/);
      const quit = () => child.kill("SIGQUIT");
      quit();
      // The first may come before the body has the thread: then JavaScript prints, and it is sent again.
      const line = /gobuf: goroutine (\d+), body 0x([0-9a-f]+), has had its thread for \d+ ms, at pc 0x([0-9a-f]+)\n/;
      const [, goid, named, pc] = await until(child.stderr, line, quit);
      expect(goid).toBe("2");
      expect(named).toBe(body as string);
      expect(Number(`0x${pc}`) - Number(`0x${body}`)).toBeWithin(0, 4096);
    } finally {
      child.kill("SIGKILL");
      await child.exited;
    }
  });
}
