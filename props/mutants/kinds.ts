/** Faults of the TypeScript that tests of one kind find: memory, misuse. Each names the test that must find it. */
import type { Mutant } from "./mutant.ts";

function found(test: string) {
  return (kind: string, file: string, from: string, to: string): Mutant => ({
    name: `src/${kind}`,
    subject: "src",
    kind,
    edits: [{ file: `src/${file}`, from, to }],
    steps: [["test", ...test.split(" ")]],
  });
}

/** What stays reachable. */
const memory = found("./props/faults/reachable.test.ts");
/** Misuse that Go names. */
const misuse = found("./props/faults/misuse.test.ts -t here");

/** Channels in ordinary async code. */
const awaits = found("./src/runtime/asyncvalues.test.ts");
/** Borders to async code. */
const borders = found("./props/faults/borders.test.ts");

export const KIND_MUTANTS: readonly Mutant[] = [
  borders("kicks have no limit", "runtime/outside.ts", "  if (stepped - kicked > SLICE_MS) return later(world);\n", ""),
  borders(
    "the limit of kicks is never counted anew",
    "runtime/outside.ts",
    "    kicked = performance.now();\n",
    "    kicked = Number.MAX_VALUE;\n",
  ),
  borders(
    "the last turn is none",
    "turns.ts",
    "    if (world.lately) return lastTurn(world);\n    if (world.others?.idles()) return;",
    "    if (world.others?.idles()) return;",
  ),
  borders(
    "an earlier timer is not armed",
    "turns.ts",
    "if (world.timer !== null && world.timerWhen <= when) return;",
    "if (world.timer !== null) return;",
  ),
  awaits(
    "what ordinary code does at once puts off no verdict",
    "runtime/outside.ts",
    "  run.world.lately = true;\n  return true;",
    "  return true;",
  ),
  awaits(
    "for await does not wait for the call before",
    "runtime/asyncvalues.ts",
    "    if (this.pending !== null) return this.behind(() => this.answer());\n",
    "",
  ),
  awaits("for await goes on behind its end", "runtime/asyncvalues.ts", "      if (!more) this.over = true;\n", ""),
  borders("a last turn follows a last turn", "turns.ts", "  world.lately = false;\n  world.looks", "  world.looks"),
  memory("received values stay in the buffer's slots", "runtime/chan.ts", "  c.buf[c.recvx] = undefined;\n", ""),
  memory(
    "a value stays in its sudog",
    "runtime/sudog.ts",
    "  selem[s] = undefined;\n  sc[s] = undefined;\n  free.push(s);",
    "  sc[s] = undefined;\n  free.push(s);",
  ),
  memory(
    "a dead goroutine's function stays",
    "runtime/g.ts",
    "  gentry[gp] = null;\n  gcreator[gp] = null;\n  mem",
    "  gcreator[gp] = null;\n  mem",
  ),
  memory(
    "a context's children stay",
    "context/cancelctx.ts",
    "else parentCancelCtx(this.parent)?.children?.delete(this);",
    "else parentCancelCtx(this.parent)?.children?.has(this);",
  ),
  memory(
    "a call that is over is kept",
    "sync/singleflight.ts",
    "if (this.flights.get(key) === flight) this.flights.delete(key);",
    "",
  ),
  misuse(
    "RUnlock while a writer holds it",
    "sync/rwmutex.ts",
    "r + 1 === 0 || r + 1 === -rwmutexMaxReaders",
    "r + 1 === 0",
  ),
  misuse(
    "RUnlock of what nobody holds",
    "sync/rwmutex.ts",
    "r + 1 === 0 || r + 1 === -rwmutexMaxReaders",
    "r + 1 === -rwmutexMaxReaders",
  ),
  misuse(
    "Unlock of what readers hold",
    "sync/rwmutex.ts",
    "if (readers >= rwmutexMaxReaders) return opFatal(",
    "if (readers === rwmutexMaxReaders) return opFatal(",
  ),
  misuse(
    "a send of a select that waited is lost at a close",
    "runtime/select.ts",
    '  if (sending && !mp.ok) throw new PanicError("send on closed channel");\n',
    "",
  ),
  misuse(
    "a send that waited is lost at a close",
    "runtime/chan.ts",
    '  if (!success) throw new PanicError("send on closed channel");\n',
    "",
  ),
  misuse(
    "a fatal error can be recovered",
    "runtime/m.ts",
    "  condemn(new FatalError(message));\n  const op",
    "  const op",
  ),
  misuse(
    "a nil channel is closed as a closed one",
    "runtime/chan.ts",
    'c.nil ? "close of nil channel" : "close of closed channel"',
    '"close of closed channel"',
  ),
  found("./src/sync/rwmutex.test.ts")(
    "a second writer that waits goes before the first",
    "sync/rwmutex.ts",
    "this.writerSem.acquire(mp.curg, false, semacquired)",
    "this.writerSem.acquire(mp.curg, true, semacquired)",
  ),
  found("./props/native/callbacks.test.ts -t first")(
    "a callback alone does not let gobuf_call work",
    "native/callback.ts",
    "  initCallbacks();\n  return new Callback(",
    "  return new Callback(",
  ),
];
