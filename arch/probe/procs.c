/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies in C for props/procs, which several Ms run: of the probe's library. Each works by a record of its own; what several
 * of them touch is guarded by what the body is about.
 */
#include "procs.h"

/* Gives way so often. */
GOBUF_EXPORT void p_yielder(void *arg) {
  W(arg);
  for (; w->done < w->count; w->done++) gobuf_gosched();
  wg_done(w);
}

/* The same by goyield. */
GOBUF_EXPORT void p_goyielder(void *arg) {
  W(arg);
  for (; w->done < w->count; w->done++) gobuf_goyield();
  wg_done(w);
}

/* Record `id` of a row of `count`: starts its two children in a tree, 2 id + 1 and 2 id + 2. */
GOBUF_EXPORT void p_tree(void *arg) {
  W(arg);
  work *row = w - w->id;
  for (gobuf_u64 child = 2 * w->id + 1; child <= 2 * w->id + 2; child++) {
    if (child >= w->count) break;
    w->sum = gobuf_go(p_tree, row + child);
  }
  w->done = 1;
  wg_done(w);
}

/* Sends `count` words: the sender's id in the upper half, a number that rises in the lower. */
GOBUF_EXPORT void p_sender(void *arg) {
  W(arg);
  for (; w->done < w->count; w->done++) {
    w->status = gobuf_send(H(w->out), w->id << 32 | w->done);
    if (w->status != GOBUF_OK) break;
    w->sum += w->done;
  }
  wg_done(w);
}

#define SENDERS 64

/* Receives until the channel is closed, or `count` words. What one sender sends comes in order. */
GOBUF_EXPORT void p_receiver(void *arg) {
  W(arg);
  gobuf_u64 next[SENDERS];
  for (int i = 0; i < SENDERS; i++) next[i] = 0;
  while (w->count == 0 || w->done < w->count) {
    gobuf_value v = gobuf_recv(H(w->in));
    w->status = v.ok;
    if (v.ok != GOBUF_OK) break;
    gobuf_u64 id = v.value >> 32 & (SENDERS - 1);
    gobuf_u64 n = v.value & 0xFFFFFFFF;
    if (n < next[id]) w->bad++;
    next[id] = n + 1;
    w->done++;
    w->sum += n;
  }
  wg_done(w);
}

/* Receives and sends on. */
GOBUF_EXPORT void p_echo(void *arg) {
  W(arg);
  while (1) {
    gobuf_value v = gobuf_recv(H(w->in));
    if (v.ok != GOBUF_OK) break;
    w->done++;
    if (gobuf_send(H(w->out), v.value) != GOBUF_OK) break;
  }
  gobuf_close(H(w->out));
  wg_done(w);
}

/* Sends `count` words, and waits for the answer to each. */
GOBUF_EXPORT void p_pinger(void *arg) {
  W(arg);
  for (; w->done < w->count; w->done++) {
    gobuf_send(H(w->out), w->done);
    w->sum += gobuf_recv(H(w->in)).value;
  }
  wg_done(w);
}

/* Receives from two channels until both are closed; sums of both. */
GOBUF_EXPORT void p_selector(void *arg) {
  W(arg);
  gobuf_case cases[2];
  gobuf_u64 word;
  cases[0].dir = cases[1].dir = GOBUF_RECV;
  cases[0].channel = H(w->in);
  cases[1].channel = H(w->out);
  cases[0].value = cases[1].value = 0;
  while (cases[0].channel || cases[1].channel) {
    gobuf_u32 index = gobuf_select(cases, 2, 0, &word);
    if (gobuf_status() == GOBUF_CLOSED) cases[index].channel = 0;
    else {
      w->done++;
      w->sum += word & 0xFFFFFFFF;
    }
  }
  wg_done(w);
}

/* Sends on whichever of two channels takes it. */
GOBUF_EXPORT void p_select_sender(void *arg) {
  W(arg);
  gobuf_case cases[2];
  cases[0].dir = cases[1].dir = GOBUF_SEND;
  cases[0].channel = H(w->in);
  cases[1].channel = H(w->out);
  for (; w->done < w->count; w->done++) {
    cases[0].value = cases[1].value = w->id << 32 | w->done;
    gobuf_select(cases, 2, 0, 0);
    w->sum += w->done;
  }
  wg_done(w);
}

/* Adds 1 to a word under a mutex, in two steps. */
GOBUF_EXPORT void p_locker(void *arg) {
  W(arg);
  volatile gobuf_u64 *shared = (volatile gobuf_u64 *)w->shared;
  for (; w->done < w->count; w->done++) {
    gobuf_lock(H(w->mutex));
    gobuf_u64 before = *shared;
    if (w->done % 7 == 0) gobuf_gosched();
    *shared = before + 1;
    gobuf_unlock(H(w->mutex));
  }
  wg_done(w);
}

