/** A rule of the house: what a page in Markdown links to within the project is there, file and anchor. */
import { posix } from "node:path";
import { readPage } from "./markdown.ts";
import { type Breach, foldersOf, lineAt, type Tree } from "./tree.ts";

/** Links to files, folders, headings and lines that are not there. Other sites are not asked. */
export function links(tree: Tree): Breach[] {
  const files = new Set(tree.files);
  const folders = new Set(foldersOf(tree));
  const pages = tree.files.filter((file) => file.endsWith(".md"));
  const anchors = new Map(pages.map((file) => [file, readPage(tree.read(file)).anchors]));
  const breaches: Breach[] = [];
  for (const file of pages) {
    const text = tree.read(file);
    for (const href of readPage(text).links) {
      if (/^[a-z][a-z+.-]+:/i.test(href)) continue;
      const wrong = whyDead(href);
      if (wrong === undefined) continue;
      const line = lineAt(text, Math.max(text.indexOf(`(${href}`), text.indexOf(`: ${href}`)) + 1);
      breaches.push({ rule: "links", file, line, message: `the link ${href} is dead: ${wrong}` });
    }

    /** What a link names that is not there; undefined if it is. */
    function whyDead(href: string): string | undefined {
      const [path = "", anchor] = decodeURI(href).split("#");
      if (path.startsWith("/")) return "a path from the root works on no site; expected one from the page's folder";
      const at = path === "" ? file : posix.join(posix.dirname(file), path).replace(/\/$/, "");
      if (!files.has(at)) return folders.has(at) || at === "." ? undefined : `the tree has no ${at}`;
      if (anchor === undefined) return undefined;
      const lines = /^L(\d+)(?:-L(\d+))?$/.exec(anchor);
      if (lines !== null && !at.endsWith(".md")) {
        const last = Number(lines[2] ?? lines[1]);
        const count = tree.read(at).trimEnd().split("\n").length;
        return last <= count ? undefined : `${at} has ${count} lines`;
      }
      return anchors.get(at)?.has(anchor) ? undefined : `${at} has no heading of that name`;
    }
  }
  return breaches;
}
