/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies in C for props/procs about RWMutex, Cond, Once and attempts to lock, which several Ms run: of the probe's library.
 */
#include "procs.h"

#define SHARED volatile gobuf_u64 *shared = (volatile gobuf_u64 *)w->shared

static gobuf_u64 plus(volatile gobuf_u64 *word, gobuf_u64 n) {
  return __atomic_add_fetch((gobuf_u64 *)word, n, __ATOMIC_SEQ_CST);
}

/* `shared` has three words: two that a writer changes one after the other, and how many readers are in. Writes each time that
 * `id` divides the round, else reads. `bad` counts what no reader and no writer may see; `sum` the writes. Every third round it
 * tries first. */
GOBUF_EXPORT void s_rw(void *arg) {
  W(arg);
  SHARED;
  gobuf_handle m = H(w->mutex);
  for (; w->done < w->count; w->done++) {
    int tries = w->done % 3 == 2;
    if (w->done % w->id == 0) {
      if (!tries || !gobuf_trywlock(m)) gobuf_wlock(m);
      if (shared[2] != 0 || shared[0] != shared[1]) w->bad++;
      shared[0]++;
      if (w->done % 7 == 0) gobuf_gosched();
      shared[1]++;
      if (shared[2] != 0 || shared[0] != shared[1]) w->bad++;
      w->sum++;
      gobuf_wunlock(m);
    } else {
      if (!tries || !gobuf_tryrlock(m)) gobuf_rlock(m);
      plus(&shared[2], 1);
      gobuf_u64 before = shared[0];
      if (before != shared[1]) w->bad++;
      if (w->done % 7 == 1) gobuf_gosched();
      if (before != shared[0]) w->bad++;
      plus(&shared[2], (gobuf_u64)-1);
      gobuf_runlock(m);
    }
  }
  wg_done(w);
}

/* Tries to lock until it has, `count` times; gives way where it has not. `sum` counts the attempts. */
GOBUF_EXPORT void s_tries(void *arg) {
  W(arg);
  SHARED;
  while (w->done < w->count) {
    w->sum++;
    if (!gobuf_trylock(H(w->mutex))) {
      gobuf_gosched();
      continue;
    }
    gobuf_u64 before = *shared;
    if (w->done % 7 == 0) gobuf_gosched();
    *shared = before + 1;
    w->done++;
    gobuf_unlock(H(w->mutex));
  }
  wg_done(w);
}

/* A store of ids of 4 words at the most: `shared` is how many are there. `in` is the Cond for who takes, `out` that for who puts,
 * both with `mutex`, a Mutex; or with `ns` an RWMutex that is locked for writing. With `id` 0 one is told, else all. */
static void shut(work *w) {
  if (w->ns) gobuf_wlock(H(w->mutex));
  else gobuf_lock(H(w->mutex));
}

static void open(work *w) {
  if (w->ns) gobuf_wunlock(H(w->mutex));
  else gobuf_unlock(H(w->mutex));
}

static void tell(work *w, gobuf_u64 cond) {
  if (w->id == 0) gobuf_cond_signal(H(cond));
  else gobuf_cond_broadcast(H(cond));
}

GOBUF_EXPORT void s_puts(void *arg) {
  W(arg);
  SHARED;
  for (; w->done < w->count; w->done++) {
    shut(w);
    while (*shared == 4) gobuf_cond_wait(H(w->out));
    (*shared)++;
    if (*shared > 4) w->bad++;
    tell(w, w->in);
    open(w);
  }
  wg_done(w);
}

GOBUF_EXPORT void s_takes(void *arg) {
  W(arg);
  SHARED;
  for (; w->done < w->count; w->done++) {
    shut(w);
    while (*shared == 0) gobuf_cond_wait(H(w->in));
    if (*shared > 4) w->bad++;
    (*shared)--;
    tell(w, w->out);
    open(w);
  }
  wg_done(w);
}

/* The work of a Once, `mutex`, is done once, and seen by all: `shared` has how often it was begun and ended. */
GOBUF_EXPORT void s_once(void *arg) {
  W(arg);
  SHARED;
  for (; w->done < w->count; w->done++) {
    if (gobuf_once_begin(H(w->mutex))) {
      shared[0]++;
      for (int i = 0; i < 20; i++) gobuf_gosched();
      shared[1]++;
      w->sum++;
      gobuf_once_end(H(w->mutex));
    }
    if (shared[0] != 1 || shared[1] != 1) w->bad++;
  }
  wg_done(w);
}

/* Uses handle `id` by the operation `count`, as props/procs/syncs.test.ts numbers them. */
GOBUF_EXPORT void s_uses(void *arg) {
  W(arg);
  gobuf_handle h = H(w->id);
  switch (w->count) {
    case 0: gobuf_rlock(h); break;
    case 1: gobuf_runlock(h); break;
    case 2: gobuf_wlock(h); break;
    case 3: gobuf_wunlock(h); break;
    case 4: w->sum = gobuf_trylock(h); break;
    case 5: w->sum = gobuf_tryrlock(h); break;
    case 6: w->sum = gobuf_trywlock(h); break;
    case 7: gobuf_cond_wait(h); break;
    case 8: gobuf_cond_signal(h); break;
    case 9: gobuf_cond_broadcast(h); break;
    case 10: w->sum = gobuf_once_begin(h); break;
    default: gobuf_once_end(h);
  }
  w->done = 1;
  wg_done(w);
}
