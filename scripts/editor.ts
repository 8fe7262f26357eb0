/** What an editor shows of the package's declarations: TypeScript's language service on a program that imports gobuf. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import ts from "typescript";

const root = resolve(import.meta.dir, "..");
const types = join(root, "types");

/** A member that an editor offers behind a dot. */
export interface Member {
  readonly name: string;
  /** Its documentation, in hover. */
  readonly documentation: string;
}

interface Place {
  readonly fileName: string;
  readonly pos: number;
}

/** What TypeScript's server, and with it an editor, asks a language service for the map of a declaration by. */
interface Mapping extends ts.LanguageService {
  getSourceMapper(): { tryGetSourcePosition(place: Place): Place | undefined };
}

/** A program in an editor, in which gobuf is what the package's declarations say. */
export class Editor {
  readonly #file = join(root, "editor-program.ts");
  readonly #text: string;
  readonly #service: ts.LanguageService;

  /** @param beside files that belong to the program, too */
  constructor(text: string, beside: readonly string[]) {
    this.#text = text;
    const settings: ts.CompilerOptions = {
      target: ts.ScriptTarget.ESNext,
      lib: ["lib.esnext.d.ts"],
      exactOptionalPropertyTypes: true,
      module: ts.ModuleKind.Preserve,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      allowImportingTsExtensions: true,
      noEmit: true,
      strict: true,
      types: ["bun"],
      typeRoots: [join(root, "node_modules", "@types")],
      paths: {
        gobuf: [join(types, "index.d.ts")],
        "gobuf/testing": [join(types, "testing", "index.d.ts")],
      },
    };
    const read = (file: string) => (resolve(file) === this.#file ? this.#text : ts.sys.readFile(file));
    this.#service = ts.createLanguageService({
      getCompilationSettings: () => settings,
      getScriptFileNames: () => [this.#file, ...beside],
      getScriptVersion: () => "1",
      getScriptSnapshot: (file) => {
        const content = read(file);
        return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content);
      },
      getCurrentDirectory: () => root,
      getDefaultLibFileName: (given) => ts.getDefaultLibFilePath(given),
      fileExists: (file) => resolve(file) === this.#file || ts.sys.fileExists(file),
      readFile: read,
      readDirectory: ts.sys.readDirectory,
      directoryExists: ts.sys.directoryExists,
      getDirectories: ts.sys.getDirectories,
    });
  }

  /** Where a marker ends in the program. */
  #behind(marker: string): number {
    const at = this.#text.indexOf(marker);
    if (at < 0) throw new Error(`the program has no ${marker}`);
    return at + marker.length;
  }

  /** What TypeScript complains of, in the files beside the program and in the declarations that they reach. */
  complaints(): string[] {
    const program = this.#service.getProgram();
    if (program === undefined) throw new Error("no program");
    const own = program.getSourceFiles().filter(({ fileName }) => !fileName.includes("node_modules"));
    const files = own.filter(({ fileName }) => resolve(fileName) !== this.#file);
    if (files.length === 0) throw new Error("no files");
    return files.flatMap(({ fileName }) =>
      [...this.#service.getSyntacticDiagnostics(fileName), ...this.#service.getSemanticDiagnostics(fileName)].map(
        ({ messageText }) => `${fileName.replace(root, "")}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
      ),
    );
  }

  /** What is offered behind a marker, which ends with a dot. */
  membersBehind(marker: string): Member[] {
    const position = this.#behind(marker);
    const found = this.#service.getCompletionsAtPosition(this.#file, position, {})?.entries ?? [];
    return found.map(({ name, source, data }) => {
      const details = this.#service.getCompletionEntryDetails(this.#file, position, name, {}, source, {}, data);
      return { name, documentation: ts.displayPartsToString(details?.documentation) };
    });
  }

  /** The file and the line that "go to definition" leads to from the end of a marker. */
  definitionOf(marker: string): { file: string; line: string } | undefined {
    const [declared] = this.#service.getDefinitionAtPosition(this.#file, this.#behind(marker) - 1) ?? [];
    if (declared === undefined) return undefined;
    const place = { fileName: declared.fileName, pos: declared.textSpan.start };
    const { fileName, pos } = (this.#service as Mapping).getSourceMapper().tryGetSourcePosition(place) ?? place;
    const text = readFileSync(fileName, "utf8");
    const line = text.slice(0, pos).split("\n").length;
    return { file: fileName.replace(root, ""), line: text.split("\n")[line - 1] ?? "" };
  }

  /** What hover says of the name at the end of a marker. */
  hoverOf(marker: string): string {
    const info = this.#service.getQuickInfoAtPosition(this.#file, this.#behind(marker) - 1);
    return [
      ts.displayPartsToString(info?.documentation),
      ...(info?.tags ?? []).map((tag) => `@${tag.name} ${ts.displayPartsToString(tag.text)}`),
    ].join("\n");
  }
}