/* Unlocks what nobody has locked. */
GOBUF_EXPORT void p_unlocker(void *arg) {
  W(arg);
  gobuf_unlock(H(w->mutex));
}

GOBUF_EXPORT void p_sleeper(void *arg) {
  W(arg);
  for (; w->done < w->count; w->done++) gobuf_sleep((gobuf_i64)w->ns);
  wg_done(w);
}

/* Makes a channel, hands its handle out, and answers on it. */
GOBUF_EXPORT void p_maker(void *arg) {
  W(arg);
  gobuf_handle c = gobuf_chan_make(w->count);
  gobuf_send(H(w->out), c);
  gobuf_send(c, 42);
  gobuf_close(c);
  w->done = 1;
}

/* Computes `count` rounds, of some nanoseconds each; looks now and then whether it is to give way. */
GOBUF_EXPORT void p_computer(void *arg) {
  W(arg);
  gobuf_u64 x = w->id + 1;
  for (gobuf_u64 i = 0; i < w->count; i++) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    if (i % 1024 == 0) gobuf_checkpoint();
  }
  w->sum = x;
  w->done = 1;
  wg_done(w);
}

/* Computes until a word is not 0. */
GOBUF_EXPORT void p_spinner(void *arg) {
  W(arg);
  volatile gobuf_u64 *stop = (volatile gobuf_u64 *)w->shared;
  while (*stop == 0) gobuf_checkpoint();
  w->done = 1;
  wg_done(w);
}

static gobuf_u64 deeper(gobuf_u64 n) {
  volatile char frame[4096];
  frame[0] = (char)n;
  return deeper(n + 1) + (gobuf_u64)frame[0];
}

/* Overflows its stack. */
GOBUF_EXPORT void p_overflows(void *arg) {
  W(arg);
  w->sum = deeper(0);
}

/* What is not there in a run with several Ps. */
GOBUF_EXPORT void p_timer(void *arg) {
  (void)arg;
  gobuf_timer_make(1);
}
GOBUF_EXPORT void p_wg_goer(void *arg) {
  W(arg);
  gobuf_wg_go(H(w->mutex), p_timer, 0);
}

#if defined(__linux__) && defined(__x86_64__)
/* The probe has no libc. */
static void block(gobuf_u64 ns) {
  struct { gobuf_u64 s, ns; } time = {ns / 1000000000, ns % 1000000000};
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(35L), "D"(&time), "S"(0L) : "rcx", "r11", "memory");
}
#elif defined(__linux__) && defined(__aarch64__)
static void block(gobuf_u64 ns) {
  struct { gobuf_u64 s, ns; } time = {ns / 1000000000, ns % 1000000000};
  register long x0 __asm__("x0") = (long)&time;
  register long x1 __asm__("x1") = 0;
  register long x8 __asm__("x8") = 101;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x1), "r"(x8) : "memory");
}
#else
static void block(gobuf_u64 ns) { (void)ns; }
#endif

/* Blocks its thread `count` times for `ns`, each in a pair of entersyscall and exitsyscall. */
GOBUF_EXPORT void p_blocker(void *arg) {
  W(arg);
  for (; w->done < w->count; w->done++) {
    gobuf_entersyscall();
    if (w->ns) block(w->ns);
    gobuf_exitsyscall();
  }
  wg_done(w);
}

#if defined(__linux__) && defined(__x86_64__)
static gobuf_u64 thread(void) {
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(186L) : "rcx", "r11", "memory");
  return (gobuf_u64)result;
}
#elif defined(__linux__) && defined(__aarch64__)
static gobuf_u64 thread(void) {
  register long x0 __asm__("x0");
  register long x8 __asm__("x8") = 178;
  __asm__ volatile("svc 0" : "=r"(x0) : "r"(x8) : "memory");
  return (gobuf_u64)x0;
}
#else
static gobuf_u64 thread(void) { return 0; }
#endif

/* Locks its thread twice, and gives way `count` times, in blocking calls as well; `bad`: how often it was on another. `id` 1: it
 * ends locked. The word at `shared` is its thread meanwhile: no other goroutine may find itself there. */
GOBUF_EXPORT void p_thread_locker(void *arg) {
  W(arg);
  volatile gobuf_u64 *shared = (volatile gobuf_u64 *)w->shared;
  gobuf_u64 own;
  w->status = gobuf_lock_thread();
  if (w->status == GOBUF_OK) {
    gobuf_lock_thread();
    own = thread();
    *shared = own;
    for (; w->done < w->count; w->done++) {
      if (w->done == w->count / 2) gobuf_unlock_thread();
      gobuf_gosched();
      if (thread() != own) w->bad++;
      if (w->done % 16 == 0) {
        gobuf_entersyscall();
        block(20000);
        gobuf_exitsyscall();
        if (thread() != own) w->bad++;
      }
    }
    *shared = 0;
    if (w->id == 0) gobuf_unlock_thread();
  }
  wg_done(w);
}

