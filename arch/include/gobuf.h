/* SPDX-License-Identifier: Apache-2.0
 *
 * gobuf.h - goroutine bodies in C.
 *
 * A body is a function `void body(void *arg)` that runs as a goroutine, on a guarded stack of its own. Returning from
 * it ends the goroutine. The functions of this header are the operations of goroutines: each may be a switch point, so
 * that other goroutines run before it returns. A goroutine stays on the thread of its run. Compiles with gcc, clang and
 * zig cc, and with TinyCC (`cc` of bun:ffi).
 *
 *     #include "gobuf.h"
 *     GOBUF_RUNTIME                          // once in each library of bodies: the pointer to the runtime's functions
 *     void squares(void *arg) {
 *       gobuf_handle ch = gobuf_handle_of(arg);
 *       for (gobuf_u64 n = 0; n < 10; n++) {
 *         if (gobuf_send(ch, n * n) != GOBUF_OK) return;  // somebody closed the channel: a panic in Go
 *       }
 *       gobuf_close(ch);
 *     }
 *
 * TypeScript compiles it by `native.cc`, or opens it by `native.dlopen`, and starts it: `go.native(symbols.squares,
 * ch)`. The argument may be a channel or another object, whose handle the body gets; bytes, whose address it gets; or a
 * number.
 *
 * RULES
 * - A body that has had the thread for 10 ms makes way for other goroutines (and timers and requests of the process) in the
 *   next operation that it calls. A loop that computes for long without one wants a gobuf_checkpoint() in it: until the
 *   body comes to either, nothing else runs on the thread. Time in a library that never calls one counts, too.
 * - A library that is opened with preempt: "async" may be interrupted there between any two instructions of its own code:
 *   then the rule below is about all of it, no C++ exception may be thrown in its bodies, and system calls may return early
 *   (EINTR). It must not be called back by a library that holds a lock meanwhile (qsort, dl_iterate_phdr).
 * - Thread-local variables (errno is one) belong to all goroutines of the thread: after every call of this header they
 *   may have another value. Keep no address of one across a call. A compiler may do so by itself, in a register,
 *   because it knows nothing of switches: touch thread-local data in a function that is not inlined.
 * - JavaScript never runs on a goroutine's stack. gobuf_call is the only way into it. Any other way (a JSCallback of
 *   bun:ffi) makes JavaScriptCore end the process; gobuf then prints which goroutine it was, except on Windows.
 * - g0 is the thread's first stack, Bun's own. In a function that runs there (given to gobuf_systemstack, or C that a
 *   callback calls) no operation may be called except gobuf_call. Any other ends the run with an error; inside a
 *   callback it ends the process, with a message.
 * - The stack does not grow. It has 128 KiB (on Windows 64), or what native.stackSize says, of which the first 0 to 1,984
 *   bytes are skipped, so that stacks do not share sets of the cache. Below it lies a guard of 128 KiB.
 * - A body that touches the guard has overflowed its stack. By default that ends the run, with a StackOverflowError;
 *   with the option onStackOverflow of `run` it ends that goroutine only (unless it is main's), and the option's
 *   function is called. A frame of up to 124 KiB cannot miss the guard, wherever its function is called. Of larger ones
 *   native.cc refuses those whose size is in the code (on Linux, of functions below the line that includes this header, and
 *   of symbols); an array of variable length it cannot see. With another compiler a larger frame, alloca and arrays
 *   of variable length need its stack probes (gcc and clang: -fstack-clash-protection). On Windows every frame larger
 *   than a page needs them; they are on by default there, in TinyCC too.
 * - An exception of C++ must be caught inside the body. The operations of this header may be called in its catch block
 *   and by destructors: in C++ they keep the list of caught exceptions, which belongs to the thread, for their goroutine
 *   (not where exceptions are Windows's own, nor in C that such a block calls). longjmp must stay inside the body, too.
 * - A switch preserves the registers that the ABI has a callee preserve, floating-point control words included:
 *     System V x86-64 (psABI 1.0, 3.2.1, "Registers and the Stack Frame"):
 *       rbx rsp rbp r12-r15, MXCSR control bits, x87 control word
 *     AArch64 (AAPCS64, 6.1, "Machine Registers"):
 *       x19-x29 sp, d8-d15, FPCR
 *     Microsoft x64 ("x64 calling convention", "Caller/callee saved registers"):
 *       rbx rbp rdi rsi rsp r12-r15, xmm6-xmm15, MXCSR control bits, x87 control word
 *   The sticky exception flags of MXCSR (of FPSR on AArch64) are a caller's to save, as with any call.
 *
 * OUTCOMES AND ERRORS
 * - Each operation leaves an outcome: GOBUF_OK, GOBUF_CLOSED or GOBUF_PANIC. An operation that returns something else
 *   leaves it for gobuf_status.
 * - GOBUF_PANIC stands for a panic in Go, such as a send to a closed channel. The body may go on after it.
 * - A fatal error of Go, such as unlocking an unlocked mutex, ends the run. So does a handle that names no object of
 *   the kind that the operation needs. The error names the goroutine, the function of this header, and the handle.
 */
