// Asynchronous preemption on System V x86-64 (Linux, and macOS with Mach-O spelling): see asyncpreempt.zig.

#include "asm.h"

  .text

// The call that is injected into a preempted body: os/x86_64_frame.zig. It keeps all that a processor has, because the body
// has made no call: flags, every general register, and the extended state (x87, vectors, masks, what else there is) by XSAVE.
// Nothing of it may be lost, and the 128 bytes below the body's rsp are its own, too.
#define RED_ZONE 128
#define HEADER   512                        // of an XSAVE area: XRSTOR wants its first three words zero where XSAVE does not write
.macro KEEP register
  pushq \register
  .cfi_adjust_cfa_offset 8
  .cfi_rel_offset \register, 0
.endm
.macro GIVE_BACK register
  popq \register
  .cfi_adjust_cfa_offset -8
  .cfi_restore \register
.endm
HIDDEN gobuf_async_preempt
  .cfi_startproc
  .cfi_def_cfa %rsp, 8 + RED_ZONE
  .cfi_offset %rip, -8 - RED_ZONE
  pushfq
  .cfi_adjust_cfa_offset 8
  KEEP %rax
  KEEP %rcx
  KEEP %rdx
  KEEP %rbx
  KEEP %rbp
  KEEP %rsi
  KEEP %rdi
  KEEP %r8
  KEEP %r9
  KEEP %r10
  KEEP %r11
  KEEP %r12
  KEEP %r13
  KEEP %r14
  KEEP %r15
  movq %rsp, %rbp                       // gobuf_preempted preserves it
  .cfi_def_cfa_register %rbp
  cld
  subq SYM(gobuf_xsave_bytes)(%rip), %rsp
  andq $-64, %rsp
  xorl %eax, %eax
  movq %rax, HEADER(%rsp)
  movq %rax, HEADER+8(%rsp)
  movq %rax, HEADER+16(%rsp)
  movl $-1, %eax
  movl $-1, %edx
  xsave64 (%rsp)
  fninit                                // a function finds the x87 stack empty
  cmpl $0, SYM(gobuf_avx)(%rip)
  je 1f
  vzeroupper                            // what runs now would pay for upper halves that are in use
1:
  callq SYM(gobuf_preempted)
  movl $-1, %eax
  movl $-1, %edx
  xrstor64 (%rsp)
  movq %rbp, %rsp
  .cfi_def_cfa_register %rsp
  GIVE_BACK %r15
  GIVE_BACK %r14
  GIVE_BACK %r13
  GIVE_BACK %r12
  GIVE_BACK %r11
  GIVE_BACK %r10
  GIVE_BACK %r9
  GIVE_BACK %r8
  GIVE_BACK %rdi
  GIVE_BACK %rsi
  GIVE_BACK %rbp
  GIVE_BACK %rbx
  GIVE_BACK %rdx
  GIVE_BACK %rcx
  GIVE_BACK %rax
  popfq
  .cfi_adjust_cfa_offset -8
  ret $RED_ZONE
  .cfi_endproc
END gobuf_async_preempt

FILE_END
