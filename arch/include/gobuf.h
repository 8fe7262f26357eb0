/* SPDX-License-Identifier: Apache-2.0
 *
 * gobuf.h - goroutine bodies in C.
 *
 * A body is a function `void body(void *arg)` that runs on a goroutine's own guarded stack. Whatever it asks of the
 * runtime is a call of this header; each may be a switch point: other goroutines run before it returns, and it may
 * return on another thread. Compiles with gcc, clang and zig cc, and with TinyCC (`cc` of bun:ffi).
 *
 * A library of bodies has one pointer to the runtime's functions:
 *
 *     #include "gobuf.h"
 *     GOBUF_RUNTIME                      // once in each library of bodies
 *     void body(void *arg) { for (;;) { gobuf_value v = gobuf_recv(1); if (!v.ok) return; gobuf_gosched(); } }
 *
 * and TypeScript's `native.cc` or `native.dlopen` calls `gobuf_attach` before any body can run.
 *
 * RULES
 * - Addresses of thread-local variables (errno is one) are void after every call here: re-read them. Compilers know
 *   nothing of switches and may keep such an address in a register; touch thread-local data in a function that is not
 *   inlined.
 * - JavaScript never runs on a goroutine's stack: call back by gobuf_call, which is the only way in. Any other (a
 *   JSCallback of bun:ffi) makes JavaScriptCore end the process; gobuf then says which goroutine did it, but for
 *   Windows.
 * - On g0's stack (inside gobuf_systemstack, or in C that a callback calls) no operation of this header may be called
 *   but gobuf_call: the run ends with an error, and within a callback the process with a message.
 * - The stack has a fixed size (32 KiB unless chosen otherwise; the first 0 to 1,984 bytes of it are skipped, so that
 *   stacks do not share cache sets). Below it lies a guard of 64 KiB: a body that touches it ends. A frame of up to the
 *   guard's size is caught without stack probes; larger ones need them (gcc and clang: -fstack-clash-protection).
 *   On Windows the guard needs the compiler's stack probes, which are on by default there.
 * - What a switch preserves is what the ABI has a callee preserve, floating-point control words included:
 *     System V x86-64 (psABI 1.0, 3.2.1, "Registers and the Stack Frame"):
 *       rbx rsp rbp r12-r15, MXCSR control bits, x87 control word
 *     AArch64 (AAPCS64, 6.1, "Machine Registers"):
 *       x19-x29 sp, d8-d15, FPCR
 *     Microsoft x64 ("x64 calling convention", "Caller/callee saved registers"):
 *       rbx rbp rdi rsi rsp r12-r15, xmm6-xmm15, MXCSR control bits, x87 control word
 *   MXCSR's sticky exception flags (FPSR's on AArch64) are a caller's to save, as with any call.
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
#define GOBUF_ABI_VERSION 4u /* grows by one with every change of a record, of an export's signature or of a code */

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

/* end of the codes */

typedef void (*gobuf_fn)(void *arg);

/* A channel, mutex, ...: given out by TypeScript, a channel by gobuf_chan_make as well; 0 is nil and behaves as Go's nil
 * does. */
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
  /* Traps: `a` and `v` are operands, the result is the operation's. Codes below 256 are the runtime's, others go to the
   * handler of the embedder. */
  gobuf_u64 (*mcall)(gobuf_u32 code, gobuf_u32 a, gobuf_u64 v);
  void (*systemstack)(gobuf_fn fn, void *arg);
  gobuf_u32 (*status)(void);
  gobuf_u32 (*opa)(void);
  gobuf_u32 (*getg)(void);
  gobuf_u64 (*go)(gobuf_fn fn, void *arg);
  /* Gives what was received; opa tells which case it was. */
  gobuf_u64 (*select)(const gobuf_case *cases, gobuf_u32 n, gobuf_u32 has_default);
  void (*goexit)(void);
  /* For an embedder's own loop on g0, not for bodies. */
  gobuf_u32 (*execute)(gobuf_u32 g);
  const gobuf_u32 *(*descriptor)(void);
  gobuf_u32 (*call)(gobuf_handle callback, gobuf_u64 word, gobuf_u64 *result);
  /* The same as mcall of SEND and RECV, without a switch where nobody can wait. */
  gobuf_u64 (*send)(gobuf_handle channel, gobuf_u64 v);
  gobuf_u64 (*recv)(gobuf_handle channel);
} gobuf_api;

extern const gobuf_api *gobuf_runtime;