#ifndef GOBUF_H
#define GOBUF_H

#ifdef __TINYC__
/* TinyCC as bun:ffi embeds it finds no system headers. */
typedef unsigned int gobuf_u32;
typedef unsigned long long gobuf_u64;
typedef long long gobuf_i64;
#else
#include <stdint.h>
typedef uint32_t gobuf_u32;
typedef uint64_t gobuf_u64;
typedef int64_t gobuf_i64;
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* codes, made by scripts/codes.ts from arch/codes.toml: change it there */

/* Version of the contract between the library, src/ and libraries of bodies; the library's descriptor carries it. */
#define GOBUF_ABI_VERSION 8u /* grows by one with every change of a record, of an export's signature or of a code */

/* Trap codes: what a goroutine asks of the runtime. */
enum {
  GOBUF_TRAP_GOEXIT = 1,
  GOBUF_TRAP_GOSCHED = 2,
  GOBUF_TRAP_GOYIELD = 3,
  GOBUF_TRAP_GO = 4,
  GOBUF_TRAP_SEND = 5,
  GOBUF_TRAP_RECV = 6,
  GOBUF_TRAP_CLOSE = 7,
  GOBUF_TRAP_SELECT = 8,
  GOBUF_TRAP_SLEEP = 9,
  GOBUF_TRAP_LOCK = 10,
  GOBUF_TRAP_UNLOCK = 11,
  GOBUF_TRAP_RLOCK = 12,
  GOBUF_TRAP_RUNLOCK = 13,
  GOBUF_TRAP_WLOCK = 14,
  GOBUF_TRAP_WUNLOCK = 15,
  GOBUF_TRAP_WGADD = 16,
  GOBUF_TRAP_WGWAIT = 17,
  GOBUF_TRAP_CONDWAIT = 18,
  GOBUF_TRAP_SIGNAL = 19,
  GOBUF_TRAP_BROADCAST = 20,
  GOBUF_TRAP_ONCE_BEGIN = 21,
  GOBUF_TRAP_ONCE_END = 22,
  GOBUF_TRAP_RECOVER = 23,
  GOBUF_TRAP_FAULT = 24, /* gobuf_execute's answer for a goroutine that a fault has ended; no body sends it */
  GOBUF_TRAP_CHAN_MAKE = 25,
  GOBUF_TRAP_CHAN_FREE = 26,
  GOBUF_TRAP_PREEMPT = 27, /* the goroutine is preempted: it goes on when its turn comes */
  GOBUF_TRAP_TRYLOCK = 28,
  GOBUF_TRAP_TRYRLOCK = 29,
  GOBUF_TRAP_TRYWLOCK = 30,
  GOBUF_TRAP_CHAN_LEN = 31,
  GOBUF_TRAP_CHAN_CAP = 32,
  GOBUF_TRAP_WGGO = 33,
  GOBUF_TRAP_TIMER_MAKE = 34,
  GOBUF_TRAP_TICKER_MAKE = 35,
  GOBUF_TRAP_TIMER_STOP = 36,
  GOBUF_TRAP_TIMER_RESET = 37,
  GOBUF_TRAP_ENTERSYSCALL = 38,
  GOBUF_TRAP_EXITSYSCALL = 39,
  GOBUF_TRAP_EMBEDDER = 256 /* the first code of the embedder's own traps */
};

