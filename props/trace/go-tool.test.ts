/** `go tool trace` opens a trace, and its pages tell of the run. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chan, type Go, go, run, sleep, trace } from "gobuf";
import { BUILD_MS, traceTool, whyNoGo } from "./reader.ts";

const why = whyNoGo();
const skipped = why === undefined ? "" : ` (skipped: ${why})`;

/** An event of what the viewer loads. */
interface ViewerEvent {
  readonly name: string;
  readonly ph: string;
  readonly args?: { readonly name?: string };
}

describe.skipIf(why !== undefined)(`go tool trace${skipped}`, () => {
  let folder = "";
  let address = "";
  let viewer: Bun.Subprocess<"ignore", "ignore", "pipe"> | undefined;

  /** The address that the viewer says it listens on. */
  async function addressOf(stderr: ReadableStream<Uint8Array>): Promise<string> {
    let said = "";
    const decoder = new TextDecoder();
    for await (const chunk of stderr) {
      said += decoder.decode(chunk, { stream: true });
      const found = /listening on (http:\S+)\n/.exec(said)?.[1];
      if (found !== undefined) return found;
    }
    throw new Error(`go tool trace ended without an address:\n${said}`);
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "gobuf-trace-"));
    const file = join(folder, "ants.trace");
    const nest = chan<number>();
    function* gatherer(): Go {
      yield* trace.withRegion("gather", function* () {
        yield* sleep(1);
        yield* nest.send(1);
      });
    }
    trace.start(file);
    await run(function* queen() {
      for (let i = 0; i < 3; i++) go(gatherer);
      for (let i = 0; i < 3; i++) yield* nest.recv();
    });
    trace.stop();
    // The program itself: killing `go` would leave it behind. It starts a browser, of which it makes nothing when it fails.
    viewer = Bun.spawn([traceTool(), "-http=127.0.0.1:0", file], {
      env: { ...process.env, BROWSER: join(folder, "no-browser"), DISPLAY: "", PATH: folder },
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
    });
    address = await addressOf(viewer.stderr);
  }, BUILD_MS);

  afterAll(async () => {
    viewer?.kill("SIGKILL");
    await viewer?.exited;
    rmSync(folder, { recursive: true });
  });

  async function page(path: string): Promise<string> {
    const response = await fetch(`${address}${path}`);
    const text = await response.text();
    expect({ path, status: response.status }).toEqual({ path, status: 200 });
    return text;
  }

  test("its main page lists the views", async () => {
    const text = await page("/");
    for (const view of ["View trace by proc", "Goroutine analysis", "User-defined regions"])
      expect(text).toContain(view);
  });

  test("its viewer answers, and gets the trace: the P with the goroutines that it ran, by name", async () => {
    expect(await page("/trace")).toContain("/jsontrace");
    const { traceEvents } = JSON.parse(await page("/jsontrace?view=proc")) as { traceEvents: ViewerEvent[] };
    const names = (ph: string) => new Set(traceEvents.filter((e) => e.ph === ph).map((e) => e.args?.name ?? e.name));
    expect([...names("M")]).toContain("Proc 0");
    expect([...names("X")]).toEqual(expect.arrayContaining(["G1 queen", "G2 gatherer", "G3 gatherer", "G4 gatherer"]));
  });

  test("its viewer draws arrows from go statements and wake-ups to runs", async () => {
    const { traceEvents } = JSON.parse(await page("/jsontrace?view=thread")) as { traceEvents: ViewerEvent[] };
    const arrows = new Set(traceEvents.filter(({ ph }) => ph === "s").map(({ name }) => name));
    expect([...arrows]).toEqual(expect.arrayContaining(["go", "unblock (chan receive)", "unblock (sleep)"]));
  });

  test("its goroutine analysis counts goroutines by function, and why they waited", async () => {
    expect(await page("/goroutines")).toMatch(/gatherer<\/a><\/code><\/td>\s*<td>3<\/td>/);
    const text = await page("/goroutine?name=gatherer");
    expect(text).toContain("sleep");
    expect(text).toContain("Sched wait");
  });

  test("its pages on regions and utilisation answer", async () => {
    expect(await page("/userregions")).toContain("gather");
    await page("/mmu");
  });
});
