/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies that never give way by themselves, for props/native/preempt.test.ts: compiled into the probe's library, and by
 * TinyCC of bun:ffi.
 */
#include "../include/gobuf.h"

#ifdef __TINYC__
GOBUF_RUNTIME
#endif

/* What c_hog repeats. In this order in props/native/preempt.test.ts. */
enum {
  HOG_CHECKPOINT,
  HOG_LANE,
  HOG_CHAN,
  HOG_SELECT_DEFAULT,
  HOG_SELECT,
  HOG_LOCK,
  HOG_RLOCK,
  HOG_WLOCK,
  HOG_WG,
  HOG_WG_WAIT,
  HOG_SIGNAL,
  HOG_BROADCAST,
  HOG_ONCE,
  HOG_RECOVER,
  HOG_MAKE,
  HOG_CALL,
  HOG_SYSTEMSTACK,
  HOG_SLEEP,
  HOG_GO,
  HOG_CLOSE_NIL,
  /* For props/preempt/steps.ts alone. */
  HOG_GOSCHED,
  HOG_GOYIELD,
  HOG_SELECT_TOO_MANY,
  HOG_GETG,
  HOG_CLOSE,
  HOG_TRAP,
  HOG_RECV_WAITS,
  HOG_SEND_WAITS,
  HOG_SELECT_WAITS,
  HOG_COND_WAIT,
  HOG_GOEXIT,
  HOG_LEN_CAP,
  HOG_TRYLOCK,
  HOG_TRY_RW,
  HOG_TIMER,
  HOG_WG_GO,
  HOG_SYSCALL,
  HOG_LOCK_THREAD
};

typedef struct hog {
  gobuf_u32 op;
  gobuf_handle object;
  gobuf_u32 begun;
  volatile gobuf_u32 stop;
  gobuf_u64 most; /* times, if nobody says stop */
  /* Results. */
  gobuf_u64 times;
  gobuf_u64 wrong; /* outcomes that were not as they must be */
  gobuf_u64 ended;
  gobuf_u64 lock; /* of HOG_COND_WAIT alone: the handle of the Cond's lock */
} hog;

static void hog_nothing(void *arg) { (void)arg; }
static void hog_counts(void *arg) { ++*(gobuf_u32 *)arg; }

