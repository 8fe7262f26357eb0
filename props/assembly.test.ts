/** What the assembly files promise and no run can show: read in the sources. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../src/runtime/library.ts";
import { ASSEMBLY, ASYNC_CALL, sitesOf } from "./mutants/assembly.ts";

const ABIS = Object.entries(ASSEMBLY).map(([abi, file]) => ({
  abi: abi as keyof typeof ASSEMBLY,
  source: readFileSync(join(packageRoot, file), "utf8"),
}));

/** Functions in the order of the file; what only one platform has is left out. */
function functions(source: string): string[] {
  const common = source.replace(/#if defined\(__linux__\)[\s\S]*?#endif/g, "");
  return [...common.matchAll(/^(?:FUNC|HIDDEN|LABEL)\s+(gobuf_\w+)/gm)].map(([, name]) => name ?? "");
}

test("every ABI has the same functions in the same order", () => {
  // Windows alone has words of a thread that are stored once.
  const [first, ...others] = ABIS.map(({ source }) => functions(source).filter((name) => name !== "gobuf_g0save"));
  expect(first?.length).toBeGreaterThan(5);
  for (const other of others) expect(other).toEqual(first ?? []);
});

describe.each(ABIS)("$abi", ({ abi, source }) => {
  const sites = sitesOf(source, abi);

  test("the switch has instructions to look at", () => {
    expect(sites.length).toBeGreaterThan(80);
  });

  test("nothing is read or written below the stack pointer: a signal may come between any two instructions", () => {
    const below = sites.filter(({ text }) => /-\d+\(%rsp\)|\[sp, #?-\d+\](?!!)/.test(text) && !text.startsWith("lea"));
    expect(below.map(({ fn, text }) => `${fn}: ${text}`)).toEqual([]);
  });

  if (abi === "linux-arm64") {
    test("x18, the platform's register, is never touched", () => {
      expect(sites.filter(({ text }) => /\b[xw]18\b/.test(text))).toEqual([]);
    });

    test("every function begins with a landing pad: it may be called through a pointer", () => {
      const injected = sitesOf(readFileSync(join(packageRoot, ASYNC_CALL[abi]), "utf8"), abi);
      const first = new Map(
        [...sites, ...injected].filter(({ place }) => place === 1).map(({ fn, text }) => [fn, text]),
      );
      for (const fn of ["gobuf_gogo", "gobuf_mcall", "gobuf_systemstack", "gobuf_entry", "gobuf_async_preempt"])
        expect(first.get(fn)).toBe("bti c");
    });
  }
});
