/*
 * A switch of a few lines, and the same with one fault each: what the kit must pass, and what it must name. System V x86-64.
 *
 * Subject 0 is right. conform.test.ts says of each other one which property fails, and what it says.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "../include/conform.h"

/*
 * void NAME(void **save, void *load): stores sp to *save, with the registers below it, and goes on at load. A register that is
 * not `kept` is popped into r11, which is nobody's.
 */
__asm__(
  ".macro KEPT reg, kept\n"
  "  .if \\kept\n  popq %\\reg\n  .else\n  popq %r11\n  .endif\n"
  ".endm\n"
  ".macro SWITCH name, rbx=1, rbp=1, r12=1, r13=1, r14=1, r15=1, mxcsr=1, x87=1\n"
  "  .globl \\name\n  .hidden \\name\n  .type \\name, @function\n"
  "\\name:\n"
  "  pushq %rbp\n  pushq %rbx\n  pushq %r12\n  pushq %r13\n  pushq %r14\n  pushq %r15\n"
  "  subq $8, %rsp\n  stmxcsr (%rsp)\n  fnstcw 4(%rsp)\n"
  "  movq %rsp, (%rdi)\n  movq %rsi, %rsp\n"
  "  .if \\mxcsr\n  ldmxcsr (%rsp)\n  .endif\n"
  "  .if \\x87\n  fldcw 4(%rsp)\n  .endif\n"
  "  addq $8, %rsp\n"
  "  KEPT r15, \\r15\n  KEPT r14, \\r14\n  KEPT r13, \\r13\n  KEPT r12, \\r12\n  KEPT rbx, \\rbx\n  KEPT rbp, \\rbp\n"
  "  ret\n"
  "  .size \\name, . - \\name\n"
  ".endm\n"
  "  .text\n"
  "  SWITCH toy_right\n"
  "  SWITCH toy_rbx, rbx=0\n  SWITCH toy_rbp, rbp=0\n  SWITCH toy_r12, r12=0\n  SWITCH toy_r13, r13=0\n"
  "  SWITCH toy_r14, r14=0\n  SWITCH toy_r15, r15=0\n  SWITCH toy_mxcsr, mxcsr=0\n  SWITCH toy_x87, x87=0\n"
  /* Two of them lie below sp for a while, and below the 128 bytes that a handler of a signal leaves alone. */
  "  .globl toy_below\n  .hidden toy_below\n"
  "toy_below:\n"
  "  movq %rbp, -8(%rsp)\n  movq %rbx, -16(%rsp)\n  movq %r12, -24(%rsp)\n  movq %r13, -32(%rsp)\n"
  "  movq %r14, -40(%rsp)\n  movq %r15, -4000(%rsp)\n  stmxcsr -4008(%rsp)\n  fnstcw -4004(%rsp)\n"
  "  movq -4000(%rsp), %rax\n  movq %rax, -48(%rsp)\n  movq -4008(%rsp), %rax\n  movq %rax, -56(%rsp)\n"
  "  leaq -56(%rsp), %rax\n  movq %rax, (%rdi)\n"
  "  ldmxcsr (%rsi)\n  fldcw 4(%rsi)\n  movq 8(%rsi), %r15\n  movq 16(%rsi), %r14\n  movq 24(%rsi), %r13\n"
  "  movq 32(%rsi), %r12\n  movq 40(%rsi), %rbx\n  movq 48(%rsi), %rbp\n  leaq 56(%rsi), %rsp\n  ret\n"
  /* sp serves as a pointer to other memory for some instructions. */
  "  .globl toy_pointer\n  .hidden toy_pointer\n"
  "toy_pointer:\n"
  "  pushq %rbp\n  pushq %rbx\n  pushq %r12\n  pushq %r13\n  pushq %r14\n  pushq %r15\n"
  "  subq $8, %rsp\n  stmxcsr (%rsp)\n  fnstcw 4(%rsp)\n"
  "  movq %rsp, %rax\n  leaq 8(%rdi), %rsp\n  pushq %rax\n"
  "  movq %rsi, %rsp\n  ldmxcsr (%rsp)\n  fldcw 4(%rsp)\n  addq $8, %rsp\n"
  "  popq %r15\n  popq %r14\n  popq %r13\n  popq %r12\n  popq %rbx\n  popq %rbp\n  ret\n"
  /* What a context starts on: argument and body lie on the stack. A backtrace ends here: the frame has no return address. */
  "  .globl toy_start\n  .hidden toy_start\n  .type toy_start, @function\n"
  "toy_start:\n  .cfi_startproc\n  .cfi_undefined rip\n  nop\n"
  "  popq %rdi\n  popq %rax\n  callq *%rax\n  ud2\n  .cfi_endproc\n  .size toy_start, . - toy_start\n"
  "  .globl toy_start_df\n  .hidden toy_start_df\n"
  "toy_start_df:\n  std\n  popq %rdi\n  popq %rax\n  callq *%rax\n  ud2\n"
  "  .globl toy_start_wild\n  .hidden toy_start_wild\n  .type toy_start_wild, @function\n"
  "toy_start_wild:\n  .cfi_startproc\n  nop\n  popq %rdi\n  popq %rax\n  callq *%rax\n  ud2\n  .cfi_endproc\n"
  "  .size toy_start_wild, . - toy_start_wild\n");

