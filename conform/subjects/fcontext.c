/* Boost.Context's fcontext as a subject: its assembly, on the kit's stacks, without its C++. */
#include <stdlib.h>
#include "../include/conform.h"

typedef struct {
  void *from, *data;
} transfer;
transfer jump_fcontext(void *to, void *data);
void *make_fcontext(void *top, size_t size, void (*start)(transfer));

struct conform_ctx {
  void *own, *caller;
  conform_body *body;
  void *arg;
  int done;
};

static void start(transfer t) {
  conform_ctx *c = t.data;
  c->caller = t.from;
  c->body(c->arg);
  c->done = 1;
  jump_fcontext(c->caller, c);
}

static conform_ctx *create(void *memory, size_t size, conform_body *body, void *arg) {
  conform_ctx *c = calloc(1, sizeof *c);
  if (c == NULL) return NULL;
  c->body = body;
  c->arg = arg;
  c->own = make_fcontext((char *)memory + size, size, start);
  return c;
}

static int resume(conform_ctx *c) {
  c->own = jump_fcontext(c->own, c).from;
  return !c->done;
}

static void yield(conform_ctx *c) { c->caller = jump_fcontext(c->caller, c).from; }

static void destroy(conform_ctx *c) { free(c); }

/* Its assembly saves the control words on x86 alone. */
#if defined(__x86_64__)
#define FP_WORDS (CONFORM_FP_BODY | CONFORM_FP_RESUMER)
#else
#define FP_WORDS 0
#endif

const conform_subject *conform_subject_at(unsigned k) {
  static const conform_subject subject = {
    .abi = CONFORM_ABI,
    .size = sizeof(conform_subject),
    .name = "Boost.Context fcontext",
    .version = "1.81",
    .claims = FP_WORDS | CONFORM_MIGRATES | CONFORM_NESTS | CONFORM_RETURNS | CONFORM_DESTROYS,
    .stack_min = 4096,
    .create = create,
    .resume = resume,
    .yield = yield,
    .destroy = destroy,
  };
  return k == 0 ? &subject : NULL;
}
