/**
 * Replay strings: one short printable word that names one workload. `golden:FILE#NAME`, `random:SEED`, `live:SEED`.
 * Characters of a file or a case name that a shell or this syntax would trip over are percent-encoded.
 */
import { SEED_LIMIT } from "../../golden/format.ts";

/** One workload to run again. */
export type Replay =
  | { readonly kind: "golden"; readonly file: string; readonly name: string }
  | { readonly kind: "random" | "live"; readonly seed: number };

/** Percent-encodes what is not safe, but leaves paths readable. */
function encode(text: string): string {
  return encodeURIComponent(text)
    .replace(/%2F/g, "/")
    .replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
}

/** The string for a workload. */
export function formatReplay(replay: Replay): string {
  if (replay.kind === "golden") return `golden:${encode(replay.file)}#${encode(replay.name)}`;
  return `${replay.kind}:${replay.seed}`;
}

/** Reads a replay string. @throws Error that says what was expected */
export function parseReplay(text: string): Replay {
  const golden = /^golden:([^#]+)#([^#]+)$/.exec(text);
  if (golden !== null) {
    try {
      const [file, name] = [golden[1], golden[2]].map((part) => decodeURIComponent(part as string));
      return { kind: "golden", file: file as string, name: name as string };
    } catch {
      throw new Error("expected valid percent-encoding.");
    }
  }
  const seeded = /^(random|live):(\d{1,16})$/.exec(text);
  const seed = Number(seeded?.[2]);
  if (seeded === null || !(seed < SEED_LIMIT)) {
    throw new Error("expected golden:FILE#NAME, random:SEED or live:SEED.");
  }
  return { kind: seeded[1] as "random" | "live", seed };
}

/** The command that runs a workload again, with the library and the Go that this run was given. */
export function replayCommand(
  replay: Replay,
  body: string,
  { library, go }: { readonly library?: string | undefined; readonly go?: string | undefined } = {},
): string {
  const bodies = body === "" ? "" : ` --bodies ${body}`;
  const lib = library === undefined ? "" : ` --library ${shellQuote(library)}`;
  const recorder = go === undefined || replay.kind !== "live" ? "" : ` --go ${shellQuote(go)}`;
  return `bun run fidelity --replay '${formatReplay(replay)}'${bodies}${lib}${recorder}`;
}

function shellQuote(text: string): string {
  return /^[\w./:=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Seed of the k-th random workload: from the base seed, one after the other, far apart for neighbouring bases. */
export function workloadSeed(base: number, k: number): number {
  return Number((BigInt(base) * 1_000_003n + BigInt(k)) % BigInt(SEED_LIMIT));
}