/* Outcome of an operation. */
enum {
  GOBUF_CLOSED = 0, /* a receive from a closed channel; its value is 0 */
  GOBUF_OK = 1,
  GOBUF_PANIC = 2 /* what is a panic in Go; C cannot unwind, so the body decides */
};

/* Direction of a select's case. */
enum {
  GOBUF_SEND = 1,
  GOBUF_RECV = 2
};

/* The most cases that one select may have, and the results of a select that are not the index of a case. */
#define GOBUF_SELECT_MAX 64u
#define GOBUF_SELECT_DEFAULT 0xFFFFFFFFu
#define GOBUF_SELECT_TOO_MANY 0xFFFFFFFEu
#define GOBUF_SELECT_PANIC 0xFFFFFFFDu

/* Answer of gobuf_attach of a library of bodies that is attached to another copy of the runtime already. */
#define GOBUF_ATTACHED_ELSEWHERE 0xFFFFFFFFu

/* end of the codes */

typedef void (*gobuf_fn)(void *arg);

/* Names a channel, Mutex, RWMutex, WaitGroup, Cond or Once. TypeScript gives handles out (an argument of go.native, or
 * native.handle); gobuf_chan_make, gobuf_timer_make and gobuf_ticker_make give out a new channel's. A handle is good until its object is released or the run
 * ends; later runs have other handles, so that one of an earlier run is a fatal error, and no object of theirs.
 *
 * 0 is nil. As a channel it is Go's nil channel: gobuf_send and gobuf_recv block for ever, gobuf_select never takes
 * such a case, gobuf_close panics, gobuf_chan_free does nothing. As any other object 0 is a fatal error, which ends
 * the run. */
typedef gobuf_u32 gobuf_handle;

typedef struct gobuf_case {
  gobuf_u32 dir; /* GOBUF_SEND or GOBUF_RECV */
  gobuf_handle channel;
  gobuf_u64 value; /* what a send sends */
} gobuf_case;

typedef struct gobuf_value {
  gobuf_u64 value;
  gobuf_u32 ok; /* GOBUF_OK, GOBUF_CLOSED or GOBUF_PANIC */
} gobuf_value;

typedef struct gobuf_api {
  gobuf_u32 version; /* GOBUF_ABI_VERSION */
  gobuf_u32 size;    /* of this table, bytes */
  /* Traps: `code` says which operation, `a` and `v` are its operands, the return value is its result. Codes below
   * GOBUF_TRAP_EMBEDDER are gobuf's. Those from there on are for an embedder, a program that uses src/ with
   * operations of its own, and go to the handler that it has set. */
  gobuf_u64 (*mcall)(gobuf_u32 code, gobuf_u32 a, gobuf_u64 v);
  void (*systemstack)(gobuf_fn fn, void *arg);
  gobuf_u32 (*status)(void);
  gobuf_u32 (*opa)(void);
  gobuf_u32 (*getg)(void);
  gobuf_u64 (*go)(gobuf_fn fn, void *arg);
  /* Returns what was received; opa returns the index of the case. */
  gobuf_u64 (*select)(const gobuf_case *cases, gobuf_u32 n, gobuf_u32 has_default);
  void (*goexit)(void);
  /* For an embedder that resumes goroutines on g0 itself; a body must not call it. */
  gobuf_u32 (*execute)(gobuf_u32 g);
  const gobuf_u32 *(*descriptor)(void);
  gobuf_u32 (*call)(gobuf_handle callback, gobuf_u64 word, gobuf_u64 *result);
  /* As mcall of GOBUF_TRAP_SEND and GOBUF_TRAP_RECV; without a switch when the buffer is neither empty nor full. */
  gobuf_u64 (*send)(gobuf_handle channel, gobuf_u64 v);
  gobuf_u64 (*recv)(gobuf_handle channel);
  /* Lets this goroutine be preempted, if it is to be. Wanted only while `asked` is not 0. */
  void (*checkpoint)(void);
  const volatile gobuf_u32 *asked;
  /* As go, in a WaitGroup: gobuf_wg_go. */
  gobuf_u64 (*wg_go)(gobuf_handle wg, gobuf_fn fn, void *arg);
  void (*entersyscall)(void);
  void (*exitsyscall)(void);
  gobuf_u32 (*lock_thread)(void);
  void (*unlock_thread)(void);
} gobuf_api;

