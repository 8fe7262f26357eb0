/* GNU Pth's user-space contexts (pth_uctx) as a subject. */
#include <pth.h>
#include <stdlib.h>
#include "../include/conform.h"

struct conform_ctx {
  pth_uctx_t own, caller;
  conform_body *body;
  void *arg;
  int done;
};

static int enter(void) { return pth_init() ? 0 : 1; }
static void leave(void) { pth_kill(); }

static void start(void *at) {
  conform_ctx *c = at;
  c->body(c->arg);
  c->done = 1;
}

static conform_ctx *create(void *memory, size_t size, conform_body *body, void *arg) {
  conform_ctx *c = calloc(1, sizeof *c);
  if (c == NULL) return NULL;
  c->body = body;
  c->arg = arg;
  pth_uctx_create(&c->own);
  pth_uctx_create(&c->caller);
  if (pth_uctx_make(c->own, memory, size, NULL, start, c, c->caller)) return c;
  pth_uctx_destroy(c->own);
  pth_uctx_destroy(c->caller);
  free(c);
  return NULL;
}

static int resume(conform_ctx *c) {
  pth_uctx_switch(c->caller, c->own);
  return !c->done;
}

static void yield(conform_ctx *c) { pth_uctx_switch(c->own, c->caller); }

static void destroy(conform_ctx *c) {
  pth_uctx_destroy(c->own);
  pth_uctx_destroy(c->caller);
  free(c);
}

const conform_subject *conform_subject_at(unsigned k) {
  static const conform_subject subject = {
    .abi = CONFORM_ABI,
    .size = sizeof(conform_subject),
    .name = "GNU Pth uctx",
    .version = "2.0.7",
    .claims = CONFORM_FP_BODY | CONFORM_FP_RESUMER | CONFORM_NESTS | CONFORM_RETURNS | CONFORM_DESTROYS | CONFORM_SIGMASK,
    .stack_min = 16384,
    .thread_enter = enter,
    .thread_leave = leave,
    .create = create,
    .resume = resume,
    .yield = yield,
    .destroy = destroy,
  };
  return k == 0 ? &subject : NULL;
}
