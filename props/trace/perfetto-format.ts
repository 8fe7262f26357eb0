/** What must hold of a trace in Perfetto's JSON: the part of the Trace Event format that gobuf uses. */

/** An event; `ts` in microseconds. */
export interface TraceEvent {
  ph: string;
  name?: string;
  ts?: number;
  pid: number;
  tid: number;
  id?: number;
  /** In place of `id`: one that counts within its pid alone. */
  id2?: { local: string };
  cat?: string;
  args?: Record<string, unknown>;
}

/** What an event must have besides pid and tid, by its ph. */
const FIELDS: Readonly<Record<string, readonly (keyof TraceEvent)[]>> = {
  M: ["name", "args"],
  B: ["name", "ts", "args"],
  E: ["ts"],
  s: ["name", "cat", "id", "ts"],
  f: ["name", "cat", "id", "ts"],
  i: ["name", "ts"],
  b: ["name", "cat", "ts"],
  e: ["name", "cat", "ts"],
};

/** Takes a trace apart. @throws SyntaxError when it is no JSON */
export function parseEvents(bytes: Uint8Array): TraceEvent[] {
  return (JSON.parse(new TextDecoder().decode(bytes)) as { traceEvents: TraceEvent[] }).traceEvents;
}

/** Everything that is wrong with a trace's events, each as a line. */
export function faultsOf(events: readonly TraceEvent[]): string[] {
  const faults: string[] = [];
  const named = new Set<string>();
  const open = new Map<string, string>();
  const flows = new Map<number, "s" | "f">();
  const spans = new Set<string>();
  let last = 0;
  for (const [i, event] of events.entries()) {
    const { ph, name = "", ts = last, pid, tid, id = 0, cat = "" } = event;
    const span = `${cat} ${event.id2?.local ?? event.id}`;
    const track = `${pid}.${tid}`;
    const fault = (what: string) => faults.push(`event ${i} ${JSON.stringify(event)}: ${what}`);
    const fields = FIELDS[ph];
    if (fields === undefined) fault("no such ph");
    for (const field of fields ?? []) if (event[field] === undefined) fault(`no ${field}`);
    if ((ph === "b" || ph === "e") && event.id === undefined && event.id2 === undefined) fault("neither id nor id2");
    if (ts < last) fault("earlier than the event before");
    last = ts;
    if (ph === "M") {
      if (name === "thread_name" && typeof event.args?.name === "string") named.add(track);
      continue;
    }
    if (!named.has(track)) fault("a track without a name");
    const inside = open.get(track);
    switch (ph) {
      case "B":
        if (inside !== undefined) fault(`within ${inside}`);
        open.set(track, name);
        break;
      case "E":
        if (inside === undefined) fault("nothing to end");
        open.delete(track);
        break;
      case "s":
        if (flows.has(id)) fault("an arrow that there is already");
        if (inside !== "running") fault(`begins within ${inside}`);
        flows.set(id, "s");
        break;
      case "f":
        if (flows.get(id) !== "s") fault("an arrow that did not begin");
        if (inside !== "running") fault(`ends within ${inside}`);
        flows.set(id, "f");
        break;
      case "b":
        if (spans.has(span)) fault(`a ${cat} that there is already`);
        spans.add(span);
        break;
      case "e":
        if (!spans.delete(span)) fault(`a ${cat} that did not begin`);
    }
  }
  for (const [track, name] of open) faults.push(`track ${track}: ${name} does not end`);
  for (const span of spans) faults.push(`${span} does not end`);
  return faults;
}
