/**
 * `gobuf/eslint`: a plugin for ESLint with one rule, `gobuf/yield-star`, which finds the forgotten `yield*` before the
 * program runs. The rule asks TypeScript for types: it needs typescript-eslint's parser with `projectService`.
 *
 * @example
 * ```js
 * // eslint.config.js
 * import gobuf from "gobuf/eslint";
 * import tseslint from "typescript-eslint";
 *
 * export default tseslint.config(
 *   { languageOptions: { parser: tseslint.parser, parserOptions: { projectService: true } } },
 *   gobuf.configs.recommended,
 * );
 * ```
 */
import { type Rule, yieldStar } from "./yieldstar.ts";

interface Config {
  readonly name: string;
  readonly plugins: { readonly gobuf: Plugin };
  readonly rules: { readonly [rule: string]: "error" | "off" };
}

interface Plugin {
  readonly meta: { readonly name: string };
  readonly rules: { readonly "yield-star": Rule };
  readonly configs: { readonly recommended: Config };
}

const plugin = {
  meta: { name: "gobuf" },
  rules: { "yield-star": yieldStar },
  configs: {
    /** The rule as an error; `require-yield` is off, for a goroutine's body may wait for nothing. */
    recommended: {
      name: "gobuf/recommended",
      get plugins(): { readonly gobuf: Plugin } {
        return { gobuf: plugin };
      },
      rules: { "gobuf/yield-star": "error", "require-yield": "off" } as const,
    },
  },
} as Plugin;

export default plugin;
