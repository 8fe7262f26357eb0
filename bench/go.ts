/**
 * The Go side: bench/go built on demand, one process that runs a program at a time, so that its samples lie between
 * ours.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dir, "go");

/** The Go programs, running. */
export class GoPeer {
  private readonly lines: AsyncIterator<string>;

  private constructor(
    private readonly process: Bun.Subprocess<"pipe", "pipe", "inherit">,
    /** Go's version. */
    public version: string,
  ) {
    this.lines = splitLines(process.stdout);
  }

  /**
   * Builds and starts them.
   *
   * @param procs GOMAXPROCS
   * @returns the peer, or why there is none
   */
  static async start(procs: number): Promise<GoPeer | string> {
    if (!Bun.which("go")) return "no go on PATH";
    const binary = join(folder, ".cache", process.platform === "win32" ? "bench.exe" : "bench");
    mkdirSync(join(folder, ".cache"), { recursive: true });
    const build = Bun.spawnSync(["go", "build", "-o", binary, "."], { cwd: folder, stderr: "pipe" });
    if (build.exitCode !== 0) return `go build failed: ${build.stderr.toString().trim()}`;
    const child = Bun.spawn([binary], {
      env: { ...process.env, GOMAXPROCS: String(procs) },
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
    });
    const peer = new GoPeer(child, "");
    peer.version = await peer.line();
    return peer;
  }

  private async line(): Promise<string> {
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`bench: the Go programs ended (exit code ${this.process.exitCode})`);
    return value;
  }

  /** Runs a program once. @returns nanoseconds an operation @throws Error when it did not do its work */
  async sample(name: string, n: number, check: number): Promise<number> {
    this.process.stdin.write(`${name} ${n}\n`);
    await this.process.stdin.flush();
    const answer = await this.line();
    const [ns, got] = answer.split(" ").map(Number);
    if (ns === undefined || got !== check) {
      throw new Error(`bench: ${name} in Go gave "${answer}", expected ${check} behind the nanoseconds`);
    }
    return ns / n;
  }

  stop(): void {
    this.process.kill();
  }
}

async function* splitLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
