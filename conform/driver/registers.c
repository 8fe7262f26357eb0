/* Registers on both sides of a switch: plain, below frames, after a clobber, nested; and what a new context starts with. */
#include "kit.h"
#include <string.h>

#define MANY 4

/* Resumes four contexts in a drawn order, both sides under watch. */
static void switches(int rounds) {
  coroutine all[MANY];
  for (int i = 0; i < MANY; i++)
    if (!make(&all[i], STACK_SIZE, live_watched)) {
      fail("create refused a stack of %d bytes", STACK_SIZE);
      return;
    }
  /* Under watch from the first on: a lost register may be one that the kit's own frames need. */
  for (int i = 0; i < MANY; i++) watched_resume(&all[i]);
  for (int n = 0; n < rounds; n++) watched_resume(&all[draw() % MANY]);
  tell_tally(1, 1);
  for (int i = 0; i < MANY; i++)
    if (!margins_intact(&all[i])) fail("something was written beside a stack");
}

void prop_registers(void) { switches(2000); }

void prop_clobbered(void) {
  clobber_first = 1;
  switches(2000);
}

static void live_inner(coroutine *c) { live_watched(c); }

static void live_outer(coroutine *c) {
  coroutine *inner = c->other;
  for (;;) {
    for (int k = 0; k < 3; k++) watched_resume(inner);
    watched_yield(c);
  }
}

void prop_nested(void) {
  coroutine inner, outer;
  if (!make(&inner, STACK_SIZE, live_inner) || !make(&outer, STACK_SIZE, live_outer)) {
    fail("create refused a stack of %d bytes", STACK_SIZE);
    return;
  }
  outer.other = &inner;
  for (int n = 0; n < 300; n++) watched_resume(&outer);
  if (inner.count != 900) fail("the inner context ran %llu times of 900", (unsigned long long)inner.count);
  tell_tally(1, 1);
}

/* The control words of three kinds, so that a new context's tell whose they are. */
enum { DEFAULTS = 0, CREATORS = 1, RESUMERS = 2 };

/* Windows' x87 rounds to 53 bits. */
#ifdef _WIN32
#define X87_DEFAULT 0x027F
#else
#define X87_DEFAULT 0x037F
#endif

static void set_words(int whose) {
#ifdef __x86_64__
  static const uint32_t mxcsr[] = {0x1F80, 0x3F80, 0x9FC0};
  static const uint16_t x87[] = {X87_DEFAULT, 0x0B7F, 0x047F};
  __asm__ volatile("ldmxcsr %0\n\tfldcw %1" ::"m"(mxcsr[whose]), "m"(x87[whose]));
#else
  static const uint64_t fpcr[] = {0, 0x00400000, 0x01000000};
  __asm__ volatile("msr fpcr, %0" ::"r"(fpcr[whose]));
#endif
}

static const char *whose(const probe_register *r, uint64_t value) {
#ifdef __x86_64__
  static const uint64_t mxcsr[] = {0x1F80, 0x3F80, 0x9FC0}, x87[] = {X87_DEFAULT, 0x0B7F, 0x047F};
  const uint64_t *words = r->name[0] == 'm' ? mxcsr : x87;
#else
  static const uint64_t words[] = {0, 0x00400000, 0x01000000};
#endif
  static const char *const names[] = {"the ABI's", "its creator's", "its resumer's"};
  for (int i = 0; i < 3; i++)
    if (((value ^ words[i]) & r->compare) == 0) return names[i];
  return "neither the ABI's, its creator's, nor its resumer's";
}

void prop_entry(void) {
  coroutine c;
  set_words(CREATORS);
  int made = make(&c, STACK_SIZE, live_yielding);
  set_words(RESUMERS);
  if (made) subject->resume(c.ctx);
  set_words(DEFAULTS);
  if (!made || c.count != 1) {
    fail(made ? "the body did not start" : "create refused a stack of %d bytes", STACK_SIZE);
    return;
  }
  compared(1);
  if (c.entry_sp % 16 != 0) fail("sp before the call of the body is %llx: not a multiple of 16", (unsigned long long)c.entry_sp);
  if (c.stack != NULL && (c.entry_sp < (uintptr_t)c.stack || c.entry_sp > (uintptr_t)c.stack + c.size))
    fail("sp of the body is %llx: not in its stack", (unsigned long long)c.entry_sp);
#ifdef _WIN32
  /* 32 bytes above the return address are the callee's. */
  if (c.stack != NULL && c.entry_sp + 32 > (uintptr_t)c.stack + c.size)
    fail("the shadow space of the body, from sp %llx on, is not in its stack", (unsigned long long)c.entry_sp);
#endif
#ifdef __x86_64__
  if (c.entry_flags >> 10 & 1) fail("the direction flag is set when the body starts");
#endif
  for (unsigned i = 0; i < register_count(); i++) {
    const probe_register *r = &gobuf_probe_registers[i];
    if (r->class != CLASS_CONTROL) continue;
    const char *which = whose(r, c.entry[r->slot]);
    const char *format = "a new context's %s is %s (%llx)";
    if (which[0] == 't') note(format, r->name, which, (unsigned long long)c.entry[r->slot]);
    else unlike(CONFORM_FP_DEFAULT, format, r->name, which, (unsigned long long)c.entry[r->slot]);
  }
}
