/** The one table of codes: what is made from it agrees, and a table that cannot be right is refused by name. */
import { afterAll, describe, expect, test } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import * as codes from "../src/runtime/codes.ts";
import { currentAbi } from "./abis/abis.ts";
import { parseCodes, stale, write } from "./codes.ts";
import { findZig } from "./zig.ts";

const root = resolve(import.meta.dir, "..");
const table = readFileSync(join(root, "arch", "codes.toml"), "utf8");
const header = readFileSync(join(root, "arch", "include", "gobuf.h"), "utf8");
const traps = parseCodes(table).find(({ name }) => name === "trap")?.codes ?? [];

test("the files made from the table are what it gives", () => {
  expect(stale(root)).toEqual([]);
});

test("each trap's `call` is a function of gobuf.h that uses the trap's code or function", () => {
  const called = traps.filter((trap) => trap.call !== undefined && trap.name !== "embedder");
  expect(called.length).toBeGreaterThan(20);
  for (const { name, call } of called) {
    const definition = new RegExp(`static inline [\\w ]+ ${call}\\([^)]*\\) \\{(.*?)\\n?\\}\\n`, "s").exec(header)?.[1];
    // The function's name has an underscore where the trap's has none: wg_go.
    const functions = definition?.replace(/gobuf_runtime->\w+/g, (text) =>
      text.replaceAll("_", "").replace("gobufruntime", "gobuf_runtime"),
    );
    expect(functions, `${call} in gobuf.h`).toMatch(
      new RegExp(`GOBUF_TRAP_${name.toUpperCase()}\\b|gobuf_runtime->${name}\\(`),
    );
  }
});

/** Those that only runs with several Ps have: no trap of theirs comes to TypeScript. */
const OF_PROCS = ["entersyscall", "exitsyscall"];

test("each trap has its case in src/native, or in arch/procs where TypeScript has none", () => {
  const source = ["native.ts", "trap.ts"]
    .map((file) => readFileSync(join(root, "src", "native", file), "utf8"))
    .join("\n");
  const procs = ["mstart.zig", "syscall.zig"]
    .map((file) => readFileSync(join(root, "arch", "procs", file), "utf8"))
    .join("\n");
  for (const name of OF_PROCS) expect(procs, name).toContain(`@intFromEnum(Trap.${name})`);
  for (const { name } of traps.filter(({ name }) => !OF_PROCS.includes(name))) {
    expect(source).toMatch(new RegExp(`(case|===|\\bcode <) TRAP_${name.toUpperCase()}\\b`));
  }
});

describe("a table is refused, by the name of what is wrong", () => {
  const after = (section: string, line: string) => table.replace(`[${section}]\n`, `[${section}]\n${line}\n`);
  test.each([
    ["a code given twice", after("dir", "both = { code = 2 }"), "dir.recv: code 2 is both's already"],
    ["an embedder's code", after("trap", "late = { code = 300 }"), "trap.late: code 300: expected one below 256"],
    [
      "an error that a trap could have",
      after("execute", "low = { code = 9 }"),
      "execute.low: code 9: expected one above",
    ],
    ["a code that is no number", after("dir", 'both = { code = "3" }'), "dir.both: code is 3: expected a whole number"],
    ["a code below 0", after("dir", "both = { code = -1 }"), "dir.both: code is -1: expected a whole number"],
    [
      "a code above 32 bits",
      after("dir", "both = { code = 0x100000000 }"),
      "expected a whole number of 0 to 0xFFFFFFFF",
    ],
    ["a code without braces", after("dir", "both = 3"), "dir.both: expected { code = NUMBER, ... }"],
    ["an unknown key", after("dir", "both = { code = 3, abuot = '' }"), "dir.both: unknown key abuot: expected code,"],
    ["a name in capitals", after("dir", "Both = { code = 3 }"), "dir.Both: expected a name of lower-case letters"],
    ["one name for two in C", after("dir", "ok = { code = 3 }"), "GOBUF_OK: two codes have this name"],
    [
      "one name for two",
      after("select", "operand_has_default = { code = 3 }"),
      "SELECT_OPERAND_HAS_DEFAULT: two codes",
    ],
    ["a section without a comment", `${table}\n[new]\none = { code = 1 }\n`, "new: it has no about"],
    ["a section without codes", `${table}\n[new]\nabout = "x"\n`, "new: it has no codes"],
    ["a range's end that is gone", table.replace(/^embedder = .*$/m, ""), "trap.embedder: it is missing"],
    ["what is no TOML", `${table}\n[new`, "gobuf: arch/codes.toml:"],
  ])("%s", (_, toml, text) => {
    expect(() => parseCodes(toml)).toThrow(text);
  });
});

