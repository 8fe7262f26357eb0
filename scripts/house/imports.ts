/**
 * Where an import may go: in `src/` never from a lower wing to a higher one, nowhere around in a circle, and never out of
 * `golden/` or `arch/`, which know nothing above them.
 */
import { posix } from "node:path";
import { type Arrow, type Arrows, isModule, readArrows, type Unnamed } from "./arrows.ts";
import { type Breach, foldersOf, lineAt, type Tree } from "./tree.ts";

/** Not code: the file that src/native/include.ts names, so that a bundler takes it along. */
const HEADER = "arch/include/gobuf.h";

/** The wings of `src/` from the top, each with its files or its folder. HACKING's map shows them in the same order. */
export const WINGS: readonly { readonly name: string; readonly at: readonly string[] }[] = [
  { name: "index", at: ["src/index.ts"] },
  { name: "eslint", at: ["src/eslint/"] },
  { name: "testing", at: ["src/testing/"] },
  {
    name: "run, go, async",
    at: [
      "src/stage.ts",
      "src/run.ts",
      "src/runnative.ts",
      "src/turns.ts",
      "src/service.ts",
      "src/go.ts",
      "src/worker.ts",
      "src/async.ts",
    ],
  },
  { name: "native", at: ["src/native/"] },
  { name: "procs", at: ["src/procs/"] },
  { name: "workers", at: ["src/workers/"] },
  { name: "trace", at: ["src/trace/"] },
  { name: "sync", at: ["src/sync/"] },
  { name: "context", at: ["src/context/"] },
  { name: "time", at: ["src/time/"] },
  { name: "runtime", at: ["src/runtime/"] },
];

/** Late imports whose argument is no literal. */
export const UNNAMED: readonly Unnamed[] = [
  {
    file: "src/runtime/library.ts",
    argument: "build",
    why: "a checkout builds its library by scripts/build.ts, which a package and a bundle do not have",
  },
  {
    file: "src/stage.ts",
    argument: "module",
    why: "the module of the goroutine that another thread asks for",
  },
  {
    file: "src/examples.test.ts",
    argument: "pathOf(example)",
    why: "it runs each example that the TSDoc of src/ has, from a file that the test writes",
  },
  {
    file: "bench/host.ts",
    argument: `\`\${name}/package.json\``,
    why: "it reads the version of a measured package",
  },
  {
    file: "props/fidelity/page/judge.ts",
    argument: 'join(packageRoot, "src", file)',
    why: "FIDELITY's rows name a file and its export, and the judge looks whether it is there",
  },
  {
    file: "props/trace/load.ts",
    argument: 'join(PERFETTO, "engine.mjs")',
    why: "setup.ts puts Perfetto's engine there; the tree does not have it",
  },
  {
    file: "conform/src/sched/serve.ts",
    argument: "resolve(file)",
    why: "the scheduler of the kit's user",
  },
];

/** What the build makes, and the tree does not have: `layout.zig` writes the offsets that the switch includes. */
const GENERATED = new Set(["offsets.h"]);

const isTest = (file: string) => /\.test\.ts$|\.test-d\.ts$/.test(file);
const said = ({ kind, to }: Arrow) => `${kind} of ${to}`;

/** The wing of a file, as an index into WINGS; -1 of none. */
function wingOf(file: string): number {
  return WINGS.findIndex(({ at }) => at.some((path) => (path.endsWith("/") ? file.startsWith(path) : file === path)));
}

