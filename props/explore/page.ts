/** The page of the planted bugs: where it is, and its last section, which is another command's. */
import { join } from "node:path";
import { shuttleSection } from "./shuttle/results.ts";

/** Where the page is. */
export const PAGE = join(import.meta.dir, "README.md");

/** A page with the section on Shuttle made anew. */
export function withSection(text: string): string {
  const section = shuttleSection();
  const heading = section.slice(0, section.indexOf("\n"));
  const at = text.indexOf(`\n${heading}\n`);
  return `${at < 0 ? text : text.slice(0, at)}\n${section}`;
}
