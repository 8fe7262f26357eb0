/**
 * The rule `gobuf/yield-star` in ESLint with typescript-eslint's types: programs that forget a `yield*`, each with what the
 * rule says and what its fix makes of it, and programs in which nothing is forgotten.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { currentAbi } from "../../scripts/abis/abis.ts";

/** ESLint with types takes seconds to start, on a busy machine more. */
setDefaultTimeout(120_000);

const root = resolve(import.meta.dir, "../..");
const HEAD = `import { after, call, chan, gosched, go, Mutex, recvCase, run, select, sleep, spawn, type Chan, type Go, type Op } from "gobuf";
declare const c: Chan<number>;
declare const maybe: Chan<number> | undefined;
declare const m: Mutex;
declare const flag: boolean;
declare function each(f: (n: number) => void): void;
declare function wants(op: Op<void>): void;
function* work(): Go<number> { yield* gosched(); return 1; }
function* idle() {}
`;

interface Bad {
  readonly code: string;
  /** The ids of what is said, in the order of the text. */
  readonly says: readonly string[];
  /** What the fix makes of it; the same text where there is none. */
  readonly fixed?: string;
}

const body = (code: string) => `export function* f() { ${code} }`;
const bad = (code: string, says: string, fixed?: string): Bad => ({
  code: body(code),
  says: says.split(" "),
  ...(fixed === undefined ? {} : { fixed: body(fixed) }),
});

const BAD: readonly Bad[] = [
  bad("c.send(1);", "floating", "yield* c.send(1);"),
  bad("c.recv();", "floating", "yield* c.recv();"),
  bad("sleep(1);", "floating", "yield* sleep(1);"),
  bad("gosched();", "floating", "yield* gosched();"),
  bad("m.lock();", "floating", "yield* m.lock();"),
  bad("work();", "floating", "yield* work();"),
  bad("idle();", "floating", "yield* idle();"),
  bad("maybe?.send(1);", "floating", "(yield* maybe?.send(1));"),
  bad("void c.send(1);", "floating", "yield* c.send(1);"),
  bad("flag && c.send(1);", "floating", "flag && (yield* c.send(1));"),
  bad("flag ? c.send(1) : c.send(2);", "floating floating", "flag ? yield* c.send(1) : yield* c.send(2);"),
  bad("gosched(), c.send(1);", "floating", "gosched(), yield* c.send(1);"),
  bad("(c.send(1) as unknown);", "floating", "((yield* c.send(1)) as unknown);"),
  bad(
    "for (sleep(1); flag; sleep(1)) break;",
    "floating floating",
    "for (yield* sleep(1); flag; yield* sleep(1)) break;",
  ),
  bad("yield c.send(1);", "plain", "yield* c.send(1);"),
  bad("const v = yield c.recv(); return v;", "plain", "const v = yield* c.recv(); return v;"),
  bad("yield work();", "plain", "yield* work();"),
  bad("const v = c.recv();", "kept"),
  bad("let v; v = c.recv();", "kept"),
  bad("if (c.recv()) return;", "kept"),
  bad("while (!c.recv()) {}", "kept"),
  bad("return [c.recv(), c.recv()];", "kept kept"),
  bad("return { v: c.recv() };", "kept"),
  bad("console.log(c.recv());", "kept"),
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the program has the template
  bad("return `${c.recv()}`;", "kept"),
  bad("return 1 + Number(c.recv());", "kept"),
  bad("return c.recv();", "returned", "return yield* c.recv();"),
  bad("return work();", "returned", "return yield* work();"),
  bad("for (const v of c.recv()) return v;", "iterated"),
  bad("for (const v of work()) return v;", "iterated"),
  bad("return [...c.recvOk()];", "iterated"),
  bad("const [v] = c.recv();", "iterated"),
  bad("return Array.from(work());", "iterated"),
  bad("return new Set(work());", "iterated"),
  bad("return new Error(String(c.recv()));", "kept"),
  bad("return work().next();", "iterated"),
  bad("each((n) => c.send(n));", "dropped"),
  bad("[1, 2].forEach((n) => c.send(n));", "dropped"),
  bad("each((n) => { c.send(n); });", "outside"),
  { code: "export function f() { c.send(1); }", says: ["outside"] },
  { code: "export async function f() { await c.recv(); }", says: ["awaited"] },
  { code: "export async function f() { await work(); }", says: ["awaited"] },
  { code: "setTimeout(() => { c.send(1); }, 1);", says: ["outside"] },
  { code: "c.send(1);", says: ["outside"] },
  bad("select([recvCase(c)]);", "floating", "yield* select([recvCase(c)]);"),
];

