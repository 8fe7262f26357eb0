/** A scheduler as a process: a hello, then a workload a line in, its events and outcome out. */
import type { CaseInput } from "../../../golden/format.ts";
import { type Hello, readHello } from "./hello.ts";
import type { Answer } from "./judge.ts";

/** A scheduler that could not be started, or that says what makes no sense. */
export class SubjectError extends Error {
  override readonly name = "SubjectError";
}

/** Lines of stderr that are shown of a process that died. */
const LAST_LINES = 5;
/** How long a scheduler may take to start, ms. */
const HELLO_MS = 60_000;
/** Events of one workload; a scheduler that runs wild is stopped. */
const EVENTS_MAX = 200_000;

type Process = Bun.Subprocess<"pipe", "pipe", "pipe">;

/** One running process, line by line. */
class Pipe {
  private readonly lines: string[] = [];
  private wake: () => void = () => {};
  private ended = false;
  private rest = "";
  private complaint = "";

  private readonly process: Process;

  constructor(command: readonly string[]) {
    this.process = Bun.spawn([...command], { stdin: "pipe", stdout: "pipe", stderr: "pipe" });
    void this.read();
    void this.listen();
  }

  private async read(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.process.stdout) {
      const lines = (this.rest + decoder.decode(chunk, { stream: true })).split("\n");
      this.rest = lines.pop() ?? "";
      this.lines.push(...lines);
      this.wake();
    }
    this.ended = true;
    this.wake();
  }

  private async listen(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.process.stderr) {
      this.complaint = (this.complaint + decoder.decode(chunk, { stream: true })).slice(-10_000);
    }
  }

  write(line: string): void {
    this.process.stdin.write(`${line}\n`);
    this.process.stdin.flush();
  }

  /** The next line; undefined when the process ended; null when it was silent for `ms`. */
  async line(ms: number): Promise<string | undefined | null> {
    if (this.lines.length === 0 && !this.ended) {
      let timer: Timer | undefined;
      const late = await new Promise<boolean>((resolve) => {
        timer = setTimeout(() => resolve(true), ms);
        this.wake = () => resolve(false);
        if (this.lines.length > 0 || this.ended) resolve(false);
      });
      clearTimeout(timer);
      if (late) return null;
    }
    return this.lines.shift();
  }

  /** How it ended, with the last that it said on stderr. */
  async death(): Promise<string> {
    await this.process.exited;
    const { exitCode, signalCode } = this.process;
    const last = this.complaint.trim().split("\n").slice(-LAST_LINES).join("\n  ");
    return `the process died (${signalCode ?? `exit code ${exitCode}`})${last === "" ? "" : `:\n  ${last}`}`;
  }

  kill(): void {
    this.process.kill("SIGKILL");
  }
}

/** A scheduler; a process that died or hung is started again for the next workload. */
export class Subject {
  hello!: Hello;
  private pipe: Pipe | undefined;

  private constructor(
    private readonly command: readonly string[],
    private readonly patience: number,
  ) {}

  /**
   * Starts a scheduler and hears its hello.
   *
   * @param patience ms of silence after which it is said to be stuck
   * @throws SubjectError
   */
  static async start(command: readonly string[], patience: number): Promise<Subject> {
    const subject = new Subject(command, patience);
    await subject.open();
    return subject;
  }

  private async open(): Promise<Pipe> {
    let pipe: Pipe;
    try {
      pipe = new Pipe(this.command);
    } catch (error) {
      throw new SubjectError(`${this.command[0]}: it cannot be started (${(error as Error).message})`);
    }
    const first = await pipe.line(Math.max(this.patience, HELLO_MS));
    if (typeof first !== "string") {
      if (first === null) pipe.kill();
      const why = first === null ? "it said nothing: expected its hello, a line of JSON" : await pipe.death();
      throw new SubjectError(`${this.command.join(" ")}: ${why}`);
    }
    try {
      this.hello = readHello(first);
    } catch (error) {
      pipe.kill();
      throw new SubjectError(`${this.command.join(" ")}: ${(error as Error).message}`);
    }
    this.pipe = pipe;
    return pipe;
  }

  /** Runs one workload. */
  async run({ name, seed, workload }: CaseInput): Promise<Answer> {
    const pipe = this.pipe ?? (await this.open());
    const ops: string[] = [];
    const status: string[] = [];
    const broken = (fault: string, silent = false): Answer => {
      this.stop();
      return { outcome: silent ? "deadlock" : "none", ops, status, fault, silent };
    };
    pipe.write(JSON.stringify({ name, seed, workload }));
    for (;;) {
      const line = await pipe.line(this.patience);
      if (line === undefined) return broken(await pipe.death());
      if (line === null) {
        return broken(`it is stuck: ${this.patience} ms without an event or an outcome`, !this.hello.deadlocks);
      }
      if (line.startsWith("= ")) return { outcome: line.slice(2), ops, status };
      if (line.startsWith("~")) status.push(line.slice(1));
      else if (!line.startsWith("#")) ops.push(line);
      if (ops.length + status.length > EVENTS_MAX) return broken(`it told more than ${EVENTS_MAX} events`);
    }
  }

  /** Ends the process. */
  stop(): void {
    this.pipe?.kill();
    this.pipe = undefined;
  }
}
