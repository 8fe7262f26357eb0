/** Seeded faults of what native bodies share with TypeScript: codecs, callbacks, lanes, refusals. Found by props/native. */
import type { Mutant, Subject } from "./mutant.ts";

function fault(subject: Subject, kind: string, file: string, from: string, to: string): Mutant {
  return { name: `${subject}/${kind}`, subject, kind, edits: [{ file, from, to }] };
}

const ts = (kind: string, file: string, from: string, to: string) => fault("src", kind, `src/${file}`, from, to);
/** The same on every ABI: one shows it. */
const zig = (kind: string, file: string, from: string, to: string) =>
  fault("linux-x64", kind, `arch/${file}`, from, to);

export const NATIVE_MUTANTS: readonly Mutant[] = [
  ts(
    "a word's upper half is lost",
    "runtime/word.ts",
    "    to[1] = Math.floor(value / 0x1_0000_0000);",
    "    to[1] = 0;",
  ),
  ts(
    "i32 takes what does not fit",
    "runtime/word.ts",
    "if (value !== (value | 0) || (value === 0 && Object.is(value, -0))) {",
    "if (false) {",
  ),
  ts("sendCase takes what does not fit", "runtime/select.ts", "  if (codec !== null) codec.toWord(value, word);\n", ""),
  ts(
    "a receive that waited forgets the codec",
    "native/native.ts",
    "return received(gp, channelOf(gp, TRAP_RECV, gmem[gp * G_STRIDE + G_OP_A]), value);",
    "return value;",
  ),
  ts(
    "what a callback threw is nobody's",
    "native/native.ts",
    "  if (thrown !== null) {",
    "  if (thrown !== null && false) {",
  ),
  ts("a panicking goroutine calls on", "native/callback.ts", "  if (hasThrown(gp)) return STATUS_PANIC;\n", ""),
  ts("operations are let through in a callback", "native/callback.ts", "  if (curg > 0) mp.curg = -curg;\n", ""),
  ts("an argument's bytes are let go", "native/nativelib.ts", "  if (kept !== null) keepArgument(gp, kept);\n", ""),
  ts("a closed library's body is started", "native/nativelib.ts", "if (owner?.closed) throw", "if (false) throw"),
  ts("a library is closed under its goroutines", "native/nativelib.ts", "if (busy !== undefined) {", "if (false) {"),
  ts(
    "a handle that was let go is soon another's",
    "native/handles.ts",
    "const FREE_KEPT = 1024;",
    "const FREE_KEPT = 0;",
  ),
  ts("handles that were let go are lost", "native/handles.ts", "if (freeCount > FREE_KEPT) {", "if (false) {"),
  ts(
    "every run's handles begin at the same number",
    "native/handles.ts",
    "    mmem[M_HANDLE_NEXT] = base + objects.length;\n",
    "    mmem[M_HANDLE_NEXT] = base;\n",
  ),
  ts(
    "every thread's handles begin at the same number",
    "native/handles.ts",
    "const FIRST = mid * ",
    "const FIRST = 0 * ",
  ),
  ts(
    "a small run's goroutines are taken from both lists",
    "runtime/g.ts",
    "  if (noStack.length < PLACES_AT_RESET) freePlaces();\n",
    "",
  ),
  ts("two worlds have handles in common", "native/handles.ts", " + (highest === 0 ? 0 : ROOM);", ";"),
  zig("a lane is found by an old handle", "lane.zig", "handle -% m.handle_base", "(handle -% m.handle_base) & 3"),
  ts("a close leaves the lane open", "runtime/chan.ts", "  c.lane?.spill();\n", ""),
  ts("what is no word overtakes the words", "native/lane.ts", "      this.spill();\n      bufput(", "      bufput("),
  ts("-0 goes as a word", "native/lane.ts", " && !Object.is(elem, -0)", ""),
  ts("a waiting sender's value does not go into the lane", "runtime/chan.ts", "      c.lane.put(selem[s]);\n", ""),
  ts("a lane outlives its handle", "native/lane.ts", "  enter(handle, 0);\n", ""),
  zig("a lane is used when it is full", "lane.zig", "lane.count >= lane.size", "lane.count > lane.size"),
  zig("a lane is used when it is empty", "lane.zig", "lane.count == 0 or ", ""),
  zig("a lane has no end", "lane.zig", "x + 1 == lane.size", "x == lane.size"),
  zig("a lane keeps the whole word of an i32", "lane.zig", "@as(i64, @as(i32, @bitCast(@as(u32, @truncate(v)))))", "v"),
  zig("a lane leaves the outcome of before", "lane.zig", "    gp.op[codes.op.status] = codes.status.ok;\n", ""),
  zig("a lane is used on g0's stack", "lane.zig", "m.trapg orelse", "m.curg orelse"),
  zig("a callback stays on the goroutine's stack", "call.zig", "body.gobuf_systemstack(&onG0, &c);", "onG0(&c);"),
  zig(
    "a callback's word loses its upper half",
    "call.zig",
    "m.scratch[1] = @truncate(c.word >> 32);",
    "m.scratch[1] = 0;",
  ),
  zig("null cases of a select go through", "body.zig", "missing = codes.select_operand.no_cases", "missing = 0"),
  ts(
    "any direction of a select is a receive",
    "native/trap.ts",
    "if (mmem[w] !== DIR_SEND && mmem[w] !== DIR_RECV) {",
    "if (false) {",
  ),
  ts(
    "a body may send the runtime's trap",
    "native/native.ts",
    "code === TRAP_FAULT && mmem[M_FAULTED] !== 0",
    "code === TRAP_FAULT",
  ),
  ts(
    "a select that panics leaves its operand",
    "native/native.ts",
    "  gmem[gp * G_STRIDE + G_OP_A] = SELECT_PANIC;\n",
    "",
  ),
  zig(
    "a library of another runtime is taken",
    "include/gobuf.zig",
    "    if (attached) |other| if (other != api) return attached_elsewhere;\n",
    "",
  ),
  zig(
    "a division by zero is nobody's",
    "os/posix_fault.zig",
    'sys.sigfpe => fault.fatal("faulted (SIGFPE)", null, pc),',
    "sys.sigfpe => {},",
  ),
  // F23: found by props/native/threads.test.ts.
  zig("what a thread took is lost with it", "m.zig", "        chunk.giveBack(m);\n", ""),
  zig(
    "no thread is ever found to have ended",
    "m.zig",
    "!os.threads.ended(&threads[i])",
    "os.threads.isSelf(&threads[i]) or true",
  ),
  zig("callbacks are not counted", "call.zig", "    m.calls += 1;\n", "    m.calls += 0;\n"),
  zig(
    "an operation on g0 is a fault of nobody's",
    "fault.zig",
    "gp.op[codes.op.a] = @intFromEnum(codes.Cause.on_g0);\n        m.faulted = 1;\n        return m;",
    "gp.op[codes.op.a] = @intFromEnum(codes.Cause.on_g0);\n        m.faulted = 1;\n        return null;",
  ),
];
