/** Makes the overlay of a recording runtime from a Go that is there. Nothing of Go's source is kept here. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Inserts `text` at a place that must exist exactly once in the runtime's `file`. */
interface Edit {
  readonly file: string;
  /** The declaration in which the place is looked for. */
  readonly within: string;
  /** A piece of the line in question; where releases differ, the pieces of each, of which one must be there. */
  readonly anchor: string | readonly string[];
  readonly put: "before" | "after" | "instead";
  readonly text: string;
}

const EDITS: readonly Edit[] = [
  // every status change of an ordinary goroutine passes through this function; the hook stands behind its CAS loop
  {
    file: "proc.go",
    within: "func casgstatus(",
    // the second till 1.24
    anchor: ["\n\tif gp.bubble != nil {", "\n\tif gp.syncGroup != nil {"],
    put: "before",
    text: "\n\tgobufTransition(gp, oldval, newval)",
  },
  // sysmon counts a slice in fake time: a jump of 10 ms or more could end one that a woken goroutine inherited
  {
    file: "proc.go",
    within: "func preemptone(",
    anchor: "bool {",
    put: "after",
    text: "\n\tif gobufLog.on {\n\t\treturn false\n\t}",
  },
  {
    file: "select.go",
    within: "func selectgo(",
    anchor: "cheaprandn(",
    put: "instead",
    text: "gobufDraw(",
  },
  {
    file: "select.go",
    within: "func (c *hchan) sortkey(",
    anchor: "uintptr {",
    put: "after",
    text: "\n\tif c.gobufKey != 0 {\n\t\treturn c.gobufKey\n\t}",
  },
  {
    file: "chan.go",
    within: "type hchan struct",
    anchor: "\tlock mutex",
    put: "before",
    text: "\tgobufKey uintptr\n",
  },
];

/** The text of a top-level declaration is from its first line to the first line that is a lone brace. */
function declaration(source: string, start: string): { from: number; to: number } | undefined {
  const from = source.indexOf(`\n${start}`);
  if (from < 0 || source.indexOf(`\n${start}`, from + 1) >= 0) return undefined;
  const to = source.indexOf("\n}\n", from);
  return to < 0 ? undefined : { from: from + 1, to };
}

function apply(source: string, edit: Edit): string {
  const place = `src/runtime/${edit.file}, ${edit.within.trim()}`;
  const decl = declaration(source, edit.within);
  if (decl === undefined) throw new Error(`recorder overlay: no single declaration ${place} in this Go`);
  const body = source.slice(decl.from, decl.to);
  const anchors = typeof edit.anchor === "string" ? [edit.anchor] : edit.anchor;
  const places = anchors.flatMap((anchor) => {
    const first = body.indexOf(anchor);
    if (first < 0) return [];
    return body.indexOf(anchor, first + 1) < 0 ? [{ at: first, end: first + anchor.length }] : [undefined];
  });
  const only = places.length === 1 ? places[0] : undefined;
  if (only === undefined) {
    const wanted = anchors.map((anchor) => JSON.stringify(anchor)).join(" or ");
    throw new Error(`recorder overlay: ${wanted} is not exactly once in ${place} of this Go`);
  }
  const { at, end } = only;
  const changed =
    edit.put === "before"
      ? body.slice(0, at) + edit.text + body.slice(at)
      : edit.put === "after"
        ? body.slice(0, end) + edit.text + body.slice(end)
        : body.slice(0, at) + edit.text + body.slice(end);
  return source.slice(0, decl.from) + changed + source.slice(decl.to);
}

/**
 * Writes the changed runtime files and the overlay map below `into`.
 * @param goroot of the installed Go
 * @param added the file that the runtime gains (overlay/gobuf_record.go)
 * @returns the path of the map for `go build -overlay`
 * @throws when a place to change is missing or not unique, with its name
 */
export function writeOverlay(goroot: string, added: string, into: string): string {
  const runtime = join(goroot, "src", "runtime");
  mkdirSync(into, { recursive: true });
  const changed = new Map<string, string>();
  for (const edit of EDITS) {
    const source = changed.get(edit.file) ?? readFileSync(join(runtime, edit.file), "utf8");
    changed.set(edit.file, apply(source, edit));
  }
  const replace: Record<string, string> = { [join(runtime, "gobuf_record.go")]: added };
  for (const [file, source] of changed) {
    const path = join(into, file);
    writeFileSync(path, source);
    replace[join(runtime, file)] = path;
  }
  const map = join(into, "map.json");
  writeFileSync(map, JSON.stringify({ Replace: replace }));
  return map;
}
