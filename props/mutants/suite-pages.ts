/** Faults of what judges the pages: "Go in gobuf", the site's links, JUnit's XML, what editors show, the pace in words. */
import type { Mutant } from "./mutant.ts";
import { faultsOf } from "./suite-fault.ts";

const GUIDE = "props/fidelity/page/goguide";

export const SUITE_PAGE_MUTANTS: readonly Mutant[] = [
  ...faultsOf(`${GUIDE}.ts`, `${GUIDE}.test.ts -t planted`, [
    ["a name that is not there is done", "return unknown.length === 0 ? undefined :", "return true ? undefined :"],
    ["a section may be missing", "return headings.includes(heading) ? undefined :", "return true ? undefined :"],
    ["not needs no reason", "return /^not: \\S+ \\S+/.test(says) ? undefined", "return true ? undefined"],
    ["any verdict will do", "if (!VERDICTS.includes(verdict)) return", "if (false) return"],
    ["a page without a table is in order", "if (rows.length === 0) faults.push", "if (false) faults.push"],
  ]),
  ...faultsOf("scripts/site/links.ts", "scripts/site/site.test.ts -t is one|is none", [
    ["a file may be missing", "else if (!files.has(to))", "else if (false)"],
    ["an element may be missing", "?.ids.has(decodeURIComponent(anchor)) === false", "?.ids.has(anchor) === true"],
    ["what is loaded is no link", '.on("[href], [src]", {', '.on("[href]", {'],
    ["addresses of the web are files", "if (/^[a-z][a-z+.-]*:/i.test(link)) continue;", ""],
  ]),
  ...faultsOf("scripts/junit.ts", "scripts/junit.test.ts", [
    ["failures are not counted", "each[what] !== undefined).length", "each[what] === null).length"],
    ["marks stand as they are", '.replaceAll(/[&<>"\\t\\n\\r]/g', '.replaceAll(/[&"\\t\\n\\r]/g'],
    ["a failure has no more than its first line", "${escaped(failure)}</failure>", "${escaped(message)}</failure>"],
  ]),
  ...faultsOf("scripts/pace.ts", "scripts/junit.test.ts", [
    ["the time left is that of all", "Math.max(0, total - done) * ms", "Math.max(0, total) * ms"],
    ["a rate by the minute is one by the second", "short(perSecond * 60)}/min", "short(perSecond)}/min"],
  ]),
  ...faultsOf("props/mutants/junit.ts", "props/mutants/main.test.ts -t survived", [
    ["a survivor is in order", 'if (verdict === "SURVIVED" || verdict === "WRONG")', 'if (verdict === "WRONG")'],
  ]),
];
