/** Which tests depend on a file: those that import it, by how many steps, or name it as a program that they start. */
import { posix } from "node:path";
import { readArrows } from "../../../scripts/house/arrows.ts";
import type { Tree } from "../../../scripts/house/tree.ts";

/** Texts that may name a file. */
const NAMED = /["'`]((?:\.{1,2}\/|[\w-]+\/)*[\w.-]+\.ts)["'`]/g;

/** The tests that depend on a file, with the number of steps from it. */
export type Tests = ReadonlyMap<string, number>;

/** Steps that an import and a name in a text are worth: a name is a guess. */
const IMPORT = 1;
const NAME = 3;

/** The graph of a tree, against its arrows and along them. */
export class Graph {
  private readonly uses = new Map<string, string[]>();

  private constructor(private readonly importers: ReadonlyMap<string, ReadonlyMap<string, number>>) {
    for (const [to, all] of importers) {
      for (const from of all.keys()) this.uses.set(from, [...(this.uses.get(from) ?? []), to]);
    }
  }

  static async of(tree: Tree): Promise<Graph> {
    const importers = new Map<string, Map<string, number>>();
    const add = (to: string, from: string, steps: number) => {
      const known = importers.get(to) ?? new Map<string, number>();
      known.set(from, Math.min(steps, known.get(from) ?? steps));
      importers.set(to, known);
    };
    for (const { from, to, local } of (await readArrows(tree)).arrows) if (local) add(to, from, IMPORT);
    const all = new Set(tree.files);
    for (const from of tree.files.filter((file) => file.endsWith(".ts"))) {
      for (const [, name = ""] of tree.read(from).matchAll(NAMED)) {
        for (const to of [posix.join(posix.dirname(from), name), posix.normalize(name)]) {
          if (to !== from && all.has(to)) add(to, from, NAME);
        }
      }
    }
    return new Graph(importers);
  }

  /** What some files import or name, what that does, and so on; themselves too. */
  reachedFrom(files: readonly string[]): ReadonlySet<string> {
    const seen = new Set(files);
    // A set is read on while it grows.
    for (const at of seen) for (const to of this.uses.get(at) ?? []) seen.add(to);
    return seen;
  }

  /** The files that import or name a file. */
  usersOf(file: string): readonly string[] {
    return [...(this.importers.get(file)?.keys() ?? [])];
  }

  /** The tests that depend on a file, each by the fewest steps. */
  testsOf(file: string): Tests {
    return new Map([...this.dependentsOf(file)].filter(([name]) => name.endsWith(".test.ts")));
  }

  /** All files that depend on a file, itself too, each by the fewest steps. */
  dependentsOf(file: string): ReadonlyMap<string, number> {
    const seen = new Map<string, number>();
    let edge: [string, number][] = [[file, 0]];
    while (edge.length > 0) {
      const next: [string, number][] = [];
      for (const [at, steps] of edge) {
        if (steps >= (seen.get(at) ?? Number.POSITIVE_INFINITY)) continue;
        seen.set(at, steps);
        for (const [from, more] of this.importers.get(at) ?? []) next.push([from, steps + more]);
      }
      edge = next;
    }
    return seen;
  }
}
