/* Bodies of the tests of native goroutines, the same ones in C and in Zig: what each is to do lies in one record. */
#ifndef BODIES_H
#define BODIES_H
#include "../include/gobuf.h"

typedef struct work {
  gobuf_handle in;
  gobuf_handle out;
  gobuf_handle wg;
  gobuf_handle callback;
  gobuf_u64 count; /* of values or calls wanted; a passer takes 0 as without end */
  /* Results. */
  gobuf_u64 done;
  gobuf_u64 sum;
  gobuf_u64 panics;
  gobuf_u64 last; /* outcome of the last operation */
} work;
#endif
