/* Stacks: what an overflow does, what is written beside them, which sizes are taken. */
#include "kit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _WIN32
#include <process.h>
#else
#include <signal.h>
#include <unistd.h>
#endif

/* How far below its stack a body goes. */
#define TOO_DEEP (STACK_SIZE + 512 * 1024)

/* Bytes that a library may add to the size it was asked for, before its guard. */
#define SLACK (64 * 1024)

static volatile uint64_t top, deepest;
static coroutine *diver;

#ifdef _WIN32
/* No handler runs on another stack there: the process that goes too deep leaves word of how deep it was. */
static volatile uint64_t *depth;

static void tell_depth(void) { *depth = top - deepest; }

static void hear_faults(void) {}
#else
static void tell_depth(void) {}

/* A fault right below the stack is what a guard is for; one that comes later comes after something else was written to. */
static void on_fault(int signal, siginfo_t *info, void *context) {
  (void)context;
  long long below = (long long)(top - (uint64_t)(uintptr_t)info->si_addr);
  compared(1);
  if (!margins_intact(diver) || below > STACK_SIZE + SLACK)
    unlike(CONFORM_GUARD, "a body wrote below its stack; the fault (signal %d) came %lld KiB below the top of %d KiB", signal,
      below / 1024, STACK_SIZE / 1024);
  else note("signal %d, %lld KiB below the top of %d KiB", signal, below / 1024, STACK_SIZE / 1024);
  os_end_part();
}

static void hear_faults(void) {
  static char alternative[65536];
  stack_t stack = {.ss_sp = alternative, .ss_size = sizeof alternative};
  sigaltstack(&stack, NULL);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigaction(SIGSEGV, &action, NULL);
  sigaction(SIGBUS, &action, NULL);
}
#endif

/* One page a frame, so that no guard is jumped. */
static __attribute__((noinline)) int descend(int k) {
  volatile char frame[1000];
  frame[0] = (char)k;
  deepest = (uint64_t)(uintptr_t)&frame[0];
  tell_depth();
  if (top - deepest > TOO_DEEP) return k;
  int result = descend(k + 1);
  frame[1] = (char)result;
  return result + (frame[1] & 0);
}

static void live_deep(coroutine *c) {
  diver = c;
  top = c->entry_sp;
  descend(0);
  unlike(CONFORM_GUARD, "a body wrote %llu KiB below the top of a stack of %d KiB, and nothing stopped it",
    (unsigned long long)(top - deepest) / 1024, STACK_SIZE / 1024);
  compared(1);
  os_end_part();
}

void part_deep(const char *shared) {
#ifdef _WIN32
  depth = os_shared(shared);
#else
  (void)shared;
#endif
  coroutine all[5];
  for (int i = 0; i < 5; i++)
    if (!make(&all[i], STACK_SIZE, i == 2 ? live_deep : live_yielding)) {
      fail("create refused a stack of %d bytes", STACK_SIZE);
      return;
    }
  for (int i = 0; i < 5; i++)
    if (i != 2) subject->resume(all[i].ctx);
  hear_faults();
  subject->resume(all[2].ctx);
  note("resume came back: the overflow was told in another way");
  compared(1);
}

#ifdef _WIN32
void prop_overflow(void) {
  static ending e;
  char part[64];
  snprintf(part, sizeof part, "deep conform-%d", _getpid());
  depth = os_shared(part + 5);
  if (depth == NULL) {
    fail("there is no memory to share with another process");
    return;
  }
  e = in_child(part, 5);
  for (char *line = e.told; *line; line += strcspn(line, "\n"), line += *line != 0)
    if (line[0] != '=') tell_line(line, strcspn(line, "\n") + 1);
  unsigned long long below = *depth;
  if (below == 0) fail("the body that was to go too deep did not begin");
  else if (below > (subject->claims & CONFORM_OWN_STACK ? STACK_SIZE + SLACK : STACK_SIZE))
    unlike(CONFORM_GUARD, "a body wrote below its stack, %llu KiB below the top of %d KiB", below / 1024, STACK_SIZE / 1024);
  else note("%s, %llu KiB below the top of %d KiB", e.death ? e.death : "it came back", below / 1024, STACK_SIZE / 1024);
  compared(1);
}
#else
void prop_overflow(void) { part_deep(NULL); }
#endif

/* Fills what a body may use of its stack, and yields from there. */
static void live_filling(coroutine *c) {
  volatile char frame[STACK_SIZE / 2];
  for (unsigned i = 0; i < sizeof frame; i++) frame[i] = (char)(i * 31);
  for (;;) {
    subject->yield(c->ctx);
    for (unsigned i = 0; i < sizeof frame; i++)
      if (frame[i] != (char)(i * 31)) {
        fail("byte %u of a frame that waited was overwritten", i);
        return;
      }
    c->count++;
  }
}

void prop_margins(void) {
  coroutine all[3];
  for (int i = 0; i < 3; i++)
    if (!make(&all[i], STACK_SIZE, live_filling)) {
      fail("create refused a stack of %d bytes", STACK_SIZE);
      return;
    }
  for (int n = 0; n < 30; n++) subject->resume(all[n % 3].ctx);
  for (int i = 0; i < 3; i++) {
    if (all[i].count != 9) fail("context %d ran %llu times of 9", i, (unsigned long long)all[i].count);
    if (!margins_intact(&all[i])) fail("something was written beside the stack of context %d", i);
    compared(1);
  }
}

void part_size(size_t size) {
  coroutine c;
  if (!make(&c, size, live_yielding)) {
    note("refused");
    return;
  }
  subject->resume(c.ctx);
  subject->resume(c.ctx);
  if (c.count != 2) fail("the body ran %llu times of 2", (unsigned long long)c.count);
  if (!margins_intact(&c)) fail("something was written beside the stack");
}

void prop_sizes(void) {
  static const size_t sizes[] = {0, 1, 100, 4096, 16385, 65544, 135167, SIZE_MAX, SIZE_MAX - 4095, (size_t)1 << 47};
  for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    if (!(subject->claims & CONFORM_SIZES) && sizes[i] < subject->stack_min) continue;
    char part[40];
    snprintf(part, sizeof part, "size %zu", sizes[i]);
    ending e = in_child(part, 5);
    compared(1);
    if (e.late || e.death || e.code)
      unlike(CONFORM_SIZES, "a stack of %zu bytes: %s", sizes[i], e.late ? "it hangs" : e.death ? e.death : "the process ended");
    else if (e.told[0] == 'F') unlike(CONFORM_SIZES, "a stack of %zu bytes: %.200s", sizes[i], e.told + 2);
    else if (e.told[0] == 'N') note("a stack of %zu bytes is refused", sizes[i]);
  }
}
