/** The rows of Go: each function that was ported, by the file it comes from. */
import { differs, type Item, missing, same } from "./item.ts";

const PROC: readonly Item[] = [
  same(
    "gopark, park_m",
    "runtime/proc.go",
    "running>waiting, the unlock function, the next G",
    "golden:rule-07",
    "export:runtime/proc.ts:gopark",
  ),
  same(
    "goready, ready",
    "runtime/proc.go",
    "the woken G takes runnext",
    "golden:rule-02",
    "export:runtime/proc.ts:goready",
  ),
  same("newproc", "runtime/proc.go", "the new G takes runnext", "golden:rule-01", "export:runtime/proc.ts:newproc"),
  same("Gosched", "runtime/proc.go", "to the global tail", "golden:rule-03-gosched", "export:go.ts:gosched"),
  same("goyield", "runtime/proc.go", "to the local tail", "golden:rule-03-goyield"),
  same(
    "Goexit, goexit0",
    "runtime/panic.go, proc.go",
    "deferred work, then running>dead",
    "golden:rule-07-goexit",
    "golden:events-of-goexit",
    "export:go.ts:goexit",
  ),
  same("execute", "runtime/proc.go", "schedtick counts what does not inherit the slice", "golden:rule-04"),
  same(
    "findRunnable, schedule",
    "runtime/proc.go",
    "order of timers, global turn, runnext, local, batch",
    "golden:rule-05",
    "export:runtime/schedule.ts:schedule",
  ),
  same(
    "runqput, runqputslow",
    "runtime/proc.go",
    "a full queue spills its older half",
    "golden:rule-06",
    "export:runtime/runq.ts:runqput",
  ),
  same(
    "runqget",
    "runtime/proc.go",
    "runnext first; then first in, first out",
    "golden:rule-04",
    "export:runtime/runq.ts:runqget",
  ),
  same(
    "globrunqput, globrunqget, globrunqgetbatch",
    "runtime/proc.go",
    "batches of min(128, n)",
    "golden:rule-05-a-global",
    "export:runtime/runq.ts:globrunqgetbatch",
  ),
  same("checkdead", "runtime/proc.go", "both verdicts, never with a timer pending", "golden:outcome"),
  same(
    "casgstatus, castogscanstatus, casfrom_Gscanstatus, readgstatus",
    "runtime/proc.go",
    "relation, scan bits",
    "relation",
  ),
  same("acquireSudog, releaseSudog", "runtime/proc.go", "none lost", "goldens", "export:runtime/sudog.ts:acquireSudog"),
  same(
    "gfget, gfput, malg",
    "runtime/proc.go",
    "dead Gs come back with a new goid",
    "random",
    "export:runtime/g.ts:gfput",
  ),
  same("gogo, mcall, systemstack", "runtime/asm_*.s", "registers and FP words on both sides", "probe"),
  differs(
    "the global queue",
    "runtime/proc.go",
    "its memory, not its order",
    "Go links Gs through their schedlink; gobuf keeps their indices in a ring buffer, in the same order. A gosched takes 3.5 ns less",
    "golden:rule-05",
    "golden:rule-06",
  ),
];

const CHANNELS: readonly Item[] = [
  same(
    "makechan",
    "runtime/chan.go",
    "size out of range",
    "export:runtime/channel.ts:chan",
    "test:src/runtime/chan.test.ts",
  ),
  same(
    "chansend, send",
    "runtime/chan.go",
    "hand-over to a waiting receiver; else buffer; else park",
    "golden:rule-08",
    "export:runtime/chan.ts:chansend",
  ),
  same(
    "chanrecv, recv",
    "runtime/chan.go",
    "from a waiting sender; a full buffer rotates",
    "golden:rule-08",
    "export:runtime/chan.ts:chanrecv",
  ),
  same(
    "closechan",
    "runtime/chan.go",
    "waiters wake last in, first out",
    "golden:rule-09",
    "export:runtime/chan.ts:closechan",
  ),
  same("waitq", "runtime/chan.go", "a decided select is passed over", "golden:rule-08-a-decided"),
  same("nil channels", "runtime/chan.go", "block for ever; close panics", "golden:events-of-nil"),
  same(
    "selectgo",
    "runtime/select.go",
    "poll order, lock order, hand-over",
    "golden:rule-10",
    "export:runtime/select.ts:selectgo",
  ),
  same("case order", "cmd/compile: walk/select.go", "sends, then receives reversed", "golden:rule-10-sends"),
  differs(
    "one case and a default",
    "cmd/compile: walk/select.go",
    "its draw",
    "Go compiles a select of one case and a default to a non-blocking operation, which draws nothing. gobuf takes the general select, which draws once. The goldens are recorded with the general select, too",
    "golden:rule-10-a-single",
  ),
];

