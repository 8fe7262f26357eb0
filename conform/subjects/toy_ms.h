/* The switches of toy.c for Microsoft x64. */
#define TOY_SWITCHES(X) X(rbx) X(rbp) X(rdi) X(rsi) X(r12) X(r13) X(r14) X(r15) X(xmm6) X(xmm7) X(xmm8) X(xmm9) X(xmm10) X(xmm11) \
  X(xmm12) X(xmm13) X(xmm14) X(xmm15) X(mxcsr) X(x87cw)

/*
 * A register that is lost is popped into r11, which is nobody's. StackBase, StackLimit and DeallocationStack of the TEB are exchanged.
 * A context starts on toy_start: argument and body lie on the stack, and a backtrace ends there, for the return address is 0.
 */
__asm__(
  ".macro KEPT reg, lost\n"
  "  .ifc \\reg,\\lost\n  popq %r11\n  .else\n  popq %\\reg\n  .endif\n"
  ".endm\n"
  ".macro VECTOR reg, at, lost\n"
  "  .ifnc \\reg,\\lost\n  movups \\at(%rsp), %\\reg\n  .endif\n"
  ".endm\n"
  ".macro SAVE\n"
  "  pushq %rbp\n  pushq %rbx\n  pushq %rdi\n  pushq %rsi\n  pushq %r12\n  pushq %r13\n  pushq %r14\n  pushq %r15\n"
  "  subq $192, %rsp\n"
  "  movups %xmm6, (%rsp)\n  movups %xmm7, 16(%rsp)\n  movups %xmm8, 32(%rsp)\n  movups %xmm9, 48(%rsp)\n"
  "  movups %xmm10, 64(%rsp)\n  movups %xmm11, 80(%rsp)\n  movups %xmm12, 96(%rsp)\n  movups %xmm13, 112(%rsp)\n"
  "  movups %xmm14, 128(%rsp)\n  movups %xmm15, 144(%rsp)\n"
  "  stmxcsr 160(%rsp)\n  fnstcw 164(%rsp)\n"
  "  movq %gs:0x08, %rax\n  movq %rax, 168(%rsp)\n  movq %gs:0x10, %rax\n  movq %rax, 176(%rsp)\n"
  "  movq %gs:0x1478, %rax\n  movq %rax, 184(%rsp)\n"
  ".endm\n"
  ".macro LOAD lost\n"
  /* a context without bounds of its own has 0 there */
  "  movq 168(%rsp), %rax\n  testq %rax, %rax\n  jz 1f\n"
  "  movq %rax, %gs:0x08\n  movq 176(%rsp), %rax\n  movq %rax, %gs:0x10\n  movq 184(%rsp), %rax\n  movq %rax, %gs:0x1478\n1:\n"
  "  VECTOR xmm6, 0, \\lost\n  VECTOR xmm7, 16, \\lost\n  VECTOR xmm8, 32, \\lost\n  VECTOR xmm9, 48, \\lost\n"
  "  VECTOR xmm10, 64, \\lost\n  VECTOR xmm11, 80, \\lost\n  VECTOR xmm12, 96, \\lost\n  VECTOR xmm13, 112, \\lost\n"
  "  VECTOR xmm14, 128, \\lost\n  VECTOR xmm15, 144, \\lost\n"
  "  .ifnc mxcsr,\\lost\n  ldmxcsr 160(%rsp)\n  .endif\n"
  "  .ifnc x87cw,\\lost\n  fldcw 164(%rsp)\n  .endif\n"
  "  addq $192, %rsp\n"
  "  KEPT r15, \\lost\n  KEPT r14, \\lost\n  KEPT r13, \\lost\n  KEPT r12, \\lost\n  KEPT rsi, \\lost\n  KEPT rdi, \\lost\n"
  "  KEPT rbx, \\lost\n  KEPT rbp, \\lost\n"
  "  ret\n"
  ".endm\n"
  ".macro BEGIN name\n"
  "  .globl \\name\n\\name:\n"
  ".endm\n"
  ".macro SWITCH lost\n"
  "  BEGIN toy_\\lost\n  SAVE\n  movq %rsp, (%rcx)\n  movq %rdx, %rsp\n  LOAD \\lost\n"
  ".endm\n"
  "  .text\n"
  "  SWITCH right\n"
  "  SWITCH rbx\n  SWITCH rbp\n  SWITCH rdi\n  SWITCH rsi\n  SWITCH r12\n  SWITCH r13\n  SWITCH r14\n  SWITCH r15\n"
  "  SWITCH xmm6\n  SWITCH xmm7\n  SWITCH xmm8\n  SWITCH xmm9\n  SWITCH xmm10\n  SWITCH xmm11\n  SWITCH xmm12\n  SWITCH xmm13\n"
  "  SWITCH xmm14\n  SWITCH xmm15\n  SWITCH mxcsr\n  SWITCH x87cw\n"
  /* rbx lies below sp for a while: there is no red zone. */
  "  BEGIN toy_below\n"
  "  movq %rbx, -512(%rsp)\n  nop\n  nop\n  movq -512(%rsp), %rbx\n"
  "  SAVE\n  movq %rsp, (%rcx)\n  movq %rdx, %rsp\n  LOAD none\n"
  /* sp serves as a pointer to other memory for some instructions. */
  "  BEGIN toy_pointer\n"
  "  SAVE\n  movq %rsp, %rax\n  leaq 8(%rcx), %rsp\n  pushq %rax\n  movq %rdx, %rsp\n  LOAD none\n"
  ".macro START name, shadow\n"
  "  .globl \\name\n\\name:\n  .seh_proc \\name\n  .seh_stackalloc 32\n  .seh_endprologue\n  nop\n"
  "  popq %rcx\n  popq %rax\n"
  ".endm\n"
  ".macro GO name\n  callq *%rax\n  ud2\n  .seh_endproc\n.endm\n"
  "  START toy_start\n  subq $32, %rsp\n  GO toy_start\n"
  "  START toy_start_wild\n  subq $32, %rsp\n  GO toy_start_wild\n"
  /* with the direction flag set */
  "  START toy_start_other\n  std\n  subq $32, %rsp\n  GO toy_start_other\n"
  /* without room for the body's shadow space */
  "  START toy_start_shadow\n  GO toy_start_shadow\n");

/* What a context that was left has below its sp, for one that has not begun. `low`, `high`: the stack's ends. @returns its sp */
static uint64_t *toy_frame(uint64_t *top, void (*start)(void), void *low, void *high, int inherits) {
  uint32_t mxcsr = 0x1F80;
  uint16_t x87 = 0x027F;
  if (inherits) __asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(mxcsr), "=m"(x87));
  *--top = (uint64_t)(uintptr_t)start + 1;
  for (int i = 0; i < 8; i++) *--top = 0;
  top -= 192 / 8;
  for (int i = 0; i < 20; i++) top[i] = 0;
  top[20] = mxcsr | (uint64_t)x87 << 32;
  top[21] = low ? (uint64_t)(uintptr_t)high : 0;
  top[22] = top[23] = (uint64_t)(uintptr_t)low;
  return top;
}
