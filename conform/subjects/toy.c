/*
 * A switch of a few lines, and the same with one fault each: what the kit must pass, and what it must name. Its assembly is in
 * toy_sysv.h, toy_ms.h and toy_aarch64.h. The driver has it, too, for its self-test (selftest.c), which says what it must say of each.
 *
 * Subject 0 is right.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "../include/conform.h"
#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include "toy_ms.h"
#else
#include <sys/mman.h>
#ifdef __x86_64__
#include "toy_sysv.h"
#else
#include "toy_aarch64.h"
#endif
#endif

/* Stores sp to *save, with the registers below it, and goes on at load. */
typedef void toy_switch(void **save, void *load);
#define DECLARE(name) extern toy_switch toy_##name;
TOY_SWITCHES(DECLARE)
extern toy_switch toy_right, toy_below, toy_pointer;
#if defined(__x86_64__) && !defined(_WIN32)
extern toy_switch toy_within;
#endif
void toy_start(void), toy_start_wild(void), toy_start_other(void), toy_start_shadow(void);

/* A fault beside those of the switches. */
typedef enum {
  NONE,
  MISALIGNED,
  INHERITS,
  FIRST_WORDS,
  ONE_CALLER,
  CREATORS_CALLER,
  NEVER_ENDS,
  LEAKS,
  SCRIBBLES,
  NO_GUARD,
  REFUSES_LATE,
  NO_SHADOW,
  NO_BOUNDS
} fault;

typedef struct {
  conform_subject table;
  toy_switch *to;
  void (*start)(void);
  fault fault;
} toy;

struct conform_ctx {
  void *sp, *caller;
  /* Where the caller's sp is kept. */
  void **callers;
  const toy *toy;
  conform_body *body;
  void *arg, *made;
  int done;
};

static void *one_caller;
/* A word of each thread's. */
#ifdef _WIN32
/* ArbitraryUserPointer of the TEB: thread-local storage would want a C library */
#define threads_caller (*(void **)((char *)NtCurrentTeb() + 0x28))
#else
static _Thread_local void *threads_caller;
#endif

/* Control words as they were once: of FIRST_WORDS, what a resumer is given in place of its own. */
#ifdef __x86_64__
static uint32_t first_mxcsr;
static uint16_t first_x87;
static void keep_words(void) { __asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(first_mxcsr), "=m"(first_x87)); }
static void load_words(void) { __asm__ volatile("ldmxcsr %0\n\tfldcw %1" ::"m"(first_mxcsr), "m"(first_x87)); }
#else
static uint64_t first_fpcr;
static void keep_words(void) { __asm__ volatile("mrs %0, fpcr" : "=r"(first_fpcr)); }
static void load_words(void) { __asm__ volatile("msr fpcr, %0" ::"r"(first_fpcr)); }
#endif

static const toy *now;

static void body_of(conform_ctx *c) {
  c->body(c->arg);
  c->done = 1;
  c->toy->to(&c->sp, *c->callers);
}

#define OWN_SIZE (128 * 1024)
#define GUARD_SIZE 65536

