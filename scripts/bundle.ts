/**
 * Writes the modules of the package into dist/: those of src/ made into few, for a program that loads a hundred modules starts
 * later. What few programs need is a module of its own, so that a bundler leaves it out where nobody names it. Maps lead to
 * src/, which the package has for that.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import type { BunPlugin } from "bun";
import { parseSync, type StaticExportEntry, type StaticImportEntry } from "oxc-parser";
import { command } from "./command.ts";
import { byLines } from "./linemap.ts";

command("bun scripts/bundle.ts", "Writes the modules that the package's entries load into dist/.").parse();

const root = join(import.meta.dir, "..");
const src = join(root, "src");
/** As deep as src/runtime: paths from there to the libraries and the header are the same (src/runtime/library.ts). */
const dist = join(root, "dist", "bun");

/** What becomes one module, by its name in dist/. Of each file the first that fits counts. */
const PARTS: readonly (readonly [name: string, files: RegExp])[] = [
  ["opentelemetry-spans", /^trace\/opentelemetry\.ts$/],
  ["fast-check-schedules", /^testing\/fast-check\.ts$/],
  ["exploring", /^testing\//],
  ["tracing", /^trace\//],
  // All that a program without native bodies has of them.
  ["core", /^(native\/(gonative|nativestate)|procs\/wish)\.ts$/],
  ["bodies", /^(native|procs)\//],
  ["core", /./],
];

/** What programs import, by its name in dist/; namespaces that it has come along. */
const ENTRIES: Readonly<Record<string, string>> = {
  index: "index.ts",
  testing: "testing/index.ts",
  "fast-check": "testing/fast-check.ts",
  opentelemetry: "trace/opentelemetry.ts",
};

function partOf(file: string): string {
  return PARTS.find(([, files]) => files.test(file))?.[0] as string;
}

/** A module of src/: its imports and exports of values. Files are named from src/. */
interface Module {
  readonly imports: readonly { readonly from: string; readonly entry: StaticImportEntry }[];
  readonly exports: ReadonlyMap<string, StaticExportEntry>;
}

/** The file that a module names; undefined for what is not of src/. */
function target(file: string, specifier: string | undefined): string | undefined {
  return specifier?.startsWith(".")
    ? relative(src, resolve(src, dirname(file), specifier)).replaceAll("\\", "/")
    : undefined;
}

function read(file: string): Module {
  const { module } = parseSync(file, readFileSync(join(src, file), "utf8"));
  const imports = module.staticImports.flatMap(({ moduleRequest, entries }) =>
    entries.filter(({ isType }) => !isType).map((entry) => ({ from: moduleRequest.value, entry })),
  );
  const entries = module.staticExports.flatMap((each) => each.entries).filter(({ isType }) => !isType);
  return { imports, exports: new Map(entries.map((entry) => [entry.exportName.name as string, entry])) };
}

const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => /(?<!\.test)\.ts$/.test(file) && !file.startsWith("eslint/"));
const modules = new Map(files.map((file) => [file, read(file)]));

/** A name that a module of src/ declares. */
interface Declared {
  readonly file: string;
  readonly name: string;
}

/** Follows what a module only passes on. */
function declared(file: string, name: string): Declared {
  const entry = modules.get(file)?.exports.get(name);
  if (entry === undefined) throw new Error(`src/${file} exports no ${name}`);
  const from = target(file, entry.moduleRequest?.value);
  return from === undefined ? { file, name } : declared(from, entry.importName.name as string);
}

/** The name of a declaration outside of its part. */
const alias = ({ file, name }: Declared) => `${file.replace(/\.ts$/, "").replace(/\W/g, "_")}$${name}`;

/** What each part shows the others. */
const shown = new Map<string, Map<string, Declared>>(PARTS.map(([name]) => [name, new Map()]));

/** Has the part of a declaration show it. @returns its name there */
function show(one: Declared): string {
  const name = alias(one);
  shown.get(partOf(one.file))?.set(name, one);
  return name;
}

/** What stands in dist/ for a public module of src/: its names, out of the parts. */
const facades = new Map<string, string>();

function facade(name: string, file: string): void {
  const lines: string[] = [];
  for (const [exported, entry] of modules.get(file)?.exports ?? []) {
    const whole = entry.importName.kind === "All" ? target(file, entry.moduleRequest?.value) : undefined;
    if (whole !== undefined) {
      // Not an object with all names: a bundler could not tell which are used.
      facade(exported, whole);
      lines.push(`export * as ${exported} from "./${exported}.js";`);
      continue;
    }
    const one = declared(file, exported);
    lines.push(`export { ${show(one)} as ${exported} } from "./${partOf(one.file)}.js";`);
  }
  facades.set(name, `// @bun\n${lines.join("\n")}\n`);
}

for (const [name, file] of Object.entries(ENTRIES)) facade(name, file);

/** Names that the modules of a part import from others, by the file that they name. */
function imported(part: string): Map<string, Set<string>> {
  const wanted = new Map<string, Set<string>>();
  for (const [importer, { imports }] of modules) {
    for (const { from, entry } of partOf(importer) === part ? imports : []) {
      const file = target(importer, from);
      if (file === undefined || partOf(file) === part) continue;
      if (entry.importName.kind !== "Name") throw new Error(`src/${importer} imports ${from} whole: import names`);
      wanted.set(file, (wanted.get(file) ?? new Set()).add(entry.importName.name as string));
    }
  }
  return wanted;
}

/** What stands for a file of another part. */
function stub(file: string, names: Iterable<string>): string {
  return [...names]
    .map((name) => [name, declared(file, name)] as const)
    .map(([name, one]) => `export { ${show(one)} as ${name} } from "./${partOf(one.file)}.js";`)
    .join("\n");
}

/** By part, what stands there for the files of others. */
const stubs = new Map(
  [...shown.keys()].map((part) => [
    part,
    new Map([...imported(part)].map(([file, names]) => [file, stub(file, names)])),
  ]),
);

/** Lets a part end where the others begin. */
function within(part: string): BunPlugin {
  return {
    name: part,
    setup(build) {
      build.onResolve({ filter: /^part$/ }, () => ({ path: part, namespace: "part" }));
      build.onLoad({ filter: /./, namespace: "part" }, () => ({
        contents: [...(shown.get(part) ?? [])]
          .map(([as, { file, name }]) => `export { ${name} as ${as} } from ${JSON.stringify(join(src, file))};`)
          .join("\n"),
        loader: "js",
      }));
      build.onResolve({ filter: /^\.\.?\/.*\.ts$/ }, ({ path, importer }) => {
        const file = target(relative(src, importer), path) as string;
        return partOf(file) === part ? undefined : { path: file, namespace: "elsewhere" };
      });
      build.onLoad({ filter: /./, namespace: "elsewhere" }, ({ path }) => ({
        contents: stubs.get(part)?.get(path) ?? "",
        loader: "js",
      }));
      build.onResolve({ filter: /^\.\/[\w-]+\.js$/ }, ({ path }) => ({ path, external: true }));
    },
  };
}

async function bundle(part: string): Promise<void> {
  const { outputs } = await Bun.build({
    entrypoints: ["part"],
    outdir: dist,
    naming: `${part}.[ext]`,
    target: "bun",
    format: "esm",
    sourcemap: "linked",
    external: ["*.so", "*.dylib", "*.dll", "*.h", "@opentelemetry/api", "fast-check"],
    plugins: [within(part)],
  });
  for (const { path, kind } of outputs) {
    const text = readFileSync(path, "utf8");
    if (kind === "sourcemap") {
      writeFileSync(
        path,
        byLines(JSON.parse(text), (source) => source.startsWith("../")),
      );
    } else {
      // A bundler sees a file to take along where `require` names it, and nothing else gets there.
      writeFileSync(path, text.replace(/__require\((?="\.\.\/)/g, "require("));
    }
  }
}

rmSync(join(root, "dist"), { recursive: true, force: true });
for (const part of shown.keys()) await bundle(part);
for (const [name, text] of facades) writeFileSync(join(dist, `${name}.js`), text);
await Bun.build({
  entrypoints: [join(src, "eslint", "index.ts")],
  target: "node",
  outdir: join(root, "dist"),
  naming: "eslint.js",
});
