/**
 * Go's execution-trace format, version 1.26: internal/trace/tracev2/events.go, as runtime/trace*.go writes it.
 *
 * A trace is a row of generations that can be read one after the other. Each has its own strings, stacks and sequence
 * numbers, so that what a long run needs in memory is bounded; a new one begins every {@link GENERATION_BYTES}.
 */
import { Grunning, Gwaiting } from "../runtime/runtime2.ts";
import type { TraceFormat } from "./format.ts";
import { goBlockReasons, stopReasons } from "./reasons.ts";
import type { Output } from "./sink.ts";
import type { Stack } from "./stacks.ts";

const HEADER = "go 1.26 trace\0\0\0";

/** Types of events, by Go's names: internal/trace/tracev2/events.go. */
export const events = {
  EvEventBatch: 1,
  EvStacks: 2,
  EvStack: 3,
  EvStrings: 4,
  EvString: 5,
  EvFrequency: 8,
  EvProcStart: 10,
  EvProcStop: 11,
  EvProcStatus: 13,
  EvGoCreate: 14,
  EvGoStart: 16,
  EvGoDestroy: 17,
  EvGoStop: 19,
  EvGoBlock: 20,
  EvGoUnblock: 21,
  EvGoStatus: 25,
  EvUserTaskBegin: 40,
  EvUserTaskEnd: 41,
  EvUserRegionBegin: 42,
  EvUserRegionEnd: 43,
  EvUserLog: 44,
  EvGoStatusStack: 48,
  EvSync: 50,
  EvClockSnapshot: 51,
  EvEndOfGeneration: 52,
} as const;

const procRunning = 1;
const procIdle = 2;
const goRunnable = 1;
const goRunning = 2;
const goWaiting = 4;

/** The one M. Go's viewer draws no arrow from what stands at number 0. */
const M = 1;
/** The one P. */
const P = 0;
/** Most bytes of a batch's data: tracev2.MaxBatchSize. */
const BATCH_BYTES = 1 << 16;
/** No event is longer: a type and five numbers of 10 bytes each. */
const EVENT_BYTES = 64;
/** Most bytes of a string: tracev2.MaxEventTrailerDataSize. */
const STRING_BYTES = 1 << 10;
/** Most frames of a stack: tracev2.MaxFramesPerStack. */
const STACK_FRAMES = 128;
/** A generation with so many bytes of events is ended: its reader holds it in memory. Some 900,000 events. */
const GENERATION_BYTES = 1 << 22;

/** The strings that every generation has first, so that their numbers are known. */
const reasons = [...new Set([...goBlockReasons, ...stopReasons])];
const blockReasonIds = Uint8Array.from(goBlockReasons, (text) => reasons.indexOf(text) + 1);
const stopReasonIds = Uint8Array.from(stopReasons, (text) => reasons.indexOf(text) + 1);

const utf8 = new TextEncoder();

/** Writes Go's format. */
export class GoTrace implements TraceFormat {
  /** The batch of the M under way: its events' bytes, and its header's time. */
  private readonly data = new Uint8Array(BATCH_BYTES);
  private pos = 0;
  private batchTime = 0;
  /** Time of the last event, from which the next one's is counted. */
  private last = 0;

  private generation = 0;
  /** Bytes of its events that are written. */
  private written = 0;
  private readonly strings = new Map<string, number>();
  private readonly stacks: Stack[] = [];
  private procSeq = 0;
  private running = false;

  /** By G: the generation that it was last told of in, and its last sequence number there. */
  private told = new Uint32Array(1024);
  private seqs = new Uint32Array(1024);

  private readonly header = new Uint8Array(EVENT_BYTES);

  constructor(
    private readonly out: Output,
    /** Tells the wall clock, milliseconds since the Unix epoch. */
    private readonly wall: () => number,
    private readonly generationBytes = GENERATION_BYTES,
  ) {}

  begin(time: number, running: boolean): void {
    this.out.write(utf8.encode(HEADER));
    this.running = running;
    this.last = time;
    this.beginGeneration(time);
  }

  exists(time: number, gp: number, id: number, status: number, _reason: number, stack: Stack): void {
    this.tell(gp);
    this.event(events.EvGoStatusStack, time);
    this.put(id);
    this.put(M);
    this.put(status === Gwaiting ? goWaiting : status === Grunning ? goRunning : goRunnable);
    this.put(this.stackId(stack));
  }

