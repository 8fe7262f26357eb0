/* A worker in C: how many steps from a number to 1, by n/2 and 3n+1? */
#include "gobuf.h"
GOBUF_RUNTIME

typedef struct workplace {
  gobuf_handle jobs;
  gobuf_handle results;
  gobuf_handle counted; /* a callback */
  gobuf_handle wg;
} workplace;

void walker(void *arg) {
  const workplace *w = (const workplace *)arg;
  gobuf_u64 count = 0;
  for (;;) {
    gobuf_value job = gobuf_recv(w->jobs);
    if (job.ok != GOBUF_OK) break;
    gobuf_u64 steps = 0;
    for (gobuf_u64 n = job.value; n != 1; n = n % 2 ? 3 * n + 1 : n / 2) steps++;
    gobuf_send(w->results, steps << 32 | job.value);
    count++;
  }
  gobuf_call(w->counted, count);
  gobuf_wg_done(w->wg);
}