/* One round of what a hog does. Returns how many outcomes were wrong. */
static gobuf_u32 hog_round(hog *h) {
  gobuf_u32 wrong = 0;
  gobuf_u32 word;
  gobuf_u64 value = 0;
  gobuf_value v;
  gobuf_case c;
  gobuf_handle timer;
  switch (h->op) {
    case HOG_CHECKPOINT:
      gobuf_checkpoint();
      break;
    case HOG_LANE:
    case HOG_CHAN:
      wrong += gobuf_send(h->object, h->times) != GOBUF_OK;
      v = gobuf_recv(h->object);
      /* A lane never gets empty: there are two more in it. */
      wrong += v.ok != GOBUF_OK || v.value != (h->op == HOG_CHAN || h->times < 2 ? h->times : h->times - 2);
      break;
    case HOG_SELECT_DEFAULT:
      c.dir = GOBUF_RECV;
      c.channel = h->object;
      c.value = 0;
      wrong += gobuf_select(&c, 1, 1, 0) != GOBUF_SELECT_DEFAULT;
      break;
    case HOG_SELECT:
      c.dir = h->times & 1 ? GOBUF_RECV : GOBUF_SEND;
      c.channel = h->object;
      c.value = 7;
      wrong += gobuf_select(&c, 1, 0, 0) != 0;
      wrong += gobuf_status() != GOBUF_OK;
      break;
    case HOG_LEN_CAP:
      wrong += gobuf_chan_len(h->object) != 0;
      wrong += gobuf_chan_cap(h->object) != 3;
      break;
    case HOG_TRYLOCK:
      wrong += gobuf_trylock(h->object) != 1;
      wrong += gobuf_trylock(h->object) != 0;
      gobuf_unlock(h->object);
      break;
    case HOG_TRY_RW:
      wrong += gobuf_tryrlock(h->object) != 1;
      wrong += gobuf_trywlock(h->object) != 0;
      gobuf_runlock(h->object);
      wrong += gobuf_trywlock(h->object) != 1;
      wrong += gobuf_tryrlock(h->object) != 0;
      gobuf_wunlock(h->object);
      break;
    case HOG_TIMER:
      timer = gobuf_timer_make(3600000000000);
      wrong += gobuf_timer_reset(timer, 3600000000000) != 1;
      wrong += gobuf_timer_stop(timer) != 1;
      gobuf_chan_free(timer);
      timer = gobuf_ticker_make(3600000000000);
      wrong += gobuf_timer_stop(timer) != 1;
      gobuf_chan_free(timer);
      break;
    case HOG_WG_GO:
      wrong += gobuf_wg_go(h->object, hog_nothing, 0) != GOBUF_OK;
      break;
    case HOG_SYSCALL:
      gobuf_entersyscall();
      gobuf_exitsyscall();
      break;
    case HOG_LOCK_THREAD:
      wrong += gobuf_lock_thread() != GOBUF_OK;
      gobuf_unlock_thread();
      break;
    case HOG_LOCK:
      gobuf_lock(h->object);
      gobuf_unlock(h->object);
      break;
    case HOG_RLOCK:
      gobuf_rlock(h->object);
      gobuf_runlock(h->object);
      break;
    case HOG_WLOCK:
      gobuf_wlock(h->object);
      gobuf_wunlock(h->object);
      break;
    case HOG_WG:
      wrong += gobuf_wg_add(h->object, 1) != GOBUF_OK;
      wrong += gobuf_wg_done(h->object) != GOBUF_OK;
      break;
    case HOG_WG_WAIT:
      wrong += gobuf_wg_wait(h->object) != GOBUF_OK;
      break;
    case HOG_SIGNAL:
      gobuf_cond_signal(h->object);
      break;
    case HOG_BROADCAST:
      gobuf_cond_broadcast(h->object);
      break;
    case HOG_ONCE:
      if (gobuf_once_begin(h->object)) gobuf_once_end(h->object);
      break;
    case HOG_RECOVER:
      wrong += gobuf_recover() != 0;
      break;
    case HOG_MAKE:
      word = gobuf_chan_make(1);
      wrong += word == 0;
      gobuf_chan_free(word);
      break;
    case HOG_CALL:
      v = gobuf_call(h->object, 3);
      wrong += v.ok != GOBUF_OK || v.value != 4;
      break;
    case HOG_SYSTEMSTACK:
      word = 0;
      gobuf_systemstack(hog_counts, &word);
      wrong += word != 1;
      break;
    case HOG_SLEEP:
      gobuf_sleep(0);
      break;
    case HOG_GO:
      gobuf_go(hog_nothing, 0);
      /* Not many thousands of stacks in the time that it has: Windows has memory for each. */
      for (volatile int n = 0; n < 100000 && h->most > 1000; n++) {
      }
      break;
    case HOG_CLOSE_NIL:
      wrong += gobuf_close(0) != GOBUF_PANIC;
      break;
    case HOG_GOSCHED:
      gobuf_gosched();
      break;
    case HOG_GOYIELD:
      gobuf_goyield();
      break;
    case HOG_SELECT_TOO_MANY:
      wrong += gobuf_select(&c, GOBUF_SELECT_MAX + 1, 0, 0) != GOBUF_SELECT_TOO_MANY;
      break;
    case HOG_GETG:
      wrong += gobuf_getg() == 0;
      break;
    case HOG_CLOSE:
      word = gobuf_chan_make(2);
      wrong += gobuf_send(word, 11) != GOBUF_OK || gobuf_close(word) != GOBUF_OK;
      v = gobuf_recv(word);
      wrong += v.ok != GOBUF_OK || v.value != 11;
      v = gobuf_recv(word);
      wrong += v.ok != GOBUF_CLOSED || v.value != 0;
      wrong += gobuf_send(word, 12) != GOBUF_PANIC;
      gobuf_chan_free(word);
      break;
    case HOG_TRAP:
      wrong += gobuf_trap(GOBUF_TRAP_EMBEDDER, 20, 22) != 42;
      break;
    case HOG_RECV_WAITS:
      v = gobuf_recv(h->object);
      wrong += v.ok != GOBUF_OK || v.value != h->times;
      break;
    case HOG_SEND_WAITS:
      wrong += gobuf_send(h->object, h->times) != GOBUF_OK;
      break;
    case HOG_SELECT_WAITS:
      c.dir = GOBUF_RECV;
      c.channel = h->object;
      c.value = 0;
      wrong += gobuf_select(&c, 1, 0, &value) != 0;
      wrong += gobuf_status() != GOBUF_OK || value != h->times;
      break;
    case HOG_COND_WAIT:
      gobuf_lock((gobuf_handle)h->lock);
      gobuf_cond_wait(h->object);
      gobuf_unlock((gobuf_handle)h->lock);
      break;
    case HOG_GOEXIT:
      if (h->times + 1 < h->most) break;
      h->times++;
      h->ended = 1;
      gobuf_goexit();
  }
  return wrong;
}

