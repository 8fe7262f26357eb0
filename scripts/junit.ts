/** Results as JUnit's XML, which CI services read. */

/** One case. */
export interface JUnitCase {
  readonly name: string;
  /** What is wrong with it; a first line, and more behind it. */
  readonly failure?: string | undefined;
  /** Why nothing is said of it. */
  readonly skipped?: string | undefined;
  /** What it says when it is in order. */
  readonly output?: string | undefined;
}

/** Cases of one kind. */
export interface JUnitSuite {
  readonly name: string;
  readonly cases: readonly JUnitCase[];
  /** How long they took, milliseconds. */
  readonly ms?: number | undefined;
}

/** A text between tags or quotes. Characters that XML 1.0 has no way to write are question marks. */
function escaped(text: string): string {
  return (
    text
      .toWellFormed()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these it cannot write
      .replaceAll(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "?")
      .replaceAll(/[&<>"\t\n\r]/g, (c) => `&#${c.charCodeAt(0)};`)
  );
}

function caseLine(suite: string, { name, failure, skipped, output }: JUnitCase): string {
  const open = `    <testcase classname="${escaped(suite)}" name="${escaped(name)}"`;
  if (failure !== undefined) {
    const message = failure.split("\n", 1)[0] ?? "";
    return `${open}><failure message="${escaped(message)}">${escaped(failure)}</failure></testcase>`;
  }
  if (skipped !== undefined) return `${open}><skipped message="${escaped(skipped)}"/></testcase>`;
  return output === undefined ? `${open}/>` : `${open}><system-out>${escaped(output)}</system-out></testcase>`;
}

/** The XML. */
export function junit(suites: readonly JUnitSuite[]): string {
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>"];
  for (const { name, cases, ms } of suites) {
    const count = (what: "failure" | "skipped") => cases.filter((each) => each[what] !== undefined).length;
    const time = ms === undefined ? "" : ` time="${(ms / 1000).toFixed(3)}"`;
    lines.push(
      `  <testsuite name="${escaped(name)}" tests="${cases.length}" failures="${count("failure")}" skipped="${count("skipped")}"${time}>`,
    );
    for (const each of cases) lines.push(caseLine(name, each));
    lines.push("  </testsuite>");
  }
  return `${lines.join("\n")}\n</testsuites>\n`;
}