typedef void toy_switch(void **save, void *load);
toy_switch toy_right, toy_rbx, toy_rbp, toy_r12, toy_r13, toy_r14, toy_r15, toy_mxcsr, toy_x87, toy_below, toy_pointer;
void toy_start(void), toy_start_df(void), toy_start_wild(void);

/* A fault beside those of the switches. */
typedef enum {
  NONE,
  MISALIGNED,
  INHERITS,
  ONE_CALLER,
  CREATORS_CALLER,
  NEVER_ENDS,
  LEAKS,
  SCRIBBLES,
  NO_GUARD,
  REFUSES_LATE
} fault;

typedef struct {
  conform_subject table;
  toy_switch *to;
  void (*start)(void);
  fault fault;
} toy;

struct conform_ctx {
  void *sp, *caller;
  /* Where the caller's sp is kept. */
  void **callers;
  const toy *toy;
  conform_body *body;
  void *arg, *made;
  int done;
};

static void *one_caller;
static _Thread_local void *threads_caller;

static const toy *now;

static void body_of(conform_ctx *c) {
  c->body(c->arg);
  c->done = 1;
  c->toy->to(&c->sp, *c->callers);
}

#define OWN_SIZE (128 * 1024)

static conform_ctx *create(const toy *t, void *memory, size_t size, conform_body *body, void *arg) {
  static int lives;
  if (t->fault != NO_GUARD && size < 1024) return NULL;
  if (t->fault == REFUSES_LATE && ++lives > 5000) return NULL;
  conform_ctx *c = calloc(1, sizeof *c);
  if (c == NULL) return NULL;
  c->toy = t;
  c->body = body;
  c->arg = arg;
  c->callers = t->fault == ONE_CALLER ? &one_caller : t->fault == CREATORS_CALLER ? &threads_caller : &c->caller;
  if (t->table.claims & CONFORM_OWN_STACK) {
    /* The guard is the lowest page. */
    memory = c->made = mmap(NULL, OWN_SIZE + 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(c->made, 65536, PROT_NONE);
    memory = (char *)memory + 65536;
    size = OWN_SIZE;
  }
  if (t->fault == LEAKS) {
    static void *volatile leaked;
    leaked = malloc(512);
    memset(leaked, 1, 512);
  }
  uint64_t *top = (uint64_t *)(((uintptr_t)memory + size) & ~(uintptr_t)15);
  if (t->fault == SCRIBBLES) top[0] = 0;
  if (t->fault == MISALIGNED) top--;
  /* Where a frame that says it has a return address has one that is none. */
  *--top = 0;
  *--top = t->start == toy_start_wild ? 0x1234567 : 0;
  *--top = (uint64_t)(uintptr_t)body_of;
  *--top = (uint64_t)(uintptr_t)c;
  *--top = (uint64_t)(uintptr_t)t->start + (t->start == toy_start_df ? 0 : 1);
  for (int i = 0; i < 6; i++) *--top = 0;
  uint32_t mxcsr = 0x1F80;
  uint16_t x87 = 0x037F;
  if (t->fault == INHERITS) __asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(mxcsr), "=m"(x87));
  *--top = mxcsr | (uint64_t)x87 << 32;
  c->sp = top;
  return c;
}