#ifdef _WIN32
#define GOBUF_EXPORT __declspec(dllexport)
#else
#define GOBUF_EXPORT
#endif

/* Called by TypeScript, once. */
GOBUF_EXPORT gobuf_u32 gobuf_attach(const gobuf_api *api);

/* Defines the pointer, and gobuf_attach: 0, or, when the table is of another version, the one that is wanted. */
#define GOBUF_RUNTIME                                                                                 \
  const gobuf_api *gobuf_runtime;                                                                     \
  GOBUF_EXPORT gobuf_u32 gobuf_attach(const gobuf_api *api) {                                         \
    if (api->version != GOBUF_ABI_VERSION || api->size < sizeof(gobuf_api)) return GOBUF_ABI_VERSION; \
    gobuf_runtime = api;                                                                              \
    return 0u;                                                                                        \
  }

/* The handle that go.native passed as a body's argument. */
static inline gobuf_handle gobuf_handle_of(void *arg) { return (gobuf_handle)(gobuf_u64)arg; }

/* An operation whose result is its outcome. */
static inline gobuf_u32 gobuf_operation(gobuf_u32 code, gobuf_u32 a, gobuf_u64 v) {
  gobuf_runtime->mcall(code, a, v);
  return gobuf_runtime->status();
}

/* Starts a goroutine that calls fn(arg); its goid. */
static inline gobuf_u64 gobuf_go(gobuf_fn fn, void *arg) { return gobuf_runtime->go(fn, arg); }

/* Lets others run first: behind all that are runnable, or (goyield) only behind this thread's own. */
static inline void gobuf_gosched(void) { gobuf_runtime->mcall(GOBUF_TRAP_GOSCHED, 0, 0); }
static inline void gobuf_goyield(void) { gobuf_runtime->mcall(GOBUF_TRAP_GOYIELD, 0, 0); }

/* Ends the goroutine here, as returning from its body does; nothing is unwound. */
static inline void gobuf_goexit(void) { gobuf_runtime->goexit(); }

/* At least so many nanoseconds, -2^63 to 2^63-1; 0 and less return at once. */
static inline void gobuf_sleep(gobuf_i64 ns) { gobuf_runtime->mcall(GOBUF_TRAP_SLEEP, 0, (gobuf_u64)ns); }

/* Channels of 64-bit words. A send to and a close of a closed channel, and a close of nil, give GOBUF_PANIC. Where a
 * buffer is neither empty nor full, a send and a receive do not leave the body: no other goroutine runs meanwhile. */
static inline gobuf_u32 gobuf_send(gobuf_handle ch, gobuf_u64 v) {
  gobuf_runtime->send(ch, v);
  return gobuf_runtime->status();
}
static inline gobuf_u32 gobuf_close(gobuf_handle ch) { return gobuf_operation(GOBUF_TRAP_CLOSE, ch, 0); }
static inline gobuf_value gobuf_recv(gobuf_handle ch) {
  gobuf_value result;
  result.value = gobuf_runtime->recv(ch);
  result.ok = gobuf_runtime->status();
  return result;
}

/* Makes a channel of words, 0 for an unbuffered one to 2^31-1; 0 and the status GOBUF_PANIC for any other capacity.
 * TypeScript finds it by native.chanOf. There is no collector here: who no longer uses it lets it go by gobuf_chan_free,
 * else it stays until the run is over. Who waits on it then, waits on; who uses the handle later ends the run. To free
 * nil does nothing. */
static inline gobuf_handle gobuf_chan_make(gobuf_u64 capacity) {
  return (gobuf_handle)gobuf_runtime->mcall(GOBUF_TRAP_CHAN_MAKE, 0, capacity);
}
static inline void gobuf_chan_free(gobuf_handle ch) { gobuf_runtime->mcall(GOBUF_TRAP_CHAN_FREE, ch, 0); }

/* The index of the case that went on, or a GOBUF_SELECT_ constant; `value` (may be null) gets what was received, and
 * gobuf_status() tells GOBUF_OK, GOBUF_CLOSED or GOBUF_PANIC. No case and no default blocks forever. */
static inline gobuf_u32 gobuf_select(const gobuf_case *cases, gobuf_u32 n, gobuf_u32 has_default, gobuf_u64 *value) {
  gobuf_u64 received;
  if (n > GOBUF_SELECT_MAX) return GOBUF_SELECT_TOO_MANY;
  received = gobuf_runtime->select(cases, n, has_default);
  if (value) *value = received;
  return gobuf_runtime->opa();
}
static inline gobuf_u32 gobuf_status(void) { return gobuf_runtime->status(); }

