/*
 * Signals while a switch is under way: a storm of them, one at each instruction (the trap flag), and masks. What a switch stores
 * below sp, a handler overwrites; a register that stands for sp meanwhile is where a handler would go.
 */
#ifndef _WIN32
#include "kit.h"
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>

#define STORM_SECONDS 2

static volatile uint64_t signals;

static __attribute__((noinline)) void scribble(void) {
  char junk[3000];
  memset(junk, 0xCC, sizeof junk);
  /* It is read, as far as the compiler knows. */
  __asm__ volatile("" : : "r"(junk) : "memory");
}

static void on_storm(int signal) {
  (void)signal;
  scribble();
  signals++;
}

/* The mapping that an address is in. */
static int mapping_of(uint64_t address, uint64_t *lo, uint64_t *hi) {
  FILE *maps = fopen("/proc/self/maps", "r");
  char line[512];
  int found = 0;
  while (maps && !found && fgets(line, sizeof line, maps)) {
    unsigned long from, to;
    if (sscanf(line, "%lx-%lx", &from, &to) != 2 || address < from || address >= to) continue;
    *lo = from;
    *hi = to;
    found = 1;
  }
  if (maps) fclose(maps);
  return found;
}

/* The stacks on which something may be overwritten: the kit's and the contexts'. */
static struct {
  uint64_t lo, hi;
} stacks[5];
static unsigned stack_count;

static void know(uint64_t lo, uint64_t hi) {
  stacks[stack_count].lo = lo;
  stacks[stack_count++].hi = hi;
}

static void know_stacks(const coroutine *all, unsigned n) {
  uint64_t lo = 0, hi = 0;
  if (mapping_of((uint64_t)(uintptr_t)__builtin_frame_address(0), &lo, &hi)) know(lo, hi);
  for (unsigned i = 0; i < n; i++)
    if (all[i].stack != NULL) know((uint64_t)(uintptr_t)all[i].stack, (uint64_t)(uintptr_t)all[i].stack + all[i].size);
    else if (mapping_of(all[i].entry_sp - 8, &lo, &hi)) know(lo, hi);
}

/* Bytes below sp that are a function's own. */
#ifdef __x86_64__
#define RED_ZONE 128
#define SP_OF(u) ((uint64_t)(u)->uc_mcontext.gregs[REG_RSP])
#else
#define RED_ZONE 0
#define SP_OF(u) ((uint64_t)(u)->uc_mcontext.sp)
#endif
/* As far as a handler and its frame may reach. */
#define REACH 8192

/* Every byte: of the frame that a system makes for a handler it writes some, and leaves others as they are. */
static void overwrite_below(const ucontext_t *u) {
  uint64_t sp = SP_OF(u);
  for (unsigned i = 0; i < stack_count; i++) {
    if (sp <= stacks[i].lo + RED_ZONE || sp > stacks[i].hi) continue;
    uint64_t size = sp - RED_ZONE - stacks[i].lo;
    if (size > REACH) size = REACH;
    memset((void *)(uintptr_t)(sp - RED_ZONE - size), 0xCC, size);
  }
}

static void on_storm_aside(int signal, siginfo_t *info, void *context) {
  (void)signal;
  (void)info;
  overwrite_below(context);
  signals++;
}

/* For handlers that are to write on the stack under way what they want, and nothing else. */
static void stand_aside(void) {
  static char alternative[65536];
  stack_t stack = {.ss_sp = alternative, .ss_size = sizeof alternative};
  sigaltstack(&stack, NULL);
}

static void handle(int signal, void (*plain)(int), void (*with)(int, siginfo_t *, void *), int alternative) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  if (with) action.sa_sigaction = with;
  else action.sa_handler = plain;
  action.sa_flags = (with ? SA_SIGINFO : 0) | (alternative ? SA_ONSTACK : 0) | SA_RESTART;
  sigaction(signal, &action, NULL);
}

void prop_storm(void) {
  coroutine all[4];
  for (int i = 0; i < 4; i++)
    if (!make(&all[i], STACK_SIZE, live_watched)) {
      fail("create refused a stack of %d bytes", STACK_SIZE);
      return;
    }
  for (int i = 0; i < 4; i++) watched_resume(&all[i]);
  handle(SIGALRM, on_storm, NULL, 0);
  struct sigevent event;
  memset(&event, 0, sizeof event);
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGALRM;
  timer_t timer;
  if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) {
    skip("there is no timer that sends signals");
    return;
  }
  struct itimerspec every = {{0, 20000}, {0, 20000}};
  timer_settime(timer, 0, &every, NULL);
  struct timespec start, t;
  clock_gettime(CLOCK_MONOTONIC, &start);
  know_stacks(all, 4);
  stand_aside();
  do {
    for (int n = 0; n < 1000; n++) watched_resume(&all[draw() % 4]);
    clock_gettime(CLOCK_MONOTONIC, &t);
    if (t.tv_sec - start.tv_sec >= STORM_SECONDS / 2) handle(SIGALRM, NULL, on_storm_aside, 1);
  } while (t.tv_sec - start.tv_sec < STORM_SECONDS);
  timer_delete(timer);
  note("%llu signals in %llu switches", (unsigned long long)signals, (unsigned long long)noted.calls[RESUMER]);
  if (signals < 100) fail("only %llu signals came: expected at least 100", (unsigned long long)signals);
  tell_tally(1, 1);
}

