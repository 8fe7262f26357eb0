/* PCL, the Portable Coroutine Library, as a subject. */
#include <pcl.h>
#include <stdlib.h>
#include "../include/conform.h"

struct conform_ctx {
  coroutine_t own;
  conform_body *body;
  void *arg;
  int done;
};

static void start(void *at) {
  conform_ctx *c = at;
  c->body(c->arg);
  c->done = 1;
}

static conform_ctx *create(void *memory, size_t size, conform_body *body, void *arg) {
  /* it takes the size as an int */
  if (size > 1u << 30) return NULL;
  conform_ctx *c = calloc(1, sizeof *c);
  if (c == NULL) return NULL;
  c->body = body;
  c->arg = arg;
  c->own = co_create(start, c, memory, (int)size);
  if (c->own != NULL) return c;
  free(c);
  return NULL;
}

static int resume(conform_ctx *c) {
  co_call(c->own);
  return !c->done;
}

static void yield(conform_ctx *c) {
  (void)c;
  co_resume();
}

static void destroy(conform_ctx *c) {
  /* a coroutine that returned has deleted itself */
  if (!c->done) co_delete(c->own);
  free(c);
}

const conform_subject *conform_subject_at(unsigned k) {
  static const conform_subject subject = {
    .abi = CONFORM_ABI,
    .size = sizeof(conform_subject),
    .name = "PCL",
    .version = "1.12",
    .claims = CONFORM_NESTS | CONFORM_RETURNS | CONFORM_DESTROYS,
    .stack_min = 16384,
    .thread_enter = co_thread_init,
    .thread_leave = co_thread_cleanup,
    .create = create,
    .resume = resume,
    .yield = yield,
    .destroy = destroy,
  };
  return k == 0 ? &subject : NULL;
}
