/** A Worker whose bodies are preempted with all of their registers known, as main's are: says what it found. The message says how often, and where the library is. */
import { type RegistersOptions, registers } from "./async.ts";

declare const self: Worker & { onmessage: (event: MessageEvent<RegistersOptions>) => void };

self.onmessage = async ({ data }) => {
  postMessage(await registers(data));
};