static int resume(conform_ctx *c) {
  /* The address of a thread's word was kept from the thread that made the context: yield looks there. */
  c->toy->to(c->toy->fault == CREATORS_CALLER ? &threads_caller : c->callers, c->sp);
  return !c->done || c->toy->fault == NEVER_ENDS;
}

static int raw_resume(conform_ctx *c, conform_raw *raw) {
  if (c->toy->fault == CREATORS_CALLER) return 0;
  *raw = (conform_raw){(void *)c->toy->to, {(uint64_t)(uintptr_t)c->callers, (uint64_t)(uintptr_t)c->sp}};
  return 1;
}

static int raw_yield(conform_ctx *c, conform_raw *raw) {
  *raw = (conform_raw){(void *)c->toy->to, {(uint64_t)(uintptr_t)&c->sp, (uint64_t)(uintptr_t)*c->callers}};
  return 1;
}

static void yield(conform_ctx *c) { c->toy->to(&c->sp, *c->callers); }

static void destroy(conform_ctx *c) {
  if (c->made) munmap(c->made, OWN_SIZE + 65536);
  free(c);
}

#define CLAIMS                                                                                                                    \
  (CONFORM_FP_BODY | CONFORM_FP_RESUMER | CONFORM_FP_DEFAULT | CONFORM_MIGRATES | CONFORM_NESTS | CONFORM_RETURNS |               \
    CONFORM_DESTROYS | CONFORM_BACKTRACE)
#define TOY(called, more, to_, start_, fault_)                                                                                    \
  {                                                                                                                               \
    {CONFORM_ABI, sizeof(conform_subject), called, "1", CLAIMS | (more), 4096, 16, NULL, NULL, NULL, resume, yield, destroy,       \
      raw_resume, raw_yield},                                                                                                     \
      to_, start_, fault_                                                                                                         \
  }

static toy toys[] = {
  TOY("toy", CONFORM_OWN_STACK | CONFORM_GUARD | CONFORM_SIZES, toy_right, toy_start, NONE),
  TOY("rbx", 0, toy_rbx, toy_start, NONE),
  TOY("rbp", 0, toy_rbp, toy_start, NONE),
  TOY("r12", 0, toy_r12, toy_start, NONE),
  TOY("r13", 0, toy_r13, toy_start, NONE),
  TOY("r14", 0, toy_r14, toy_start, NONE),
  TOY("r15", 0, toy_r15, toy_start, NONE),
  TOY("mxcsr", 0, toy_mxcsr, toy_start, NONE),
  TOY("x87", 0, toy_x87, toy_start, NONE),
  TOY("below", 0, toy_below, toy_start, NONE),
  TOY("pointer", 0, toy_pointer, toy_start, NONE),
  TOY("direction", 0, toy_right, toy_start_df, NONE),
  TOY("wild", 0, toy_right, toy_start_wild, NONE),
  TOY("misaligned", 0, toy_right, toy_start, MISALIGNED),
  TOY("inherits", 0, toy_right, toy_start, INHERITS),
  TOY("one-caller", 0, toy_right, toy_start, ONE_CALLER),
  TOY("creators-caller", 0, toy_right, toy_start, CREATORS_CALLER),
  TOY("never-ends", 0, toy_right, toy_start, NEVER_ENDS),
  TOY("leaks", 0, toy_right, toy_start, LEAKS),
  TOY("scribbles", 0, toy_right, toy_start, SCRIBBLES),
  TOY("no-guard", CONFORM_GUARD | CONFORM_SIZES, toy_right, toy_start, NO_GUARD),
  TOY("refuses-late", 0, toy_right, toy_start, REFUSES_LATE),
};

static conform_ctx *create_now(void *memory, size_t size, conform_body *body, void *arg) {
  return create(now, memory, size, body, arg);
}

const conform_subject *conform_subject_at(unsigned k) {
  if (k >= sizeof toys / sizeof *toys) return NULL;
  now = &toys[k];
  toys[k].table.create = create_now;
  return &toys[k].table;
}
