/**
 * Which types are operations, and which are bodies of goroutines: asked of TypeScript's checker, of which only what is used
 * here is described. A user's ESLint brings the checker along.
 */

/** A type, as TypeScript's checker gives it. */
export interface Type {
  readonly symbol?: TypeSymbol;
  /** The members of a union. */
  readonly types?: readonly Type[];
  /** The name of a type that TypeScript has itself: `any`, `void`, `never`, `true`. Its flags differ between versions. */
  readonly intrinsicName?: string;
  isUnion(): boolean;
  getCallSignatures(): readonly { getReturnType(): Type }[];
}

interface TypeSymbol {
  readonly name: string;
  readonly declarations?: readonly { getSourceFile(): { readonly fileName: string } }[];
}

/** TypeScript's checker. */
export interface Checker {
  getTypeArguments(type: Type): readonly Type[];
  getContextualType(node: unknown): Type | undefined;
}

/** The module that declares Op, as a source and as a declaration. */
const OP_MODULE = /[\\/]runtime[\\/]m\.(d\.)?ts$/;

/**
 * What an expression may be: an operation of gobuf, or a generator that is the body of a goroutine. An OptionalOp is
 * neither: its `yield*` may be left out.
 */
export type Kind = "Op" | "Go";

/** Tells types apart. */
export class Kinds {
  readonly #checker: Checker;

  constructor(checker: Checker) {
    this.#checker = checker;
  }

  /** What a type, or any member of a union, is. */
  of(type: Type): Kind | undefined {
    if (type.intrinsicName === "any") return undefined;
    const members = type.isUnion() ? (type.types ?? []) : [type];
    if (members.some((each) => isOp(each))) return "Op";
    return members.some((each) => this.#isGo(each)) ? "Go" : undefined;
  }

  /** Whether a callback's result is thrown away: the callee asks for a function that returns nothing. */
  isDropped(callback: unknown): boolean {
    const wanted = this.#checker.getContextualType(callback);
    const signatures = wanted?.getCallSignatures() ?? [];
    return signatures.length > 0 && signatures.every((each) => each.getReturnType().intrinsicName === "void");
  }

  /** Whether the place that an argument goes to asks for an operation or a body. */
  isWanted(argument: unknown): boolean {
    const wanted = this.#checker.getContextualType(argument);
    return wanted !== undefined && this.of(wanted) !== undefined;
  }

  /**
   * Generator<unknown, R, true>: `true` is what only gobuf's scheduler resumes with. A generator that yields nothing at all
   * is taken for one, too: to make it and let it fall does nothing.
   */
  #isGo(type: Type): boolean {
    if (type.symbol?.name !== "Generator") return false;
    const [yields, , next] = this.#checker.getTypeArguments(type);
    return next?.intrinsicName === "true" || yields?.intrinsicName === "never";
  }
}

function isOp(type: Type): boolean {
  const { name, declarations = [] } = type.symbol ?? {};
  return name === "Op" && declarations.some((each) => OP_MODULE.test(each.getSourceFile().fileName));
}
