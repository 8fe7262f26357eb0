/**
 * Chrome's Trace Event format (JSON), which Perfetto and chrome://tracing read.
 *
 * Two groups of tracks: the P, with the goroutine that it runs, and the goroutines, each with what it is doing: running,
 * runnable, or its wait reason. An arrow leads from what made a goroutine runnable to where it runs. Tasks, where there
 * are any, are a third group.
 */
import { Grunning, Gwaiting, waitReasonStrings } from "../runtime/runtime2.ts";
import type { TraceFormat } from "./format.ts";
import { stopReasons } from "./reasons.ts";
import type { Output } from "./sink.ts";
import type { Stack } from "./stacks.ts";

/** Process numbers of the groups. */
const PID_P = 1;
const PID_GOROUTINES = 2;
const PID_TASKS = 3;
/** The track of the one P, the group of those of goroutines, and where tasks are. */
const PROC = `"pid":${PID_P},"tid":1`;
const GOROUTINE = `"pid":${PID_GOROUTINES},"tid":`;
const TASKS = `"pid":${PID_TASKS},"tid":1`;

/** Characters that are collected before they are encoded. */
const TEXT_MAX = 1 << 16;
const utf8 = new TextEncoder();

const quoted = JSON.stringify;
const reasonTexts = waitReasonStrings.map((text) => quoted(text));
const stopTexts = stopReasons.map((text) => `"reason":${quoted(text)}`);

/** A goroutine that there is. */
interface Track {
  /** Its name, as JSON. */
  readonly name: string;
  /** The arrow that leads to its next run, 0 for none. */
  flow: number;
  /** Regions that it is in. */
  readonly regions: number[];
}

/** A number of a task as a member that follows another: empty for none. */
function memberOf(name: string, task: number): string {
  return task === 0 ? "" : `,"${name}":${task}`;
}

/** Writes Perfetto's JSON. */
export class PerfettoTrace implements TraceFormat {
  private text = "";
  private flows = 0;
  private regions = 0;
  private readonly tracks = new Map<number, Track>();
  /** Tasks that are under way: their types, as JSON. */
  private readonly tasks = new Map<number, string>();
  private hasTasks = false;
  /** The goroutine on the P, 0 for none. */
  private onP = 0;
  private time = 0;
  private timeText = "0";

  constructor(private readonly out: Output) {}

  begin(): void {
    this.text = '{"displayTimeUnit":"ns","traceEvents":[\n';
    this.text += `{"ph":"M","name":"process_name",${PROC},"args":{"name":"Procs"}},\n`;
    this.text += `{"ph":"M","name":"thread_name",${PROC},"args":{"name":"Proc 0"}},\n`;
    this.text += `{"ph":"M","name":"process_sort_index",${PROC},"args":{"sort_index":0}},\n`;
    this.text += `{"ph":"M","name":"process_name",${GOROUTINE}0,"args":{"name":"Goroutines"}},\n`;
    this.text += `{"ph":"M","name":"process_sort_index",${GOROUTINE}0,"args":{"sort_index":1}}`;
  }

  exists(time: number, _gp: number, id: number, status: number, reason: number, stack: Stack): void {
    this.track(id, stack);
    if (status === Grunning) this.run(time, id);
    else this.show(time, id, status === Gwaiting ? reasonTexts[reason] : '"runnable"', "");
  }

  /** An idle P shows as a gap. */
  proc(): void {}

  create(time: number, _gp: number, id: number, entry: Stack, creator: number, at: Stack | null): void {
    this.track(id, entry);
    this.runnable(time, id, creator, at);
  }

  start(time: number, _gp: number, id: number): void {
    this.leave(time, id);
    this.run(time, id);
    const track = this.tracks.get(id) as Track;
    if (track.flow !== 0) this.arrow(time, id, `"ph":"f","bp":"e"`, track.flow);
    track.flow = 0;
  }

  stop(time: number, _gp: number, id: number, reason: number, stack: Stack): void {
    this.leave(time, id);
    this.show(time, id, '"runnable"', `${stopTexts[reason]}${placeOf(stack)}`);
  }

  block(time: number, _gp: number, id: number, reason: number, stack: Stack): void {
    this.leave(time, id);
    this.show(time, id, reasonTexts[reason], placeOf(stack).slice(1));
  }

  unblock(time: number, _gp: number, id: number, by: number, at: Stack | null): void {
    this.leave(time, id);
    this.runnable(time, id, by, at);
  }

  destroy(time: number, _gp: number, id: number): void {
    this.leave(time, id);
    for (const region of this.tracks.get(id)?.regions ?? []) this.bracket(time, id, "e", region, "", 0);
    this.tracks.delete(id);
  }

  over(time: number): void {
    for (const id of [...this.tracks.keys()]) this.destroy(time, 0, id);
  }

  log(time: number, _gp: number, id: number, task: number, category: string, message: string, stack: Stack): void {
    const name = quoted(category === "" ? message : `${category}: ${message}`);
    const what = `"category":${quoted(category)},"message":${quoted(message)}`;
    const args = `${what}${memberOf("task", task)}${placeOf(stack)}`;
    this.event(`"ph":"i","s":"t","name":${name},"ts":${this.at(time)},${GOROUTINE}${id},"args":{${args}}`);
  }