const SYNC: readonly Item[] = [
  same(
    "semacquire1, semrelease1, cansemacquire",
    "runtime/sema.go",
    "first in, first out; a woken waiter can lose",
    "golden:rule-11-a-semaphore",
    "golden:rule-11-a-woken",
    "export:runtime/sema.ts:Sema",
  ),
  same(
    "notifyListAdd, Wait, NotifyOne, NotifyAll",
    "runtime/sema.go",
    "tickets in turn",
    "golden:rule-11-cond",
    "export:runtime/sema.ts:NotifyList",
  ),
  same(
    "Mutex.Lock, Unlock",
    "internal/sync/mutex.go",
    "barging, starvation, hand-over",
    "golden:rule-12",
    "export:sync/mutex.ts:Mutex.lock",
  ),
  same(
    "Mutex.TryLock",
    "internal/sync/mutex.go",
    "never waits",
    "export:sync/mutex.ts:Mutex.tryLock",
    "test:src/sync/mutex.test.ts",
  ),
  same(
    "RWMutex",
    "sync/rwmutex.go",
    "readers readied before the inner unlock",
    "golden:rule-11-write",
    "golden:rule-11-a-writer",
    "export:sync/rwmutex.ts:RWMutex.rlock",
  ),
  same(
    "WaitGroup",
    "sync/waitgroup.go",
    "wakes in order; misuse panics",
    "golden:rule-11-waitgroup",
    "golden:rule-11-a-negative",
    "export:sync/waitgroup.ts:WaitGroup.wait",
  ),
  same("Cond", "sync/cond.go", "unlock, wait, lock", "golden:rule-11-cond", "export:sync/cond.ts:Cond.wait"),
  same(
    "Once",
    "sync/once.go",
    "done before the unlock, also on Goexit",
    "golden:rule-13",
    "golden:rule-11-second",
    "export:sync/once.ts:Once.do",
  ),
];

const TIME: readonly Item[] = [
  same(
    "timeSleep, resetForSleep",
    "runtime/time.go",
    "armed behind the park; 0 returns at once",
    "golden:rule-14",
    "export:runtime/time.ts:timeSleep",
  ),
  same(
    "siftUp, siftDown, deleteMin",
    "runtime/time.go",
    "4-ary heap; equal deadlines as in Go",
    "golden:rule-14-equal",
    "export:runtime/time.ts:checkTimers",
  ),
  same(
    "check, run, adjust, cleanHead, stop, modify",
    "runtime/time.go",
    "one check runs all that expired; lazy deletion",
    "golden:rule-14-one-check",
    "test:src/runtime/time.test.ts",
  ),
  same(
    "NewTimer, NewTicker, AfterFunc, Stop, Reset",
    "time/sleep.go, tick.go",
    "synchronous channels of Go 1.23",
    "test:src/time/timer.test.ts",
  ),
  same(
    "context",
    "context/context.go",
    "cancellation, causes, deadlines, values",
    "test:src/context/context.test.ts",
    "test:src/context/context-signals.test.ts",
  ),
  same(
    "errgroup.Group",
    "golang.org/x/sync/errgroup",
    "the first error wins and cancels",
    "test:src/sync/errgroup.test.ts",
  ),
  same(
    "cheaprandn",
    "runtime/rand.go",
    "the draws of the recorded stream",
    "golden:rule-10-select-draws",
    "test:src/runtime/rand.test.ts",
  ),
];

const TOOLS: readonly Item[] = [
  differs(
    "synctest.Test, Wait",
    "testing/synctest",
    "what counts as durably blocked",
    "In Go, a goroutine blocked on a Mutex is not durably blocked. In gobuf it is, so that a deadlock on a Mutex in a bubble is reported. A goroutine that waits for a promise is not durably blocked; Go has no promises",
    "test:src/testing/synctest.test.ts",
    "export:testing/synctest.ts:wait",
  ),
  same(
    "trace.Start, Stop",
    "runtime/trace, runtime/trace*.go",
    "events, block reasons and stop reasons, as the installed Go's own reader takes them",
    "test:src/trace/trace.test.ts",
    "export:trace/trace.ts:start",
  ),
  differs(
    "trace.NewTask, Task.End, Log, WithRegion",
    "runtime/trace/annotation.go",
    "numbers and ends of tasks",
    "In Go, tasks are numbered through the whole process. In gobuf each trace numbers them from 1, so that the same run gives the same trace. In gobuf, ending a task twice records the first end only; Go records both",
    "test:src/trace/task.test.ts",
    "export:trace/trace.ts:newTask",
  ),
];

const MISSING: readonly Item[] = [
  missing(
    "newstack, copystack",
    "runtime/stack.go",
    "Stacks of native bodies have a fixed size and a guard below, and do not grow. The status Gcopystack is in the relation",
    "newstack",
    "copystack",
  ),
  missing(
    "preemptM, asyncPreempt",
    "runtime/preempt.go",
    "A goroutine gives way at operations only. The status Gpreempted is in the relation",
    "preemptM",
    "asyncPreempt",
  ),
  missing(
    "entersyscall, exitsyscall",
    "runtime/proc.go",
    "A system call of a native body keeps the thread: no other goroutine runs meanwhile. The status Gsyscall is in the relation",
    "entersyscall",
    "exitsyscall",
  ),
  missing(
    "stealWork, GOMAXPROCS above 1",
    "runtime/proc.go",
    "A run has one M and one P. The layout has room for more",
    "stealWork",
  ),
  missing("netpoll", "runtime/netpoll.go", "Bun's event loop does the I/O; a run gives it its turn", "netpoll"),
  missing("LockOSThread", "runtime/proc.go", "A run has one thread", "lockOSThread"),
];

export const GO_ITEMS: readonly Item[] = [...PROC, ...CHANNELS, ...SYNC, ...TIME, ...TOOLS, ...MISSING];
