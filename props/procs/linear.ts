/**
 * Whether a history of a channel is linearizable: whether each operation can be given one moment between its call and its
 * return, so that a channel that does one thing at a time gives the same results. The search is Wing and Gong's with Lowe's
 * memory of what was tried ("Testing for linearizability", 2017). Histories of several channels are checked one by one:
 * linearizability is local (Herlihy and Wing 1990).
 *
 * No two words of a history are the same.
 */

/** What an operation did. */
export type What = "send" | "recv" | "close";

/** One operation on one channel. */
export interface Operation {
  readonly what: What;
  /** Moments, from one counter of all. */
  readonly call: number;
  /** Infinity where it never came back: it may have had an effect, or none. */
  readonly ret: number;
  /** What was sent or received. */
  readonly word: number;
  /** "closed": a receive without a word; "panic": a send to a closed channel, or a close of one. */
  readonly outcome: "ok" | "closed" | "panic";
  /** Whose it is, for reports. */
  readonly who: number;
}

/** What became of a check. */
export interface Checked {
  readonly linearizable: boolean;
  /** Steps that were tried. */
  readonly steps: number;
  /** The longest prefix that could be ordered, and the operations that could have come next. */
  readonly stuck: string;
}

/** More steps than any history of the suite's takes; a check that takes more says that it does not know. */
const STEPS_MAX = 500_000;

/** A channel that does one thing at a time. */
interface State {
  readonly queue: readonly number[];
  readonly closed: boolean;
}

/** The state behind an operation; null where the channel would not have given its outcome. */
function after({ queue, closed }: State, { what, outcome, word }: Operation, capacity: number): State | null {
  switch (what) {
    case "send":
      if (outcome === "panic") return closed ? { queue, closed } : null;
      return !closed && queue.length < capacity ? { queue: [...queue, word], closed } : null;
    case "recv":
      if (outcome === "closed") return closed && queue.length === 0 ? { queue, closed } : null;
      return queue[0] === word ? { queue: queue.slice(1), closed } : null;
    case "close":
      if (outcome === "panic") return closed ? { queue, closed } : null;
      return closed ? null : { queue, closed: true };
  }
}

const show = (op: Operation) =>
  `${op.who}: ${op.what}${op.what === "close" ? "" : ` ${op.word}`} ${op.outcome} [${op.call}, ${op.ret}]`;

/** @param capacity of the channel; 0: a send and the receive of its word have one moment */
export function check(history: readonly Operation[], capacity: number): Checked {
  const ops = history.toSorted((a, b) => a.call - b.call);
  const matching = new Map<number, number>();
  for (const [i, op] of ops.entries()) if (op.what === "recv" && op.outcome === "ok") matching.set(op.word, i);
  const done = new Uint8Array(ops.length);
  const tried = new Set<string>();
  let steps = 0;
  let left = ops.filter(({ ret }) => ret !== Number.POSITIVE_INFINITY).length;
  let deepest = -1;
  let stuck = "";

  /** Whether two operations can have one moment: a hand-over between two goroutines. */
  const meets = (send: Operation) => {
    const i = send.outcome === "ok" ? matching.get(send.word) : undefined;
    return i === undefined || done[i] === 1 ? undefined : i;
  };

  const key = ({ queue, closed }: State, from: number) => {
    let bits = "";
    for (let i = from; i < ops.length; i++) bits += done[i];
    return `${from}:${bits.replace(/0+$/, "")}:${queue.join()}:${closed ? 1 : 0}`;
  };

  const search = (state: State, from: number): boolean => {
    if (left === 0) return true;
    let first = from;
    while (done[first] === 1) first++;
    const at = key(state, first);
    if (tried.has(at)) return false;
    tried.add(at);
    // Whoever was called behind the first return comes behind that operation.
    let end = Number.POSITIVE_INFINITY;
    for (let i = first; i < ops.length; i++) {
      const op = ops[i] as Operation;
      if (op.call > end) break;
      if (done[i] === 0 && op.ret < end) end = op.ret;
    }
    const next: Operation[] = [];
    for (let i = first; i < ops.length; i++) {
      const op = ops[i] as Operation;
      if (op.call > end) break;
      if (done[i] === 1) continue;
      next.push(op);
      if (++steps > STEPS_MAX) throw new Error(`linear: more than ${STEPS_MAX} steps for ${ops.length} operations`);
      const take = (list: readonly number[], then: State) => {
        const finite = list.filter((k) => (ops[k] as Operation).ret !== Number.POSITIVE_INFINITY).length;
        for (const k of list) done[k] = 1;
        left -= finite;
        const found = search(then, first);
        if (found) return true;
        for (const k of list) done[k] = 0;
        left += finite;
        return false;
      };
      const then = after(state, op, capacity);
      if (then !== null && take([i], then)) return true;
      // A receiver that waits takes the word from the sender's hand, past the buffer, if that is empty.
      if (op.what === "send" && capacity === 0 && !state.closed) {
        const k = meets(op);
        if (k !== undefined && (ops[k] as Operation).call < end && take([i, k], state)) return true;
      }
    }
    const depth = ops.length - left;
    if (depth > deepest) {
      deepest = depth;
      stuck = `behind ${done.reduce((a, b) => a + b, 0)} of ${ops.length}, with [${state.queue}]${state.closed ? " closed" : ""}: ${next.map(show).join("; ")}`;
    }
    return false;
  };

  const linearizable = search({ queue: [], closed: false }, 0);
  return { linearizable, steps, stuck: linearizable ? "" : stuck };
}