  region(time: number, _gp: number, id: number, task: number, begins: boolean, type: string): void {
    const { regions } = this.tracks.get(id) as Track;
    const region = begins ? ++this.regions : regions.pop();
    if (region === undefined) return;
    if (begins) regions.push(region);
    this.bracket(time, id, begins ? "b" : "e", region, type, task);
  }

  taskBegin(time: number, _gp: number, id: number, task: number, parent: number, type: string, stack: Stack): void {
    if (!this.hasTasks) {
      this.hasTasks = true;
      this.event(`"ph":"M","name":"process_name",${TASKS},"args":{"name":"Tasks"}`);
      this.event(`"ph":"M","name":"thread_name",${TASKS},"args":{"name":"Tasks"}`);
      this.event(`"ph":"M","name":"process_sort_index",${TASKS},"args":{"sort_index":2}`);
    }
    const name = quoted(type);
    this.tasks.set(task, name);
    const args = `"task":${task}${memberOf("parent", parent)},"goroutine":${id}${placeOf(stack)}`;
    this.taskEdge(time, "b", task, name, `,"args":{${args}}`);
  }

  /** Of a task that is older than the trace nothing is shown. */
  taskEnd(time: number, _gp: number, _id: number, task: number): void {
    const name = this.tasks.get(task);
    if (name === undefined) return;
    this.tasks.delete(task);
    this.taskEdge(time, "e", task, name, "");
  }

  end(time: number): void {
    this.over(time);
    for (const task of [...this.tasks.keys()]) this.taskEnd(time, 0, 0, task);
    this.text += "\n]}\n";
    this.flush();
  }

  private track(id: number, entry: Stack): void {
    const name = quoted(`${entry.frames.at(-1)?.func ?? "goroutine"} (${id})`);
    this.tracks.set(id, { name, flow: 0, regions: [] });
    this.event(`"ph":"M","name":"thread_name",${GOROUTINE}${id},"args":{"name":${name}}`);
  }

  /** A goroutine became runnable. @param by number of the running one, 0 for none */
  private runnable(time: number, id: number, by: number, at: Stack | null): void {
    this.show(time, id, '"runnable"', `"by":${by}${at === null ? "" : placeOf(at)}`);
    const track = this.tracks.get(id) as Track;
    if (by === 0) return;
    track.flow = ++this.flows;
    this.arrow(time, by, `"ph":"s"`, track.flow);
  }

  /** What a goroutine does begins. @param name as JSON @param args members of an object */
  private show(time: number, id: number, name: string, args: string): void {
    this.event(`"ph":"B","name":${name},"ts":${this.at(time)},${GOROUTINE}${id},"args":{${args}}`);
  }

  /** What a goroutine did ends. */
  private leave(time: number, id: number): void {
    this.event(`"ph":"E","ts":${this.at(time)},${GOROUTINE}${id}`);
    if (this.onP !== id) return;
    this.onP = 0;
    this.event(`"ph":"E","ts":${this.at(time)},${PROC}`);
  }

  private run(time: number, id: number): void {
    this.onP = id;
    const { name } = this.tracks.get(id) as Track;
    this.event(`"ph":"B","name":${name},"ts":${this.at(time)},${PROC},"args":{"goroutine":${id}}`);
    this.show(time, id, '"running"', "");
  }

  /** One end of an arrow: in what a goroutine does at that time. */
  private arrow(time: number, id: number, end: string, flow: number): void {
    this.event(`${end},"cat":"wake","name":"wake","id":${flow},"ts":${this.at(time)},${GOROUTINE}${id}`);
  }

  private bracket(time: number, id: number, ph: "b" | "e", region: number, type: string, task: number): void {
    const where = `"ts":${this.at(time)},${GOROUTINE}${id}${task === 0 ? "" : `,"args":{"task":${task}}`}`;
    this.event(`"ph":"${ph}","cat":"region","name":${quoted(type)},"id":${region},${where}`);
  }

  /** With a number of the group's own: a slice with a global one would stand in no group. @param more members */
  private taskEdge(time: number, ph: "b" | "e", task: number, name: string, more: string): void {
    const id = `"id2":{"local":"0x${task.toString(16)}"}`;
    this.event(`"ph":"${ph}","cat":"task","name":${name},${id},"ts":${this.at(time)},${TASKS}${more}`);
  }

  /** A time in the format's microseconds; several events have the same. */
  private at(time: number): string {
    if (time !== this.time) {
      this.time = time;
      this.timeText = String(time / 1000);
    }
    return this.timeText;
  }

  /** @param members of the object */
  private event(members: string): void {
    this.text += `,\n{${members}}`;
    if (this.text.length > TEXT_MAX) this.flush();
  }

  private flush(): void {
    this.out.write(utf8.encode(this.text));
    this.text = "";
  }
}

/** The place that a stack tells of, as a member that follows another: empty without source lines. */
function placeOf(stack: Stack): string {
  const frames = stack.frames.filter(({ file }) => file !== "");
  if (frames.length === 0) return "";
  return `,"at":${quoted(frames.map(({ func, file, line }) => `${func} (${file}:${line})`))}`;
}
