// Asynchronous preemption on Microsoft x64: see asyncpreempt.zig and os/x86_64_frame.zig.

#include "asm.h"

  .text

// The call that is injected into a preempted body. It keeps all that a processor has, because the body has made no call:
// flags, every general register, and the extended state by XSAVE. There is no red zone here.
#define HEADER 512                          // of an XSAVE area: XRSTOR wants its first three words zero where XSAVE does not write
HIDDEN gobuf_async_preempt
  pushfq
  pushq %rax
  pushq %rcx
  pushq %rdx
  pushq %rbx
  pushq %rbp
  pushq %rsi
  pushq %rdi
  pushq %r8
  pushq %r9
  pushq %r10
  pushq %r11
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, %rbp                       // gobuf_preempted preserves it
  cld
  subq gobuf_xsave_bytes(%rip), %rsp
  andq $-64, %rsp
  xorl %eax, %eax
  movq %rax, HEADER(%rsp)
  movq %rax, HEADER+8(%rsp)
  movq %rax, HEADER+16(%rsp)
  movl $-1, %eax
  movl $-1, %edx
  xsave64 (%rsp)
  fninit                                // a function finds the x87 stack empty
  cmpl $0, gobuf_avx(%rip)
  je 1f
  vzeroupper                            // what runs now would pay for upper halves that are in use
1:
  subq $32, %rsp                        // shadow space
  callq gobuf_preempted
  addq $32, %rsp
  movl $-1, %eax
  movl $-1, %edx
  xrstor64 (%rsp)
  movq %rbp, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %r11
  popq %r10
  popq %r9
  popq %r8
  popq %rdi
  popq %rsi
  popq %rbp
  popq %rbx
  popq %rdx
  popq %rcx
  popq %rax
  popfq
  ret
END gobuf_async_preempt

FILE_END
