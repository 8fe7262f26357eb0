/** What the rules of the house want to know of a page in Markdown: its headings, its links, and the rows of its tables. */
import GithubSlugger from "github-slugger";

/** A page. */
export interface Page {
  /** The anchors of its headings, as GitHub makes them. */
  readonly anchors: ReadonlySet<string>;
  /** Where its links and images lead, as they are written. */
  readonly links: readonly string[];
  readonly rows: readonly Row[];
}

/** A row of a table, without the table's head. */
export interface Row {
  /** The headings that it stands under, from the page's title down, without marks of code. */
  readonly under: readonly string[];
  /** Its cells; code stands in backquotes. */
  readonly cells: readonly string[];
}

/** Parts cells: no text of a page has it. */
const CELL = "\u0000";

/** Reads a page. */
export function readPage(text: string): Page {
  const anchors = new Set<string>();
  const links: string[] = [];
  const rows: Row[] = [];
  const slugger = new GithubSlugger();
  const under: string[] = [];
  const link = (words: string, href: string): string => {
    links.push(href);
    return words;
  };
  Bun.markdown.render(text, {
    heading: (words, { level }) => {
      const plain = words.replaceAll("`", "");
      anchors.add(slugger.slug(plain));
      under.length = Math.min(under.length, level - 1);
      under.push(plain);
      return "";
    },
    link: (words, { href }) => link(words, href),
    image: (words, { src }) => link(words, src),
    codespan: (words) => `\`${words}\``,
    strong: (words) => words,
    emphasis: (words) => words,
    th: () => "",
    td: (words) => words.trim() + CELL,
    tr: (words) => {
      const cells = words.split(CELL).slice(0, -1);
      if (cells.length > 0) rows.push({ under: [...under], cells });
      return "";
    },
  });
  // Anchors that a page sets by hand.
  for (const [, name = ""] of text.matchAll(/<a\s+(?:id|name)="([^"]+)"/g)) anchors.add(name);
  return { anchors, links, rows };
}

/** All code in a text: what stands between backquotes. */
export function codeIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
}
