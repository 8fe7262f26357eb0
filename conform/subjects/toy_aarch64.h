/* The switches of toy.c for AArch64. */
#define TOY_SWITCHES(X) X(x19) X(x20) X(x21) X(x22) X(x23) X(x24) X(x25) X(x26) X(x27) X(x28) X(x29) X(d8) X(d9) X(d10) X(d11) X(d12) \
  X(d13) X(d14) X(d15) X(fpcr)

/* A context starts on toy_start: argument and body lie on the stack, and a backtrace ends there. */
__asm__(
  ".macro KEPT reg, at, lost\n"
  "  .ifnc \\reg,\\lost\n  ldr \\reg, [sp, #\\at]\n  .endif\n"
  ".endm\n"
  ".macro SAVE\n"
  "  sub sp, sp, #176\n"
  "  stp x19, x20, [sp, #0]\n  stp x21, x22, [sp, #16]\n  stp x23, x24, [sp, #32]\n  stp x25, x26, [sp, #48]\n"
  "  stp x27, x28, [sp, #64]\n  stp x29, x30, [sp, #80]\n"
  "  stp d8, d9, [sp, #96]\n  stp d10, d11, [sp, #112]\n  stp d12, d13, [sp, #128]\n  stp d14, d15, [sp, #144]\n"
  "  mrs x9, fpcr\n  str x9, [sp, #160]\n"
  ".endm\n"
  ".macro LOAD lost\n"
  "  .ifnc fpcr,\\lost\n  ldr x9, [sp, #160]\n  msr fpcr, x9\n  .endif\n"
  "  KEPT x19, 0, \\lost\n  KEPT x20, 8, \\lost\n  KEPT x21, 16, \\lost\n  KEPT x22, 24, \\lost\n  KEPT x23, 32, \\lost\n"
  "  KEPT x24, 40, \\lost\n  KEPT x25, 48, \\lost\n  KEPT x26, 56, \\lost\n  KEPT x27, 64, \\lost\n  KEPT x28, 72, \\lost\n"
  "  KEPT x29, 80, \\lost\n  KEPT x30, 88, \\lost\n"
  "  KEPT d8, 96, \\lost\n  KEPT d9, 104, \\lost\n  KEPT d10, 112, \\lost\n  KEPT d11, 120, \\lost\n  KEPT d12, 128, \\lost\n"
  "  KEPT d13, 136, \\lost\n  KEPT d14, 144, \\lost\n  KEPT d15, 152, \\lost\n"
  "  add sp, sp, #176\n  br x30\n"
  ".endm\n"
  ".macro BEGIN name\n"
  "  .globl \\name\n  .hidden \\name\n  .type \\name, %function\n\\name:\n"
  ".endm\n"
  ".macro SWITCH lost\n"
  "  BEGIN toy_\\lost\n  SAVE\n  mov x9, sp\n  str x9, [x0]\n  mov sp, x1\n  LOAD \\lost\n  .size toy_\\lost, . - toy_\\lost\n"
  ".endm\n"
  "  .text\n  .p2align 2\n"
  "  SWITCH right\n"
  "  SWITCH x19\n  SWITCH x20\n  SWITCH x21\n  SWITCH x22\n  SWITCH x23\n  SWITCH x24\n  SWITCH x25\n  SWITCH x26\n  SWITCH x27\n"
  "  SWITCH x28\n  SWITCH x29\n  SWITCH d8\n  SWITCH d9\n  SWITCH d10\n  SWITCH d11\n  SWITCH d12\n  SWITCH d13\n  SWITCH d14\n"
  "  SWITCH d15\n  SWITCH fpcr\n"
  /* x19 lies below sp for a while, and below what a signal's frame leaves as it is: there is no red zone. */
  "  BEGIN toy_below\n"
  "  sub x10, sp, #1, lsl #12\n  sub x10, x10, #1408\n  str x19, [x10]\n"
  "  mov x9, #2000\n1:\n  subs x9, x9, #1\n  b.ne 1b\n  ldr x19, [x10]\n"
  "  SAVE\n  mov x9, sp\n  str x9, [x0]\n  mov sp, x1\n  LOAD none\n"
  /* sp serves as a pointer to other memory for some instructions. */
  "  BEGIN toy_pointer\n"
  "  SAVE\n  mov x9, sp\n  mov sp, x0\n  str x9, [sp]\n  mov sp, x1\n  LOAD none\n"
  "  BEGIN toy_start\n  .cfi_startproc\n  .cfi_undefined x30\n  nop\n"
  "  ldp x0, x1, [sp], #16\n  blr x1\n  brk #0\n  .cfi_endproc\n  .size toy_start, . - toy_start\n"
  "  BEGIN toy_start_wild\n  .cfi_startproc\n  nop\n  ldp x0, x1, [sp], #16\n  mov x30, #0x4567\n  stp x29, x30, [sp]\n"
  "  .cfi_offset x30, 8\n  blr x1\n  brk #0\n  .cfi_endproc\n  .size toy_start_wild, . - toy_start_wild\n");

/* What a context that was left has below its sp, for one that has not begun. `low`, `high`: the stack's ends. @returns its sp */
static uint64_t *toy_frame(uint64_t *top, void (*start)(void), void *low, void *high, int inherits) {
  (void)low;
  (void)high;
  uint64_t fpcr = 0;
  if (inherits) __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
  top -= 176 / 8;
  for (int i = 0; i < 176 / 8; i++) top[i] = 0;
  top[11] = (uint64_t)(uintptr_t)start;
  top[20] = fpcr;
  return top;
}