const folder = mkdtempSync(join(tmpdir(), "gobuf-codes-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A copy of what a library and its src/ are made from, under another table. */
function copy(name: string, toml: string): string {
  const to = join(folder, name);
  mkdirSync(to);
  for (const part of ["arch", "scripts", "src", "build.zig", "build.zig.zon", "package.json", "tsconfig.json"]) {
    // Without the probe, a build takes half the time.
    cpSync(join(root, part), join(to, part), { recursive: true, filter: (path) => !path.endsWith("probe") });
  }
  writeFileSync(join(to, "arch", "codes.toml"), toml);
  return to;
}

test("a file that is not what the table gives is named, in each of the four", () => {
  const own = copy("stale", table.replace("wgwait = { code = 17", "wgwait = { code = 99"));
  const all = ["arch/include/gobuf.h", "arch/include/gobuf.zig", "arch/codes.zig", "src/runtime/codes.ts"];
  expect(stale(own)).toEqual(all);
  const run = Bun.spawnSync([process.execPath, "scripts/codes.ts"], {
    cwd: own,
    env: { ...process.env, NODE_PATH: join(root, "node_modules") },
    stderr: "pipe",
  });
  expect(run.exitCode).toBe(1);
  expect(run.stderr.toString()).toContain(`not what arch/codes.toml gives: ${all.join(", ")}: run \`bun run codes`);
  write(own);
  expect(stale(own)).toEqual([]);
  rmSync(join(own, "arch", "codes.zig"));
  expect(stale(own)).toEqual(["arch/codes.zig"]);
});

/** Bodies in C: what the header says, and operations under the table's codes. */
const C = `
#include "gobuf.h"
GOBUF_RUNTIME
GOBUF_EXPORT gobuf_u32 c_code(void) { return GOBUF_TRAP_MINE; }
GOBUF_EXPORT void doubler(void *arg) {
  gobuf_handle ch = gobuf_handle_of(arg), own = gobuf_chan_make(0);
  gobuf_case c = { GOBUF_SEND, ch, 1 };
  gobuf_gosched();
  gobuf_select(&c, 1, 0, 0);
  gobuf_send(ch, gobuf_close(own) == GOBUF_OK && gobuf_close(own) == GOBUF_PANIC);
  gobuf_send(ch, 42);
  gobuf_goexit();
}
GOBUF_EXPORT void mine(void *arg) { gobuf_operation(GOBUF_TRAP_MINE, 0, 0); }
`;

const ZIG = `
const gobuf = @import("gobuf");
const codes = @import("codes");
export fn zig_code() callconv(.c) u32 {
    return @intFromEnum(gobuf.Trap.mine);
}
export fn core_code() callconv(.c) u32 {
    return @intFromEnum(codes.Trap.mine);
}
`;

const TS = `
import { native, go, run, gosched } from "./src/index.ts";
import * as codes from "./src/runtime/codes.ts";
const zig = native.dlopen(process.argv[2], {
  zig_code: { args: [], returns: "u32" },
  core_code: { args: [], returns: "u32" },
}).symbols;
const c = native.dlopen(process.argv[3], {
  c_code: { args: [], returns: "u32" },
  doubler: native.body,
  mine: native.body,
}).symbols;
console.log(c.c_code(), zig.zig_code(), zig.core_code(), codes.TRAP_MINE, codes.TRAP_SEND);
await run(function* () {
  const ch = native.chan(native.u32);
  go.native(c.doubler, ch);
  console.log(yield* ch.recv(), yield* ch.recv(), yield* ch.recv());
});
await run(function* () {
  go.native(c.mine);
  for (;;) yield* gosched();
}).catch((error) => console.log(error.message.split("\\n")[0]));
`;

// Compiled with zig cc and not TinyCC, which would take the header of the copy as well but is not on every ABI.
test.skipIf(currentAbi() !== undefined)(
  "one code more and others renumbered: header, Zig and TypeScript agree, and the library works (one ABI stands for all)",
  async () => {
    const more = table
      .replace(/^(chan_free = .*)$/m, '$1\nmine = { code = 77, call = "gobuf_mine" }')
      .replace(/^(\[trap\](?:\n(?!\[).*)*)/m, (section) =>
        // All traps but the embedder's under other numbers, every one of them.
        section.replace(/code = (\d+)/g, (all, n) => (Number(n) < 27 ? `code = ${Number(n) + 100}` : all)),
      );
    const own = copy("more", more);
    write(own);
    const zig = findZig();
    // The copy has packages and Zig of the checkout.
    const env = { ...process.env, NODE_PATH: join(root, "node_modules"), ...(zig.length === 1 ? { ZIG: zig[0] } : {}) };
    const must = async (command: readonly string[]) => {
      const ran = Bun.spawn([...command], { cwd: own, env, stdout: "pipe", stderr: "pipe" });
      const [code, out, err] = await Promise.all([ran.exited, ran.stdout.text(), ran.stderr.text()]);
      if (code !== 0) throw new Error(`exit code ${code}:\n${out}${err}`);
      return out;
    };
    for (const [name, text] of Object.entries({ "bodies.c": C, "bodies.zig": ZIG, "main.ts": TS })) {
      writeFileSync(join(own, name), text);
    }
    const modules = ["-Mroot=bodies.zig", "-Mgobuf=arch/include/gobuf.zig", "-Mcodes=arch/codes.zig"];
    await Promise.all([
      must([process.execPath, "scripts/build.ts"]),
      must([...zig, "build-lib", "-dynamic", "--dep", "gobuf", "--dep", "codes", ...modules, "-femit-bin=zig-bodies"]),
      must([...zig, "cc", "-shared", "-fPIC", "-Iarch/include", "bodies.c", "-o", "c-bodies"]),
    ]);
    const said = await must([process.execPath, "main.ts", "./zig-bodies", "./c-bodies"]);
    expect(said.trim().split("\n")).toEqual([
      `77 77 77 77 ${codes.TRAP_SEND + 100}`,
      "1 1 42",
      "goroutine 2: gobuf_mine: no such operation",
    ]);
  },
  300_000,
);
