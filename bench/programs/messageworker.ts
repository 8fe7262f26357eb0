/** A Worker of messages.ts: what it does is in its first message. */
import { parentPort } from "node:worker_threads";
import { computeRounds } from "./rounds.ts";

/** The first message: what to do, and where what comes out goes, which is back by default. */
export interface Task {
  readonly work: "relay" | "compute";
  readonly from: MessagePort | null;
  readonly to: MessagePort | null;
}

const port = parentPort as unknown as MessagePort & { on(event: "message", f: (message: unknown) => void): void };

function begin({ work, from, to }: Task): void {
  const target = to ?? port;
  const handle = (message: unknown) =>
    target.postMessage(work === "relay" ? message : computeRounds(message as number));
  if (from === null) serve = handle;
  else from.onmessage = ({ data }) => handle(data);
  port.postMessage("ready");
}

let serve: ((message: unknown) => void) | null = null;
port.on("message", (message) => {
  if (serve === null) begin(message as Task);
  else serve(message);
});