extern const gobuf_api *gobuf_runtime;

#ifdef _WIN32
#define GOBUF_EXPORT __declspec(dllexport)
#else
#define GOBUF_EXPORT
#endif

/* native.cc and native.dlopen call it once, before any body of the library runs. */
GOBUF_EXPORT gobuf_u32 gobuf_attach(const gobuf_api *api);

/* Where TinyCC's code begins and ends: native.cc looks at the frames in it. Elsewhere it probes the stack (Windows), or
 * its linker knows no such name. */
#if defined(__TINYC__) && defined(__linux__)
extern char _etext[];
static void gobuf_text_begin(void) {}
#define GOBUF_TEXT \
  void *gobuf_text(gobuf_u32 end) { return end ? (void *)_etext : (void *)gobuf_text_begin; }
#else
#define GOBUF_TEXT
#endif

/* The thread's exceptions of C++ (see gobuf_cxx_kept), for a body that is preempted between two instructions. */
#if defined(__cpp_exceptions) && !defined(_MSC_VER)
extern "C" GOBUF_EXPORT void *gobuf_cxx(void);
#ifdef __APPLE__
#define GOBUF_CXX extern "C" void *gobuf_cxx_of_thread(void) __asm__("___cxa_get_globals");
#else
#define GOBUF_CXX extern "C" void *gobuf_cxx_of_thread(void) __asm__("__cxa_get_globals");
#endif
#define GOBUF_EXCEPTIONS \
  GOBUF_CXX              \
  extern "C" GOBUF_EXPORT void *gobuf_cxx(void) { return gobuf_cxx_of_thread(); }
#else
#define GOBUF_EXCEPTIONS
#endif

/* Defines gobuf_runtime and gobuf_attach. gobuf_attach returns 0; or, when the runtime has another version of the
 * table, the version that this header needs; or GOBUF_ATTACHED_ELSEWHERE, when the library is attached to another copy
 * of the runtime in this process: its bodies can be of one only. */
#define GOBUF_RUNTIME                                                                                 \
  GOBUF_TEXT                                                                                          \
  GOBUF_EXCEPTIONS                                                                                    \
  const gobuf_api *gobuf_runtime;                                                                     \
  GOBUF_EXPORT gobuf_u32 gobuf_attach(const gobuf_api *api) {                                         \
    if (api->version != GOBUF_ABI_VERSION || api->size < sizeof(gobuf_api)) return GOBUF_ABI_VERSION; \
    if (gobuf_runtime && gobuf_runtime != api) return GOBUF_ATTACHED_ELSEWHERE;                       \
    gobuf_runtime = api;                                                                              \
    return 0u;                                                                                        \
  }

/* The handle in a body's argument, when go.native was given one object. */
static inline gobuf_handle gobuf_handle_of(void *arg) { return (gobuf_handle)(gobuf_u64)arg; }

/* The lists of exceptions of C++ that are caught and not handled yet, and the number of those in flight, are the thread's
 * (Itanium C++ ABI, 2.2.2). A goroutine takes its own along over a switch, and leaves none to others. */
#if defined(__cpp_exceptions) && !defined(_MSC_VER)
#ifdef __APPLE__
void *gobuf_cxx_globals(void) __asm__("___cxa_get_globals");
#else
void *gobuf_cxx_globals(void) __asm__("__cxa_get_globals");
#endif
struct gobuf_cxx_list {
  void *caught;
  unsigned uncaught;
};
struct gobuf_cxx_kept {
  gobuf_cxx_list list;
  gobuf_cxx_kept() {
    gobuf_cxx_list *now = (gobuf_cxx_list *)gobuf_cxx_globals();
    list = *now;
    now->caught = 0;
    now->uncaught = 0;
  }
  ~gobuf_cxx_kept() { *(gobuf_cxx_list *)gobuf_cxx_globals() = list; }
};
#define GOBUF_KEEPS gobuf_cxx_kept gobuf_kept;
#else
#define GOBUF_KEEPS
#endif

/* Lets others run if this goroutine has had the thread for long (10 ms, as in Go), and does nothing otherwise: a look at
 * one word, for loops that call no operation. Every operation of this header does the same. */
