/** Source maps by lines: a fifth of the size of one that names every token, and a stack's lines are the same. */

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The numbers of a segment: base64 VLQ. */
function decode(segment: string): number[] {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (const digit of segment) {
    const bits = DIGITS.indexOf(digit);
    value |= (bits & 31) << shift;
    shift += 5;
    if ((bits & 32) !== 0) continue;
    numbers.push((value & 1) === 0 ? value >>> 1 : -(value >>> 1));
    value = 0;
    shift = 0;
  }
  return numbers;
}

function encode(numbers: readonly number[]): string {
  let text = "";
  for (const number of numbers) {
    let left = number < 0 ? (-number << 1) | 1 : number << 1;
    do {
      const bits = left & 31;
      left >>>= 5;
      text += DIGITS[left === 0 ? bits : bits | 32];
    } while (left !== 0);
  }
  return text;
}

/** A source map, version 3. */
export interface SourceMap {
  readonly sources: readonly string[];
  readonly mappings: string;
}

/** What a place of the generated code came from: all from 0. */
interface Place {
  readonly column: number;
  readonly source: number;
  readonly line: number;
  readonly sourceColumn: number;
}

/** The places of each generated line. */
export function placesOf({ mappings }: SourceMap): Place[][] {
  let source = 0;
  let line = 0;
  let sourceColumn = 0;
  return mappings.split(";").map((text) => {
    let column = 0;
    return text.split(",").flatMap((segment): Place[] => {
      const [dColumn = 0, dSource, dLine = 0, dSourceColumn = 0] = decode(segment);
      column += dColumn;
      if (dSource === undefined) return [];
      source += dSource;
      line += dLine;
      sourceColumn += dSourceColumn;
      return [{ column, source, line, sourceColumn }];
    });
  });
}

/**
 * Leaves of a map what tells lines apart, and drops the sources' text.
 *
 * @param isSource whether a source is one; places of others are dropped
 */
export function byLines(map: SourceMap, isSource: (source: string) => boolean): string {
  const sources = new Map<number, number>();
  let [source, line, sourceColumn] = [0, 0, 0];
  const mappings = placesOf(map).map((places) => {
    let column = 0;
    let before: Place | undefined;
    const segments: string[] = [];
    for (const place of places) {
      if (place.source === before?.source && place.line === before.line) continue;
      before = place;
      if (!isSource(map.sources[place.source] as string)) continue;
      if (!sources.has(place.source)) sources.set(place.source, sources.size);
      const of = sources.get(place.source) as number;
      segments.push(encode([place.column - column, of - source, place.line - line, place.sourceColumn - sourceColumn]));
      ({ column, line, sourceColumn } = place);
      source = of;
    }
    return segments.join(",");
  });
  const names = [...sources.keys()].map((i) => map.sources[i] as string);
  return JSON.stringify({
    version: 3,
    sources: names,
    sourcesContent: names.map(() => ""),
    names: [],
    mappings: mappings.join(";"),
  });
}
