/** Statuses and wait reasons against the runtime2.go of the Go that is installed. */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { goAsTold } from "../../props/go.ts";
import * as runtime2 from "./runtime2.ts";

const go = goAsTold("runtime2");
const file = go.ok ? join(go.goroot, "src", "runtime", "runtime2.go") : "";
const source = existsSync(file) ? readFileSync(file, "utf8") : undefined;
const skipped = source !== undefined ? "" : ` (skipped: ${go.ok ? `${go.version} has no sources` : go.reason})`;

/** Names of an iota block, in order, comments and blanks left out. */
function iota(first: string, text: string): string[] {
  const block = text.slice(text.indexOf(first));
  const names: string[] = [];
  for (const line of block.slice(0, block.indexOf("\n)")).split("\n")) {
    const name = /^\s*(_?\w+)/.exec(line.replace(/\/\/.*/, ""))?.[1];
    if (name) names.push(name);
  }
  return names;
}

describe.skipIf(source === undefined)(`beside the installed runtime2.go${skipped}`, () => {
  const text = source ?? "";
  const values = new Map<string, unknown>(Object.entries(runtime2));

  test("every status has Go's number", () => {
    const names = iota("_Gidle = iota", text);
    for (const name of [
      "Gidle",
      "Grunnable",
      "Grunning",
      "Gsyscall",
      "Gwaiting",
      "Gdead",
      "Gcopystack",
      "Gpreempted",
    ]) {
      expect(values.get(name), name).toBe(names.indexOf(`_${name}`));
    }
    expect(text).toMatch(/_Gscan\s+= 0x1000/);
    expect(runtime2.Gscan).toBe(0x1000);
  });

  test("every wait reason has Go's number and text, and none is missing", () => {
    const names = iota("waitReasonZero ", text);
    const table = text.slice(text.indexOf("var waitReasonStrings"));
    const texts = names.map((name) => new RegExp(`\\b${name}:\\s+"(.*)"`).exec(table)?.[1] ?? "");
    expect([...runtime2.waitReasonStrings]).toEqual(texts as never);
    for (const [name, value] of values) {
      if (name.startsWith("waitReason") && typeof value === "number") expect(value, name).toBe(names.indexOf(name));
    }
  });
});

test("statusName names a status, its scan bit, and what is no status", () => {
  expect(runtime2.statusName(runtime2.Gwaiting)).toBe("waiting");
  expect(runtime2.statusName(runtime2.Gwaiting | runtime2.Gscan)).toBe("scanwaiting");
  expect(runtime2.statusName(7)).toBe("status 7");
});
