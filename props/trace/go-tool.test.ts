/** `go tool trace` opens a trace, and its pages tell of the run. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chan, context, type Go, go, run, sleep, trace, WaitGroup } from "gobuf";
import { BUILD_MS, traceTool, whyNoPages } from "./reader.ts";

const why = whyNoPages();
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
    /** A task with two parts, one of them in another goroutine; the second is never ended. */
    function* feed(): Go {
      const [ctx, task] = trace.newTask(context.background(), "feed");
      using _ = task;
      const fed = new WaitGroup();
      for (const larva of ["first", "second"]) {
        fed.go(function* nurse() {
          const [larvaCtx, part] = trace.newTask(ctx, "larva");
          yield* trace.withRegion(larvaCtx, "chew", function* () {
            yield* sleep(1);
          });
          trace.log(larvaCtx, "hunger", `${larva} wants more`);
          if (larva === "first") part.end();
        });
      }
      yield* fed.wait();
    }
    trace.start(file);
    await run(function* queen() {
      for (let i = 0; i < 3; i++) go(gatherer);
      for (let i = 0; i < 3; i++) yield* nest.recv();
      yield* feed();
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
    for (const view of ["View trace by proc", "Goroutine analysis", "User-defined tasks", "User-defined regions"])
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

  test("its pages on tasks list them by type, with parts, messages and goroutines; who is not ended is incomplete", async () => {
    const types = await page("/usertasks");
    expect(types).toMatch(/<td>feed<\/td>\s*<td><a[^>]*>1<\/a><\/td>/);
    expect(types).toMatch(/<td>larva<\/td>\s*<td><a[^>]*>2<\/a><\/td>/);
    // A task each, with its events.
    const tasks = (await page("/usertask?type=larva")).split('<tr class="first">').slice(1);
    expect(tasks).toHaveLength(2);
    const complete = tasks.find((task) => task.includes("(complete)")) ?? "";
    const incomplete = tasks.find((task) => task.includes("(incomplete)")) ?? "";
    for (const [task, larva] of [
      [complete, "first"],
      [incomplete, "second"],
    ] as const) {
      const events = [...task.matchAll(/<td>(?:task|region|log) .*<\/td>/g)].map(([cell]) => cell.slice(4, -5));
      expect(events.map((text) => text.replaceAll("&#34;", '"').replace(/\(D \d, /, "("))).toEqual([
        'task "larva" (parent 1) begin',
        'region "chew" begin',
        'region "chew" end',
        `log "${larva} wants more"`,
        ...(larva === "first" ? ["task end"] : []),
      ]);
    }
  });

  test("its viewer shows a task: the goroutines that worked for it, and the task itself with its parts", async () => {
    const { traceEvents } = JSON.parse(await page("/jsontrace?taskid=1")) as { traceEvents: ViewerEvent[] };
    const tracks = traceEvents.filter(({ name }) => name === "thread_name").map(({ args }) => args?.name);
    expect(tracks).toEqual(
      expect.arrayContaining(["T1 feed", "T2 larva", "T3 larva", "G1 queen", "G5 nurse", "G6 nurse"]),
    );
    expect(tracks).not.toContain("G2 gatherer");
    const shown = new Set(traceEvents.map(({ name }) => name));
    expect([...shown]).toEqual(expect.arrayContaining(["feed", "larva", "chew", "[hunger] first wants more"]));
  });

  test("its pages on regions and utilisation answer", async () => {
    expect(await page("/userregions")).toContain("gather");
    await page("/mmu");
  });
});
