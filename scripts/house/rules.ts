/** All rules of the house but those for imports (imports.ts). `bun run lint` checks them too (main.ts). */
import { catches } from "./catches.ts";
import { environment } from "./environment.ts";
import { faults } from "./faults.ts";
import { bareCodes, heads, lengths, machinePaths } from "./files.ts";
import { links } from "./links.ts";
import { map } from "./map.ts";
import type { Breach, Tree } from "./tree.ts";

/** Each rule by its name. */
export const RULES: Readonly<Record<string, (tree: Tree) => readonly Breach[]>> = {
  map,
  environment,
  links,
  heads,
  lengths,
  catches,
  faults,
  "bare codes": bareCodes,
  "machine paths": machinePaths,
};
