/** Makes the documentation site: TypeDoc, of the package's declarations and of the pages. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Application, Logger, LogLevel, type ProjectReflection, TSConfigReader } from "typedoc";

const root = resolve(import.meta.dir, "..", "..");

/** The entries of the package by their declarations, under the names that programs import. */
const ENTRIES: Readonly<Record<string, string>> = {
  index: "gobuf",
  testing: "gobuf/testing",
  "testing/fast-check": "gobuf/fast-check",
  "trace/opentelemetry": "gobuf/opentelemetry",
  eslint: "gobuf/eslint",
};

/** The pages, in the order in which the site lists them. */
const PAGES = [
  "docs/guide/start.md",
  "docs/guide/go.md",
  "docs/guide/async.md",
  "docs/guide/servers.md",
  "docs/guide/testing.md",
  "docs/guide/tracing.md",
  "docs/guide/native.md",
  "docs/guide/threads.md",
  "conform/README.md",
  "docs/guide/fidelity.md",
  "FIDELITY.md",
  "bench/README.md",
  "CHANGELOG.md",
];

/** Keeps what TypeDoc complains of. */
class Warnings extends Logger {
  readonly said: string[] = [];

  override log(message: string, level: LogLevel): void {
    super.log(message, level);
    if (level >= LogLevel.Warn) this.said.push(message);
  }

  protected override addContext(message: string, ..._where: unknown[]): string {
    return message;
  }
}

/** The heading that a page begins with. */
function headingOf(page: string): string {
  const heading = /^# (.+)$/m.exec(readFileSync(join(root, page), "utf8"))?.[1];
  if (heading === undefined) throw new Error(`${page} has no heading`);
  return heading;
}

/** Gives pages and entries the names that readers know them by. */
function rename(project: ProjectReflection): void {
  const pages = project.documents ?? [];
  const headings = PAGES.map(headingOf);
  if (pages.length !== PAGES.length) throw new Error(`expected ${PAGES.length} pages, got ${pages.length}`);
  for (const page of pages) {
    const file = project.files.getReflectionPath(page) ?? "";
    const i = PAGES.findIndex((each) => file.replaceAll("\\", "/").endsWith(`/${each}`));
    if (i < 0) throw new Error(`a page of ${file}, which is not listed`);
    page.name = headings[i] as string;
  }
  pages.sort((a, b) => headings.indexOf(a.name) - headings.indexOf(b.name));
  // The front page has the project's name above it already.
  const [first] = project.readme ?? [];
  if (first !== undefined) first.text = first.text.replace(/^# .*\n+/, "");
  for (const entry of project.children ?? []) entry.name = ENTRIES[entry.name] ?? entry.name;
}

/** Makes the site in a folder. @returns what TypeDoc warned of */
export async function buildSite(out: string): Promise<string[]> {
  const declared = Bun.spawnSync([process.execPath, "scripts/declarations.ts"], { cwd: root, stderr: "pipe" });
  if (declared.exitCode !== 0) throw new Error(`no declarations: ${declared.stderr.toString()}`);
  const app = await Application.bootstrap(
    {
      name: "gobuf",
      readme: join(root, "README.md"),
      entryPoints: Object.keys(ENTRIES).map((entry) =>
        join(
          root,
          "types",
          ["index", "testing", "eslint"].includes(entry) && entry !== "index" ? `${entry}/index.d.ts` : `${entry}.d.ts`,
        ),
      ),
      tsconfig: join(import.meta.dir, "tsconfig.json"),
      projectDocuments: PAGES.map((page) => join(root, page)),
      favicon: join(import.meta.dir, "favicon.svg"),
      customCss: join(import.meta.dir, "style.css"),
      sort: ["documents-first", "source-order"],
      highlightLanguages: ["c", "go", "javascript", "json", "sh", "text", "typescript", "yaml", "zig"],
      excludeInternal: true,
      excludePrivate: true,
      excludeProtected: true,
      // Where the sources are published is not known: nothing links there.
      disableSources: true,
      hideGenerator: true,
      githubPages: false,
      skipErrorChecking: true,
      validation: { notExported: false, invalidLink: true, invalidPath: true, notDocumented: false },
    },
    [new TSConfigReader()],
  );
  const logger = new Warnings();
  app.logger = logger;
  const project = await app.convert();
  if (project === undefined) throw new Error("TypeDoc made nothing of the declarations");
  rename(project);
  app.validate(project);
  await app.generateDocs(project, out);
  if (logger.hasErrors()) throw new Error(`TypeDoc: ${logger.said.join("\n")}`);
  return logger.said;
}
