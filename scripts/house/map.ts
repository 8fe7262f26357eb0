/**
 * A rule of the house: HACKING's map is complete. Each folder has a row, or stands in the row of one above it; each file of
 * `src/` and of `arch/` is named; and what the map names is there.
 */
import { posix } from "node:path";
import { WINGS } from "./imports.ts";
import { codeIn, type Row, readPage } from "./markdown.ts";
import { type Breach, foldersOf, lineAt, type Tree } from "./tree.ts";

const PAGE = "HACKING.md";
const IGNORED = ".gitignore";
/** The heading of the map; its tables, and those under the headings below it (`### src/`), are the map. */
const HEADING = "Map";

/** What looks like a path: a folder with its slash, or a file with an ending that the project has. */
const FOLDER = /^[\w.-]+(?:\/[\w.-]+)*\/$/;
const FILE = /^(?:[\w.-]+\/)*[\w.-]+\.(?:ts|zig|zon|S|c|h|cpp|rs|go|json|toml|md)$/;

/** A name in the map, and what it may stand for, the likeliest first. */
interface Named {
  readonly name: string;
  readonly paths: readonly string[];
  /** Whether the row is about it; another row's file may be mentioned by its name alone. */
  readonly first: boolean;
}

/** The paths that a row names: those of its first cell stand in the heading's folder, the others in the row's. */
function namesOf({ under, cells }: Row): Named[] {
  const place = under.at(-1) ?? "";
  const heading = FOLDER.test(place) ? place : "";
  const isPath = (code: string) => FOLDER.test(code) || FILE.test(code);
  const firsts = codeIn(cells[0] ?? "").filter(isPath);
  const folders = firsts.filter((name) => name.endsWith("/"));
  const first = firsts.map((name) => ({ name, paths: [heading + name, name], first: true }));
  // A file of Go's own is named by its path there.
  const rest = cells.slice(1).flatMap((cell) => codeIn(cell).filter((code) => isPath(code) && !code.endsWith(".go")));
  const within = (name: string) => folders.flatMap((folder) => [heading + folder + name, folder + name]);
  return [...first, ...rest.map((name) => ({ name, paths: [...within(name), heading + name, name], first: false }))];
}

/** What the map lacks, and what it has that is not there. */
export function map(tree: Tree): Breach[] {
  const breaches: Breach[] = [];
  const page = tree.files.includes(PAGE) ? tree.read(PAGE) : "";
  const rows = readPage(page).rows.filter(({ under }) => under.includes(HEADING));
  const files = new Set(tree.files);
  const folders = new Set(foldersOf(tree));
  // What the build leaves may be told of, too.
  const ignored = new Set(tree.files.includes(IGNORED) ? tree.read(IGNORED).split("\n") : []);
  const isMade = (name: string) => ignored.has(name) || ignored.has(`/${name}`);
  const has = (path: string) => (path.endsWith("/") ? folders.has(path.slice(0, -1)) : files.has(path));
  const isSomewhere = (name: string) =>
    [...tree.files, ...[...folders].map((folder) => `${folder}/`)].some((path) => path.endsWith(`/${name}`));
  const tell = (file: string, message: string, line = 0) => void breaches.push({ rule: "map", file, line, message });
  if (rows.length === 0) tell(PAGE, `there is no map; expected tables under a heading "${HEADING}"`);

  const named = new Set<string>();
  for (const { name, paths, first } of rows.flatMap(namesOf)) {
    const path = paths.map((each) => posix.normalize(each)).find(has);
    if (path !== undefined) named.add(path);
    else if (!isMade(name) && (first || !isSomewhere(name)))
      tell(PAGE, `the map names ${name}, and the tree has no ${paths[0]}`, lineAt(page, page.indexOf(`\`${name}\``)));
  }
  for (const folder of folders) {
    if (!named.has(`${folder}/`)) tell(folder, `the map has no row for the folder ${folder}/, and no row names it`);
  }
  // A folder in arch/ with a row of its own (os/, probe/) is told of as a whole.
  const whole = (file: string) => /^arch\/.*\//.test(file) && named.has(`${posix.dirname(file)}/`);
  for (const file of tree.files.filter((each) => /^(?:src|arch)\//.test(each) && !each.endsWith(".test.ts"))) {
    if (!named.has(file) && !whole(file)) tell(file, "the map does not name it");
  }
  return [...breaches, ...order(page, rows)];
}

/** The map shows the wings of `src/` from the top, as imports.ts has them. */
function order(page: string, rows: readonly Row[]): Breach[] {
  const firsts = rows.flatMap((row) => namesOf({ ...row, cells: row.cells.slice(0, 1) }).map(({ paths }) => paths));
  const places = WINGS.map(({ name, at }) => ({
    name,
    row: firsts.findIndex((paths) => paths.some((path) => at.some((each) => path.startsWith(each)))),
  }));
  const breaches: Breach[] = [];
  for (const [i, { name, row }] of places.entries()) {
    const before = places.slice(0, i).findLast((each) => each.row !== -1);
    if (row === -1 || before === undefined || before.row <= row) continue;
    const line = lineAt(page, page.indexOf("### src/"));
    const message = `the map shows the wing ${name} above ${before.name}; expected the order of scripts/house/imports.ts`;
    breaches.push({ rule: "map", file: PAGE, line, message });
  }
  return breaches;
}
