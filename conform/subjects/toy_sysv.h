/* The switches of toy.c for System V x86-64. */
#define TOY_SWITCHES(X) X(rbx) X(rbp) X(r12) X(r13) X(r14) X(r15) X(mxcsr) X(x87cw)

/*
 * A register that is lost is popped into r11, which is nobody's. A context starts on toy_start: argument and body lie on the stack, and
 * a backtrace ends there, for the frame has no return address.
 */
__asm__(
  ".macro KEPT reg, lost\n"
  "  .ifc \\reg,\\lost\n  popq %r11\n  .else\n  popq %\\reg\n  .endif\n"
  ".endm\n"
  ".macro SAVE\n"
  "  pushq %rbp\n  pushq %rbx\n  pushq %r12\n  pushq %r13\n  pushq %r14\n  pushq %r15\n"
  "  subq $8, %rsp\n  stmxcsr (%rsp)\n  fnstcw 4(%rsp)\n"
  ".endm\n"
  ".macro LOAD lost\n"
  "  .ifnc mxcsr,\\lost\n  ldmxcsr (%rsp)\n  .endif\n"
  "  .ifnc x87cw,\\lost\n  fldcw 4(%rsp)\n  .endif\n"
  "  addq $8, %rsp\n"
  "  KEPT r15, \\lost\n  KEPT r14, \\lost\n  KEPT r13, \\lost\n  KEPT r12, \\lost\n  KEPT rbx, \\lost\n  KEPT rbp, \\lost\n"
  "  ret\n"
  ".endm\n"
  ".macro BEGIN name\n"
  "  .globl \\name\n  .hidden \\name\n  .type \\name, @function\n\\name:\n"
  ".endm\n"
  ".macro SWITCH lost\n"
  "  BEGIN toy_\\lost\n  SAVE\n  movq %rsp, (%rdi)\n  movq %rsi, %rsp\n  LOAD \\lost\n  .size toy_\\lost, . - toy_\\lost\n"
  ".endm\n"
  "  .text\n"
  "  SWITCH right\n"
  "  SWITCH rbx\n  SWITCH rbp\n  SWITCH r12\n  SWITCH r13\n  SWITCH r14\n  SWITCH r15\n  SWITCH mxcsr\n  SWITCH x87cw\n"
  /* Two of them lie below sp for a while, and below the 128 bytes that a handler of a signal leaves alone. */
  "  BEGIN toy_below\n"
  "  movq %rbp, -8(%rsp)\n  movq %rbx, -16(%rsp)\n  movq %r12, -24(%rsp)\n  movq %r13, -32(%rsp)\n"
  "  movq %r14, -40(%rsp)\n  movq %r15, -4000(%rsp)\n  stmxcsr -4008(%rsp)\n  fnstcw -4004(%rsp)\n"
  "  movq -4000(%rsp), %rax\n  movq %rax, -48(%rsp)\n  movq -4008(%rsp), %rax\n  movq %rax, -56(%rsp)\n"
  "  leaq -56(%rsp), %rax\n  movq %rax, (%rdi)\n"
  "  movq %rsi, %rsp\n  LOAD none\n"
  /* r15 lies where the system makes a frame for the handler, of which it leaves some bytes as they are. */
  "  BEGIN toy_within\n"
  "  SAVE\n  movq %r15, -1024(%rsp)\n  movq -1024(%rsp), %rax\n  movq %rax, 8(%rsp)\n"
  "  movq %rsp, (%rdi)\n  movq %rsi, %rsp\n  LOAD none\n"
  /* sp serves as a pointer to other memory for some instructions. */
  "  BEGIN toy_pointer\n"
  "  SAVE\n  movq %rsp, %rax\n  leaq 8(%rdi), %rsp\n  pushq %rax\n  movq %rsi, %rsp\n  LOAD none\n"
  "  BEGIN toy_start\n  .cfi_startproc\n  .cfi_undefined rip\n  nop\n"
  "  popq %rdi\n  popq %rax\n  callq *%rax\n  ud2\n  .cfi_endproc\n  .size toy_start, . - toy_start\n"
  /* with the direction flag set */
  "  BEGIN toy_start_other\n  nop\n  std\n  popq %rdi\n  popq %rax\n  callq *%rax\n  ud2\n"
  "  BEGIN toy_start_wild\n  .cfi_startproc\n  nop\n  popq %rdi\n  popq %rax\n  callq *%rax\n  ud2\n  .cfi_endproc\n"
  "  .size toy_start_wild, . - toy_start_wild\n");

/* What a context that was left has below its sp, for one that has not begun. `low`, `high`: the stack's ends. @returns its sp */
static uint64_t *toy_frame(uint64_t *top, void (*start)(void), void *low, void *high, int inherits) {
  (void)low;
  (void)high;
  /* past the nop, which a caller's return address lies behind */
  *--top = (uint64_t)(uintptr_t)start + 1;
  for (int i = 0; i < 6; i++) *--top = 0;
  uint32_t mxcsr = 0x1F80;
  uint16_t x87 = 0x037F;
  if (inherits) __asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(mxcsr), "=m"(x87));
  *--top = mxcsr | (uint64_t)x87 << 32;
  return top;
}
