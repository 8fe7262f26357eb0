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

/* What a step does. The selects have two cases: a receive from `channel`, a send of `value` to `other`. */
enum {
  STEP_END = 0,
  STEP_SEND = 1,
  STEP_RECV = 2,
  STEP_CLOSE = 3,
  STEP_SELECT = 4,
  STEP_TRY = 5, /* a select with a default */
  STEP_GOSCHED = 6
};

/* A step of c_script. */
typedef struct step {
  gobuf_u32 op;
  gobuf_handle channel;
  gobuf_handle other;
  gobuf_u32 unused;
  gobuf_u64 value; /* to send; what was received */
  /* Results: the outcome, which case it was, how many steps of all goroutines had been done before. */
  gobuf_u32 outcome;
  gobuf_u32 index;
  gobuf_u64 at; /* 0: never done */
} step;

/* Its argument: the count of steps that all share, and an array that ends with STEP_END. */
typedef struct script {
  gobuf_u64 *clock;
  step *steps;
} script;
#endif
