/** V1, V3: what --live cannot record is told as that, and is no success; what diverges is told as that, and nothing else is. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { goAvailable } from "../../golden/record.ts";
import { abiSkip } from "../../scripts/abis/skip.ts";

/** Each is a process, and the recorder may have to be built first. */
setDefaultTimeout(300_000);

const ROOT = join(import.meta.dir, "..", "..");
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gobuf-live-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function live(argv: readonly string[], env: Record<string, string | undefined> = {}) {
  const command = [process.execPath, join(import.meta.dir, "main.ts"), "--golden", "golden/sample.jsonl"];
  const { exitCode, stdout } = Bun.spawnSync([...command, "--runs", "0", "--bodies", "generator", ...argv], {
    cwd: ROOT,
    stdin: "ignore",
    env: { ...process.env, ...env },
  });
  return { exitCode, out: stdout.toString() };
}

/** A go command that says it is 1.26.8, in a GOROOT that has nothing of Go's. */
function emptyGo(): string {
  const goroot = join(folder, "empty");
  mkdirSync(join(goroot, "bin"), { recursive: true });
  const told = { GOVERSION: "go1.26.8", GOOS: "linux", GOARCH: "amd64", GOROOT: goroot };
  const command = join(goroot, "bin", "go");
  writeFileSync(command, `#!/bin/sh\necho '${JSON.stringify(told)}'\n`);
  chmodSync(command, 0o755);
  return goroot;
}

const test_ = abiSkip(["arm64", "windows", "musl"], "each is a process, which does there what it does here");
const linux = process.platform === "linux";

describe.skipIf(!linux)("--live (skipped where it is no Linux, on which alone Go records)", () => {
  test_("V3: without a Go is no success, and says so", () => {
    const { exitCode, out } = live(["--live", "3"], { PATH: folder });
    expect(out).toContain("NOT RECORDED live: there is no Go to record with\n  no go on PATH\n");
    expect(out).not.toContain("DIVERGED");
    expect(exitCode).toBe(3);
  });

  test_("V3: a replay without a Go is no success either", () => {
    const { exitCode, out } = live(["--replay", "live:7"], { PATH: folder });
    expect(out).toContain("NOT RECORDED live: there is no Go to record with");
    expect(exitCode).toBe(3);
  });

  test_("V1: with a Go that no recorder can be built with is told as that, and no divergence", () => {
    const { exitCode, out } = live(["--live", "3", "--go", emptyGo()]);
    expect(out).toContain("NOT RECORDED live: the recording failed\n  go1.26.8 in ");
    expect(out).toContain("is not whole: ");
    expect(out).not.toContain("DIVERGED");
    expect(exitCode).toBe(3);
  });

  const go = goAvailable();
  const recorded = go.ok ? test_ : test.skip;
  recorded(`V1: with a Go is compared${go.ok ? "" : ` (skipped: ${go.reason})`}`, () => {
    const { exitCode, out } = live(["--live", "3"]);
    expect(out).not.toContain("NOT RECORDED");
    expect(out).toMatch(/^live +generator +3 /m);
    expect(exitCode).toBe(0);
  });
});
