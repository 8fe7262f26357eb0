/** `bun run site`: makes the documentation site in site/, and looks at its links. */
import { resolve } from "node:path";
import { command } from "../command.ts";

const { out } = command("bun run site", "Makes the documentation site, and checks its links.")
  .option("--out <folder>", "where; what is there goes", "site")
  .parse()
  .opts<{ out: string }>();

// TypeDoc and TypeScript take a second to load: what is wrong with a command line is said before.
const { buildSite } = await import("./build.ts");
const { checkLinks } = await import("./links.ts");
const folder = resolve(out);
for (const warning of await buildSite(folder)) console.log(`typedoc: ${warning}`);
const { dead, links, pages } = checkLinks(folder);
for (const link of dead) console.log(`dead link: ${link}`);
console.log(`site: ${pages} pages, ${links} links, ${dead.length} dead: ${out}/index.html`);
process.exitCode = dead.length === 0 ? 0 : 1;
