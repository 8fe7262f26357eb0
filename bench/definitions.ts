/** What each implementation and each row of the benchmark is, in a sentence: for the page, and for whoever reads a name. */

/** The implementations, in the order of the tables. */
export const IMPLEMENTATIONS: Readonly<Record<string, string>> = {
  native: "gobuf with bodies compiled from Zig, each on a guarded stack of its own.",
  generator: "gobuf with generator functions in TypeScript as bodies.",
  go: "Go with GOMAXPROCS=1: one P, as a run of gobuf has.",
  "go-all": "Go with all processors.",
  async: "Plain async functions and promises of JavaScript, with a small channel written by hand.",
  effect: "Fibers, queues and semaphores of Effect, a library for TypeScript.",
  csp: "Channels of @thi.ng/csp, a library for TypeScript.",
  swapcontext: "swapcontext of the C library; it saves the signal mask, too.",
  boost: "fcontext of Boost.Context; it saves the same registers as gobuf.",
  corosensei: "A crate of Rust, whose switch is inlined and saves fewer registers.",
};

/** A row whose name is the text, or begins with it; the first that fits counts. */
const ROWS: readonly (readonly [name: string, what: string])[] = [
  ["raw switch", "into a goroutine and back, with all checks of gobuf_execute"],
  ["gogo+mcall, no FP words", "the switch alone, without the floating-point control words"],
  ["gogo+mcall", "the switch alone, without the checks around it"],
  ["execute from TypeScript", "one FFI call that runs a goroutine and returns"],
  ["systemstack call", "a call on Bun's own stack and back"],
  ["gosched, yield* 8 deep", "one gosched in the innermost of eight generators, nested by yield*"],
  ["gosched, call 8 deep", "the same, nested by call"],
  [
    "gosched",
    "one gosched in a ring of so many goroutines, all of which exist before the clock starts; in async code one await",
  ],
  ["unbuffered trip", "a value sent to another goroutine and one sent back, over two channels without a buffer"],
  ["buffered item 128", "a value through a channel of capacity 128"],
  ["select", "an item received by a select of so many cases, always through the same one"],
  [
    "sendAsync to a waiting goroutine",
    "a value that ordinary async code sends, and awaits, to a goroutine that waits in recv",
  ],
  ["for await an item", "a value that a goroutine sends to a loop of ordinary async code"],
  ["spawn+exit, after native", "the same in a process in which native bodies have run"],
  ["spawn+exit", "the start and the end of a goroutine, a hundred at a time"],
  ["mutex hand-off 10", "one lock of a Mutex that ten goroutines share, each of which calls gosched while it holds it"],
  ["WaitGroup fan-out 1000", "one of a thousand goroutines started together, which calls gosched once and ends"],
  [
    "daisy chain 100k",
    "one of 100,000 goroutines in a line, each of which receives from its neighbour, adds 1 and sends on",
  ],
  ["sieve 2000", "one prime of the first 2,000, by a chain of filter goroutines"],
  ["skynet 1M", "one of a million leaves of a tree in which each goroutine starts ten and adds up what they send"],
  ["sleep 100k", "the CPU time for one of 100,000 goroutines that sleep at once, 1 to 501 ms each"],
  ["timer start+stop", "a timer that is stopped before it fires, beside a thousand others"],
  ["beside pieces of", "how late the event loop is while two loops compute for so long between two operations"],
  ["loop", "one iteration of a loop that looks whether it is to give way, and of one that does not"],
  ["preemption", "a native body that is interrupted between two instructions, and goes on"],
  ["interval beside a body that spins", "how late ticks of 5 ms come beside a body that computes and never gives way"],
  [
    "interval beside Bun.serve",
    "how late an interval of 1 ms is called beside a server that is asked 200 requests at a time",
  ],
  ["tasks of 1 ms", "one of many native goroutines that compute for about a millisecond, with one P and with two"],
  ["skynet on Ps", "a leaf of skynet with 100,000, with one P and with two"],
  ["word between Ms", "a word to another native goroutine and back, with one P and with two"],
  ["steal", "a goroutine that is started on an M which goes on computing, until another M has run it"],
  ["main woken", "a word that main sends to a native goroutine and gets back, while it waits in its event loop"],
  [
    "number through threads",
    "a number through three stages on three threads; of async through Workers by postMessage, which nothing holds back",
  ],
  ["object through threads", "the same with an object of three properties, which is copied from thread to thread"],
  ["trip between threads", "a number to a goroutine of another thread and back; of async to a Worker and back"],
  [
    "tasks on threads",
    "one of many tasks in TypeScript that compute for about a millisecond, on one thread and on two",
  ],
  [
    "start on a thread",
    "a goroutine that is started on a thread that waits, until it has said so; of async a new Worker",
  ],
  ["parked", "one of so many goroutines that block: to make it, the resident memory it takes, to wake it"],
  [
    "import and first run",
    "a whole process: of gobuf a program that imports it and runs two goroutines, of async an empty one",
  ],
];

/** What one operation of a row is. */
export function definitionOf(row: string): string | undefined {
  const what = ROWS.find(([name]) => row.startsWith(name))?.[1];
  return what !== undefined && row.endsWith(", 16 bodies")
    ? `${what}; sixteen functions with the same text take turns`
    : what;
}
