/** Values of channels as the words that native bodies send and receive. */
import type { Hchan } from "../runtime/chan.ts";
import { goidOf } from "../runtime/gstatus.ts";
import { mp } from "../runtime/m.ts";
import { FatalError } from "../runtime/panic.ts";
import { type Codec, plain, word, wordToValue } from "../runtime/word.ts";

/** A result that is in `word` of word.ts. */
export const WORDS = Symbol("words");

/** Makes a word of what a native body receives. @throws FatalError, or the value would be lost */
export function encode(gp: number, codec: Codec<unknown>, value: unknown): typeof WORDS {
  try {
    codec.toWord(value, word);
  } catch (cause) {
    // Ends no goroutine: a codec converts.
    const hint = codec === plain ? ": make the channel by native.chan, with a codec" : "";
    const text = `native goroutine ${goidOf(gp)} received what no word can hold: ${(cause as Error).message}${hint}`;
    throw Object.assign(new FatalError(text), { cause });
  }
  return WORDS;
}

/** The value of a word that goes to a channel. */
export function sent(c: Hchan, lo: number, hi: number): unknown {
  return c.codec === null ? wordToValue(lo, hi) : c.codec.fromWord(lo, hi);
}

/** A result from a channel, of its codec. */
export function received(gp: number, c: Hchan, value: unknown): unknown {
  return c.codec !== null && mp.ok ? encode(gp, c.codec, value) : value;
}
