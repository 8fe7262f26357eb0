/*
 * conform.h: the table by which a context-switch library is put under the kit. C99 and C++.
 *
 * An adapter is a shared object that exports conform_subject_at. It maps the library's functions onto asymmetric coroutines:
 * resume goes into a context, yield goes back to who resumed it. `gobuf-conform switch ./adapter.so` loads it.
 */
#ifndef GOBUF_CONFORM_H
#define GOBUF_CONFORM_H
#include <stddef.h>
#include <stdint.h>

/* The version of this table. */
#define CONFORM_ABI 1

/* Windows exports what says so; elsewhere every function is seen that is not hidden. */
#ifdef _WIN32
#define CONFORM_EXPORT __declspec(dllexport)
#else
#define CONFORM_EXPORT
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* A context, as the adapter has it. */
typedef struct conform_ctx conform_ctx;

/* What a context runs. */
typedef void conform_body(void *arg);

/*
 * Claims, as bits of conform_subject.claims. What is claimed and does not hold is a failure; what is not claimed is measured,
 * and told as a choice of the library's. General registers, the stack pointer, alignment at entry and the direction flag are
 * what every ABI asks for: they are never optional.
 */
enum {
  /* A body finds the control bits of MXCSR and the x87 control word (AArch64: FPCR) as it left them. */
  CONFORM_FP_BODY = 1 << 0,
  /* So does who resumed it. */
  CONFORM_FP_RESUMER = 1 << 1,
  /* A new context starts with the words that the ABI gives a new thread, not with its creator's or its resumer's. */
  CONFORM_FP_DEFAULT = 1 << 2,
  /* The library makes the stack; else the kit does, and hands it over in `memory`. */
  CONFORM_OWN_STACK = 1 << 3,
  /* An overflow faults or is refused; nothing else is written to. */
  CONFORM_GUARD = 1 << 4,
  /* A context may be resumed by another thread than the one that made it or ran it last. */
  CONFORM_MIGRATES = 1 << 5,
  /* A body may resume another context. */
  CONFORM_NESTS = 1 << 6,
  /* A body may return. */
  CONFORM_RETURNS = 1 << 7,
  /* A context may be destroyed while it is suspended. */
  CONFORM_DESTROYS = 1 << 8,
  /* A backtrace from a body ends by itself (_Unwind_Backtrace). */
  CONFORM_BACKTRACE = 1 << 9,
  /* Each context has a signal mask of its own. */
  CONFORM_SIGMASK = 1 << 10,
  /* Any size of a stack is refused or served: 0, 1, odd, SIZE_MAX. */
  CONFORM_SIZES = 1 << 11,
  /* Windows: while a body runs, the TEB names its stack (StackBase, StackLimit), and its resumer's afterwards. */
  CONFORM_BOUNDS = 1 << 12
};

/*
 * The library's own function, and its arguments, for the next resume or yield: the kit calls it with every register filled, and
 * no frame of the adapter's stands between. An adapter's frame may crash on a lost register before the kit can name it.
 */
typedef struct {
  void *fn;
  uint64_t args[4];
} conform_raw;

typedef struct {
  /* CONFORM_ABI, and sizeof(conform_subject). */
  uint32_t abi, size;
  /* The library's, for reports. */
  const char *name, *version;
  uint64_t claims;
  /* The least size of a stack, and what its address and size are a multiple of, bytes; 0: anything. */
  size_t stack_min, stack_align;
  /* Called on each thread before and after its contexts; NULL where there is nothing to do. 0: it worked. */
  int (*thread_enter)(void);
  void (*thread_leave)(void);
  /* `memory`: the lowest byte of a stack of `size` bytes, NULL with CONFORM_OWN_STACK. Returns NULL: refused. */
  conform_ctx *(*create)(void *memory, size_t size, conform_body *body, void *arg);
  /* Goes into the context, until it yields (1) or its body returns (0). */
  int (*resume)(conform_ctx *);
  /* Called by the body of that context: goes back to who resumed it. */
  void (*yield)(conform_ctx *);
  /* Gives back what create made. */
  void (*destroy)(conform_ctx *);
  /* NULL, or what to call in place of resume and yield. They return 0 where the kit is to call resume and yield after all. */
  int (*raw_resume)(conform_ctx *, conform_raw *);
  int (*raw_yield)(conform_ctx *, conform_raw *);
} conform_subject;

/* The subjects of the adapter, from 0; NULL past the last. */
CONFORM_EXPORT const conform_subject *conform_subject_at(unsigned k);

#ifdef __cplusplus
}
#endif
#endif
