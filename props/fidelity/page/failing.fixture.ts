/** Tests of which one fails: judge.test.ts wants them judged. Its name keeps `bun test` from running it by itself. */
import { expect, test } from "bun:test";

test("it passes", () => {
  expect(1).toBe(1);
});

test("it fails", () => {
  expect(1).toBe(2);
});

test.skip("it is skipped", () => {});
