/* state-threads as a subject: a thread a context, which waits at a condition until it is resumed. It belongs to one OS thread. */
#include <st.h>
#include <stdlib.h>
#include "../include/conform.h"

struct conform_ctx {
  st_thread_t thread;
  st_cond_t go, back;
  conform_body *body;
  void *arg;
  int may, back_again, done;
};

static int enter(void) { return st_init(); }

static void *start(void *at) {
  conform_ctx *c = at;
  while (!c->may) st_cond_wait(c->go);
  c->may = 0;
  c->body(c->arg);
  c->done = 1;
  c->back_again = 1;
  st_cond_signal(c->back);
  return NULL;
}

static conform_ctx *create(void *memory, size_t size, conform_body *body, void *arg) {
  (void)memory;
  if (size > 1u << 30) return NULL;
  conform_ctx *c = calloc(1, sizeof *c);
  if (c == NULL) return NULL;
  c->body = body;
  c->arg = arg;
  c->go = st_cond_new();
  c->back = st_cond_new();
  c->thread = st_thread_create(start, c, 1, (int)size);
  if (c->thread != NULL) return c;
  st_cond_destroy(c->go);
  st_cond_destroy(c->back);
  free(c);
  return NULL;
}

static int resume(conform_ctx *c) {
  c->may = 1;
  st_cond_signal(c->go);
  while (!c->back_again) st_cond_wait(c->back);
  c->back_again = 0;
  return !c->done;
}

static void yield(conform_ctx *c) {
  c->back_again = 1;
  st_cond_signal(c->back);
  while (!c->may) st_cond_wait(c->go);
  c->may = 0;
}

static void destroy(conform_ctx *c) {
  /* a thread that has not ended keeps its conditions: state-threads has no way to end it from outside */
  if (!c->done) return;
  st_thread_join(c->thread, NULL);
  st_cond_destroy(c->go);
  st_cond_destroy(c->back);
  free(c);
}

const conform_subject *conform_subject_at(unsigned k) {
  static const conform_subject subject = {
    .abi = CONFORM_ABI,
    .size = sizeof(conform_subject),
    .name = "state-threads",
    .version = "1.9",
    .claims = CONFORM_OWN_STACK | CONFORM_NESTS | CONFORM_RETURNS,
    .stack_min = 16384,
    .thread_enter = enter,
    .create = create,
    .resume = resume,
    .yield = yield,
    .destroy = destroy,
  };
  return k == 0 ? &subject : NULL;
}
