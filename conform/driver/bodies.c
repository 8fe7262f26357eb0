/* Contexts as the properties make them, on stacks with margins that the kit watches. */
#include "kit.h"
#include <stdlib.h>
#include <string.h>

/* Bytes on each side of a stack that the kit makes, filled with a pattern. */
#define MARGIN 4096
#define PATTERN 0xA7
#define GUARD 65536

/* Called by gobuf_probe_entry: sp as it was before the call, and what is in the preserved registers. */
void gobuf_probe_goroutine(coroutine *, uint64_t sp, const uint64_t *values);
void gobuf_probe_goroutine(coroutine *c, uint64_t sp, const uint64_t *values) {
#ifdef __x86_64__
  uint64_t flags;
  __asm__ volatile("pushfq\n\tpopq %0\n\tcld" : "=r"(flags));
  c->entry_flags = flags;
#endif
  c->entry_sp = sp;
  memcpy(c->entry, values, sizeof c->entry);
  c->live(c);
}

/* What the probe's other entry wants; nothing here goes through it. */
void gobuf_probe_on_g0(void *, uint64_t, const uint64_t *);
void gobuf_probe_on_g0(void *a, uint64_t sp, const uint64_t *values) {
  (void)a;
  (void)sp;
  (void)values;
  abort();
}

/* The stack at the lowest address that the subject's alignment allows, with a margin on each side. */
static int make_stack(coroutine *c, size_t size) {
  size_t align = subject->stack_align > 16 ? subject->stack_align : 16;
  if (size > SIZE_MAX / 2) return 0;
  c->mapped_size = size + align + 2 * MARGIN;
  char *at = c->mapped = os_map(c->mapped_size);
  if (at == NULL) return 0;
  c->stack = (char *)(((uintptr_t)at + MARGIN + align - 1) / align * align);
  c->size = size;
  memset(c->stack - MARGIN, PATTERN, MARGIN);
  memset(c->stack + size, PATTERN, MARGIN);
  return 1;
}

void make_stack_only(size_t size) {
  coroutine c;
  memset(&c, 0, sizeof c);
  if (!(subject->claims & CONFORM_OWN_STACK)) {
    if (make_stack(&c, size)) os_unmap(c.mapped, c.mapped_size);
    return;
  }
  /* as a library that makes stacks with guards */
  char *at = os_map(size + GUARD);
  if (at == NULL) return;
  os_protect(at, GUARD);
  os_unmap(at, size + GUARD);
}

int margins_intact(const coroutine *c) {
  if (c->stack == NULL) return 1;
  for (int i = 0; i < MARGIN; i++)
    if ((unsigned char)c->stack[-1 - i] != PATTERN || (unsigned char)c->stack[c->size + (size_t)i] != PATTERN) return 0;
  return 1;
}

int make(coroutine *c, size_t size, void (*live)(coroutine *)) {
  memset(c, 0, sizeof *c);
  c->live = live;
  if (!(subject->claims & CONFORM_OWN_STACK) && !make_stack(c, size)) return 0;
  c->ctx = subject->create(c->stack, size, gobuf_probe_entry, c);
  if (c->ctx != NULL) return 1;
  if (c->stack != NULL) os_unmap(c->mapped, c->mapped_size);
  c->stack = NULL;
  return 0;
}

void give_back(coroutine *c) {
  subject->destroy(c->ctx);
  if (c->stack != NULL) os_unmap(c->mapped, c->mapped_size);
  c->stack = NULL;
}

void live_yielding(coroutine *c) {
  for (;;) {
    c->count++;
    subject->yield(c->ctx);
  }
}

void live_watched(coroutine *c) {
  for (;;) {
    c->count++;
    watched_yield(c);
  }
}