static inline void gobuf_checkpoint(void) {
  if (*gobuf_runtime->asked) {
    GOBUF_KEEPS
    gobuf_runtime->checkpoint();
  }
}

/* An operation that returns its outcome. */
static inline gobuf_u32 gobuf_operation(gobuf_u32 code, gobuf_u32 a, gobuf_u64 v) {
  GOBUF_KEEPS
  gobuf_runtime->mcall(code, a, v);
  return gobuf_runtime->status();
}

/* Starts a goroutine that calls fn(arg), Go's go statement. It runs when this one next gives way. Returns its number
 * (goid), by which reports name it; no two goroutines of a run have the same. */
static inline gobuf_u64 gobuf_go(gobuf_fn fn, void *arg) { GOBUF_KEEPS return gobuf_runtime->go(fn, arg); }

/* Let others run first, runtime.Gosched and the runtime's goyield: gosched puts this goroutine at the end of the
 * global run queue, goyield at the end of the local one, whose goroutines run before those of the global one. */
static inline void gobuf_gosched(void) { GOBUF_KEEPS gobuf_runtime->mcall(GOBUF_TRAP_GOSCHED, 0, 0); }
static inline void gobuf_goyield(void) { GOBUF_KEEPS gobuf_runtime->mcall(GOBUF_TRAP_GOYIELD, 0, 0); }

/* Ends the goroutine, runtime.Goexit: it does not return. Nothing is unwound: no destructor of C++ and no `defer` of
 * Zig runs. In main it ends main only; the run goes on until all others have ended, and then fails as in Go. */
static inline void gobuf_goexit(void) { gobuf_runtime->goexit(); }

/* Waits for at least `ns` nanoseconds, time.Sleep; for 0 and less it returns at once. */
static inline void gobuf_sleep(gobuf_i64 ns) { GOBUF_KEEPS gobuf_runtime->mcall(GOBUF_TRAP_SLEEP, 0, (gobuf_u64)ns); }

/* time.NewTimer, time.After and time.NewTicker. A timer is named by the handle of its channel: gobuf_recv and gobuf_select
 * receive from it the time that it was set for, nanoseconds since 1970 (Go's UnixNano), exact to 0.25 us. A ticker drops a
 * tick when the one before it has not been received. `ns` are nanoseconds from now, and between ticks; a timer of 0 and
 * less fires at once; for a ticker of 0 and less gobuf_ticker_make returns 0, and the outcome is GOBUF_PANIC. Free the handle
 * with gobuf_chan_free: an unused timer is gone with it, and need not be stopped. Timers of TypeScript are used in the same
 * way, by native.handle(timer.c). */
static inline gobuf_handle gobuf_timer_make(gobuf_i64 ns) {
  GOBUF_KEEPS return (gobuf_handle)gobuf_runtime->mcall(GOBUF_TRAP_TIMER_MAKE, 0, (gobuf_u64)ns);
}
static inline gobuf_handle gobuf_after(gobuf_i64 ns) { return gobuf_timer_make(ns); }
static inline gobuf_handle gobuf_ticker_make(gobuf_i64 ns) {
  GOBUF_KEEPS return (gobuf_handle)gobuf_runtime->mcall(GOBUF_TRAP_TICKER_MAKE, 0, (gobuf_u64)ns);
}

/* Stop and Reset of timers and tickers. Nothing that was sent before is received afterwards, as in Go from 1.23 on. They
 * return 1 if the timer had been set and its time was not received yet, else 0. gobuf_timer_reset sets a timer to `ns` from now,
 * and the interval of a ticker, which it counts from now: 0 and less is GOBUF_PANIC there. Any other channel than a
 * timer's is a fatal error. */
static inline gobuf_u32 gobuf_timer_stop(gobuf_handle timer) {
  GOBUF_KEEPS return (gobuf_u32)gobuf_runtime->mcall(GOBUF_TRAP_TIMER_STOP, timer, 0);
}
static inline gobuf_u32 gobuf_timer_reset(gobuf_handle timer, gobuf_i64 ns) {
  GOBUF_KEEPS return (gobuf_u32)gobuf_runtime->mcall(GOBUF_TRAP_TIMER_RESET, timer, (gobuf_u64)ns);
}

