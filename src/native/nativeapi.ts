/**
 * What native bodies need of TypeScript: their libraries, channels of words, handles and callbacks. `native` of index.ts;
 * a body is started by `go.native`.
 */

export { type Codec, f64, i32, i64, u32, u64 } from "../runtime/word.ts";
export { type BlockingCall, type BlockingSignature, blocking } from "./blocking.ts";
export { Callback, callback } from "./callback.ts";
export { include } from "./include.ts";
export { stackSize } from "./native.ts";
export {
  type Argument,
  type Bodies,
  type Body,
  body,
  cc,
  chanOf,
  dlopen,
  type Handled,
  handle,
  type PreemptOptions,
  release,
} from "./nativelib.ts";
export { type Preemptions, preemptions } from "./preempt.ts";
export { chan } from "./wordchan.ts";
