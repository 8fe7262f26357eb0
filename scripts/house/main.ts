/**
 * `bun scripts/house/main.ts [FOLDER]`: the rules of the house in `bun run lint`, over this project or another checkout of
 * it: where imports may go, and the rules of rules.ts. Prints each breach; its exit code is 1 when there is one.
 */
import { join } from "node:path";
import { command } from "../command.ts";
import { checkImports } from "./imports.ts";
import { RULES } from "./rules.ts";
import { formatBreach, gitTree } from "./tree.ts";

const [folder] = command(
  "bun scripts/house/main.ts",
  "Checks a checkout by the rules of the house. Exit code: 0 no breach, 1 there is one, 2 the command line is wrong.",
)
  .argument("[folder]", "the checkout; this one without it")
  .parse().processedArgs as [string | undefined];
const tree = gitTree(folder ?? join(import.meta.dir, "../.."));
const { arrows, breaches: imports } = await checkImports(tree);
const breaches = [...imports, ...Object.values(RULES).flatMap((rule) => rule(tree))];
for (const breach of breaches) console.error(formatBreach(breach));
const looked = `${tree.files.length} files, ${arrows.modules.length} modules, ${arrows.arrows.length} imports`;
console.log(`house: ${looked}: ${breaches.length === 0 ? "no breach" : `${breaches.length} breaches`}`);
process.exitCode = breaches.length === 0 ? 0 : 1;