/* Channel operations, on 64-bit words: c <- v, close(c), v = <-c. gobuf_send and gobuf_close return their outcome:
 * GOBUF_PANIC for a send to or a close of a closed channel, and for a close of nil. gobuf_recv returns the outcome in
 * `ok`.
 *
 * If the channel's buffer is neither empty nor full, gobuf_send and gobuf_recv are over without a switch, unless this
 * goroutine has had the thread for 10 ms. */
static inline gobuf_u32 gobuf_send(gobuf_handle ch, gobuf_u64 v) {
  GOBUF_KEEPS
  gobuf_runtime->send(ch, v);
  return gobuf_runtime->status();
}
static inline gobuf_u32 gobuf_close(gobuf_handle ch) { return gobuf_operation(GOBUF_TRAP_CLOSE, ch, 0); }
static inline gobuf_value gobuf_recv(gobuf_handle ch) {
  GOBUF_KEEPS
  gobuf_value result;
  result.value = gobuf_runtime->recv(ch);
  result.ok = gobuf_runtime->status();
  return result;
}

/* gobuf_chan_make makes a channel of words; `capacity` is 0 (unbuffered) to 2^31-1. For any other it returns 0, and the
 * outcome is GOBUF_PANIC. TypeScript gets the channel of the handle by native.chanOf.
 *
 * No garbage collector sees a handle: free it with gobuf_chan_free. Channels that are not freed are released at the
 * end of the run. gobuf_chan_free takes the handle away, not the channel: TypeScript may go on using it, and a
 * goroutine that is blocked on it stays blocked until somebody does. Using a freed handle is a fatal error; after
 * 1,024 more have been freed, it may name another object. */
static inline gobuf_handle gobuf_chan_make(gobuf_u64 capacity) {
  GOBUF_KEEPS return (gobuf_handle)gobuf_runtime->mcall(GOBUF_TRAP_CHAN_MAKE, 0, capacity);
}
static inline void gobuf_chan_free(gobuf_handle ch) { GOBUF_KEEPS gobuf_runtime->mcall(GOBUF_TRAP_CHAN_FREE, ch, 0); }

/* len(c) and cap(c): how many values the buffer holds, and its size. 0 for nil. */
static inline gobuf_u64 gobuf_chan_len(gobuf_handle ch) { GOBUF_KEEPS return gobuf_runtime->mcall(GOBUF_TRAP_CHAN_LEN, ch, 0); }
static inline gobuf_u64 gobuf_chan_cap(gobuf_handle ch) { GOBUF_KEEPS return gobuf_runtime->mcall(GOBUF_TRAP_CHAN_CAP, ch, 0); }

/* Go's select statement, on up to GOBUF_SELECT_MAX cases. Returns the index of the case that was carried out;
 * GOBUF_SELECT_DEFAULT when has_default is not 0 and no case was ready; GOBUF_SELECT_TOO_MANY when n is too large,
 * and then nothing is done. The outcome is gobuf_status(): of a receive GOBUF_OK or GOBUF_CLOSED, and `value` (may
 * be null) gets the word; GOBUF_PANIC for a send to a closed channel, and then GOBUF_SELECT_PANIC is returned. Cases
 * that are not there (null), or have another direction than GOBUF_SEND and GOBUF_RECV, are a fatal error.
 * Without a case and without a default it blocks for ever. */
static inline gobuf_u32 gobuf_select(const gobuf_case *cases, gobuf_u32 n, gobuf_u32 has_default, gobuf_u64 *value) {
  GOBUF_KEEPS
  gobuf_u64 received;
  if (n > GOBUF_SELECT_MAX) return GOBUF_SELECT_TOO_MANY;
  received = gobuf_runtime->select(cases, n, has_default);
  if (value) *value = received;
  return gobuf_runtime->opa();
}
/* The outcome of this goroutine's last operation. */
static inline gobuf_u32 gobuf_status(void) { return gobuf_runtime->status(); }

/* sync.Mutex: Lock, Unlock. sync.RWMutex: RLock, RUnlock, and Lock, Unlock as wlock, wunlock. Unlocking what is not
 * locked is a fatal error, as in Go. */