/* A stack of OWN_SIZE bytes above a guard. */
static void *make_own(void) {
#ifdef _WIN32
  DWORD before;
  void *made = VirtualAlloc(NULL, OWN_SIZE + GUARD_SIZE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
  if (made != NULL) VirtualProtect(made, GUARD_SIZE, PAGE_NOACCESS, &before);
  return made;
#else
  void *made = mmap(NULL, OWN_SIZE + GUARD_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (made == MAP_FAILED) return NULL;
  mprotect(made, GUARD_SIZE, PROT_NONE);
  return made;
#endif
}

static void free_own(void *made) {
#ifdef _WIN32
  VirtualFree(made, 0, MEM_RELEASE);
#else
  munmap(made, OWN_SIZE + GUARD_SIZE);
#endif
}

static conform_ctx *create(const toy *t, void *memory, size_t size, conform_body *body, void *arg) {
  static int lives;
  if (t->fault != NO_GUARD && size < 1024) return NULL;
  if (t->fault == REFUSES_LATE && ++lives > 5000) return NULL;
  if (t->fault == FIRST_WORDS) keep_words();
  conform_ctx *c = calloc(1, sizeof *c);
  if (c == NULL) return NULL;
  c->toy = t;
  c->body = body;
  c->arg = arg;
  c->callers = t->fault == ONE_CALLER ? &one_caller : t->fault == CREATORS_CALLER ? &threads_caller : &c->caller;
  if (t->table.claims & CONFORM_OWN_STACK) {
    c->made = make_own();
    memory = (char *)c->made + GUARD_SIZE;
    size = OWN_SIZE;
  }
  if (t->fault == LEAKS) {
    static void *volatile leaked;
    leaked = malloc(512);
    memset(leaked, 1, 512);
  }
  uint64_t *top = (uint64_t *)(((uintptr_t)memory + size) & ~(uintptr_t)15);
  if (t->fault == SCRIBBLES) top[0] = 0;
  if (t->fault == MISALIGNED) top--;
  /* Where a frame that says it has a return address has one that is none. */
  *--top = 0;
  *--top = t->start == toy_start_wild ? 0x1234567 : 0;
  /* the one that is started without shadow space is the body itself */
  int direct = t->fault == NO_SHADOW;
  *--top = direct ? (uint64_t)(uintptr_t)body : (uint64_t)(uintptr_t)body_of;
  *--top = direct ? (uint64_t)(uintptr_t)arg : (uint64_t)(uintptr_t)c;
  top = toy_frame(top, t->start, t->fault == NO_BOUNDS ? NULL : memory, (char *)memory + size, t->fault == INHERITS);
  c->sp = top;
  return c;
}

static int resume(conform_ctx *c) {
  /* The address of a thread's word was kept from the thread that made the context: yield looks there. */
  c->toy->to(c->toy->fault == CREATORS_CALLER ? &threads_caller : c->callers, c->sp);
  if (c->toy->fault == FIRST_WORDS) load_words();
  return !c->done || c->toy->fault == NEVER_ENDS;
}

static int raw_resume(conform_ctx *c, conform_raw *raw) {
  if (c->toy->fault == CREATORS_CALLER || c->toy->fault == FIRST_WORDS) return 0;
  *raw = (conform_raw){(void *)c->toy->to, {(uint64_t)(uintptr_t)c->callers, (uint64_t)(uintptr_t)c->sp}};
  return 1;
}

static int raw_yield(conform_ctx *c, conform_raw *raw) {
  *raw = (conform_raw){(void *)c->toy->to, {(uint64_t)(uintptr_t)&c->sp, (uint64_t)(uintptr_t)*c->callers}};
  return 1;
}

static void yield(conform_ctx *c) { c->toy->to(&c->sp, *c->callers); }

static void destroy(conform_ctx *c) {
  if (c->made) free_own(c->made);
  free(c);
}

#define CLAIMS                                                                                                                    \
  (CONFORM_FP_BODY | CONFORM_FP_RESUMER | CONFORM_FP_DEFAULT | CONFORM_MIGRATES | CONFORM_NESTS | CONFORM_RETURNS |               \
    CONFORM_DESTROYS | CONFORM_BACKTRACE | CONFORM_BOUNDS)
#define TOY(called, more, to_, start_, fault_)                                                                                    \
  {                                                                                                                               \
    {CONFORM_ABI, sizeof(conform_subject), called, "1", CLAIMS | (more), 4096, 16, NULL, NULL, NULL, resume, yield, destroy,       \
      raw_resume, raw_yield},                                                                                                     \
      to_, start_, fault_                                                                                                         \
  }
#define LOSES(name) TOY(#name, 0, toy_##name, toy_start, NONE),

static toy toys[] = {
  TOY("toy", CONFORM_OWN_STACK | CONFORM_GUARD | CONFORM_SIZES, toy_right, toy_start, NONE),
  TOY_SWITCHES(LOSES)
  TOY("below", 0, toy_below, toy_start, NONE),
#if defined(__x86_64__) && !defined(_WIN32)
  TOY("within", 0, toy_within, toy_start, NONE),
#endif
  TOY("pointer", 0, toy_pointer, toy_start, NONE),
  TOY("wild", 0, toy_right, toy_start_wild, NONE),
  TOY("misaligned", 0, toy_right, toy_start, MISALIGNED),
  TOY("inherits", 0, toy_right, toy_start, INHERITS),
  TOY("first-words", 0, toy_right, toy_start, FIRST_WORDS),
  TOY("one-caller", 0, toy_right, toy_start, ONE_CALLER),
  TOY("creators-caller", 0, toy_right, toy_start, CREATORS_CALLER),
  TOY("never-ends", 0, toy_right, toy_start, NEVER_ENDS),
  TOY("leaks", 0, toy_right, toy_start, LEAKS),
  TOY("scribbles", 0, toy_right, toy_start, SCRIBBLES),
  TOY("no-guard", CONFORM_GUARD | CONFORM_SIZES, toy_right, toy_start, NO_GUARD),
  TOY("refuses-late", 0, toy_right, toy_start, REFUSES_LATE),
#ifdef __x86_64__
  TOY("direction", 0, toy_right, toy_start_other, NONE),
#endif
#ifdef _WIN32
  TOY("shadow", 0, toy_right, toy_start_shadow, NO_SHADOW),
  TOY("bounds", 0, toy_right, toy_start, NO_BOUNDS),
#endif
};

static conform_ctx *create_now(void *memory, size_t size, conform_body *body, void *arg) {
  return create(now, memory, size, body, arg);
}

const conform_subject *conform_subject_at(unsigned k) {
  if (k >= sizeof toys / sizeof *toys) return NULL;
  now = &toys[k];
  toys[k].table.create = create_now;
  return &toys[k].table;
}
