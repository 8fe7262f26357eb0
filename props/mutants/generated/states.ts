/**
 * What a verdict depends on, as a digest: a test file with all that it imports or names, and every file that is no
 * TypeScript. So a new test leaves the verdicts of the others as they are.
 */
import type { Tree } from "../../../scripts/house/tree.ts";
import { digest } from "./candidate.ts";
import type { Graph } from "./graph.ts";
import { filesOf } from "./ladder.ts";

/** What no verdict depends on. */
const APART =
  /^(?:docs|bench\/(?!\w+\.ts$)|\.ci|conform)\/|\.md$|^props\/mutants\/generated\/(?:argued|share)\.json$|^props\/mutants\/results\.json$/;

/** The states of a tree. */
export class States {
  private readonly digests = new Map<string, string>();
  private readonly known = new Map<string, string>();
  private readonly others: readonly string[];

  constructor(
    private readonly tree: Tree,
    private readonly graph: Graph,
  ) {
    this.others = tree.files.filter((file) => !file.endsWith(".ts") && !APART.test(file));
  }

  /** The state of what some steps depend on. */
  of(steps: readonly string[]): string {
    return this.digestOf(steps.flatMap((step) => [...filesOf(step)]));
  }

  /** The state of what the type checker, or the compiler, says of a file depends on. */
  ofCompiling(file: string): string {
    return this.digestOf([file, ...this.graph.usersOf(file).filter((user) => !user.endsWith(".test.ts"))]);
  }

  private digestOf(roots: readonly string[]): string {
    const key = roots.join(" ");
    let known = this.known.get(key);
    if (known === undefined) {
      const files = [...this.graph.reachedFrom(roots)].filter((file) => file.endsWith(".ts")).sort();
      known = digest([...files, ...this.others].map((file) => `${file}\0${this.fileDigest(file)}`).join("\n"));
      known = known.slice(0, 16);
      this.known.set(key, known);
    }
    return known;
  }

  private fileDigest(file: string): string {
    let known = this.digests.get(file);
    if (known === undefined) {
      known = digest(this.tree.read(file));
      this.digests.set(file, known);
    }
    return known;
  }
}
