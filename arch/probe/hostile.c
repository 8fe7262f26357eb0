/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies for props/procs/hostile*.test.ts: careless and hostile ones, which several Ms run. What each does wrong is what
 * it is called.
 */
#include "procs.h"

/* Starts two like itself, without end. */
GOBUF_EXPORT void h_forks(void *arg) {
  W(arg);
  __atomic_add_fetch(&w->done, 1, __ATOMIC_RELAXED);
  gobuf_go(h_forks, arg);
  gobuf_go(h_forks, arg);
}

/* Starts one like itself and ends, `count` times in all. */
GOBUF_EXPORT void h_chain(void *arg) {
  W(arg);
  if (++w->done < w->count) gobuf_go(h_chain, arg);
  else wg_done(w);
}

/* Makes `count` channels with a word in each, and forgets them. */
GOBUF_EXPORT void h_drops(void *arg) {
  W(arg);
  for (; w->done < w->count; w->done++) {
    gobuf_handle c = gobuf_chan_make(1);
    w->bad += c == 0 || gobuf_send(c, w->done) != GOBUF_OK;
  }
  wg_done(w);
}

/* The same, but frees them. */
GOBUF_EXPORT void h_churns(void *arg) {
  W(arg);
  for (; w->done < w->count; w->done++) {
    gobuf_handle c = gobuf_chan_make(w->done % 5);
    w->bad += c == 0;
    if (w->done % 5) w->bad += gobuf_send(c, w->done) != GOBUF_OK || gobuf_recv(c).value != w->done;
    gobuf_chan_free(c);
  }
  wg_done(w);
}

/* Uses handle `id` by the operation `count`, as props/procs/hostile.test.ts numbers them. */
GOBUF_EXPORT void h_uses(void *arg) {
  W(arg);
  gobuf_case c;
  gobuf_u64 word;
  gobuf_handle h = H(w->id);
  c.dir = GOBUF_RECV;
  c.channel = h;
  c.value = 0;
  switch (w->count) {
    case 0: gobuf_send(h, 1); break;
    case 1: gobuf_recv(h); break;
    case 2: gobuf_close(h); break;
    case 3: gobuf_lock(h); break;
    case 4: gobuf_unlock(h); break;
    case 5: gobuf_wg_add(h, 1); break;
    case 6: gobuf_wg_wait(h); break;
    case 7: gobuf_chan_free(h); break;
    case 8: gobuf_select(&c, 1, 0, &word); break;
    case 9: w->sum = gobuf_chan_len(h); break;
    case 10: w->sum = gobuf_chan_cap(h); break;
    default: c.dir = 77; gobuf_select(&c, 1, 0, &word);
  }
  w->done = 1;
  wg_done(w);
}

/* Uses a channel that it has freed. */
GOBUF_EXPORT void h_uses_freed(void *arg) {
  W(arg);
  gobuf_handle c = gobuf_chan_make(1);
  gobuf_chan_free(c);
  w->done = 1;
  gobuf_send(c, 1);
}

/* Locks `mutex` and ends. */
GOBUF_EXPORT void h_holds(void *arg) {
  W(arg);
  gobuf_lock(H(w->mutex));
  w->done = 1;
  wg_done(w);
}

/* Locks it twice. */
GOBUF_EXPORT void h_locks_twice(void *arg) {
  W(arg);
  gobuf_lock(H(w->mutex));
  gobuf_lock(H(w->mutex));
  w->done = 1;
}

/* Unlocks what somebody else has locked. */
GOBUF_EXPORT void h_unlocks(void *arg) {
  W(arg);
  gobuf_unlock(H(w->mutex));
  w->done = 1;
  wg_done(w);
}

/* What comes back as an outcome, and must not be anything else. `bad` counts. */
GOBUF_EXPORT void h_outcomes(void *arg) {
  W(arg);
  gobuf_value v;
  gobuf_case c;
  gobuf_u64 word = 7;
  gobuf_handle a = gobuf_chan_make(1);
  w->bad += gobuf_chan_make(1ull << 40) != 0 || gobuf_status() != GOBUF_PANIC;
  w->bad += gobuf_close(0) != GOBUF_PANIC;
  gobuf_sleep(-1);
  gobuf_sleep(0);
  w->bad += gobuf_send(a, ~0ull) != GOBUF_OK;
  w->bad += gobuf_chan_len(a) != 1 || gobuf_chan_cap(a) != 1 || gobuf_chan_len(0) != 0 || gobuf_chan_cap(0) != 0;
  v = gobuf_recv(a);
  w->bad += v.ok != GOBUF_OK || v.value != ~0ull;
  c.dir = GOBUF_RECV;
  c.channel = 0;
  c.value = 0;
  w->bad += gobuf_select(&c, 1, 1, &word) != GOBUF_SELECT_DEFAULT;
  w->bad += gobuf_select(&c, 0, 1, &word) != GOBUF_SELECT_DEFAULT;
  w->bad += gobuf_close(a) != GOBUF_OK || gobuf_close(a) != GOBUF_PANIC;
  w->bad += gobuf_send(a, 1) != GOBUF_PANIC;
  v = gobuf_recv(a);
  w->bad += v.ok != GOBUF_CLOSED || v.value != 0;
  w->bad += gobuf_wg_done(H(w->in)) != GOBUF_PANIC;
  w->done = 1;
  wg_done(w);
}

/* Waits for ever: on nil, by a select without a case, for a time that never comes. */
GOBUF_EXPORT void h_waits_for_ever(void *arg) {
  W(arg);
  w->done = 1;
  if (w->count == 0) gobuf_recv(0);
  else if (w->count == 1) gobuf_select(0, 0, 0, 0);
  else gobuf_sleep((gobuf_i64)(~0ull >> 1));
  w->bad = 1;
}

/* Computes without an operation, for `ns`, by the processor's own count of what it does. */
GOBUF_EXPORT void h_stubborn(void *arg) {
  W(arg);
  volatile gobuf_u64 n = 0;
  while (n < w->count) n++;
  w->done = 1;
  wg_done(w);
}
