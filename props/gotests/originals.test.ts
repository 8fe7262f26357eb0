/**
 * The originals of the tests that are told: where Go is installed, those of a few packages run here, in Go's short mode;
 * `bun run gotests --go` runs all of them.
 */
import { describe, expect, test } from "bun:test";
import { goAsTold } from "../go.ts";
import { recordOutlines } from "./main.ts";
import { Originals } from "./original.ts";
import { RECORDED } from "./reports.ts";
import { FILES, packages } from "./table.ts";

/** Those that build and run in seconds. package runtime builds programs and a standard library of its own for a minute. */
const SHARE = ["sync", "context", "testing/synctest", "internal/synctest"];
/** go test builds the standard library first, where nobody has. */
const SLOW_MS = 300_000;

const told = goAsTold("tests");
const originals = told.ok ? Originals.find() : told.reason;
const found = typeof originals !== "string";

describe.skipIf(!found)(`the originals (${found ? originals.version : originals})`, () => {
  const go = originals as Originals;

  for (const file of FILES) {
    // A module that nobody has downloaded has no sources to compare with.
    const names = found ? go.names(file) : undefined;
    const why = found && names === undefined ? `: ${file.module} is not in the module cache` : "";
    test.skipIf(names === undefined)(`${file.file}: each test of the file is told, or listed${why}`, () => {
      const listed = [...file.told, ...file.untold].map((t) => t.name);
      expect(listed.sort()).toEqual((names as string[]).sort());
    });
  }

  for (const { pkg, module, names } of packages().filter((p) => SHARE.includes(p.pkg))) {
    test(
      `${pkg}: Go's own pass`,
      async () => {
        const verdicts = await go.run(pkg, module, names);
        const odd = [...verdicts].filter(([, verdict]) => verdict !== "pass" && verdict !== "compiled");
        expect(odd).toEqual([]);
        expect(verdicts.size).toBe(new Set(names).size);
      },
      SLOW_MS,
    );
  }

  test(
    "a test that Go does not have is found out",
    () => expect(go.run("sync", undefined, ["TestNone"])).rejects.toThrow(),
    SLOW_MS,
  );

  test(
    "Go's crash programs print what is recorded",
    async () => {
      expect(await recordOutlines(go)).toEqual(RECORDED);
    },
    SLOW_MS,
  );
});
