/* Many switches, many contexts, what they leave behind; other threads; backtraces. */
#include "kit.h"

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
  double start = os_now();
  for (int n = 0; n < TRIPS; n++) subject->resume(c.ctx);
  double took = os_now() - start;
  compared(1);
  if (c.count != TRIPS) fail("the body ran %llu times of %d", (unsigned long long)c.count, TRIPS);
  note("%.1f ns a round trip", took * 1e9 / TRIPS);
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
    if (n == WARM) before = os_resident();
    make_stack_only(STACK_SIZE);
  }
  long own = os_resident() - before;
  for (int n = 0; n < LIVES; n++) {
    if (n == WARM) before = os_resident();
    coroutine c;
    if (!make(&c, STACK_SIZE, live)) {
      unlike(claim, "create refused context %d of %d, though all before it were destroyed", n, LIVES);
      return;
    }
    subject->resume(c.ctx);
    if (returns && (subject->resume(c.ctx) != 0 || c.count != 2)) unended++;
    give_back(&c);
  }
  long grown = os_resident() - before - own;
  compared(LIVES);
  note("%ld KiB more after %d lives", grown, LIVES - WARM);
  if (unended) fail("resume did not say of %d of %d bodies that they returned", unended, LIVES);
  if (grown > LEAK_KIB) unlike(claim, "%d lives leave %ld KiB behind: expected at most %d", LIVES - WARM, grown, LEAK_KIB);
}

void prop_lives(void) { lives(live_once, 1, CONFORM_RETURNS); }
void prop_destroyed(void) { lives(live_yielding, 0, CONFORM_DESTROYS); }

static void resume_there(void *given) {
  coroutine *c = given;
  if (subject->thread_enter && subject->thread_enter() != 0) {
    fail("thread_enter failed");
    return;
  }
  for (int n = 0; n < 500; n++) watched_resume(c);
  if (subject->thread_leave) subject->thread_leave();
}

static void elsewhere(int first_here) {
  coroutine c;
  if (!make(&c, STACK_SIZE, live_watched)) {
    fail("create refused a stack of %d bytes", STACK_SIZE);
    return;
  }
  if (first_here) watched_resume(&c);
  for (int k = 0; k < 3; k++) {
    os_on_thread(resume_there, &c);
    for (int n = 0; first_here && n < 100; n++) watched_resume(&c);
  }
  tell_tally(1, 1);
}

void prop_migrates(void) { elsewhere(1); }
void prop_first_elsewhere(void) { elsewhere(0); }

#define FRAMES 64

static void live_tracing(coroutine *c) {
  void *pc[FRAMES];
  const char *wrong = NULL;
  int n = os_backtrace(pc, FRAMES, &wrong);
  if (n < 0) {
    skip("%s", wrong);
    live_yielding(c);
  }
  compared((uint64_t)n);
  if (n == FRAMES) unlike(CONFORM_BACKTRACE, "a backtrace from a body has %d frames and more", FRAMES);
  else if (wrong) unlike(CONFORM_BACKTRACE, "a backtrace from a body %s", wrong);
  for (int i = 0; i < n; i++) {
    if (pc[i] == NULL || os_is_code(pc[i])) continue;
    unlike(CONFORM_BACKTRACE, "frame %d of %d of a backtrace is no code: %p", i, n, pc[i]);
    break;
  }
  note("%d frames", n);
  live_yielding(c);
}

void prop_backtrace(void) {
  coroutine c;
  if (!make(&c, STACK_SIZE, live_tracing)) {
    fail("create refused a stack of %d bytes", STACK_SIZE);
    return;
  }
  subject->resume(c.ctx);
}
