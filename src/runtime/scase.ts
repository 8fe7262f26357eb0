/**
 * What select takes and gives, as types: its cases (scase of runtime/select.go), options and results. select.ts carries
 * them out.
 */
import type { Hchan } from "./chan.ts";

/**
 * A case that sends, made by `sendCase`.
 *
 * @example
 * ```ts
 * const words = chan<string>(1);
 * const cases: SendCase[] = [sendCase(words, "ant"), sendCase(words, "bee")];
 * yield* select(cases);
 * console.log(words.len); // 1
 * ```
 */
export interface SendCase {
  /** @internal */
  readonly c: Hchan;
  /** It sends. */
  readonly send: true;
  /** The value to send. */
  readonly elem: unknown;
}

/**
 * A case that receives a `T`, made by `recvCase`.
 *
 * @example
 * ```ts
 * const words = chan<string>(1);
 * yield* words.send("ant");
 * const fromAny: RecvCase<string>[] = [recvCase(words), recvCase(chan<string>())];
 * const r = yield* select(fromAny);
 * console.log(r.index, r.value); // 0 ant
 * ```
 */
export interface RecvCase<out T = unknown> {
  /** @internal */
  readonly c: Hchan;
  /** It receives. */
  readonly send: false;
  /** Never there: it carries the type. */
  readonly elem: T | undefined;
}

/**
 * One case of a `select` (scase in runtime/select.go).
 *
 * @example
 * ```ts
 * const words = chan<string>(1);
 * const numbers = chan<number>();
 * const cases: SelectCase[] = [recvCase(numbers), sendCase(words, "ant")];
 * console.log((yield* select(cases)).index); // 1
 * ```
 */
export type SelectCase = SendCase | RecvCase;

type Index<I> = I extends `${infer N extends number}` ? N : number;

type Outcome<I, C> =
  C extends RecvCase<infer T>
    ? { index: Index<I>; value: T; ok: true } | { index: Index<I>; value: undefined; ok: false }
    : { index: Index<I>; value: undefined; ok: true };

/**
 * What `select` gives when it chose the default: no case was ready.
 *
 * @example
 * ```ts
 * const r = yield* select([recvCase(chan<string>())], { default: true });
 * const nobody: SelectedDefault | undefined = r.index === -1 ? r : undefined;
 * console.log(nobody !== undefined); // true
 * ```
 */
export interface SelectedDefault {
  /** No case of the list. */
  index: -1;
  /** Nothing was received. */
  value: undefined;
  /** No channel was found closed. */
  ok: true;
}

/**
 * What `select` gives: `index`, the place of the chosen case in the list; `value`, what it received (undefined
 * for a send, and for a closed channel); and `ok`, which is false when the channel is closed and empty. TypeScript
 * knows the type of `value` after a check of `index`.
 *
 * @example
 * ```ts
 * function describe(r: Selected<readonly [RecvCase<string>, SendCase]>): string {
 *   return r.index === 0 ? (r.value ?? "closed") : "sent";
 * }
 * const words = chan<string>(1);
 * console.log(describe(yield* select([recvCase(chan<string>()), sendCase(words, "ant")]))); // sent
 * ```
 */
export type Selected<C extends readonly unknown[] = readonly RecvCase<unknown>[]> = {
  [I in keyof C]: Outcome<I, C[I]>;
}[number];

/**
 * Cases by name, for a `select` that tells by its name which one it chose.
 *
 * @example
 * ```ts
 * const words = chan<string>(1);
 * const cases = { full: recvCase(chan<number>()), write: sendCase(words, "ant") } satisfies NamedCases;
 * console.log((yield* select(cases)).case); // write
 * ```
 */
export interface NamedCases {
  readonly [name: string]: SelectCase;
}

type NamedOutcome<N, C> =
  C extends RecvCase<infer T>
    ? { case: N; value: T; ok: true } | { case: N; value: undefined; ok: false }
    : { case: N; value: undefined; ok: true };

/**
 * What `select` by name gives: `case`, the name of the chosen case; `value` and `ok` as in {@link Selected}.
 * TypeScript knows the type of `value` after a check of `case`.
 *
 * @example
 * ```ts
 * function describe(r: SelectedNamed<{ job: RecvCase<string>; late: RecvCase<number> }>): string {
 *   return r.case === "job" ? (r.value ?? "closed") : "late";
 * }
 * console.log(describe(yield* select({ job: recvCase(chan<string>()), late: recvCase(after(5)) }))); // late
 * ```
 */
export type SelectedNamed<C extends NamedCases = NamedCases> = {
  [N in keyof C]: NamedOutcome<N, C[N]>;
}[keyof C];

/**
 * What `select` by name gives when it chose the default: no case was ready.
 *
 * @example
 * ```ts
 * const r = yield* select({ job: recvCase(chan<string>()) }, { default: true });
 * const nobody: SelectedNamedDefault | undefined = r.case === null ? r : undefined;
 * console.log(nobody !== undefined); // true
 * ```
 */
export interface SelectedNamedDefault {
  /** No case. */
  case: null;
  /** Nothing was received. */
  value: undefined;
  /** No channel was found closed. */
  ok: true;
}

/**
 * Options of `select`.
 *
 * @example
 * ```ts
 * function* poll(ch: RecvChan<string>, options: SelectOptions): Go<string | undefined> {
 *   return (yield* select([recvCase(ch)], options)).value;
 * }
 * console.log(yield* poll(chan<string>(), { default: true })); // undefined
 * ```
 */
export interface SelectOptions {
  /**
   * True: when no case is ready, `select` does not wait but gives index -1, or by name null. Go's `default:`. False by
   * default.
   */
  default?: boolean;
}
