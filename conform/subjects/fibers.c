/* Windows' fibers as a subject: SwitchToFiber, on stacks that the system makes. */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <stdlib.h>
#include "../include/conform.h"

struct conform_ctx {
  void *own, *caller;
  conform_body *body;
  void *arg;
  int done;
};

static int enter(void) { return ConvertThreadToFiberEx(NULL, FIBER_FLAG_FLOAT_SWITCH) ? 0 : 1; }
static void leave(void) { ConvertFiberToThread(); }

static void WINAPI start(void *at) {
  conform_ctx *c = at;
  c->body(c->arg);
  c->done = 1;
  /* a fiber that returns ends its thread */
  for (;;) SwitchToFiber(c->caller);
}

static conform_ctx *create(void *memory, size_t size, conform_body *body, void *arg) {
  (void)memory;
  conform_ctx *c = calloc(1, sizeof *c);
  if (c == NULL) return NULL;
  c->body = body;
  c->arg = arg;
  c->own = CreateFiberEx(size, size, FIBER_FLAG_FLOAT_SWITCH, start, c);
  if (c->own != NULL) return c;
  free(c);
  return NULL;
}

static int resume(conform_ctx *c) {
  c->caller = GetCurrentFiber();
  SwitchToFiber(c->own);
  return !c->done;
}

static void yield(conform_ctx *c) { SwitchToFiber(c->caller); }

static void destroy(conform_ctx *c) {
  DeleteFiber(c->own);
  free(c);
}

static int raw_resume(conform_ctx *c, conform_raw *raw) {
  c->caller = GetCurrentFiber();
  *raw = (conform_raw){(void *)SwitchToFiber, {(uint64_t)(uintptr_t)c->own}};
  return 1;
}

static int raw_yield(conform_ctx *c, conform_raw *raw) {
  *raw = (conform_raw){(void *)SwitchToFiber, {(uint64_t)(uintptr_t)c->caller}};
  return 1;
}

const conform_subject *conform_subject_at(unsigned k) {
  static const conform_subject subject = {
    .abi = CONFORM_ABI,
    .size = sizeof(conform_subject),
    .name = "Windows fibers",
    .version = "wine 8.0",
    /* no guard where the kit looks: the system may make a stack larger than it was asked to */
    .claims = CONFORM_FP_BODY | CONFORM_FP_RESUMER | CONFORM_OWN_STACK | CONFORM_MIGRATES | CONFORM_NESTS | CONFORM_RETURNS | CONFORM_DESTROYS | CONFORM_BACKTRACE | CONFORM_BOUNDS,
    .stack_min = 65536,
    .thread_enter = enter,
    .thread_leave = leave,
    .create = create,
    .resume = resume,
    .yield = yield,
    .destroy = destroy,
    .raw_resume = raw_resume,
    .raw_yield = raw_yield,
  };
  return k == 0 ? &subject : NULL;
}
