/**
 * Subjects that do what none should: they die, wait for ever, end their process in the middle, shout, leave processes behind. The
 * kit says what each did, and is not held up.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { currentAbi } from "../scripts/abis/abis.ts";
import { beside } from "../scripts/beside.ts";
import { buildDriver, zigCc } from "./build.ts";
import { host } from "./src/abi.ts";
import { putTo } from "./src/driver.ts";

setDefaultTimeout(600_000);

const here = host === "linux-x64" && currentAbi() === undefined;
const folder = mkdtempSync(join(tmpdir(), "gobuf-hostile-"));
afterAll(() => rmSync(folder, { recursive: true }));

const main = join(import.meta.dir, "src", "main.ts");
const adapter = /```c\n(.*?)```/s.exec(readFileSync(join(import.meta.dir, "README.md"), "utf8"))?.[1] ?? "";

/** The README's adapter with something done at each resume, or when it is asked for its table. */
function compile(name: string, { resume = "", at = "" }: { readonly resume?: string; readonly at?: string }): string {
  const source = adapter
    .replace("int resume(conform_ctx *c) {", `int resume(conform_ctx *c) { static int n; (void)n; ${resume}`)
    .replace("return k == 0 ? &s : NULL;", `${at} return k == 0 ? &s : NULL;`);
  const [file, path] = [join(folder, `${name}.c`), join(folder, `${name}.so`)];
  writeFileSync(file, `#define _GNU_SOURCE\n#include <signal.h>\n#include <unistd.h>\n${source}`);
  zigCc("linux-x64", ["-shared", "-fPIC", "-I", join(import.meta.dir, "include"), file, "-o", path]);
  return path;
}

describe.skipIf(!here)("hostile switches (skipped where the driver does not run by itself)", () => {
  let driver = "";
  beforeAll(() => {
    driver = buildDriver("linux-x64");
  }, 300_000);

  for (const [name, resume, says] of [
    [
      "ends its process in the middle",
      "if (n++ == 3) exit(0);",
      "FAIL the process died: by itself, before the property",
    ],
    [
      "closes what the kit hears it by",
      "if (n++ == 3) for (int f = 3; f < 100; f++) close(f);",
      "FAIL the process died: by",
    ],
    ["kills its group", "if (n++ == 3) kill(0, SIGKILL);", "FAIL the process died: Killed"],
    ["leaves a process behind", "if (n++ == 3 && fork() == 0) pause();", "PASS "],
    ["shouts", 'if (n++ == 3) (void)!write(1, "\\377\\n=\\n", 4);', "PASS "],
  ] as const) {
    beside(`one that ${name}`, async () => {
      const file = compile(name.replaceAll(" ", "-"), { resume });
      const { results } = await putTo(file, { property: "registers" }, undefined, [driver]);
      expect(results.map(({ verdict, text }) => `${verdict} ${text}`)).toEqual([expect.stringContaining(says)]);
    });
  }

  for (const [name, at, says] of [
    ["dies when it is asked for its table", "abort();", "it cannot be loaded: the process died: Aborted"],
    ["ends its process then", "exit(0);", "it cannot be loaded: the process died: by itself"],
    ["says that the same is there for ever", "k = 0;", "subjects 0 and 1 are both swapcontext libc"],
  ] as const) {
    beside(`one that ${name}`, async () => {
      const file = compile(name.replaceAll(" ", "-"), { at });
      const { code, complaint } = await putTo(file, { property: "entry" }, undefined, [driver]);
      expect([code, complaint]).toEqual([2, expect.stringContaining(says)]);
    });
  }

  beside("what is no library: a text, nothing, a folder, a pipe", async () => {
    const [text, empty, pipe, dir] = ["text", "empty", "pipe", "dir"].map((name) => join(folder, `${name}.so`)) as [
      string,
      string,
      string,
      string,
    ];
    writeFileSync(text, "hello\n");
    writeFileSync(empty, "");
    mkdirSync(dir);
    expect(Bun.spawnSync(["mkfifo", pipe]).exitCode).toBe(0);
    for (const [file, says] of [
      [text, "file too short"],
      [empty, "file too short"],
      [pipe, "expected a shared object, and it is no file"],
      [dir, "expected a shared object, and it is no file"],
    ] as const) {
      const ran = Bun.spawn([process.execPath, main, "switch", file], { stdout: "pipe", stderr: "pipe" });
      const [code, err] = await Promise.all([ran.exited, ran.stderr.text()]);
      expect([code, err]).toEqual([2, expect.stringContaining(says)]);
    }
  });
});

describe.skipIf(currentAbi() !== undefined)("hostile schedulers (skipped under an emulator)", () => {
  const hello = `echo '{"conform":1,"name":"x","ops":["go"]}'`;

  for (const [name, script, says] of [
    [
      "closes its output and goes on",
      `${hello}; read l; exec >&-; sleep 600`,
      "it closed its standard output, and went on",
    ],
    [
      "says what is no event",
      `${hello}; read l; echo debugging; echo '= return'`,
      'it said "debugging": expected an event',
    ],
    ["never ends a line", `${hello}; read l; tr '\\0' x </dev/zero`, "it said a line of more than 1000000 characters"],
    [
      "comments for ever",
      `${hello}; read l; while :; do echo '#'; done`,
      /it (?:is stuck|told more than 200000 events)/,
    ],
    [
      "leaves a process that holds its pipe",
      `${hello}; read l; sleep 600 & exit 3`,
      /the process died \(exit code 3\)/,
    ],
    ["listens to nobody", `exec <&-; ${hello}; sleep 600`, "it is stuck: 2000 ms without an event or an outcome"],
    ["ends after its hello", hello, "the process died (exit code 0)"],
  ] as const) {
    beside(`one that ${name}`, async () => {
      const flags = ["--goldens", "--runs", "1", "--patience", "2000"];
      const ran = Bun.spawn([process.execPath, main, "sched", ...flags, "--", "sh", "-c", script], {
        stdin: "ignore",
        stdout: "pipe",
        stderr: "pipe",
      });
      const [code, out] = await Promise.all([ran.exited, ran.stdout.text()]);
      expect(out).toMatch(says);
      expect(code).toBe(1);
    });
  }

  beside("a line may come in pieces", async () => {
    // the kit has the first piece before it is asked to wait no more: it is all that there is for a while
    const whole = `printf '%s' '{"conform":1,"name":"x",'; sleep 1; echo '"ops":["go"]}'; read l; echo '= none'`;
    const flags = ["--goldens", "--runs", "1", "--patience", "60000"];
    const ran = Bun.spawn([process.execPath, main, "sched", ...flags, "--", "sh", "-c", whole], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    expect(await ran.stdout.text()).toContain("no such outcome: none");
  });

  test("lines may end as Windows ends them", async () => {
    const says = "printf '0 start 0\\r\\n0 exit\\r\\n0 done\\r\\n= return\\r\\n'";
    const script = `printf '%s\\r\\n' '{"conform":1,"name":"x","ops":["go"],"order":"total"}'; while read l; do ${says}; done`;
    const replay = JSON.stringify({
      seed: 1,
      workload: { chans: [], mutexes: 0, rwmutexes: 0, waitgroups: 0, conds: 0, onces: 0, join: false, bodies: [[]] },
    });
    const ran = Bun.spawn(
      [process.execPath, main, "sched", "--goldens", "--replay", replay, "--", "sh", "-c", script],
      {
        stdin: "ignore",
        stdout: "pipe",
        stderr: "pipe",
      },
    );
    expect(await ran.stdout.text()).toMatch(/PASS {3}L0 /);
  });
});