/* Gives way until a word is not 0, and counts how often it is on the thread that another one has for itself. */
GOBUF_EXPORT void p_beside(void *arg) {
  W(arg);
  volatile gobuf_u64 *shared = (volatile gobuf_u64 *)w->shared;
  for (; w->done < w->count; w->done++) {
    gobuf_gosched();
    /* Twice the same: it was its thread all the while. */
    gobuf_u64 locked = *shared;
    if (locked && locked == thread() && locked == *shared) w->bad++;
  }
  wg_done(w);
}

/* Locks its thread, and holds it until a word is not 0. */
GOBUF_EXPORT void p_thread_holder(void *arg) {
  W(arg);
  w->status = gobuf_lock_thread();
  w->done = 1;
  if (w->wg) gobuf_wg_done(H(w->wg));
  gobuf_recv(H(w->in));
}

/* Blocks its thread until a word is not 0. */
GOBUF_EXPORT void p_held(void *arg) {
  W(arg);
  gobuf_entersyscall();
  while (*(volatile gobuf_u64 *)w->shared == 0) block(100000);
  gobuf_exitsyscall();
  w->done = 1;
  wg_done(w);
}

/* An operation within a call. `id`: 0 a gosched, 1 a second gobuf_entersyscall, 2 the end of the body, 3 the end of a call that
 * was not begun, 4 an overflow. */
GOBUF_EXPORT void p_misblocks(void *arg) {
  W(arg);
  if (w->id != 3) gobuf_entersyscall();
  if (w->id == 0) gobuf_gosched();
  if (w->id == 1) gobuf_entersyscall();
  if (w->id == 2) return;
  if (w->id == 4) w->sum = deeper(0);
  gobuf_exitsyscall();
  w->done = 1;
  wg_done(w);
}

/* Ends by goexit. */
GOBUF_EXPORT void p_exits(void *arg) {
  W(arg);
  w->done = 1;
  wg_done(w);
  gobuf_goexit();
}

/* For the bench: a tree of goroutines, each of which sends the sum of its leaves' numbers. */
typedef struct {
  gobuf_u64 n; /* leaves below it */
  gobuf_u64 first;
  gobuf_u64 to;
} sky;

GOBUF_EXPORT void p_skynet(void *arg) {
  sky *s = (sky *)arg;
  sky children[10];
  gobuf_u64 sum = 0;
  gobuf_handle rc;
  if (s->n == 1) {
    gobuf_send(H(s->to), s->first);
    return;
  }
  rc = gobuf_chan_make(0);
  for (int i = 0; i < 10; i++) {
    children[i].n = s->n / 10;
    children[i].first = s->first + (gobuf_u64)i * (s->n / 10);
    children[i].to = rc;
    gobuf_go(p_skynet, &children[i]);
  }
  for (int i = 0; i < 10; i++) sum += gobuf_recv(rc).value;
  gobuf_chan_free(rc);
  gobuf_send(H(s->to), sum);
}

static void p_stolen(void *arg) {
  W(arg);
  __atomic_add_fetch(&w->done, 1, __ATOMIC_SEQ_CST);
}

/* Starts a goroutine, and keeps its M until another one has run that: `count` times. */
GOBUF_EXPORT void p_robbed(void *arg) {
  W(arg);
  for (gobuf_u64 n = 0; n < w->count; n++) {
    gobuf_go(p_stolen, arg);
    while (__atomic_load_n(&w->done, __ATOMIC_SEQ_CST) <= n) gobuf_checkpoint();
  }
  wg_done(w);
}

/* Plain functions, for native.blocking. */

/* Blocks its thread for `ns`. */
GOBUF_EXPORT gobuf_u64 plain_block(gobuf_u64 ns, gobuf_u64 word) {
  if (ns) block(ns);
  return word;
}

/* Waits until a word is not 0. */
GOBUF_EXPORT void plain_wait(volatile gobuf_u32 *word) {
  while (!*word) block(100000);
}

GOBUF_EXPORT double plain_sum(signed char a, unsigned char b, short c, unsigned short d, int e, unsigned f, float g, double h) {
  return a + b + c + d + e + (double)f + g + h;
}

GOBUF_EXPORT gobuf_i64 plain_sum64(gobuf_i64 a, gobuf_u64 b, _Bool negate) { return negate ? -(a + (gobuf_i64)b) : a + (gobuf_i64)b; }
GOBUF_EXPORT _Bool plain_not(_Bool a) { return !a; }
GOBUF_EXPORT signed char plain_low(int a) { return (signed char)a; }

/* Adds 1 to each byte; their address. */
GOBUF_EXPORT unsigned char *plain_bytes(unsigned char *bytes, unsigned n) {
  for (unsigned i = 0; bytes && i < n; i++) bytes[i]++;
  return bytes;
}
