/** What the driver says of one property of one subject, and how it is read from its lines. */

/** PASS: it holds. FAIL: it does not, and must. CHOICE: it does not, and is not claimed. SKIP: it cannot be looked at. */
export type Verdict = "PASS" | "FAIL" | "CHOICE" | "SKIP";

/** One verdict. */
export interface Result {
  readonly subject: string;
  readonly version: string;
  readonly abi: string;
  readonly property: string;
  /** What holds when it passes. */
  readonly says: string;
  /** The claim that it is about; empty where it must hold. */
  readonly claim: string;
  readonly claimed: boolean;
  readonly verdict: Verdict;
  /** How much was compared: registers, steps, lives. */
  readonly compared: number;
  /** What was found. */
  readonly text: string;
}

const KEYS: Readonly<Record<keyof Result, string>> = {
  subject: "string",
  version: "string",
  abi: "string",
  property: "string",
  says: "string",
  claim: "string",
  claimed: "boolean",
  verdict: "string",
  compared: "number",
  text: "string",
};

/** Reads a line of the driver's --json. @throws Error that says what is wrong with it */
export function readResult(line: string): Result {
  const result = JSON.parse(line) as Record<string, unknown>;
  for (const [key, type] of Object.entries(KEYS)) {
    if (typeof result[key] !== type) {
      throw new Error(`${key}: expected a ${type}, got ${JSON.stringify(result[key])}, in ${line}`);
    }
  }
  if (!["PASS", "FAIL", "CHOICE", "SKIP"].includes(result.verdict as string)) {
    throw new Error(`verdict: expected PASS, FAIL, CHOICE or SKIP, got ${JSON.stringify(result.verdict)}`);
  }
  return result as unknown as Result;
}

const escaped = (text: string) =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 has no way to write them
  text.replaceAll(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, "?").replaceAll(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

/** The results as JUnit's XML, which CI services read: a suite a subject, a case a property. */
export function junit(results: readonly Result[]): string {
  const suites = Map.groupBy(results, ({ subject, version, abi }) => `${subject} ${version}, ${abi}`);
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>"];
  for (const [name, cases] of suites) {
    const count = (verdict: Verdict) => cases.filter((each) => each.verdict === verdict).length;
    lines.push(
      `  <testsuite name="${escaped(name)}" tests="${cases.length}" failures="${count("FAIL")}" skipped="${count("SKIP")}">`,
    );
    for (const { property, verdict, text } of cases) {
      const open = `    <testcase classname="${escaped(name)}" name="${escaped(property)}"`;
      if (verdict === "FAIL") lines.push(`${open}><failure message="${escaped(text)}"/></testcase>`);
      else if (verdict === "SKIP") lines.push(`${open}><skipped message="${escaped(text)}"/></testcase>`);
      else lines.push(`${open}><system-out>${escaped(`${verdict} ${text}`.trim())}</system-out></testcase>`);
    }
    lines.push("  </testsuite>");
  }
  return `${lines.join("\n")}\n</testsuites>\n`;
}

const COLOURS: Readonly<Record<Verdict, string>> = {
  PASS: "#d4edda",
  FAIL: "#f8d7da",
  CHOICE: "#fff3cd",
  SKIP: "#e2e3e5",
};

/** The results as one page, which needs nothing beside itself: a table a subject. */
export function html(results: readonly Result[]): string {
  const suites = Map.groupBy(results, ({ subject, version, abi }) => `${subject} ${version}, ${abi}`);
  const tables = [...suites].map(([name, cases]) => {
    const rows = cases.map(({ property, says, verdict, text }) => {
      const cells = [property, says, verdict, text].map((cell) => `<td>${escaped(cell)}</td>`).join("");
      return `<tr style="background:${COLOURS[verdict]}">${cells}</tr>`;
    });
    const head = "<tr><th>property</th><th>what holds when it passes</th><th>verdict</th><th>what was found</th></tr>";
    return `<h2>${escaped(name)}</h2>\n<table>\n${[head, ...rows].join("\n")}\n</table>`;
  });
  const style = "body{font:14px sans-serif;margin:2em}td,th{padding:.3em .6em;text-align:left;vertical-align:top}";
  return `<!doctype html>\n<meta charset="utf-8">\n<title>gobuf-conform</title>\n<style>${style}</style>\n${tables.join("\n")}\n`;
}
