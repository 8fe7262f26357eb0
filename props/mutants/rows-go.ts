/** A fault for each row of FIDELITY.md that is about Go. */
import type { Mutant } from "./mutant.ts";
import { arch, breaks, src } from "./rows-fault.ts";

/** A name that the port is said to lack is declared after all. */
const declares = (row: string, name: string) =>
  breaks(
    row,
    src(
      "runtime/rand.ts",
      "/** Seeds the stream. @param seed an integer of 0 to 2^53-1 */\n",
      `export function ${name}(): void {}\n\n`,
    ),
  );

export const GO_ROW_MUTANTS: readonly Mutant[] = [
  breaks("gopark, park_m", src("runtime/proc.ts", "  gmem8[gp * G_STRIDE_BYTES + G_WAITREASON_BYTE] = reason;\n", "")),
  breaks(
    "goready, ready",
    src(
      "runtime/proc.ts",
      "callHook(gp, Gwaiting, Grunnable);\n  runqput(gp, true);",
      "callHook(gp, Gwaiting, Grunnable);\n  runqput(gp, false);",
    ),
  ),
  breaks(
    "newproc",
    src("runtime/proc.ts", "  run.gcount++;\n  runqput(gp, true);", "  run.gcount++;\n  runqput(gp, false);"),
  ),
  breaks(
    "Gosched",
    src(
      "runtime/schedule.ts",
      "if (CHECKS || ((tail - ends[GLOB_HEAD]) | 0) === glob.length) globrunqput(gp);",
      "if (true) runqput(gp, false);",
    ),
  ),
  breaks(
    "goyield",
    src(
      "runtime/proc.ts",
      "      runqput(gp, false);\n      return OFF;\n    case MCALL_PREEMPT",
      "      globrunqput(gp);\n      return OFF;\n    case MCALL_PREEMPT",
    ),
  ),
  breaks(
    "Goexit, goexit0",
    src(
      "runtime/schedule.ts",
      "if (next === EXIT) asks = proceed(gp, THROW, new Goexit());",
      "if (next === EXIT) asks = proceed(gp, NEXT, undefined);",
    ),
  ),
  breaks(
    "Goexit beside a catch",
    src(
      "runtime/schedule.ts",
      "    const exiting = isExiting(gp) && stepExit(gp);\n    popFrame(gp);\n    mode",
      "    const exiting = false;\n    popFrame(gp);\n    mode",
    ),
  ),
  breaks("fatal, throw", src("runtime/m.ts", "  if (!mp.leaving) condemn(error);\n  throw error;", "  throw error;")),
  breaks(
    "fatal in a function without yield*",
    src("runtime/m.ts", "const REFUSALS_MAX = 64;", "const REFUSALS_MAX = 640;"),
  ),
  breaks(
    "printpanics, printpanicval, preprintpanics",
    src(
      "runtime/printpanics.ts",
      "`fatal error: panic while printing panic value: ${",
      "`panic: panic while printing panic value: ${",
    ),
  ),
  breaks("panics that are gone", src("runtime/printpanics.ts", '.join(" [recovered]\\n\\t")', '.join("\\n\\t")')),
  breaks(
    "goroutineheader, tracebackothers",
    src("runtime/traceback.ts", " in goroutine ${g.createdBy}`", " by goroutine ${g.createdBy}`"),
  ),
  breaks(
    "tracebackothers of very many",
    src("runtime/traceback.ts", "export const LISTED_MAX = 1000;", "export const LISTED_MAX = 1001;"),
  ),
  breaks("execute", src("runtime/schedule.ts", "        inherits = true;\n", "")),
  breaks("findRunnable, schedule", src("runtime/schedule.ts", "tick === 60 ? 0", "tick === 59 ? 0")),
  breaks(
    "runqput, runqputslow",
    src("runtime/runq.ts", "for (let n = RUNQ_SIZE / 2; n > 0; n--)", "for (let n = RUNQ_SIZE / 2 - 1; n > 0; n--)"),
  ),
  breaks(
    "runqget",
    src(
      "runtime/runq.ts",
      "  if (next !== 0) {\n    mem[P_RUNNEXT] = 0;",
      "  if (next !== 0 && mem[P_RUNQHEAD] === mem[P_RUNQTAIL]) {\n    mem[P_RUNNEXT] = 0;",
    ),
  ),
  breaks(
    "globrunqput, globrunqget, globrunqgetbatch",
    src("runtime/runq.ts", "Math.min(RUNQ_SIZE / 2, globrunqsize())", "Math.min(RUNQ_SIZE / 2 - 1, globrunqsize())"),
  ),
  breaks("checkdead", src("turns.ts", "if (!advanceClock()) checkdead(world);", "checkdead(world);")),
  breaks("casgstatus, casGToWaiting", src("runtime/gstatus.ts", "  [Gsyscall, Grunnable],\n", "")),
  breaks(
    "castogscanstatus, casfrom_Gscanstatus",
    src("runtime/gstatus.ts", "if ((oldval & Gscan) === 0 || newval", "if (newval"),
  ),
  breaks(
    "acquireSudog, releaseSudog",
    src("runtime/sudog.ts", "  sc[s] = undefined;\n  free.push(s);\n}", "  sc[s] = undefined;\n}"),
  ),
  breaks(
    "gfget, gfput, malg",
    src("runtime/g.ts", "  mem[i + G_GOID] = low;\n", "  if (mem[i + G_GOID] === 0) mem[i + G_GOID] = low;\n"),
  ),
  breaks("gogo, mcall, systemstack", arch("sysv_x86_64.S", "  movq R15(%rdi), %r15\n", "")),
  breaks(
    "the global queue",
    src(
      "runtime/runq.ts",
      "  globEnds[GLOB_HEAD] = head + 1;\n  const gp = glob[head & (glob.length - 1)];",
      "  globEnds[GLOB_TAIL]--;\n  const gp = glob[globEnds[GLOB_TAIL] & (glob.length - 1)];",
    ),
  ),
  breaks(
    "makechan",
    src(
      "runtime/chan.ts",
      "if (capacity >= 0 && capacity <= CAPACITY_MAX",
      "if (capacity >= -1 && capacity <= CAPACITY_MAX",
    ),
  ),
  breaks(
    "chansend, send",
    src(
      "runtime/chan.ts",
      "  if (hasRoom(c)) {\n    bufput(c, elem);\n    return true;\n  }\n  if (c.lane",
      "  if (c.qcount + 1 < c.dataqsiz && hasRoom(c)) {\n    bufput(c, elem);\n    return true;\n  }\n  if (c.lane",
    ),
  ),
  breaks("chanrecv, recv", src("runtime/chan.ts", "    c.sendx = c.recvx;\n", "")),
  breaks("closechan", src("runtime/chan.ts", "stack.pop()", "stack.shift()")),
  breaks("waitq", src("runtime/waitq.ts", "if (gmem[done] !== 0) continue;", "")),
  breaks(
    "nil channels",
    src(
      "runtime/chan.ts",
      "gopark(gp, null, waitReasonChanReceiveNilChan, null);",
      "gopark(gp, null, waitReasonChanReceive, null);",
    ),
  ),
  breaks("selectgo", src("runtime/select.ts", "  lockorder(n);\n", "  lock.set(poll.subarray(0, n));\n")),
  breaks(
    "case order",
    src("runtime/select.ts", "for (let i = cases.length - 1; i >= 0; i--)", "for (let i = 0; i < cases.length; i++)"),
  ),
  breaks(
    "one case, with a default or without",
    src(
      "runtime/select.ts",
      "if (cases.length !== 1) return selectAny(gp, cases, options);",
      "if (cases.length > 0) return selectAny(gp, cases, options);",
    ),
  ),
  breaks(
    "reflect.Select",
    src(
      "runtime/select.ts",
      'return selectAny(getg("select"), cases, options);',
      "return select(cases, options ?? {});",
    ),
  ),
  breaks(
    "semacquire1, semrelease1, cansemacquire",
    src("runtime/sema.ts", "smem[s * SUDOG_STRIDE + S_TICKET] !== 0 || sema.tryAcquire()", "(sema.tryAcquire(), true)"),
  ),
  breaks(
    "notifyListAdd, Wait, NotifyOne, NotifyAll",
    src("runtime/sema.ts", "const ticket = this.notify++;", "const ticket = this.wait - 1;\n    this.notify++;"),
  ),
  breaks("Mutex.Lock, Unlock", src("sync/mutex.ts", "const lifo = waitStart !== 0;", "const lifo = false;")),
  breaks(
    "Mutex.TryLock",
    src(
      "sync/mutex.ts",
      "if ((this.state & (mutexLocked | mutexStarving)) !== 0) return false;",
      "if ((this.state & mutexLocked) !== 0) return false;",
    ),
  ),
  breaks(
    "RWMutex",
    src(
      "sync/rwmutex.ts",
      "    for (let i = 0; i < readers; i++) this.readerSem.release(false);\n    this.w.unlockNow();",
      "    this.w.unlockNow();\n    for (let i = 0; i < readers; i++) this.readerSem.release(false);",
    ),
  ),
  breaks("WaitGroup", src("sync/waitgroup.ts", "if (v < 0) throw", "if (v < -1) throw")),
  breaks(
    "WaitGroup.Go in native bodies",
    src(
      "native/native.ts",
      "  if (group !== null && !isDone(gp, group)) return false;\n  if (isMain(gp)",
      "  if (isMain(gp)",
    ),
  ),
  breaks(
    "Cond",
    src(
      "sync/cond.ts",
      "    yield* this.waitFor(ticket);\n    yield* this.L.lock();",
      "    yield* this.waitFor(ticket);",
    ),
  ),
  breaks(
    "Once",
    src(
      "sync/once.ts",
      "    if (!this.finished) return true;",
      "    if (!this.finished) {\n      this.finished = true;\n      return true;\n    }",
    ),
  ),
  breaks(
    "OnceFunc, OnceValue, OnceValues",
    src(
      "sync/oncefunc.ts",
      'new OnceCall<T>("onceValue", f);\n  return () => once.call();',
      'new OnceCall<T>("onceValue", f);\n  return () => (once.call(), new OnceCall<T>("onceValue", f).call());',
    ),
  ),
  breaks("RWMutex.RLocker", src("sync/rwmutex.ts", "lock: () => this.rlock(),", "lock: () => this.lock(),")),
  breaks(
    "timeSleep, resetForSleep",
    src("runtime/time.ts", "  if (!(ns > 0)) return false;\n", "  if (!(ns >= 0)) return false;\n"),
  ),
  breaks(
    "siftUp, siftDown, deleteMin",
    src("runtime/time.ts", "if (whens[c] < least || (", "if (whens[c] <= least || ("),
  ),
  breaks(
    "check, run, adjust, cleanHead, stop, modify",
    src("runtime/time.ts", "    while (runHead(now));", "    runHead(now);"),
  ),
  breaks(
    "NewTimer, NewTicker, AfterFunc, Stop, Reset",
    src("time/timer.ts", "return drain(r) || pending;", "return pending;"),
  ),
  breaks(
    "NewTimer, After, NewTicker, Stop, Reset in native bodies",
    src(
      "native/trap.ts",
      "return resetNative(timerAt(gp, code, a), signed(lo, hi) / NS_A_MS);",
      "return resetNative(timerAt(gp, code, a), signed(lo, hi));",
    ),
  ),
  breaks(
    "context",
    src(
      "context/types.ts",
      'new ContextError("TimeoutError", "context deadline exceeded")',
      'new ContextError("TimeoutError", "deadline exceeded")',
    ),
  ),
  breaks("errgroup.Group", src("sync/errgroup.ts", "    if (this.failed) return;\n", "")),
  breaks(
    "semaphore.Weighted",
    src(
      "sync/semaphore.ts",
      "if (this.size - this.inUse < waiter.n) return;",
      "if (this.size - this.inUse < waiter.n) continue;",
    ),
  ),
  breaks(
    "singleflight.Group",
    src("sync/singleflight.ts", "    if (flight.end === null) yield* opMcall<never>(MCALL_GOEXIT);\n", ""),
  ),
  breaks(
    "rate.Limiter",
    src("sync/rate.ts", "const back = tokens - tokensOf(limit, this.lastEvent - timeToAct);", "const back = tokens;"),
  ),
  breaks(
    "rate.Limiter.AllowN, ReserveN, SetLimitAt, SetBurstAt, TokensAt, CancelAt, DelayFrom",
    src(
      "sync/rate.ts",
      "  tokens(): number {\n    return this.advance(nanotime());",
      "  tokens(): number {\n    return this.advance(performance.now() * 1e6);",
    ),
  ),
  breaks("cheaprandn", src("runtime/rand.ts", "gobuf_cheaprandn(mid, n)", "gobuf_cheaprandn(mid, n + 1) % n")),
  breaks("main's end", src("runtime/ending.ts", "  mp.leaving = true;\n", "")),
  breaks(
    "sysmon, retake",
    src("runtime/proc.ts", "const INHERITED_MAX_FAKE = 1 << 20;", "const INHERITED_MAX_FAKE = 1 << 19;"),
  ),
  breaks(
    "one scheduler a process",
    src("run.ts", "  if (joins(options)) {\n", "  if (joins(options) && options.seed === -1) {\n"),
  ),
  breaks(
    "synctest.Test, Wait",
    src("runtime/time.ts", "const BUBBLE_START_MS = 946_684_800_000;", "const BUBBLE_START_MS = 946_684_800_001;"),
  ),
  breaks(
    "trace.Start, Stop",
    src("trace/reasons.ts", '  "chan receive": "chan receive",', '  "chan receive": "chan send",'),
  ),
  breaks(
    "preemptone, gopreempt_m",
    src(
      "native/native.ts",
      "=== STACK_PREEMPT && preempts(gp)) return true;",
      "=== STACK_PREEMPT && false) return true;",
    ),
  ),
  breaks("trace.NewTask, Task.End, Log, WithRegion", src("trace/task.ts", "    if (this.ended) return;\n", "")),
  // Who waits for a lock, and no other, is in the profile of locks.
  breaks(
    "blockevent, mutexevent, pprof.Lookup",
    src("trace/waits.ts", "    if (LOCKS.has(wait.reason)) add(", "    if (!LOCKS.has(wait.reason)) add("),
  ),
  declares("newstack, copystack", "newstack"),
  breaks(
    "preemptM, wantAsyncPreempt, asyncPreempt2",
    // Two registers come back exchanged.
    arch("async_sysv_x86_64.S", "  GIVE_BACK %rdx\n  GIVE_BACK %rcx\n", "  GIVE_BACK %rcx\n  GIVE_BACK %rdx\n"),
  ),
  breaks("suspendG, resumeG, preemptPark", src("runtime/proc.ts", "  awaitResume(gp);\n", "")),
  breaks(
    "scanstack",
    src("runtime/suspend.ts", "if (status === Grunning && isNative && !isHere(gp) && isOnM(gp))", "if (gp === 0)"),
  ),
  breaks(
    "stopTheWorld, startTheWorld",
    src("runtime/suspend.ts", "      stopped.push(suspended);", "      resumeG(suspended);"),
  ),
  breaks("SIGQUIT", arch("monitor.zig", "        if (slice != 0) quit.lookAt(m, seen[i].schedwhen_ns, now_ns);\n", "")),
  breaks("entersyscall, exitsyscall", arch("procs/retake.zig", "            s.handoffp(p, true);\n", "")),
  declares("stealWork, GOMAXPROCS above 1", "stealWork"),
  declares("netpoll", "netpoll"),
  declares("Gleaked", "Gleaked"),
  declares("Gdeadextra", "Gdeadextra"),
  declares("coro, iter.Pull", "coroswitch"),
  declares("the goroutine leak profile", "findGoroutineLeaks"),
  breaks(
    "LockOSThread",
    arch("procs/mstart.zig", "const locked = status.gOf(found.gp).exiting;", "const locked: u8 = 0;"),
  ),
];
