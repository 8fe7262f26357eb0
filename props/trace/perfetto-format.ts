/** What must hold of a trace in Perfetto's JSON: the part of the Trace Event format that gobuf uses. */

/** An event; `ts` in microseconds. */
export interface TraceEvent {
  ph: string;
  name?: string;
  ts?: number;
  pid: number;
  tid: number;
  id?: number;
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
  b: ["name", "cat", "id", "ts"],
  e: ["name", "cat", "id", "ts"],
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
  const regions = new Set<number>();
  let last = 0;
  for (const [i, event] of events.entries()) {
    const { ph, name = "", ts = last, pid, tid, id = 0 } = event;
    const track = `${pid}.${tid}`;
    const fault = (what: string) => faults.push(`event ${i} ${JSON.stringify(event)}: ${what}`);
    const fields = FIELDS[ph];
    if (fields === undefined) fault("no such ph");
    for (const field of fields ?? []) if (event[field] === undefined) fault(`no ${field}`);
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
        regions.add(id);
        break;
      case "e":
        if (!regions.delete(id)) fault("a region that did not begin");
    }
  }
  for (const [track, name] of open) faults.push(`track ${track}: ${name} does not end`);
  for (const id of regions) faults.push(`region ${id} does not end`);
  return faults;
}
