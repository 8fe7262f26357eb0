/**
 * What of a report is compared with Go's: what stands before the goroutines; then each goroutine's number, state and
 * creator. Frames, addresses and lines of files are not, as they are another program's; nor are Go's own goroutines.
 */

const HEADER = /^goroutine (\d+) (?:gp=\S+ m=\S+ (?:mp=\S+ )?)?\[(.*)\]:$/;
const CREATED = /^created by (?:main\.)?(\S+?)(?:\.func\d.*)? in goroutine (\d+)$/;
/** A line that names a frame's function. */
const FRAME = /^(\S+)\(.*\)$/;

/** The outline of what a program printed, a line each. */
export function outline(output: string): string[] {
  const lines = output.trimEnd().split("\n");
  const first = lines.findIndex((line) => HEADER.test(line));
  const head = (first < 0 ? lines : lines.slice(0, first)).filter((line) => line !== "");
  // Numbers are given again by the order of the report: Go's runtime has goroutines of its own.
  const numbers = new Map([["1", 1]]);
  const numberOf = (goid: string): number => {
    const known = numbers.get(goid) ?? numbers.size + 1;
    numbers.set(goid, known);
    return known;
  };
  const out = head.map((line) => line.replace(/: type main\./, ": type "));
  const blocks = first < 0 ? [] : lines.slice(first).join("\n").split("\n\n");
  for (const block of blocks) {
    const [header = "", ...rest] = block.split("\n");
    const match = HEADER.exec(header);
    if (match === null) continue;
    const frames = rest.map((line) => FRAME.exec(line)?.[1]).filter((name) => name !== undefined);
    if (frames.length > 0 && frames.every((name) => name.startsWith("runtime.") && name !== "runtime.Gosched"))
      continue;
    const [, goid = "", state = ""] = match;
    out.push(`goroutine ${numberOf(goid)} [${state.replace(", locked to thread", "")}]`);
    for (const line of rest) {
      const created = CREATED.exec(line);
      if (created !== null) out.push(`created by ${created[1]} in goroutine ${numberOf(created[2] as string)}`);
    }
  }
  return out;
}
