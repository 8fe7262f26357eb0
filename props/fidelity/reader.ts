/**
 * Reads golden files of format 1. Nothing in a file is trusted: size, compression, encoding, nesting, every field,
 * every index and every event line are checked, and what is wrong is a {@link GoldenError} that names line and reason.
 */
import { readFileSync, statSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { Case, Header } from "../../golden/format.ts";
import { otherThanFile } from "../../src/runtime/library.ts";
import { checkCase, checkHeader, WORKLOAD_LIMITS } from "./check-case.ts";
import { Fault, GoldenError } from "./golden-error.ts";

export { GoldenError } from "./golden-error.ts";

/** Limits of a file. */
export interface ReaderLimits {
  /** Bytes of the file, and of what it decompresses to. */
  readonly fileBytesMax: number;
  readonly lineBytesMax: number;
  /** Depth of brackets in a line. */
  readonly nestingMax: number;
  readonly casesMax: number;
}

export const READER_LIMITS: ReaderLimits = {
  fileBytesMax: 512 * 1024 * 1024,
  lineBytesMax: 32 * 1024 * 1024,
  // case > workload > bodies > body > op > select's cases > case, and two more for each once
  nestingMax: 7 + 2 * WORKLOAD_LIMITS.onceDepth,
  casesMax: 1_000_000,
};

/** One case and where it was read. */
export interface GoldenCase extends Case {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
}

/** A whole file, read and checked. */
export interface GoldenFile {
  readonly file: string;
  readonly header: Header;
  readonly cases: readonly GoldenCase[];
}

const LF = 0x0a;
const COLONS_OF_CASE = 6 + 8;

/** Nesting depth, and colons outside strings: JSON.parse checks neither depth nor that a key comes once. */
function scan(text: string, nestingMax: number): number {
  let depth = 0;
  let colons = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x22: // the string ends at the next quote that no backslash escapes
        for (i++; i < text.length && text.charCodeAt(i) !== 0x22; i++) if (text.charCodeAt(i) === 0x5c) i++;
        break;
      case 0x3a:
        colons++;
        break;
      case 0x5b:
      case 0x7b:
        if (++depth > nestingMax) throw new Fault(`brackets are nested deeper than ${nestingMax}`, "no deeper nesting");
        break;
      case 0x5d:
      case 0x7d:
        depth--;
        break;
    }
  }
  return colons;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Fault(`no JSON: ${(error as Error).message}`, "one JSON object on the line");
  }
}

/** The name on a line, as far as it can be told, for the error that refuses the line. */
function nameOf(value: unknown): string | undefined {
  const name = typeof value === "object" && value !== null ? (value as { name?: unknown }).name : undefined;
  return typeof name === "string" && !/\p{Cc}/u.test(name) ? name.slice(0, WORKLOAD_LIMITS.nameLength) : undefined;
}

/** gunzip with a bound on what comes out. @throws GoldenError */
function inflate(bytes: Uint8Array, file: string, limits: ReaderLimits): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: limits.fileBytesMax });
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code === "ERR_BUFFER_TOO_LARGE") {
      throw new GoldenError(file, 0, undefined, "it decompresses to too much", `at most ${limits.fileBytesMax} bytes`);
    }
    throw new GoldenError(file, 0, undefined, `its gzip data is broken (${message})`, "a whole gzip file");
  }
}

/**
 * Reads a golden file from its bytes.
 *
 * @param bytes the file as it is on disk
 * @param file its path; `.gz` at its end says that it is gzipped
 * @throws GoldenError
 */
export function readGolden(bytes: Uint8Array, file: string, limits: ReaderLimits = READER_LIMITS): GoldenFile {
  if (bytes.length > limits.fileBytesMax) {
    throw new GoldenError(file, 0, undefined, `it has ${bytes.length} bytes`, `at most ${limits.fileBytesMax}`);
  }
  const gzipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (gzipped !== file.endsWith(".gz")) {
    const [is, named] = gzipped ? ["is", "not "] : ["is not", ""];
    throw new GoldenError(
      file,
      0,
      undefined,
      `it ${is} gzip data but ${named}named .gz`,
      "gzip data under a name that ends in .gz, and only there",
    );
  }
  return readLines(gzipped ? inflate(bytes, file, limits) : bytes, file, limits);
}

function readLines(text: Uint8Array, file: string, limits: ReaderLimits): GoldenFile {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const lineOf = new Map<string, number>();
  const cases: GoldenCase[] = [];
  let header: Header | undefined;
  for (let start = 0, line = 1; start < text.length; line++) {
    const newline = text.indexOf(LF, start);
    const end = newline < 0 ? text.length : newline;
    let value: unknown;
    try {
      if (end - start > limits.lineBytesMax) {
        throw new Fault(`the line has ${end - start} bytes`, `at most ${limits.lineBytesMax}`);
      }
      if (end === start) throw new Fault("the line is empty", line === 1 ? "a header" : "a case");
      const source = decode(decoder, text.subarray(start, end));
      const colons = scan(source, limits.nestingMax);
      value = parse(source);
      if (header === undefined) {
        header = checkHeader(value);
        checkColons(colons, Object.keys(header).length);
      } else {
        const checked = checkCase(value, header.extensions ?? []);
        checkColons(colons, COLONS_OF_CASE + (checked.workload.timers === undefined ? 0 : 1));
        const first = lineOf.get(checked.name);
        if (first !== undefined) throw new Fault(`line ${first} has a case of this name`, "a name once in a file");
        if (cases.length === limits.casesMax) throw new Fault("one case too many", `at most ${limits.casesMax}`);
        lineOf.set(checked.name, line);
        cases.push({ ...checked, file, line });
      }
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      throw new GoldenError(file, line, nameOf(value), error.reason, error.expected);
    }
    start = end + 1;
  }
  if (header === undefined) throw new GoldenError(file, 1, undefined, "the file is empty", "a header line");
  if (cases.length === 0) throw new GoldenError(file, 2, undefined, "the file has no case", "a case after the header");
  return { file, header, cases };
}

function decode(decoder: TextDecoder, bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Fault("the line is no UTF-8", "UTF-8 without a byte order mark");
  }
}

function checkColons(found: number, fields: number): void {
  if (found !== fields) throw new Fault("a field is there twice", "every field once");
}

/**
 * Reads a golden file from disk.
 *
 * @throws GoldenError also when the file cannot be read, or is no regular file
 */
export function readGoldenFile(path: string, limits: ReaderLimits = READER_LIMITS): GoldenFile {
  let bytes: Uint8Array;
  try {
    const other = otherThanFile(path);
    if (other !== undefined) throw new GoldenError(path, 0, undefined, `it is ${other}`, "a regular file");
    const { size } = statSync(path);
    // looked at before reading: a file too big for memory must not be loaded to learn that
    if (size > limits.fileBytesMax) {
      throw new GoldenError(path, 0, undefined, `it has ${size} bytes`, `at most ${limits.fileBytesMax}`);
    }
    bytes = readFileSync(path);
  } catch (error) {
    if (error instanceof GoldenError) throw error;
    throw new GoldenError(path, 0, undefined, `it cannot be read (${(error as Error).message})`, "a readable file");
  }
  return readGolden(bytes, path, limits);
}

/** The names golden files have. */
export function isGoldenName(file: string): boolean {
  return file.endsWith(".jsonl") || file.endsWith(".jsonl.gz");
}
