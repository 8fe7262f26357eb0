/** V4, V5: one Go for all that the project does with Go; and what is written down of one release is compared with no other. */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Go } from "../golden/recorder/toolchain.ts";
import { goAsTold } from "./go.ts";

const ROOT = join(import.meta.dir, "..");

test("V4: nothing but the finder looks for a go command, or calls one by that name", () => {
  // what measures Go is to measure the user's own
  const allowed = ["bench/peers.ts", "golden/recorder/toolchain.ts"];
  const asks =
    /\bwhich\("go"|\bspawn(?:Sync)?\(\s*\[?\s*"go"|\b(?:run|mustRun|command|compile)\([^)]*\["go"|= \["go", "/;
  const files = ["bench", "golden", "props", "scripts", "src"].flatMap((name) =>
    readdirSync(join(ROOT, name), { recursive: true, encoding: "utf8" }).map((path) => `${name}/${path}`),
  );
  const found = files
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => file.endsWith(".ts") && !file.includes("/.") && file !== "props/go.test.ts")
    .filter((file) => asks.test(readFileSync(join(ROOT, file), "utf8")));
  expect(found.sort()).toEqual(allowed);
});

test("V5: an installed Go of another release is no failure, but a reason that names it", () => {
  const go = (version: string): Go => ({ ok: true, version, goos: "", goarch: "", goroot: "", command: "" });
  for (const what of ["runtime2", "gotrace", "trace", "tests"] as const) {
    expect(goAsTold(what, go("go1.26.8"))).toMatchObject({ ok: true });
    for (const version of ["go1.25.14", "go1.28.0", "devel go1.29-0"]) {
      const { ok, reason } = goAsTold(what, go(version)) as { ok: boolean; reason: string };
      expect(ok).toBe(false);
      expect(reason).toStartWith(`the installed Go is ${version}; expected 1.26`);
    }
  }
  expect(goAsTold("runtime2", go("go1.27.4")).ok).toBe(true);
  expect(goAsTold("tests", go("go1.27.4")).ok).toBe(false);
  expect(goAsTold("tests", { ok: false, reason: "no go on PATH" })).toEqual({ ok: false, reason: "no go on PATH" });
});
