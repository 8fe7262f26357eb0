/** The links of a built site: each must lead to a file of the site, and to an element that the file has. */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";

interface Page {
  readonly ids: ReadonlySet<string>;
  readonly links: readonly string[];
}

/** What a page has: elements with names, and addresses that it leads to or loads. */
function readPage(html: string): Page {
  const ids = new Set<string>();
  const links: string[] = [];
  new HTMLRewriter()
    .on("[id], a[name]", {
      element(e) {
        for (const name of ["id", "name"]) {
          const value = e.getAttribute(name);
          if (value !== null) ids.add(value);
        }
      },
    })
    .on("[href], [src]", {
      element(e) {
        const to = e.getAttribute("href") ?? e.getAttribute("src");
        if (to !== null) links.push(to.replaceAll("&amp;", "&"));
      },
    })
    .transform(html);
  return { ids, links };
}

/** The links that lead nowhere, and how many there are of all. Addresses of the web are counted, and not asked for. */
export function checkLinks(site: string): { readonly dead: string[]; readonly links: number; readonly pages: number } {
  const names = readdirSync(site, { recursive: true, encoding: "utf8" }).map((name) => name.replaceAll("\\", "/"));
  const files = new Set(names);
  const folders = new Set(names.map((name) => posix.dirname(name)));
  const pages = new Map<string, Page>();
  for (const name of names) {
    if (name.endsWith(".html")) pages.set(name, readPage(readFileSync(join(site, name), "utf8")));
  }
  const dead: string[] = [];
  let links = 0;
  for (const [from, page] of pages) {
    for (const link of page.links) {
      links++;
      if (/^[a-z][a-z+.-]*:/i.test(link)) continue;
      const [path = "", anchor] = link.replace(/\?[^#]*/, "").split("#");
      const to = path === "" ? from : posix.join(posix.dirname(from), decodeURI(path));
      if (folders.has(to)) dead.push(`${from}: ${link}: it is a folder`);
      else if (!files.has(to)) dead.push(`${from}: ${link}: there is no ${to}`);
      else if (anchor !== undefined && anchor !== "" && pages.get(to)?.ids.has(decodeURIComponent(anchor)) === false) {
        dead.push(`${from}: ${link}: ${to} has no element "${anchor}"`);
      }
    }
  }
  return { dead: [...new Set(dead)], links, pages: pages.size };
}
