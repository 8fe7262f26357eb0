/** What guards memory is a check in every build; what costs too much is one in a build with safety checks. */
import { beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { currentAbi } from "../scripts/abis/abis.ts";
import { abiSkip } from "../scripts/abis/skip.ts";
import { safeEnv } from "../scripts/safe.ts";
import { packageRoot } from "../src/runtime/library.ts";

const CHILD_MS = 30_000;
// The library is built once for all, in no test's time.
const isHost = currentAbi() === undefined;
let everyCheck: ReturnType<typeof safeEnv> | undefined;
beforeAll(() => {
  if (isHost) everyCheck = safeEnv();
}, 600_000);

async function violate(what: string, checks: boolean): Promise<{ code: number; out: string; err: string }> {
  const env = checks ? everyCheck : { ...process.env, GOBUF_LIBRARY: undefined, GOBUF_CHECKS: undefined };
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "violations.ts"), what], {
    env: env ?? {},
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, out, err };
}

/** The process ended there and then, and said why. */
function expectFound({ code, out, err }: Awaited<ReturnType<typeof violate>>, text: string): void {
  expect(err).toContain(text);
  expect(out).toBe("");
  expect(code).not.toBe(0);
}

// Zig builds for this machine only where it runs.
const own = abiSkip(["arm64", "musl", "windows"], "the library with safety checks is built for this machine");

describe("in every build", () => {
  const found: Readonly<Record<string, string>> = {
    "a stack of no size": "gobuf: check failed: stack.free: no stack has this size\n",
    "gobuf_go on a thread without an M": "gobuf: an operation of gobuf.h was called outside a goroutine\n",
    "gobuf_select on a thread without an M": "gobuf: an operation of gobuf.h was called outside a goroutine\n",
  };
  for (const [what, text] of Object.entries(found)) {
    test(`${what}, as it ships`, async () => expectFound(await violate(what, false), text), CHILD_MS);
    own(`${what}, with safety checks`, async () => expectFound(await violate(what, true), text), CHILD_MS);
  }
});

describe("with safety checks", () => {
  own(
    "a lane's index",
    async () => {
      const text = "gobuf: check failed: lane.usable: recvx lies outside of the ring\n";
      expectFound(await violate("a lane's index", true), text);
    },
    CHILD_MS,
  );

  own(
    "an arithmetic overflow of Zig's, with its name",
    async () => {
      expectFound(await violate("a stack that ends before it begins", true), "gobuf: integer overflow\n");
    },
    CHILD_MS,
  );
});

describe("a G that is queued twice", () => {
  const found: Readonly<Record<string, string>> = {
    "runqput of a G in runnext": "runqput: goroutine 2",
    "globrunqput of a G in runnext": "globrunqput: goroutine 2",
    "globrunqput of a G on the global queue": "globrunqput: goroutine 1",
  };
  for (const [what, text] of Object.entries(found)) {
    own(
      `${what} is found with GOBUF_CHECKS`,
      async () => {
        const { code, err, out } = await violate(what, true);
        expect(err).toMatch(new RegExp(`${text} \\(G \\d+\\) is on a run queue already`));
        expect([code, out]).toEqual([1, ""]);
      },
      CHILD_MS,
    );
    test(
      `${what} is not looked for without`,
      async () => {
        expect((await violate(what, false)).err).not.toContain("is on a run queue already");
      },
      CHILD_MS,
    );
  }
});

/** Whether Zig code asserts what is not known when it is compiled. */
function asserts(zig: string): boolean {
  const rest = zig
    .replace(/^( *)comptime \{\n.*?\n\1\}$/gms, "")
    .replace(/^fn check\(abi: Abi.*?\n\}$/ms, "")
    .replace(/\bcomptime (std\.debug\.)?assert\(/g, "");
  return /\bassert\(/.test(rest);
}

test("nothing in the library is asserted that a build without safety checks would only assume", () => {
  // What runs at compile time may be: in a comptime block, behind comptime, and layout.zig's check, which a block calls.
  const files = [...new Bun.Glob("arch/**/*.zig").scanSync(packageRoot)];
  expect(files.length).toBeGreaterThan(30);
  expect(files.filter((file) => asserts(readFileSync(join(packageRoot, file), "utf8")))).toEqual([]);
  const planted = (line: string) => asserts(`fn f(x: u32) void {\n    ${line}\n    _ = x;\n}\n`);
  expect(planted("std.debug.assert(x > 0);")).toBe(true);
  expect(planted("assert(x > 0);")).toBe(true);
  expect(planted("comptime std.debug.assert(@sizeOf(u32) == 4);")).toBe(false);
});
