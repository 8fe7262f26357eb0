// Single steps on Linux x86-64: see steps.zig.

#include "../asm.h"

#define TRAP_FLAG 0x100

  .text

// u32 gobuf_step_call(const void *target, u32 g)
// Calls target(g) with the trap flag set: SIGTRAP comes behind each instruction from target's first on.
HIDDEN gobuf_step_call
  .cfi_startproc
  subq $8, %rsp
  .cfi_adjust_cfa_offset 8
  movq %rdi, %rax
  movl %esi, %edi
  pushfq
  .cfi_adjust_cfa_offset 8
  orl $TRAP_FLAG, (%rsp)
  popfq
  .cfi_adjust_cfa_offset -8
  callq *%rax
  pushfq
  .cfi_adjust_cfa_offset 8
  andl $~TRAP_FLAG, (%rsp)
  popfq
  .cfi_adjust_cfa_offset -8
  addq $8, %rsp
  .cfi_adjust_cfa_offset -8
  ret
  .cfi_endproc
END gobuf_step_call

// Where a function returns that was entered without the trap flag: sets it again and goes on at gobuf_step_back. All
// registers and the other flags stay.
HIDDEN gobuf_step_again
  pushq gobuf_step_back(%rip)
  pushfq
  orl $TRAP_FLAG, (%rsp)
  popfq
  ret
END gobuf_step_again

HIDDEN gobuf_step_sigreturn
  movq $15, %rax
  syscall
END gobuf_step_sigreturn

FILE_END
