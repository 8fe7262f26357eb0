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
/** Lines of one workload, comments too; a scheduler that runs wild is stopped. */
const LINES_MAX = 200_000;
/** Characters of a line. */
const LINE_MAX = 1_000_000;
/** A workload may take so many times the patience, however often something is said meanwhile. */
const PATIENCES = 10;
/** How long the pipes of a process that ended are read, ms. */
const LAST_MS = 500;
/** How long one that closed its own may take to end, ms. */
const END_MS = 5000;

/** How the line of an event begins: the goroutine, the place of the operation in its body, a word. */
const EVENT = /^\d+(?:\.\d+)* [a-z]/;
const LINES = 'an event, as "0.1 send", a status change behind ~, an outcome, as "= return", or a comment behind #';

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
    // one that it started may hold its pipe for ever
    void this.process.exited.then(() => Bun.sleep(LAST_MS)).then(() => this.end());
  }

  private async read(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.process.stdout) {
      const lines = (this.rest + decoder.decode(chunk, { stream: true })).split("\n");
      this.rest = lines.pop() ?? "";
      for (const line of lines) this.lines.push(line.endsWith("\r") ? line.slice(0, -1) : line);
      if (this.rest.length > LINE_MAX || this.lines.length > LINES_MAX) return this.end();
      // a chunk may end within a line
      if (this.lines.length > 0) this.wake();
    }
    this.end();
  }

  private end(): void {
    this.ended = true;
    this.wake();
  }

  private async listen(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.process.stderr) {
      this.complaint = (this.complaint + decoder.decode(chunk, { stream: true })).slice(-10_000);
    }
  }

  /** Says a line. One that has ended, or listens no more, is told of when it is asked for its answer. */
  async write(line: string): Promise<void> {
    try {
      this.process.stdin.write(`${line}\n`);
      await this.process.stdin.flush();
    } catch {
      // its end is seen by its output
    }
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
    const ended = await Promise.race([this.process.exited.then(() => true), Bun.sleep(END_MS).then(() => false)]);
    const { exitCode, signalCode } = this.process;
    const last = this.complaint.trim().split("\n").slice(-LAST_LINES).join("\n  ");
    const said = last === "" ? "" : `:\n  ${last}`;
    if (this.rest.length > LINE_MAX) return `it said a line of more than ${LINE_MAX} characters${said}`;
    if (this.lines.length > LINES_MAX) return `it said more than ${LINES_MAX} lines that nobody asked for${said}`;
    if (!ended) return `it closed its standard output, and went on${said}`;
    return `the process died (${signalCode ?? `exit code ${exitCode}`})${said}`;
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
      const why = first === null ? "it said nothing: expected its hello, a line of JSON" : await pipe.death();
      pipe.kill();
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
    const until = performance.now() + PATIENCES * this.patience;
    // it may not listen yet: what it says meanwhile is read
    void pipe.write(JSON.stringify({ name, seed, workload }));
    for (let lines = 0; ; lines++) {
      const line = performance.now() < until ? await pipe.line(this.patience) : null;
      if (line === undefined) return broken(await pipe.death());
      if (line === null && performance.now() >= until) {
        return broken(`it is stuck: ${PATIENCES * this.patience} ms without an outcome`);
      }
      if (line === null) {
        return broken(`it is stuck: ${this.patience} ms without an event or an outcome`, !this.hello.deadlocks);
      }
      if (line.startsWith("= ")) return { outcome: line.slice(2), ops, status };
      if (line.startsWith("~")) status.push(line.slice(1));
      else if (EVENT.test(line)) ops.push(line);
      else if (!line.startsWith("#")) return broken(`it said ${JSON.stringify(line.slice(0, 200))}: expected ${LINES}`);
      if (lines > LINES_MAX) return broken(`it told more than ${LINES_MAX} events`);
    }
  }

  /** Ends the process. */
  stop(): void {
    this.pipe?.kill();
    this.pipe = undefined;
  }
}