const GOOD: readonly string[] = [
  body("yield* c.send(1);"),
  body("const v = yield* c.recv(); return v;"),
  body("const { value, ok } = yield* c.recvOk(); return ok ? value : 0;"),
  body("return yield* work();"),
  body("if ((yield* c.recv()) === 1) return;"),
  body("while ((yield* c.recv()) !== undefined) {}"),
  body("for (let v = yield* c.recv(); v !== undefined; v = yield* c.recv()) console.log(v);"),
  body("return Array.of(work());"),
  body("return new Map([[1, work()]]);"),
  body("go(work); go(function* () { yield* gosched(); });"),
  body("const w = work(); return yield* w;"),
  body("const op = flag ? yield* c.recv() : 0; return op;"),
  body("yield* flag ? c.send(1) : c.send(2);"),
  body("yield* (c.send(1) as Op<void>);"),
  body("wants(c.send(1));"),
  body("m.unlock(); c.close(); return c.length;"),
  body("const got = yield* select([recvCase(c), recvCase(after(1))]); return got.index;"),
  body("if (m.tryLock()) m.unlock();"),
  body("for (const v of [1, 2]) yield* c.send(v);"),
  body("const kind = typeof c.recv; return kind;"),
  body("const { recv } = { recv: 1 }; return recv;"),
  body("const f = () => c.recv(); return yield* f();"),
  body("function send(n: number) { return c.send(n); } yield* send(1);"),
  body("return yield* call(work());"),
  "export const send = (n: number): Op<void> => c.send(n);",
  "export async function f() { await c.sendAsync(1); return await c.recvAsync(); }",
  "export async function f() { for await (const v of c) console.log(v); }",
  "export const p = spawn(work);",
  "export const r = run(function* () { return yield* work(); });",
  "function* numbers() { yield 1; yield 2; } for (const n of numbers()) console.log(n); export const all = [...numbers()];",
  "function* pair() { const x: number = yield 1; return x; } export const it = pair(); it.next(); pair();",
  "export type T = ReturnType<typeof c.recv>;",
];

const folder = mkdtempSync(join(tmpdir(), "gobuf-eslint-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (kind: string, i: number) => join(folder, "src", `${kind}${i}.ts`);

/** What is said of a file, as far as it is looked at here. */
interface Linted {
  readonly filePath: string;
  readonly output?: string;
  readonly messages: readonly {
    readonly messageId?: string;
    readonly message: string;
    readonly suggestions?: readonly { readonly fix: { readonly text: string } }[];
  }[];
}

/**
 * Runs ESLint with the plugin on the folder, as a user does, in a process of its own: TypeScript's state is not to depend on
 * what ran here before.
 */
function lint(fix: boolean, typed = true): Linted[] {
  const script = `
    import { ESLint } from ${JSON.stringify(Bun.resolveSync("eslint", root))};
    import tseslint from ${JSON.stringify(Bun.resolveSync("typescript-eslint", root))};
    import gobuf from ${JSON.stringify(join(import.meta.dir, "index.ts"))};
    const parserOptions = ${typed} ? { projectService: true, tsconfigRootDir: ${JSON.stringify(folder)} } : {};
    const languageOptions = { parser: tseslint.parser, parserOptions };
    const overrideConfig = [{ files: ["**/*.ts"], languageOptions }, gobuf.configs.recommended];
    const eslint = new ESLint({ cwd: ${JSON.stringify(folder)}, overrideConfigFile: true, overrideConfig, fix: ${fix} });
    console.log(JSON.stringify(await eslint.lintFiles(["src"])));
  `;
  const path = join(folder, `lint-${fix}-${typed}.ts`);
  writeFileSync(path, script);
  const { exitCode, stdout, stderr } = Bun.spawnSync([process.execPath, path], { cwd: folder });
  if (exitCode !== 0) throw new Error(stderr.toString());
  return JSON.parse(stdout.toString()) as Linted[];
}

const ids = (result: Linted | undefined) => (result?.messages ?? []).map((each) => each.messageId ?? each.message);

describe.skipIf(currentAbi() !== undefined)(
  "gobuf/yield-star (skipped under an emulator: nothing of the ABI is in it)",
  () => {
    let said: ReadonlyMap<string, Linted>;
    let fixes: ReadonlyMap<string, Linted>;

    beforeAll(() => {
      mkdirSync(join(folder, "src"));
      BAD.forEach(({ code }, i) => {
        writeFileSync(file("bad", i), HEAD + code);
      });
      GOOD.forEach((code, i) => {
        writeFileSync(file("good", i), HEAD + code);
      });
      const { compilerOptions } = Bun.JSONC.parse(readFileSync(join(root, "tsconfig.json"), "utf8")) as {
        compilerOptions: object;
      };
      const options = {
        ...compilerOptions,
        paths: { gobuf: [join(root, "src/index.ts")] },
        typeRoots: [join(root, "node_modules/@types")],
        noUnusedLocals: false,
      };
      writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: options, include: ["src"] }));
      const results = (fix: boolean) => new Map(lint(fix).map((each) => [each.filePath, each]));
      said = results(false);
      fixes = results(true);
    }, 120_000);

    test.each(BAD.map(({ code }, i) => [code, i] as const))("says of %s", (_, i) => {
      expect(ids(said.get(file("bad", i)))).toEqual(BAD[i]?.says as string[]);
      const { code, fixed = code } = BAD[i] as Bad;
      expect(fixes.get(file("bad", i))?.output ?? HEAD + code).toBe(HEAD + fixed);
    });

    test.each(GOOD.map((code, i) => [code, i] as const))("says nothing of %s", (_, i) => {
      expect(ids(said.get(file("good", i)))).toEqual([]);
    });

    test("what is kept has a suggestion", () => {
      const kept = BAD.findIndex(({ code }) => code === body("const v = c.recv();"));
      const [message] = said.get(file("bad", kept))?.messages ?? [];
      expect(message?.suggestions?.map(({ fix }) => fix.text)).toEqual(["yield* "]);
      expect(message?.message).toBe("an operation (c.recv()) is kept; an operation is waited for at once, by `yield*`");
    });

    test("without types it says what it needs", () => {
      expect(() => lint(false, false)).toThrow(
        "gobuf/yield-star: no types; expected typescript-eslint's parser with parserOptions.projectService",
      );
    });
  },
);
