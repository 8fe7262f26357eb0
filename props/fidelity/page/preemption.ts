/** The rows of preemption: of Go's sysmon, preempt.go, and those who stop goroutines. */
import { differs, type Item } from "./item.ts";

export const PREEMPTION: readonly Item[] = [
  differs(
    "sysmon, retake",
    "runtime/proc.go",
    "what ends a time slice",
    "Go's monitor preempts a goroutine that has run for 10 ms; gobuf's does that to native bodies (see preemptone). It also ends the run's turn of the thread after 4 ms, for the event loop, and a chain of goroutines that hand one time slice on after 10 ms; the next goroutine of the chain goes to the tail of the global queue. Both take effect at an operation. On the fake clock a chain ends after 2^20 hand-overs, so that a run can be repeated",
    "test:props/faults/slices.test.ts",
  ),
  differs(
    "preemptone, gopreempt_m",
    "runtime/proc.go",
    "where a goroutine looks",
    "As in Go, the monitor sets preempt and stackguard0 of a goroutine that has had the M for 10 ms, and the goroutine goes running>runnable to the tail of the global queue. In Go the prologue of each function looks at stackguard0. C compilers write no such prologue, so operations of gobuf.h and gobuf_checkpoint look (or the body is interrupted, see preemptM), and an operation that need not wait is done before the goroutine gives way. A generator gives way where it waits: JavaScript cannot be interrupted. On the fake clock and in runSync nothing is preempted, so that a run can be repeated",
    "test:props/native/preempt.test.ts",
  ),
  differs(
    "preemptM, wantAsyncPreempt, asyncPreempt2",
    "runtime/preempt.go",
    "whose bodies, and where",
    "As in Go, the monitor sends SIGURG to the thread (suspends it, on Windows), and the goroutine is made to call a function that keeps all registers and leaves for the scheduler. In Go the compiler says which instructions are safe points. Here every instruction of a library that was opened with preempt: \"async\" is one, and nothing else: a preemption in gobuf's own code, on g0's stack, in another library or near the end of the stack is refused, and counted. The frame holds the flags, the general registers, all that XSAVE saves, and the words of G.op; on AArch64 it is the signal's own, with whatever records the kernel puts into it, those of SVE and SME among them (the probe compares the vector registers of the base architecture: SVE was never run). A frame that is larger than the kernel has announced is refused. Exceptions of C++ that are caught or in flight stay the goroutine's, where gobuf.h was compiled with exceptions. The goroutine goes on on the thread that it was on. Not on macOS with AArch64: there a library that asks is refused; on macOS with x86-64 it was never run",
    "test:props/preempt/async.test.ts",
    "test:props/preempt/steps.test.ts",
    "test:props/native/cxx.test.ts",
    "preempt",
  ),
  differs(
    "suspendG, resumeG, preemptPark",
    "runtime/preempt.go",
    "who can be stopped, and who waits",
    "As in Go, suspendG sets preempt and preemptStop of a goroutine that runs on another thread, interrupts the thread where it may be, and waits; the goroutine goes running>preempted where it is preempted, suspendG takes it preempted>waiting (casGFromPreempted) and holds its scan bit, and resumeG makes it runnable. Its registers are in its record, or on its stack above sp. In Go the M runs others meanwhile, and resumeG puts the goroutine on the queue of the P that calls it. Here none but the goroutine's own M can put it on a queue, so that M waits, and puts it into runnext. Only native goroutines can be stopped, and a body that looks nowhere for 10 s is an error",
    "test:props/preempt/suspend.test.ts",
  ),
  differs(
    "scanstack",
    "runtime/mgcmark.go",
    "what is scanned",
    "scan_stack is the frame of it: the goroutine stays as it is, stopped by suspendG where it is a native one that runs on another thread, while a function of the caller's looks at its record and stack. JavaScriptCore's collector does not look at the stacks of native bodies, which hold no references",
    "test:props/preempt/suspend.test.ts:scan_stack",
    "test:props/scan.test.ts:scan_stack",
  ),
  differs(
    "stopTheWorld, startTheWorld",
    "runtime/proc.go",
    "what is stopped",
    "In Go every P is stopped. Here the native goroutines that run on other threads are. JavaScript of other threads goes on: no thread can stop another's",
    "test:props/preempt/suspend.test.ts:stopTheWorld",
  ),
  differs(
    "SIGQUIT",
    "runtime/signal_unix.go",
    "who prints, and that the program goes on",
    "Go prints all goroutines and exits. In gobuf JavaScript prints them, and the program goes on: it may be more than its goroutines. A native body that keeps its thread from JavaScript is named by the monitor, with its pc",
    "test:props/preempt/stuck.test.ts",
    "test:props/reports/process.test.ts:SIGQUIT",
  ),
];