/* sync.Mutex, sync.RWMutex. Unlocking what is not locked is fatal in Go, and so it is here. */
static inline void gobuf_lock(gobuf_handle m) { gobuf_runtime->mcall(GOBUF_TRAP_LOCK, m, 0); }
static inline void gobuf_unlock(gobuf_handle m) { gobuf_runtime->mcall(GOBUF_TRAP_UNLOCK, m, 0); }
static inline void gobuf_rlock(gobuf_handle m) { gobuf_runtime->mcall(GOBUF_TRAP_RLOCK, m, 0); }
static inline void gobuf_runlock(gobuf_handle m) { gobuf_runtime->mcall(GOBUF_TRAP_RUNLOCK, m, 0); }
static inline void gobuf_wlock(gobuf_handle m) { gobuf_runtime->mcall(GOBUF_TRAP_WLOCK, m, 0); }
static inline void gobuf_wunlock(gobuf_handle m) { gobuf_runtime->mcall(GOBUF_TRAP_WUNLOCK, m, 0); }

/* sync.WaitGroup: GOBUF_PANIC where Go panics (a negative counter, misuse). */
static inline gobuf_u32 gobuf_wg_add(gobuf_handle wg, gobuf_i64 delta) {
  return gobuf_operation(GOBUF_TRAP_WGADD, wg, (gobuf_u64)delta);
}
static inline gobuf_u32 gobuf_wg_done(gobuf_handle wg) { return gobuf_wg_add(wg, -1); }
static inline gobuf_u32 gobuf_wg_wait(gobuf_handle wg) { return gobuf_operation(GOBUF_TRAP_WGWAIT, wg, 0); }

/* sync.Cond; wait wants its locker held. */
static inline void gobuf_cond_wait(gobuf_handle c) { gobuf_runtime->mcall(GOBUF_TRAP_CONDWAIT, c, 0); }
static inline void gobuf_cond_signal(gobuf_handle c) { gobuf_runtime->mcall(GOBUF_TRAP_SIGNAL, c, 0); }
static inline void gobuf_cond_broadcast(gobuf_handle c) { gobuf_runtime->mcall(GOBUF_TRAP_BROADCAST, c, 0); }

/* sync.Once: when begin gives 1 the caller does the work and then calls end; others wait in begin until then. */
static inline gobuf_u32 gobuf_once_begin(gobuf_handle o) {
  return (gobuf_u32)gobuf_runtime->mcall(GOBUF_TRAP_ONCE_BEGIN, o, 0);
}
static inline void gobuf_once_end(gobuf_handle o) { gobuf_runtime->mcall(GOBUF_TRAP_ONCE_END, o, 0); }

/* Calls a function of TypeScript (a handle of native.callback) with a word, on g0; the value is what it returns, 0 for
 * undefined. GOBUF_PANIC when it threw: the exception is kept, and is the goroutine's own failure when the goroutine
 * ends, as an uncaught panic is Go's; until then further calls give GOBUF_PANIC and are not made. */
static inline gobuf_value gobuf_call(gobuf_handle callback, gobuf_u64 word) {
  gobuf_value result;
  result.value = 0;
  result.ok = gobuf_runtime->call(callback, word, &result.value);
  return result;
}

/* Forgets the exception that a callback threw, as recover does: 1, or 0 when there is none. */
static inline gobuf_u32 gobuf_recover(void) { return (gobuf_u32)gobuf_runtime->mcall(GOBUF_TRAP_RECOVER, 0, 0); }

/* The word of a double and the double of a word, for channels of the codec f64. */
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

/* Calls fn(arg) on the thread's own stack, with the thread's floating-point control words: for what needs a deep
 * stack. */
static inline void gobuf_systemstack(gobuf_fn fn, void *arg) { gobuf_runtime->systemstack(fn, arg); }

/* A trap of the embedder's own: code from GOBUF_TRAP_EMBEDDER on. */
static inline gobuf_u64 gobuf_trap(gobuf_u32 code, gobuf_u32 a, gobuf_u64 v) {
  return gobuf_runtime->mcall(code, a, v);
}

/* Index of the running goroutine. */
static inline gobuf_u32 gobuf_getg(void) { return gobuf_runtime->getg(); }

#ifdef __cplusplus
}
#endif
#endif
