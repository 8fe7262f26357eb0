/**
 * `bun scripts/house/main.ts [FOLDER]`: the check of imports in `bun run lint`, over this project or another checkout of
 * it. Prints each breach; its exit code is 1 when there is one.
 */
import { join } from "node:path";
import { command } from "../command.ts";
import { checkImports } from "./imports.ts";
import { formatBreach, gitTree } from "./tree.ts";

const [folder] = command(
  "bun scripts/house/main.ts",
  "Checks the imports of a checkout. Exit code: 0 there is no breach, 1 there is one, 2 the command line is wrong.",
)
  .argument("[folder]", "the checkout; this one without it")
  .parse().processedArgs as [string | undefined];
const { arrows, breaches } = await checkImports(gitTree(folder ?? join(import.meta.dir, "../..")));
for (const breach of breaches) console.error(formatBreach(breach));
const counts = `${arrows.modules.length} modules, ${arrows.arrows.length} imports`;
console.log(
  breaches.length === 0 ? `imports: ${counts}, no breach` : `imports: ${counts}, ${breaches.length} breaches`,
);
process.exitCode = breaches.length === 0 ? 0 : 1;
