/** A test that an emulator cannot run is skipped there, by name, and nowhere else. */
import { expect, test } from "bun:test";
import { abiSkip } from "./skip.ts";

test("only the named ABIs skip", () => {
  expect(abiSkip("windows", "no links", {})).toBe(test);
  expect(abiSkip("windows", "no links", { GOBUF_ABI: "arm64" })).toBe(test);
  expect(abiSkip("windows", "no links", { GOBUF_ABI: "windows" })).not.toBe(test);
  expect(abiSkip(["arm64", "windows"], "no links", { GOBUF_ABI: "windows" })).not.toBe(test);
});

test("what takes a test's place where it is not skipped has no part where it is", () => {
  const runs = () => {};
  expect(abiSkip("windows", "no links", {}, runs)).toBe(runs);
  expect(abiSkip("windows", "no links", { GOBUF_ABI: "windows" }, runs)).not.toBe(runs);
});
