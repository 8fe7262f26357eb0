/** What editors show of the package: nothing of the scheduler's own, documentation, examples, and the way to the source. */
import { beforeAll, describe, expect, setDefaultTimeout } from "bun:test";
import { join, resolve } from "node:path";
import * as gobuf from "gobuf";
import { currentAbi } from "./abis/abis.ts";
import { abiSkip } from "./abis/skip.ts";
import type { Editor } from "./editor.ts";

const root = resolve(import.meta.dir, "..");
const STEP_MS = 120_000;
setDefaultTimeout(STEP_MS);
const test = abiSkip(["arm64", "musl", "windows"], "TypeScript says the same whatever runs it");

/** What programs hold, by its type. Of an Op nothing is offered: `yield*` is all that one does with it. */
const HELD: Readonly<Record<string, readonly string[]>> = {
  "Chan<string>": ["cap", "close", "len", "recv", "recvAsync", "recvOk", "recvOkAsync", "send", "sendAsync"],
  "SendChan<string>": ["cap", "close", "len", "send", "sendAsync"],
  "RecvChan<string>": ["cap", "len", "recv", "recvAsync", "recvOk", "recvOkAsync"],
  Mutex: ["lock", "tryLock", "unlock"],
  RWMutex: ["lock", "rlock", "rlocker", "runlock", "tryLock", "tryRLock", "unlock"],
  WaitGroup: ["add", "done", "go", "wait"],
  Cond: ["L", "broadcast", "signal", "wait"],
  Once: ["do"],
  Timer: ["c", "reset", "stop"],
  Ticker: ["c", "reset", "stop"],
  "context.Context": ["afterFunc", "deadline", "done", "err", "signal", "value"],
  ErrGroup: ["go", "setLimit", "tryGo", "wait"],
  Weighted: ["acquire", "release", "size", "tryAcquire"],
  "SingleFlight<string>": ["do", "doChan", "forget"],
  Reservation: ["cancel", "delay", "ok"],
  Limiter: [
    "allow",
    "allowN",
    "burst",
    "limit",
    "reserve",
    "reserveN",
    "setBurst",
    "setLimit",
    "tokens",
    "wait",
    "waitN",
  ],
  Service: ["closed", "goroutines", "signal", "spawn", "stop"],
  "Op<string>": [],
  OptionalOp: [],
  "trace.Task": ["end"],
  "pprof.Profile": ["encode", "name", "samples", "toString"],
  "native.Callback": ["close", "handle"],
};

const types = Object.keys(HELD);
const values = Object.entries(gobuf).filter(([, value]) => typeof value === "function");
const names = [...new Set([...types.map((type) => /^\w+/.exec(type)?.[0] ?? ""), ...values.map(([name]) => name)])];
const program = [
  `import { ${names.join(", ")} } from "gobuf";`,
  ...types.map((type, i) => `declare const held${i}: ${type};\nheld${i}.;`),
  "declare const jobs: Chan<string>;\njobs.send;",
  ...values.map(([name]) => `void ${name};`),
].join("\n");

let packed: Editor;
let complaints: string[];

beforeAll(async () => {
  if (currentAbi() !== undefined) return;
  const { exitCode, stderr } = Bun.spawnSync([process.execPath, "scripts/declarations.ts"], {
    cwd: root,
    stderr: "pipe",
  });
  if (exitCode !== 0) throw new Error(`no declarations: ${stderr.toString()}`);
  // Late: TypeScript takes long to load under an emulator, where all of this is skipped.
  const { Editor } = await import("./editor.ts");
  packed = new Editor(program, [join(root, "props", "types.test-d.ts")]);
  // First: hover resolves the links of comments, and what they do not find would be complaints then.
  complaints = packed.complaints();
}, STEP_MS);

const namesBehind = (editor: Editor, i: number) => editor.membersBehind(`\nheld${i}.`).map(({ name }) => name);

describe("an editor of a program that has the package", () => {
  test(
    "offers of each object what users may call, and nothing else",
    () => {
      const offered = types.map((type, i) => [type, namesBehind(packed, i).sort()]);
      expect(Object.fromEntries(offered)).toEqual(HELD);
    },
    STEP_MS,
  );

  test("shows nothing of hchan on a channel, which has it at run time", () => {
    const own = Object.keys(gobuf.chan());
    expect(own).toContain("recvx");
    expect(own.length).toBeGreaterThan(10);
    expect(namesBehind(packed, 0).filter((name) => own.includes(name))).toEqual([]);
  });

  test("has a documentation for all that it offers", () => {
    const bare = types.flatMap((type, i) =>
      packed
        .membersBehind(`\nheld${i}.`)
        .filter(({ documentation }) => documentation === "")
        .map(({ name }) => `${type}: ${name}`),
    );
    expect(bare).toEqual([]);
  });

  test("shows an example of every exported function and class", () => {
    expect(values.length).toBeGreaterThan(40);
    const without = values
      .map(([name]) => name)
      .filter((name) => !packed.hoverOf(`\nvoid ${name}`).includes("@example"));
    expect(without).toEqual([]);
  });

  test("goes from a name to its line in the sources, which the package has", () => {
    const { file, line } = packed.definitionOf("\njobs.send") ?? {};
    expect(file).toBe("/src/runtime/channel.ts");
    expect(line).toContain("send(value: T): Op<void> {");
  });
});

describe("the package's declarations", () => {
  test(
    "are without a fault, also where a project checks libraries, and infer what the sources do",
    () => {
      // What must not compile stands under a ts-expect-error, and is a complaint where it does.
      expect(complaints).toEqual([]);
    },
    STEP_MS,
  );
});