#ifdef __x86_64__

static volatile uint64_t steps, outside;
static uint64_t host_lo, host_hi, own_lo, own_hi, first_sp;
static char first_at[160];

static __attribute__((noinline)) void trap_on(void) {
  __asm__ volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq" ::: "memory", "cc");
}

static __attribute__((noinline)) void trap_off(void) {
  __asm__ volatile("pushfq\n\tandq $~0x100, (%%rsp)\n\tpopfq" ::: "memory", "cc");
}

static void where(char *to, size_t size, void *pc) {
  Dl_info info;
  if (dladdr(pc, &info) && info.dli_sname)
    snprintf(to, size, "%s+%ld", info.dli_sname, (long)((char *)pc - (char *)info.dli_saddr));
  else if (dladdr(pc, &info) && info.dli_fname) {
    const char *file = strrchr(info.dli_fname, '/');
    snprintf(to, size, "%s+0x%lx", file ? file + 1 : info.dli_fname, (long)((char *)pc - (char *)info.dli_fbase));
  } else snprintf(to, size, "%p", pc);
}

/* On an alternative stack: looks where sp is. */
static void on_step(int signal, siginfo_t *info, void *context) {
  (void)signal;
  (void)info;
  ucontext_t *u = context;
  uint64_t sp = (uint64_t)u->uc_mcontext.gregs[REG_RSP];
  steps++;
  if ((sp > host_lo && sp <= host_hi) || (sp > own_lo && sp <= own_hi)) return;
  if (outside++ != 0) return;
  first_sp = sp;
  where(first_at, sizeof first_at, (void *)(uintptr_t)u->uc_mcontext.gregs[REG_RIP]);
}

/* On the stack under way: overwrites what lies below sp. */
static void on_step_here(int signal) {
  (void)signal;
  scribble();
  steps++;
}

static void on_step_aside(int signal, siginfo_t *info, void *context) {
  (void)signal;
  (void)info;
  overwrite_below(context);
  steps++;
}

void prop_step(void) {
  coroutine c;
  if (!make(&c, STACK_SIZE, live_yielding)) {
    fail("create refused a stack of %d bytes", STACK_SIZE);
    return;
  }
  subject->resume(c.ctx);
  subject->resume(c.ctx);
  mapping_of((uint64_t)(uintptr_t)__builtin_frame_address(0), &host_lo, &host_hi);
  if (c.stack != NULL) {
    own_lo = (uint64_t)(uintptr_t)c.stack;
    own_hi = own_lo + c.size;
  } else mapping_of(c.entry_sp - 8, &own_lo, &own_hi);
  stand_aside();
  handle(SIGTRAP, NULL, on_step, 1);
  trap_on();
  subject->resume(c.ctx);
  trap_off();
  uint64_t one = steps;
  for (int n = 0; n < 10; n++) {
    trap_on();
    subject->resume(c.ctx);
    trap_off();
  }
  note("%llu instructions a round trip, the adapter's included", (unsigned long long)(steps - one) / 10);
  if (steps < 20) fail("%llu instructions were seen: expected at least 20", (unsigned long long)steps);
  else compared(steps);
  if (outside)
    fail("at %llu instructions sp is in neither stack; first at %s: %llx", (unsigned long long)outside, first_at,
      (unsigned long long)first_sp);
}

void prop_step_on_stack(void) {
  coroutine c;
  if (!make(&c, STACK_SIZE, live_watched)) {
    fail("create refused a stack of %d bytes", STACK_SIZE);
    return;
  }
  watched_resume(&c);
  know_stacks(&c, 1);
  stand_aside();
  handle(SIGTRAP, on_step_here, NULL, 0);
  for (int n = 0; n < 40; n++) {
    if (n == 20) handle(SIGTRAP, NULL, on_step_aside, 1);
    trap_on();
    watched_resume(&c);
    trap_off();
  }
  note("%llu instructions, what lies below sp overwritten at each", (unsigned long long)steps);
  if (steps < 20) fail("%llu instructions were seen: expected at least 20", (unsigned long long)steps);
  tell_tally(1, 1);
}

#else

void prop_step(void) { skip("this processor has no trap flag that a program sets"); }
void prop_step_on_stack(void) { skip("this processor has no trap flag that a program sets"); }

#endif

static void live_masking(coroutine *c) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, NULL);
  live_yielding(c);
}

void prop_sigmask(void) {
  coroutine c;
  if (!make(&c, STACK_SIZE, live_masking)) {
    fail("create refused a stack of %d bytes", STACK_SIZE);
    return;
  }
  subject->resume(c.ctx);
  sigset_t set;
  sigprocmask(SIG_SETMASK, NULL, &set);
  compared(1);
  if (sigismember(&set, SIGUSR1)) unlike(CONFORM_SIGMASK, "a signal that a body blocks is blocked for its resumer, too");
}
#endif
