/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies that write down what they did on channels, and when: for props/fidelity/procs/histories.ts. A moment is a number
 * of one counter that all draw from, so that of two operations of which one came back before the other was called the
 * numbers say so.
 */
#include "procs.h"

enum { SEND, RECV, CLOSE };

typedef struct {
  gobuf_u32 call;
  gobuf_u32 ret; /* 0: it has not come back */
  gobuf_u32 what;
  gobuf_u32 outcome;
  gobuf_u64 word;
  gobuf_u32 channel;
  gobuf_u32 who;
} entry;

/* `shared` is the address of the counter; behind it, each body's entries: `ns` of them, from `id` * `ns` on. */
static entry *begins(work *w, gobuf_u32 what, gobuf_handle c, gobuf_u64 word) {
  gobuf_u32 *clock = (gobuf_u32 *)w->shared;
  entry *e = (entry *)(w->shared + 64) + w->id * w->ns + w->sum;
  if (w->sum == w->ns) {
    w->bad++;
    w->sum--;
    e--;
  }
  w->sum++;
  e->what = what;
  e->channel = c;
  e->word = word;
  e->who = (gobuf_u32)w->id;
  e->ret = 0;
  e->call = __atomic_add_fetch(clock, 1, __ATOMIC_SEQ_CST);
  return e;
}

static void ends(work *w, entry *e, gobuf_u32 outcome) {
  e->outcome = outcome;
  e->ret = __atomic_add_fetch((gobuf_u32 *)w->shared, 1, __ATOMIC_SEQ_CST);
}

/* Now and then another goroutine's turn, or some time. */
static void dawdles(gobuf_u64 *x) {
  *x ^= *x << 13;
  *x ^= *x >> 7;
  *x ^= *x << 17;
  if (*x % 8 == 0) gobuf_gosched();
  else if (*x % 8 == 1) for (volatile gobuf_u64 n = *x >> 8 & 1023; n; n--) {
    }
}

/* Sends `count` words of its own, until the channel is closed. */
GOBUF_EXPORT void l_sends(void *arg) {
  W(arg);
  gobuf_u64 x = w->id + 1;
  for (; w->done < w->count; w->done++) {
    entry *e = begins(w, SEND, H(w->out), w->id << 16 | w->done);
    gobuf_u32 outcome = gobuf_send(H(w->out), e->word);
    ends(w, e, outcome);
    if (outcome != GOBUF_OK) break;
    dawdles(&x);
  }
  wg_done(w);
}

/* Receives until the channel is closed. */
GOBUF_EXPORT void l_receives(void *arg) {
  W(arg);
  gobuf_u64 x = w->id + 1;
  while (1) {
    entry *e = begins(w, RECV, H(w->in), 0);
    gobuf_value v = gobuf_recv(H(w->in));
    e->word = v.value;
    ends(w, e, v.ok);
    if (v.ok != GOBUF_OK) break;
    dawdles(&x);
  }
  wg_done(w);
}

/* Receives by selects from two channels until both are closed. */
GOBUF_EXPORT void l_selects(void *arg) {
  W(arg);
  gobuf_u64 x = w->id + 1;
  gobuf_case cases[2];
  cases[0].dir = cases[1].dir = GOBUF_RECV;
  cases[0].channel = H(w->in);
  cases[1].channel = H(w->out);
  cases[0].value = cases[1].value = 0;
  while (cases[0].channel || cases[1].channel) {
    entry *e = begins(w, RECV, 0, 0);
    gobuf_u64 word = 0;
    gobuf_u32 index = gobuf_select(cases, 2, 0, &word);
    gobuf_u32 outcome = gobuf_status();
    e->channel = cases[index].channel;
    e->word = word;
    ends(w, e, outcome);
    if (outcome != GOBUF_OK) cases[index].channel = 0;
    dawdles(&x);
  }
  wg_done(w);
}

/* Sends `count` words, each to whichever of two channels takes it, until one of them is closed. */
GOBUF_EXPORT void l_select_sends(void *arg) {
  W(arg);
  gobuf_u64 x = w->id + 1;
  gobuf_case cases[2];
  cases[0].dir = cases[1].dir = GOBUF_SEND;
  cases[0].channel = H(w->in);
  cases[1].channel = H(w->out);
  for (; w->done < w->count; w->done++) {
    entry *e = begins(w, SEND, 0, w->id << 16 | w->done);
    cases[0].value = cases[1].value = e->word;
    gobuf_u32 index = gobuf_select(cases, 2, 0, 0);
    if (index == GOBUF_SELECT_PANIC) {
      /* Which of the two was closed is not said: nothing is known of one channel. */
      w->sum--;
      break;
    }
    e->channel = cases[index].channel;
    ends(w, e, GOBUF_OK);
    dawdles(&x);
  }
  wg_done(w);
}

/* Closes the channel when others have had `count` turns. */
GOBUF_EXPORT void l_closes(void *arg) {
  W(arg);
  gobuf_u64 x = w->id + 1;
  for (; w->done < w->count; w->done++) {
    gobuf_gosched();
    dawdles(&x);
  }
  entry *e = begins(w, CLOSE, H(w->out), 0);
  ends(w, e, gobuf_close(H(w->out)));
  wg_done(w);
}