/** What runs up in `src/`, or out of it. Tests stand above all wings: they may import any, and nothing imports them. */
function wings({ modules, arrows }: Arrows, peers: ReadonlySet<string>): Breach[] {
  const breaches: Breach[] = [];
  const order = WINGS.map(({ name }) => name).join("; ");
  for (const file of modules.filter((each) => each.startsWith("src/") && !isTest(each) && wingOf(each) === -1)) {
    const message = `it stands in no wing; move it into one, or name it in scripts/house/imports.ts (${order})`;
    breaches.push({ rule: "wings", file, line: 0, message });
  }
  for (const arrow of arrows.filter(({ from }) => from.startsWith("src/") && !isTest(from))) {
    const { from: file, to, line, local } = arrow;
    const [low, high] = [wingOf(file), wingOf(to)];
    if (!local) {
      const allowed = /^(node|bun):|^bun$/.test(to) || peers.has(to);
      const message = `${said(arrow)}: what src/ imports is shipped; expected Bun's own modules, or a peer dependency`;
      if (!allowed) breaches.push({ rule: "wings", file, line, message });
    } else if (!to.startsWith("src/") && to !== HEADER) {
      const message = `${said(arrow)}: src/ knows nothing above it; expected a file of src/`;
      breaches.push({ rule: "wings", file, line, message });
    } else if (low !== -1 && high !== -1 && high < low) {
      const message = `${said(arrow)} runs up, from ${WINGS[low]?.name} to ${WINGS[high]?.name}; from the top: ${order}`;
      breaches.push({ rule: "wings", file, line, message });
    }
  }
  return breaches;
}

/** Imports of tests, which stand above everything. */
function importedTests({ arrows }: Arrows): Breach[] {
  return arrows
    .filter(({ to, local }) => local && isTest(to))
    .map((arrow) => {
      const message = `${said(arrow)}: a test is imported by nothing; move what both need into a file of its own`;
      return { rule: "tests", file: arrow.from, line: arrow.line, message };
    });
}

/** The shortest way along arrows from a file back to itself. */
function shortestCircle(start: string, out: ReadonlyMap<string, readonly Arrow[]>): readonly Arrow[] | undefined {
  const reached = new Map<string, Arrow>();
  const queue = [start];
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    for (const arrow of out.get(file) ?? []) {
      if (reached.has(arrow.to)) continue;
      reached.set(arrow.to, arrow);
      queue.push(arrow.to);
    }
    if (!reached.has(start)) continue;
    const way: Arrow[] = [];
    let at = start;
    do {
      const arrow = reached.get(at) as Arrow;
      way.unshift(arrow);
      at = arrow.from;
    } while (at !== start);
    return way;
  }
  return undefined;
}

/** The circles of files: each file on one is told of once, with the shortest circle that it closes. */
function circles({ modules, arrows }: Arrows): Breach[] {
  const out = Map.groupBy(
    arrows.filter(({ local }) => local),
    ({ from }) => from,
  );
  const breaches: Breach[] = [];
  const told = new Set<string>();
  for (const file of modules) {
    if (told.has(file)) continue;
    const way = shortestCircle(file, out);
    if (way === undefined) continue;
    for (const { from } of way) told.add(from);
    const steps = way.map(({ from, line, kind }) => `${from}:${line} (${kind})`);
    const message = `a circle of ${way.length} files: ${steps.join(" -> ")} -> ${file}`;
    breaches.push({ rule: "circle", file, line: way[0]?.line ?? 0, message });
  }
  return breaches;
}

/** What `golden/` imports from outside, in TypeScript and in Go. */
function golden(tree: Tree, { arrows }: Arrows): Breach[] {
  const breaches = arrows
    .filter(({ from, to, local }) => from.startsWith("golden/") && local && !to.startsWith("golden/"))
    .map((arrow): Breach => {
      const message = `${said(arrow)}: golden/ knows nothing above it; expected a file of golden/`;
      return { rule: "golden", file: arrow.from, line: arrow.line, message };
    });
  for (const file of tree.files.filter((each) => /^golden\/.*\.go$/.test(each))) {
    const text = tree.read(file);
    for (const block of text.matchAll(/^import\s+(?:\(([^)]*)\)|([^\n(]*))/gm)) {
      for (const { 1: path = "", index } of (block[1] ?? block[2] ?? "").matchAll(/"([^"]*)"/g)) {
        if (!/^\.|^[^/]*\./.test(path)) continue;
        const line = lineAt(text, block.index + block[0].indexOf(block[1] ?? block[2] ?? "") + index);
        const message = `import of ${path}: golden/ knows nothing above it; expected Go's standard library`;
        breaches.push({ rule: "golden", file, line, message });
      }
    }
  }
  return breaches;
}

/** What names a file in Zig (`@import("x.zig")`), in C and in assembly. */
const ARCH_NAMES =
  /@(?:import|embedFile|cInclude)\(\s*"([^"]*)"|^[ \t]*#[ \t]*include[ \t]+"([^"]*)"|^[ \t]*\.incbin[ \t]+"([^"]*)"/gm;

