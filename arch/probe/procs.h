/* SPDX-License-Identifier: Apache-2.0
 *
 * The record that bodies of procs.c, syncs.c and hostile.c work by.
 */
#ifndef GOBUF_PROBE_PROCS_H
#define GOBUF_PROBE_PROCS_H

#include "../include/gobuf.h"

/* props/procs/bodies.ts writes and reads it, in 64-bit words. */
typedef struct {
  gobuf_u64 count;  /* how often */
  gobuf_u64 in;     /* handles */
  gobuf_u64 out;
  gobuf_u64 wg;
  gobuf_u64 mutex;
  gobuf_u64 shared; /* address of a word that the mutex guards */
  gobuf_u64 id;
  gobuf_u64 ns;
  /* what became of it */
  gobuf_u64 done;
  gobuf_u64 sum;
  gobuf_u64 bad;
  gobuf_u64 status;
} work;

#define W(arg) work *w = (work *)(arg)
#define H(handle) ((gobuf_handle)(handle))

static void wg_done(work *w) {
  if (w->wg) gobuf_wg_done(H(w->wg));
}

#endif