/* Repeats an operation that never waits until it is told to stop. */
GOBUF_EXPORT void c_hog(void *arg) {
  hog *h = (hog *)arg;
  h->begun = 1;
  if (h->op == HOG_LANE) {
    gobuf_send(h->object, 0);
    gobuf_send(h->object, 1);
  }
  while (!h->stop && h->times < h->most) {
    h->wrong += hog_round(h);
    h->times++;
  }
  h->ended = 1;
}

/* Keeps the outcome of an operation over a checkpoint, at which others run. */
GOBUF_EXPORT void c_hog_keeps(void *arg) {
  hog *h = (hog *)arg;
  h->begun = 1;
  while (!h->stop && h->times < h->most) {
    if (h->times % 64 == 0) gobuf_close(0); /* a panic */
    gobuf_checkpoint();
    h->wrong += gobuf_status() != GOBUF_PANIC;
    h->times++;
  }
  h->ended = 1;
}

/* What follows is for props/preempt: bodies that are preempted between two instructions. */

typedef struct asynced {
  volatile gobuf_u32 stop;
  gobuf_u32 begun;
  gobuf_u64 most;
  gobuf_u64 times;
  gobuf_u64 wrong;
  gobuf_u64 arg; /* what the body wants beside that */
  gobuf_u64 ended;
} asynced;

static void async_spins(gobuf_u64 times) {
  volatile gobuf_u64 n = 0;
  while (n < times) n++;
}

/* Computes, and counts. */
GOBUF_EXPORT void c_async_counts(void *arg) {
  asynced *a = (asynced *)arg;
  a->begun = 1;
  while (!a->stop && a->times < a->most) a->times++;
  a->ended = 1;
}

/* An operation's operand is still there after a preemption: G.op is the body's. */
GOBUF_EXPORT void c_async_keeps(void *arg) {
  asynced *a = (asynced *)arg;
  a->begun = 1;
  while (!a->stop && a->times < a->most) {
    gobuf_runtime->mcall(GOBUF_TRAP_GOSCHED, 12345, 0);
    async_spins(1000000); // longer than the monitor lets a turn be, on a fast machine, too
    a->wrong += gobuf_runtime->opa() != 12345;
    a->times++;
  }
  a->ended = 1;
}