static inline void gobuf_lock(gobuf_handle m) { GOBUF_KEEPS gobuf_runtime->mcall(GOBUF_TRAP_LOCK, m, 0); }
static inline void gobuf_unlock(gobuf_handle m) { GOBUF_KEEPS gobuf_runtime->mcall(GOBUF_TRAP_UNLOCK, m, 0); }
static inline void gobuf_rlock(gobuf_handle m) { GOBUF_KEEPS gobuf_runtime->mcall(GOBUF_TRAP_RLOCK, m, 0); }
static inline void gobuf_runlock(gobuf_handle m) { GOBUF_KEEPS gobuf_runtime->mcall(GOBUF_TRAP_RUNLOCK, m, 0); }
static inline void gobuf_wlock(gobuf_handle m) { GOBUF_KEEPS gobuf_runtime->mcall(GOBUF_TRAP_WLOCK, m, 0); }
static inline void gobuf_wunlock(gobuf_handle m) { GOBUF_KEEPS gobuf_runtime->mcall(GOBUF_TRAP_WUNLOCK, m, 0); }

/* TryLock, TryRLock, and TryLock of an RWMutex as trywlock: they never wait. 1 when they locked it, else 0. */
static inline gobuf_u32 gobuf_trylock(gobuf_handle m) { GOBUF_KEEPS return (gobuf_u32)gobuf_runtime->mcall(GOBUF_TRAP_TRYLOCK, m, 0); }
static inline gobuf_u32 gobuf_tryrlock(gobuf_handle m) {
  GOBUF_KEEPS return (gobuf_u32)gobuf_runtime->mcall(GOBUF_TRAP_TRYRLOCK, m, 0);
}
static inline gobuf_u32 gobuf_trywlock(gobuf_handle m) {
  GOBUF_KEEPS return (gobuf_u32)gobuf_runtime->mcall(GOBUF_TRAP_TRYWLOCK, m, 0);
}

/* sync.WaitGroup: Add, Done, Wait. They return their outcome: GOBUF_PANIC where Go panics, for a counter below 0 and
 * for what Go calls misuse of a WaitGroup. */
static inline gobuf_u32 gobuf_wg_add(gobuf_handle wg, gobuf_i64 delta) {
  return gobuf_operation(GOBUF_TRAP_WGADD, wg, (gobuf_u64)delta);
}
static inline gobuf_u32 gobuf_wg_done(gobuf_handle wg) { return gobuf_wg_add(wg, -1); }
static inline gobuf_u32 gobuf_wg_wait(gobuf_handle wg) { return gobuf_operation(GOBUF_TRAP_WGWAIT, wg, 0); }

/* WaitGroup.Go: adds 1, and starts a goroutine that calls fn(arg). It is done when fn returns, and when it ends by
 * gobuf_goexit or is ended by the option onStackOverflow. Returns the outcome of gobuf_wg_add; nothing is started when that
 * is GOBUF_PANIC. */
static inline gobuf_u32 gobuf_wg_go(gobuf_handle wg, gobuf_fn fn, void *arg) {
  GOBUF_KEEPS gobuf_runtime->wg_go(wg, fn, arg);
  return gobuf_runtime->status();
}

/* sync.Cond: Wait, Signal, Broadcast. The caller of gobuf_cond_wait holds the Cond's lock, and holds it again
 * afterwards. */
static inline void gobuf_cond_wait(gobuf_handle c) { GOBUF_KEEPS gobuf_runtime->mcall(GOBUF_TRAP_CONDWAIT, c, 0); }
static inline void gobuf_cond_signal(gobuf_handle c) { GOBUF_KEEPS gobuf_runtime->mcall(GOBUF_TRAP_SIGNAL, c, 0); }
static inline void gobuf_cond_broadcast(gobuf_handle c) { GOBUF_KEEPS gobuf_runtime->mcall(GOBUF_TRAP_BROADCAST, c, 0); }

/* sync.Once in two halves. gobuf_once_begin returns 1 to the first caller, which does the work and then calls
 * gobuf_once_end. To any other it returns 0, after that call. */
static inline gobuf_u32 gobuf_once_begin(gobuf_handle o) {
  GOBUF_KEEPS return (gobuf_u32)gobuf_runtime->mcall(GOBUF_TRAP_ONCE_BEGIN, o, 0);
}
static inline void gobuf_once_end(gobuf_handle o) { GOBUF_KEEPS gobuf_runtime->mcall(GOBUF_TRAP_ONCE_END, o, 0); }

