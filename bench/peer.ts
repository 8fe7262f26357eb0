/** A process that runs the programs of one implementation; host.ts has the protocol. */

/** A sample: what was measured of an operation, one number for each part of the row. */
export type Sample = readonly number[];

/** How a peer is started. */
export interface Command {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Processes that run, to be ended with this one: in the middle of a sample they do not look at their input. */
const running = new Set<Bun.Subprocess>();
process.on("exit", () => {
  for (const child of running) child.kill();
});

/** A peer that runs. */
export class Peer implements AsyncDisposable {
  /** Its own version. */
  version = "";
  /** The rows it has a program for. */
  programs: ReadonlySet<string> = new Set();
  private readonly lines: AsyncIterator<string>;

  private constructor(
    readonly impl: string,
    private readonly process: Bun.Subprocess<"pipe", "pipe", "pipe">,
  ) {
    this.lines = splitLines(process.stdout);
  }

  /** @throws Error that says why it cannot run */
  static async start(impl: string, { argv, env = {} }: Command): Promise<Peer> {
    const child = Bun.spawn([...argv], {
      env: { ...process.env, ...env },
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
    });
    running.add(child);
    child.exited.then(() => running.delete(child));
    const peer = new Peer(impl, child);
    const [version = "", ...programs] = (await peer.line()).split("\t");
    peer.version = version;
    peer.programs = new Set(programs);
    return peer;
  }

  private async line(): Promise<string> {
    const { value, done } = await this.lines.next();
    if (!done) return value;
    const said = (await new Response(this.process.stderr).text()).trim();
    throw new Error(`bench: ${this.impl} ended with exit code ${await this.process.exited}: ${said.slice(-2000)}`);
  }

  /**
   * Runs a program.
   *
   * @param check what it must give for `n`
   * @throws Error when it did not do its work
   */
  async sample(name: string, n: number, samples: number, check: number): Promise<Sample[]> {
    this.process.stdin.write(`${samples} ${n} ${name}\n`);
    await this.process.stdin.flush();
    const answer = await this.line();
    if (answer.startsWith("!")) throw new Error(`bench: ${name}, ${this.impl}: ${answer.slice(2)}`);
    return answer.split(";").map((text) => {
      const [got, ...values] = text.split(" ").map(Number);
      if (got !== check) throw new Error(`bench: ${name}, ${this.impl}, gave ${got}, expected ${check}`);
      return values.map((value) => value / n);
    });
  }

  /** Ends the process. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill();
    await this.process.exited;
  }
}

async function* splitLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    yield* lines.map((line) => line.replace(/\r$/, ""));
  }
}
