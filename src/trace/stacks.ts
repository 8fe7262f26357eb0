/** Stacks of a trace: what its events name, each kept once. */

/** A frame; equal frames are one object. */
export interface Frame {
  /** Stands for the program counter: a number of its own, from 1. */
  readonly pc: number;
  readonly func: string;
  /** Empty where it is not known. */
  readonly file: string;
  /** 0 where it is not known. */
  readonly line: number;
}

/** A stack, the innermost frame first; equal stacks are one object. */
export interface Stack {
  readonly frames: readonly Frame[];
  /** Number in the generation of the Go trace that it was last written in, and that generation. */
  id: number;
  generation: number;
}

type Sites = readonly (Error | undefined)[];

/** "name (file:line:column)", or the place alone. */
const FRAME = /^(?:(.*) \()?(.*?)(?::(\d+))?(?::\d+)?\)?$/;

/** A frame as JavaScript writes it, of a function of that name where it has none. */
function partsOf(text: string, name: string): Omit<Frame, "pc"> {
  const [, func, file = "", line = "0"] = FRAME.exec(text) ?? [];
  return { func: func ?? name, file, line: Number(line) };
}

/** A frame that is in no trace. @param name of the function, where the text has none */
export function frameOf(text: string, name: string): Frame {
  return { pc: 0, ...partsOf(text, name) };
}

/** The stacks of one trace. */
export class Stacks {
  private readonly frames = new Map<string, Frame>();
  private readonly byFunction = new Map<string, Stack>();
  private readonly bySite = new Map<string, Stack>();

  /** A stack of one frame: a function, whose place is not known. */
  ofFunction(name: string): Stack {
    let stack = this.byFunction.get(name);
    if (stack === undefined) {
      stack = { frames: [this.frame(name, "", 0)], id: 0, generation: 0 };
      this.byFunction.set(name, stack);
    }
    return stack;
  }

  /**
   * The stack of an operation.
   *
   * @param sites what was made there, by the levels of its stack; their texts are the key, so that they are taken apart once
   * @param parse gives their frames, as JavaScript writes them
   * @param entry stands for a frame without a name, and for sites without frames
   */
  ofSites(sites: Sites, parse: (sites: Sites) => readonly string[], entry: Stack): Stack {
    const texts = sites.map((site) => site?.stack);
    const key = `${(entry.frames[0] as Frame).func}\n${texts.join("\n")}`;
    let stack = this.bySite.get(key);
    if (stack === undefined) {
      const frames = parse(sites).map((text) => {
        const { func, file, line } = partsOf(text, (entry.frames[0] as Frame).func);
        return this.frame(func, file, line);
      });
      stack = frames.length === 0 ? entry : { frames, id: 0, generation: 0 };
      this.bySite.set(key, stack);
    }
    return stack;
  }

  private frame(func: string, file: string, line: number): Frame {
    const key = `${func}\n${file}\n${line}`;
    let frame = this.frames.get(key);
    if (frame === undefined) {
      frame = { pc: this.frames.size + 1, func, file, line };
      this.frames.set(key, frame);
    }
    return frame;
  }
}