  proc(time: number, running: boolean): void {
    this.turn(time);
    this.running = running;
    if (running) {
      this.event(events.EvProcStart, time);
      this.put(P);
      this.put(++this.procSeq);
    } else this.event(events.EvProcStop, time);
  }

  create(time: number, gp: number, id: number, entry: Stack, _creator: number, at: Stack | null): void {
    this.turn(time);
    this.tell(gp);
    this.event(events.EvGoCreate, time);
    this.put(id);
    this.put(this.stackId(entry));
    this.put(at === null ? 0 : this.stackId(at));
  }

  start(time: number, gp: number, id: number): void {
    this.know(time, gp, id, goRunnable);
    this.event(events.EvGoStart, time);
    this.put(id);
    this.put(++this.seqs[gp]);
  }

  stop(time: number, gp: number, id: number, reason: number, stack: Stack): void {
    this.know(time, gp, id, goRunning);
    this.event(events.EvGoStop, time);
    this.put(stopReasonIds[reason]);
    this.put(this.stackId(stack));
  }

  block(time: number, gp: number, id: number, reason: number, stack: Stack): void {
    this.know(time, gp, id, goRunning);
    this.event(events.EvGoBlock, time);
    this.put(blockReasonIds[reason]);
    this.put(this.stackId(stack));
  }

  unblock(time: number, gp: number, id: number, _by: number, at: Stack | null): void {
    this.know(time, gp, id, goWaiting);
    this.event(events.EvGoUnblock, time);
    this.put(id);
    this.put(++this.seqs[gp]);
    this.put(at === null ? 0 : this.stackId(at));
  }

  destroy(time: number, gp: number, id: number): void {
    this.know(time, gp, id, goRunning);
    this.event(events.EvGoDestroy, time);
  }

  /** The format has no word for goroutines that will do nothing any more: they stay as they are. */
  over(): void {}

  log(time: number, gp: number, id: number, task: number, category: string, message: string, stack: Stack): void {
    this.know(time, gp, id, goRunning);
    this.event(events.EvUserLog, time);
    this.put(task);
    this.put(this.stringId(category));
    this.put(this.stringId(message));
    this.put(this.stackId(stack));
  }

  region(time: number, gp: number, id: number, task: number, begins: boolean, type: string, stack: Stack): void {
    this.know(time, gp, id, goRunning);
    this.event(begins ? events.EvUserRegionBegin : events.EvUserRegionEnd, time);
    this.put(task);
    this.put(this.stringId(type));
    this.put(this.stackId(stack));
  }

  taskBegin(time: number, gp: number, id: number, task: number, parent: number, type: string, stack: Stack): void {
    this.know(time, gp, id, goRunning);
    this.event(events.EvUserTaskBegin, time);
    this.put(task);
    this.put(parent);
    this.put(this.stringId(type));
    this.put(this.stackId(stack));
  }

  taskEnd(time: number, gp: number, id: number, task: number, stack: Stack): void {
    this.know(time, gp, id, goRunning);
    this.event(events.EvUserTaskEnd, time);
    this.put(task);
    this.put(this.stackId(stack));
  }

  end(time: number): void {
    this.endGeneration(time);
  }

  /** A good place to end a generation: no event is under way. */
  private turn(time: number): void {
    if (this.written + this.pos < this.generationBytes) return;
    this.endGeneration(time);
    this.beginGeneration(time);
  }

  /** A generation tells of a goroutine's status before its first event. */
  private know(time: number, gp: number, id: number, status: number): void {
    this.turn(time);
    if (this.told[gp] === this.generation) return;
    this.tell(gp);
    this.event(events.EvGoStatus, time);
    this.put(id);
    this.put(M);
    this.put(status);
  }

  /** From here on this generation has told of a G. */
  private tell(gp: number): void {
    if (gp >= this.told.length) {
      const size = Math.max(gp + 1, 2 * this.told.length);
      this.told = grown(this.told, size);
      this.seqs = grown(this.seqs, size);
    }
    this.told[gp] = this.generation;
    this.seqs[gp] = 0;
  }

