/* Many switches, many contexts, what they leave behind; other threads; backtraces. */
#include "kit.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <unwind.h>

#define TRIPS 1000000
#define LIVES 20000
/* Lives after which memory is looked at first. */
#define WARM 1000
/* KiB that the others may add: less than a fortieth of a page for each. */
#define LEAK_KIB 1900

void prop_million(void) {
  coroutine c;
  if (!make(&c, STACK_SIZE, live_yielding)) {
    fail("create refused a stack of %d bytes", STACK_SIZE);
    return;
  }
  struct timespec a, b;
  clock_gettime(CLOCK_MONOTONIC, &a);
  for (int n = 0; n < TRIPS; n++) subject->resume(c.ctx);
  clock_gettime(CLOCK_MONOTONIC, &b);
  compared(1);
  if (c.count != TRIPS) fail("the body ran %llu times of %d", (unsigned long long)c.count, TRIPS);
  note("%.1f ns a round trip", ((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec)) / TRIPS);
}

static long resident_kib(void) {
  long all = 0, resident = 0;
  FILE *f = fopen("/proc/self/statm", "r");
  if (f == NULL) return 0;
  if (fscanf(f, "%ld %ld", &all, &resident) != 2) resident = 0;
  fclose(f);
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static void live_once(coroutine *c) {
  c->count = 1;
  subject->yield(c->ctx);
  c->count = 2;
}

/* Makes many, and ends each. */
static void lives(void (*live)(coroutine *), int returns, uint64_t claim) {
  long before = 0;
  int unended = 0;
  /* An emulator keeps something for each map; that is not the subject's. */
  for (int n = 0; n < LIVES; n++) {
    if (n == WARM) before = resident_kib();
    make_stack_only(STACK_SIZE);
  }
  long own = resident_kib() - before;
  for (int n = 0; n < LIVES; n++) {
    if (n == WARM) before = resident_kib();
    coroutine c;
    if (!make(&c, STACK_SIZE, live)) {
      unlike(claim, "create refused context %d of %d, though all before it were destroyed", n, LIVES);
      return;
    }
    subject->resume(c.ctx);
    if (returns && (subject->resume(c.ctx) != 0 || c.count != 2)) unended++;
    give_back(&c);
  }
  long grown = resident_kib() - before - own;
  compared(LIVES);
  note("%ld KiB more after %d lives", grown, LIVES - WARM);
  if (unended) fail("resume did not say of %d of %d bodies that they returned", unended, LIVES);
  if (grown > LEAK_KIB) unlike(claim, "%d lives leave %ld KiB behind: expected at most %d", LIVES - WARM, grown, LEAK_KIB);
}

void prop_lives(void) { lives(live_once, 1, CONFORM_RETURNS); }
void prop_destroyed(void) { lives(live_yielding, 0, CONFORM_DESTROYS); }

static void *resume_there(void *given) {
  coroutine *c = given;
  if (subject->thread_enter && subject->thread_enter() != 0) {
    fail("thread_enter failed");
    return NULL;
  }
  for (int n = 0; n < 500; n++) watched_resume(c->ctx);
  if (subject->thread_leave) subject->thread_leave();
  return NULL;
}

static void elsewhere(int first_here) {
  coroutine c;
  if (!make(&c, STACK_SIZE, live_watched)) {
    fail("create refused a stack of %d bytes", STACK_SIZE);
    return;
  }
  if (first_here) watched_resume(c.ctx);
  for (int k = 0; k < 3; k++) {
    pthread_t thread;
    pthread_create(&thread, NULL, resume_there, &c);
    pthread_join(thread, NULL);
    for (int n = 0; first_here && n < 100; n++) watched_resume(c.ctx);
  }
  tell_tally(1, 1);
}

void prop_migrates(void) { elsewhere(1); }
void prop_first_elsewhere(void) { elsewhere(0); }

#define FRAMES 64

typedef struct {
  int n;
  void *pc[FRAMES];
} frames;

/* Of the library that C++ programs unwind with; it also names a frame whose code it does not know. */
static _Unwind_Reason_Code (*backtrace)(_Unwind_Trace_Fn, void *);
static uintptr_t (*ip_of)(struct _Unwind_Context *);

static _Unwind_Reason_Code on_frame(struct _Unwind_Context *context, void *given) {
  frames *f = given;
  if (f->n == FRAMES) return _URC_NORMAL_STOP;
  f->pc[f->n++] = (void *)ip_of(context);
  return _URC_NO_REASON;
}

static void live_tracing(coroutine *c) {
  frames f = {0, {0}};
  int result = backtrace(on_frame, &f);
  compared((uint64_t)f.n);
  if (f.n == FRAMES) unlike(CONFORM_BACKTRACE, "a backtrace from a body has %d frames and more", FRAMES);
  else if (result != _URC_END_OF_STACK) unlike(CONFORM_BACKTRACE, "a backtrace from a body ends with error %d", result);
  for (int i = 0; i < f.n; i++) {
    Dl_info info;
    if (f.pc[i] == NULL || dladdr(f.pc[i], &info)) continue;
    unlike(CONFORM_BACKTRACE, "frame %d of %d of a backtrace is no code: %p", i, f.n, f.pc[i]);
    break;
  }
  note("%d frames", f.n);
  live_yielding(c);
}

void prop_backtrace(void) {
  void *unwinder = dlopen("libgcc_s.so.1", RTLD_NOW);
  if (unwinder) {
    *(void **)&backtrace = dlsym(unwinder, "_Unwind_Backtrace");
    *(void **)&ip_of = dlsym(unwinder, "_Unwind_GetIP");
  }
  if (!backtrace || !ip_of) {
    skip("there is no libgcc_s.so.1, whose _Unwind_Backtrace would look");
    return;
  }
  coroutine c;
  if (!make(&c, STACK_SIZE, live_tracing)) {
    fail("create refused a stack of %d bytes", STACK_SIZE);
    return;
  }
  subject->resume(c.ctx);
}