/** What `arch/` names outside itself. It has no TypeScript, and so no import of any. */
function arch(tree: Tree): Breach[] {
  const breaches: Breach[] = [];
  const all = new Set(tree.files);
  for (const file of tree.files.filter((each) => each.startsWith("arch/"))) {
    if (isModule(file)) {
      const message = "arch/ has no TypeScript: it knows nothing above it; move the file";
      breaches.push({ rule: "arch", file, line: 0, message });
    }
    if (!/\.(zig|zon|c|h|S)$/.test(file)) continue;
    const text = tree.read(file);
    for (const match of text.matchAll(ARCH_NAMES)) {
      const path = match[1] ?? match[2] ?? match[3] ?? "";
      // A name without a path is a module that build.zig gives (std, layout).
      if ((match[1] !== undefined && !/[./]/.test(path)) || GENERATED.has(path)) continue;
      const at = [posix.join(posix.dirname(file), path), posix.join("arch/include", path), posix.join("arch", path)];
      if (at.some((each) => each.startsWith("arch/") && all.has(each))) continue;
      const message = `it names "${path}": arch/ knows nothing above it; expected a file of arch/`;
      breaches.push({ rule: "arch", file, line: lineAt(text, match.index), message });
    }
  }
  return breaches;
}

/** Texts in the code of `golden/` and `arch/` that are the path of a file or folder above them. */
function paths(tree: Tree): Breach[] {
  const breaches: Breach[] = [];
  const all = new Set([...tree.files, ...foldersOf(tree)]);
  for (const file of tree.files.filter((each) => /^(?:golden|arch)\/.*\.(?:ts|go|zig|zon|c|h|S)$/.test(each))) {
    const place = file.slice(0, file.indexOf("/") + 1);
    const text = tree.read(file);
    for (const { 1: path = "", index } of text.matchAll(/["'`]([\w.-]+(?:\/[\w.-]+)+)\/?["'`]/g)) {
      const at = [posix.join(posix.dirname(file), path), posix.normalize(path)].find((each) => all.has(each));
      if (at === undefined || at.startsWith(place)) continue;
      const message = `"${path}" is the path of ${at}: ${place} knows nothing above it; expected one of ${place}`;
      breaches.push({ rule: place.slice(0, -1), file, line: lineAt(text, index), message });
    }
  }
  return breaches;
}

/** A wing or a folder that has lost its files would let everything pass. */
function presence({ modules, arrows }: Arrows): Breach[] {
  const places = [...WINGS.flatMap(({ at }) => at), "bench/", "golden/"];
  const missing = places.filter((place) => !modules.some((file) => file.startsWith(place)));
  const breaches = missing.map((file) => {
    const message = "no module was read there; expected some (scripts/house/imports.ts names the places)";
    return { rule: "read", file, line: 0, message };
  });
  if (!arrows.some(({ local }) => local)) {
    breaches.push({ rule: "read", file: ".", line: 0, message: "no import was read; expected the project's" });
  }
  return breaches;
}

/** All breaches of the rules for imports, and what they were looked for in. */
export async function checkImports(
  tree: Tree,
  unnamed: readonly Unnamed[] = UNNAMED,
): Promise<{ arrows: Arrows; breaches: readonly Breach[] }> {
  const arrows = await readArrows(tree, unnamed);
  const manifest = tree.files.includes("package.json") ? JSON.parse(tree.read("package.json")) : {};
  const peers = new Set(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }));
  const found = [
    ...arrows.breaches,
    ...presence(arrows),
    ...wings(arrows, peers),
    ...importedTests(arrows),
    ...circles(arrows),
    ...golden(tree, arrows),
    ...arch(tree),
    ...paths(tree),
  ];
  // What is an import and a path besides is told of once.
  const told = new Set<string>();
  const breaches = found.filter(({ rule, file, line }) => {
    const place = `${rule} ${file}:${line}`;
    return (rule !== "golden" && rule !== "arch") || (!told.has(place) && told.add(place));
  });
  return { arrows, breaches };
}
