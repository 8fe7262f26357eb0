/** The driver: how it is run, and what it says. */
import { driverCommand, nameFor } from "./abi.ts";
import { type Result, readResult } from "./result.ts";

/** Options of one run, as the command line has them. */
export interface Options {
  readonly property?: string;
  readonly subject?: string;
  readonly seed?: string;
  readonly strict?: boolean;
}

/** What came of a run. */
export interface Ran {
  readonly results: readonly Result[];
  /** 0: nothing failed; 1: something did; 2: it could not be tried. */
  readonly code: number;
  /** What the driver said on stderr. */
  readonly complaint: string;
}

/**
 * Puts the properties to the subjects of a shared object.
 *
 * @param each is called with each verdict as it comes
 * @param runner what runs the driver, as an emulator's command
 */
export async function putTo(
  file: string,
  options: Options,
  each: (result: Result) => void = () => {},
  runner: readonly string[] = driverCommand(),
): Promise<Ran> {
  const flags = (["property", "subject", "seed"] as const).flatMap((name) => {
    const value = options[name];
    return value === undefined ? [] : [`--${name}`, value];
  });
  if (options.strict) flags.push("--strict");
  const child = Bun.spawn([...runner, "--json", ...flags, nameFor(runner, file)], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const results: Result[] = [];
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const result = readResult(line);
      results.push(result);
      each(result);
    }
  }
  const [code, said] = [await child.exited, (await child.stderr.text()).trim()];
  if (code <= 2) return { results, code, complaint: said };
  // its own exit codes are up to 2: what runs it has others
  return { results, code: 2, complaint: `${said}\nthe driver ended with exit code ${code}`.trim() };
}
