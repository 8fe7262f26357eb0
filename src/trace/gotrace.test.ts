/** The numbers and texts of Go's trace format against the GOROOT of the Go that is installed. */
import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { goAsTold } from "../../props/go.ts";
import * as runtime2 from "../runtime/runtime2.ts";
import { events } from "./gotrace.ts";
import { goBlockReasons, stopReasons } from "./reasons.ts";

const go = goAsTold("gotrace");
const folder = go.ok ? join(go.goroot, "src") : "";
const sources = existsSync(join(folder, "internal", "trace", "tracev2", "events.go")) ? folder : undefined;
const skipped = sources !== undefined ? "" : ` (skipped: ${go.ok ? `${go.version} has no sources` : go.reason})`;

describe.skipIf(sources === undefined)(`beside the installed Go${skipped}`, () => {
  const read = (...path: string[]) => readFileSync(join(sources ?? "", ...path), "utf8");

  test("every event has Go's number", () => {
    const text = read("internal", "trace", "tracev2", "events.go");
    const block = text.slice(text.indexOf("\tEvNone EventType = iota"), text.indexOf("NumEvents"));
    const names = [...block.matchAll(/^\t(Ev\w+)/gm)].map(([, name]) => name);
    expect(names[0]).toBe("EvNone");
    for (const [name, number] of Object.entries(events))
      expect(`${number} ${name}`).toBe(`${names.indexOf(name)} ${name}`);
  });

  test("every reason is one of Go's, and the one that Go's code gives with the same wait reason", () => {
    const text = read("runtime", "traceruntime.go");
    const strings = new Map([...text.matchAll(/^\t(trace\w+):\s+"(.*)",/gm)].map(([, name = "", s = ""]) => [name, s]));
    const known = new Set(strings.values());
    for (const reason of [...goBlockReasons, ...stopReasons]) expect(known).toContain(reason);

    const numbers = new Map<string, unknown>(Object.entries(runtime2));
    let compared = 0;
    for (const file of readdirSync(join(sources ?? "", "runtime")).filter((name) => name.endsWith(".go"))) {
      for (const [, wait = "", block = ""] of read("runtime", file).matchAll(/(waitReason\w+), (traceBlock\w+)/g)) {
        const number = numbers.get(wait);
        if (typeof number !== "number") continue;
        expect(`${wait}: ${goBlockReasons[number]}`).toBe(`${wait}: ${strings.get(block)}`);
        compared++;
      }
    }
    expect(compared).toBeGreaterThanOrEqual(5);
  });
});

test("every wait reason that gobuf has is told of by a reason of its own", () => {
  for (const [name, number] of Object.entries(runtime2)) {
    if (!name.startsWith("waitReason") || typeof number !== "number" || number === runtime2.waitReasonZero) continue;
    expect(`${name}: ${goBlockReasons[number]}`).not.toBe(`${name}: unspecified`);
  }
});
