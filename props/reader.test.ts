/** The golden reader trusts nothing: any bytes give a valid file or an error that names line and reason. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { check } from "./check.ts";
import { GoldenError, readGolden } from "./fidelity/reader.ts";

const sample = readFileSync(join(import.meta.dir, "..", "golden", "sample.jsonl"));
// A few lines are enough to mutate, and quick to read.
const lines = sample.toString().split("\n").slice(0, 4);
const small = Buffer.from(`${lines.join("\n")}\n`);
const zipped = gzipSync(small);

type Edit = { at: number; kind: "flip" | "drop" | "insert" | "cut" | "swap" | "double"; byte: number; length: number };

const edits = fc.array(
  fc.record<Edit>({
    at: fc.nat(),
    kind: fc.constantFrom("flip", "drop", "insert", "cut", "swap", "double"),
    byte: fc.oneof(
      fc.nat(255),
      fc.constantFrom(...'{}[]",:0123456789-.eE \n>tfn'.split("").map((c) => c.charCodeAt(0))),
    ),
    length: fc.integer({ min: 1, max: 40 }),
  }),
  { minLength: 1, maxLength: 4 },
);

function mutate(bytes: Uint8Array, list: readonly Edit[]): Uint8Array {
  let out = [...bytes];
  for (const { at, kind, byte, length } of list) {
    const i = out.length === 0 ? 0 : at % out.length;
    if (kind === "flip") out[i] = byte;
    else if (kind === "drop") out.splice(i, length);
    else if (kind === "insert") out.splice(i, 0, byte);
    else if (kind === "cut") out = out.slice(0, i);
    else if (kind === "swap") out.push(...out.splice(i, length));
    else out.splice(i, 0, ...out.slice(i, i + length));
  }
  return Uint8Array.from(out);
}

function reads(name: string, bytes: Uint8Array, file: string): void {
  test(name, () => {
    let refused = 0;
    check(
      "props/reader.test.ts",
      name,
      edits,
      (list) => {
        try {
          readGolden(mutate(bytes, list), file);
        } catch (error) {
          if (!(error instanceof GoldenError)) throw error;
          refused++;
          expect(error.message).toMatch(new RegExp(`${file}(:\\d+)?.*expected`, "s"));
        }
      },
      400,
    );
    // Both ways: the reader that refuses nothing would pass above.
    expect(refused).toBeGreaterThan(100);
  });
}

test("the sample itself is read, plain and zipped", () => {
  expect(readGolden(sample, "sample.jsonl").cases).toHaveLength(25);
  expect(readGolden(zipped, "sample.jsonl.gz").cases).toHaveLength(3);
  expect(gunzipSync(zipped).equals(small)).toBe(true);
});
reads("any mutation of a plain file", small, "a.jsonl");
reads("any mutation of a zipped file", zipped, "a.jsonl.gz");
