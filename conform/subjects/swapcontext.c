/* The C library's swapcontext as a subject: POSIX's own coroutines, which also keep the signal mask. */
#include <stdlib.h>
#include <ucontext.h>
#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif
#include "../include/conform.h"

struct conform_ctx {
  ucontext_t own, caller;
  conform_body *body;
  void *arg;
  int done;
};

static void start(unsigned low, unsigned high) {
  conform_ctx *c = (conform_ctx *)(((uintptr_t)high << 32) | low);
  c->body(c->arg);
  c->done = 1;
}

static conform_ctx *create(void *memory, size_t size, conform_body *body, void *arg) {
  conform_ctx *c = calloc(1, sizeof *c);
  if (c == NULL || getcontext(&c->own) != 0) return NULL;
  c->body = body;
  c->arg = arg;
  c->own.uc_stack.ss_sp = memory;
  c->own.uc_stack.ss_size = size;
  c->own.uc_link = &c->caller;
  makecontext(&c->own, (void (*)(void))start, 2, (unsigned)(uintptr_t)c, (unsigned)((uintptr_t)c >> 32));
  return c;
}

static int resume(conform_ctx *c) {
  swapcontext(&c->caller, &c->own);
  return !c->done;
}

static void yield(conform_ctx *c) { swapcontext(&c->own, &c->caller); }

static conform_subject subject = {
  .abi = CONFORM_ABI,
  .size = sizeof(conform_subject),
  .name = "swapcontext",
  .claims = CONFORM_FP_BODY | CONFORM_FP_RESUMER | CONFORM_MIGRATES | CONFORM_NESTS | CONFORM_RETURNS | CONFORM_DESTROYS |
    CONFORM_SIGMASK,
  .stack_min = 4096,
  .create = create,
  .resume = resume,
  .yield = yield,
  .destroy = (void (*)(conform_ctx *))free,
};

const conform_subject *conform_subject_at(unsigned k) {
#ifdef __GLIBC__
  subject.version = gnu_get_libc_version();
#else
  subject.version = "unknown";
#endif
  return k == 0 ? &subject : NULL;
}