/* Spends its time in the runtime. */
GOBUF_EXPORT void c_async_asks(void *arg) {
  asynced *a = (asynced *)arg;
  a->begun = 1;
  while (!a->stop && a->times < a->most) {
    a->wrong += gobuf_getg() == 0;
    a->times++;
  }
  a->ended = 1;
}

static void async_on_g0(void *arg) { async_spins(((asynced *)arg)->most); }

/* Spends its time on g0's stack. */
GOBUF_EXPORT void c_async_g0(void *arg) {
  gobuf_systemstack(async_on_g0, arg);
  ((asynced *)arg)->ended = 1;
}

/* Spends its time in a function of another library. */
GOBUF_EXPORT void c_async_calls(void *arg) {
  asynced *a = (asynced *)arg;
  ((void (*)(gobuf_u64))a->arg)(a->most);
  a->ended = 1;
}
GOBUF_EXPORT void c_async_called(gobuf_u64 times) { async_spins(times); }

/* Computes `arg` bytes above the end of its stack, whose address is `times`. */
GOBUF_EXPORT void c_async_deep(void *arg) {
  asynced *a = (asynced *)arg;
  volatile char frame[512];
  frame[0] = 1;
  if ((gobuf_u64)frame > a->times + a->arg) {
    c_async_deep(arg);
    frame[1] = 1; /* no tail call */
    return;
  }
  async_spins(a->most);
  a->ended = 1;
}

/* Computes with `arg` inverted in a register, and nowhere else. */
GOBUF_EXPORT void c_async_holds(void *arg) {
  asynced *a = (asynced *)arg;
  gobuf_u64 held = ~a->arg;
  a->begun = 1;
  while (!a->stop) {
    __asm__ volatile("" : "+r"(held));
    a->times++;
  }
  a->wrong = held != ~a->arg;
  a->ended = 1;
}

/* Gives way `most` times, and computes for a microsecond between two. */
GOBUF_EXPORT void c_yields(void *arg) {
  asynced *a = (asynced *)arg;
  while (a->times < a->most) {
    gobuf_gosched();
    async_spins(1000);
    a->times++;
  }
  a->ended = 1;
}

/* For the bench: a loop with a checkpoint in each iteration, and without. `most` iterations. */
GOBUF_EXPORT void c_bench_looks(void *arg) {
  asynced *a = (asynced *)arg;
  gobuf_u64 sum = 0;
  gobuf_u64 i;
  for (i = 0; i < a->most; i++) {
    __asm__ volatile("" : "+r"(sum));
    sum += i;
    gobuf_checkpoint();
  }
  a->times = sum;
  a->ended = 1;
}
GOBUF_EXPORT void c_bench_loop(void *arg) {
  asynced *a = (asynced *)arg;
  gobuf_u64 sum = 0;
  gobuf_u64 i;
  for (i = 0; i < a->most; i++) {
    __asm__ volatile("" : "+r"(sum));
    sum += i;
  }
  a->times = sum;
  a->ended = 1;
}

#if defined(__linux__) && defined(__x86_64__)
static gobuf_u64 bench_syscall(gobuf_u64 number, gobuf_u64 a, gobuf_u64 b, gobuf_u64 c) {
  gobuf_u64 result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return result;
}

/* Is preempted `most` times, each time by a signal that it sends itself, and that finds it here. `arg` is the address of
 * gobuf_preempt_one. */
GOBUF_EXPORT void c_bench_preempted(void *arg) {
  enum { GETPID = 39, GETTID = 186, TGKILL = 234, SIGURG = 23 };
  asynced *a = (asynced *)arg;
  const gobuf_u64 pid = bench_syscall(GETPID, 0, 0, 0);
  const gobuf_u64 tid = bench_syscall(GETTID, 0, 0, 0);
  while (a->times < a->most) {
    ((void (*)(void))a->arg)();
    bench_syscall(TGKILL, pid, tid, SIGURG);
    a->times++;
  }
  a->ended = 1;
}
#endif