  private beginGeneration(time: number): void {
    this.generation++;
    this.written = 0;
    this.strings.clear();
    this.stacks.length = 0;
    for (const text of reasons) this.stringId(text);
    const wall = this.wall();
    const seconds = Math.floor(wall / 1000);
    this.event(events.EvSync, time, true);
    this.data[this.pos++] = events.EvFrequency;
    this.put(1e9);
    this.data[this.pos++] = events.EvClockSnapshot;
    this.put(0);
    this.put(time);
    this.put(seconds);
    this.put(Math.floor((wall - 1000 * seconds) * 1e6));
    this.flush(true);
    this.event(events.EvProcStatus, time);
    this.put(P);
    this.put(this.running ? procRunning : procIdle);
    this.procSeq = 0;
  }

  private endGeneration(time: number): void {
    this.flush(false);
    this.writeStacks(time);
    this.writeStrings(time);
    this.out.write(Uint8Array.of(events.EvEndOfGeneration));
  }

  private writeStacks(time: number): void {
    this.event(events.EvStacks, time, true);
    for (const stack of this.stacks) {
      const frames = stack.frames.slice(-STACK_FRAMES);
      // A frame is at the most four numbers.
      if (this.pos + EVENT_BYTES * (1 + frames.length) > BATCH_BYTES) {
        this.flush(true);
        this.event(events.EvStacks, time, true);
      }
      this.data[this.pos++] = events.EvStack;
      this.put(stack.id);
      this.put(frames.length);
      for (const { pc, func, file, line } of frames) {
        this.put(pc);
        this.put(this.stringId(func));
        this.put(file === "" ? 0 : this.stringId(file));
        this.put(line);
      }
    }
    this.flush(true);
  }

  private writeStrings(time: number): void {
    this.event(events.EvStrings, time, true);
    for (const [text, id] of this.strings) {
      const bytes = encode(text);
      if (this.pos + EVENT_BYTES + bytes.length > BATCH_BYTES) {
        this.flush(true);
        this.event(events.EvStrings, time, true);
      }
      this.data[this.pos++] = events.EvString;
      this.put(id);
      this.put(bytes.length);
      this.data.set(bytes, this.pos);
      this.pos += bytes.length;
    }
    this.flush(true);
  }

  private stringId(text: string): number {
    const known = this.strings.get(text);
    if (known !== undefined) return known;
    const id = this.strings.size + 1;
    this.strings.set(text, id);
    return id;
  }

  private stackId(stack: Stack): number {
    if (stack.generation !== this.generation) {
      stack.generation = this.generation;
      stack.id = this.stacks.push(stack);
    }
    return stack.id;
  }

  /** The type of an event and its time; its numbers follow. A structural one has no time, and begins a batch. */
  private event(type: number, time: number, structural = false): void {
    if (this.pos > BATCH_BYTES - EVENT_BYTES) this.flush(false);
    if (this.pos === 0) {
      this.batchTime = time;
      this.last = time;
    }
    this.data[this.pos++] = type;
    if (structural) return;
    this.put(time - this.last);
    this.last = time;
  }

  private put(value: number): void {
    this.pos = uvarint(this.data, this.pos, value);
  }

  /** Writes the batch out. @param structural it belongs to no M */
  private flush(structural: boolean): void {
    if (this.pos === 0) return;
    const { data, header, pos } = this;
    header[0] = events.EvEventBatch;
    let at = uvarint(header, 1, this.generation);
    if (structural) {
      // M is 2^64-1: all ones.
      header.fill(0xff, at, at + 9);
      header[at + 9] = 1;
      at += 10;
    } else at = uvarint(header, at, M);
    at = uvarint(header, at, this.batchTime);
    at = uvarint(header, at, pos);
    this.out.write(header.subarray(0, at));
    this.out.write(data.subarray(0, pos));
    this.written += pos;
    this.pos = 0;
  }
}

/** Writes a number, seven bits a byte, the lowest first. @param value 0 to 2^53-1 @returns where the next byte goes */
function uvarint(bytes: Uint8Array, at: number, value: number): number {
  let pos = at;
  let rest = value;
  while (rest > 0x7fffffff) {
    bytes[pos++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  while (rest > 0x7f) {
    bytes[pos++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[pos++] = rest;
  return pos;
}

/** The bytes of a string, cut where the format allows no more, between two characters. */
function encode(text: string): Uint8Array {
  const bytes = new Uint8Array(STRING_BYTES);
  return bytes.subarray(0, utf8.encodeInto(text, bytes).written);
}

function grown(old: Uint32Array<ArrayBuffer>, size: number): Uint32Array<ArrayBuffer> {
  const more = new Uint32Array(size);
  more.set(old);
  return more;
}