/* Calls a function of TypeScript, on g0, before it returns: `callback` is the handle of a native.callback, `word` its
 * argument. No other goroutine runs meanwhile. `value` is what the function returned, 0 for undefined.
 *
 * When the function throws, `ok` is GOBUF_PANIC and the goroutine is panicking with that error, until gobuf_recover
 * is called. A panicking goroutine calls back nothing more: gobuf_call returns GOBUF_PANIC at once. If its body ends
 * without gobuf_recover, the run ends with the error, as with an uncaught panic in Go. */
static inline gobuf_value gobuf_call(gobuf_handle callback, gobuf_u64 word) {
  gobuf_value result;
  gobuf_checkpoint();
  result.value = 0;
  result.ok = gobuf_runtime->call(callback, word, &result.value);
  return result;
}

/* Ends the panic that a callback's error began, as recover does in Go. Returns 1, or 0 when there was none. */
static inline gobuf_u32 gobuf_recover(void) { GOBUF_KEEPS return (gobuf_u32)gobuf_runtime->mcall(GOBUF_TRAP_RECOVER, 0, 0); }

/* A double as a word, and a word as a double: for channels and callbacks of the codec native.f64. */
static inline gobuf_u64 gobuf_from_f64(double d) {
  union {
    double d;
    gobuf_u64 word;
  } u;
  u.d = d;
  return u.word;
}
static inline double gobuf_to_f64(gobuf_u64 word) {
  union {
    double d;
    gobuf_u64 word;
  } u;
  u.word = word;
  return u.d;
}

/* Calls fn(arg) on g0, the thread's own stack, with the thread's floating-point control words: for functions that
 * need a deep stack. No other goroutine runs meanwhile. */
static inline void gobuf_systemstack(gobuf_fn fn, void *arg) {
  gobuf_checkpoint();
  gobuf_runtime->systemstack(fn, arg);
}

/* An operation of an embedder's own: `code` is GOBUF_TRAP_EMBEDDER or above. */
static inline gobuf_u64 gobuf_trap(gobuf_u32 code, gobuf_u32 a, gobuf_u64 v) {
  GOBUF_KEEPS return gobuf_runtime->mcall(code, a, v);
}

/* Around a call that blocks the thread (read, a lock of another library, usleep): entersyscall, exitsyscall of Go's runtime. In a
 * run with several Ps the goroutine keeps its thread from one to the other, and its P is given to another thread as soon as it
 * has been away for some microseconds and others could run. gobuf_exitsyscall takes the P back, or an idle one; where there is
 * none the goroutine waits for its turn. In a run with one P both do nothing, and all others wait: nothing could be handed off.
 *
 * Between the two no function of this header may be called except gobuf_status, gobuf_getg and gobuf_systemstack, and the body
 * must not end: any other ends the run with an error, and so does gobuf_exitsyscall without gobuf_entersyscall. Both may move
 * the goroutine to another thread: read errno before gobuf_exitsyscall. Each pair costs some 30 ns where nothing is retaken. */
static inline void gobuf_entersyscall(void) { GOBUF_KEEPS gobuf_runtime->entersyscall(); }
static inline void gobuf_exitsyscall(void) { GOBUF_KEEPS gobuf_runtime->exitsyscall(); }

/* Keep this goroutine on its thread, runtime.LockOSThread and UnlockOSThread: for libraries whose state is a thread's. In a run
 * with several Ps that thread runs no other goroutine until there were as many unlocks as locks, or the goroutine ends (in Go its
 * thread ends with it, here it is for all again). GOBUF_PANIC when 31 have one already. In a run with one P there is one thread. */
static inline gobuf_u32 gobuf_lock_thread(void) { GOBUF_KEEPS return gobuf_runtime->lock_thread(); }
static inline void gobuf_unlock_thread(void) { gobuf_runtime->unlock_thread(); }

/* The index of this goroutine's record, the G. It is not the goid: a later goroutine gets the same index again. */
static inline gobuf_u32 gobuf_getg(void) { return gobuf_runtime->getg(); }

#ifdef __cplusplus
}
#endif
#endif
