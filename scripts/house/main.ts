/**
 * `bun scripts/house/main.ts [FOLDER]`: the check of imports in `bun run lint`, over this project or another checkout of
 * it. Prints each breach; its exit code is 1 when there is one.
 */
import { join } from "node:path";
import { checkImports } from "./imports.ts";
import { formatBreach, gitTree } from "./tree.ts";

const { arrows, breaches } = await checkImports(gitTree(process.argv[2] ?? join(import.meta.dir, "../..")));
for (const breach of breaches) console.error(formatBreach(breach));
const counts = `${arrows.modules.length} modules, ${arrows.arrows.length} imports`;
console.log(
  breaches.length === 0 ? `imports: ${counts}, no breach` : `imports: ${counts}, ${breaches.length} breaches`,
);
process.exitCode = breaches.length === 0 ? 0 : 1;
