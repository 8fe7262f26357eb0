// System V x86-64: what the probe cannot say in Zig. What a callee preserves (psABI 1.0, 3.2.1): rbx rbp r12-r15, the
// control bits of MXCSR, the x87 control word. No vector register: xmm6 and up are a caller's, unlike on Windows.
#include "table.h"
#include "registers_x86_64.h"

.macro REGISTERS do
  \do gpr, rbx
  \do gpr, rbp
  \do gpr, r12
  \do gpr, r13
  \do gpr, r14
  \do gpr, r15
  \do mxcsr, mxcsr
  \do x87, x87cw
.endm

  TABLES

// void gobuf_probe_call(Call *call)
// Calls call->func with every preserved register set to call->want, stores what is in them afterwards to call->found. The
// caller's own registers wait in call->own meanwhile, not on the stack: a broken switch must not break the probe.
// rsp is the one register that is trusted: without it nothing can be found again.
HIDDEN gobuf_probe_call
  .cfi_startproc
  subq $8, %rsp                 // rsp = 16 n
  .cfi_adjust_cfa_offset 8
  movq %rdi, (%rsp)
  movq %rdi, %r11
  STORE_ALL CALL_OWN
  LOAD_ALL CALL_WANT
  movq CALL_FUNC(%r11), %rax
  movq CALL_ARGS(%r11), %rdi
  movq CALL_ARGS+8(%r11), %rsi
  movq CALL_ARGS+16(%r11), %rdx
  movq CALL_ARGS+24(%r11), %rcx
  callq *%rax
  movq (%rsp), %r11
  movq %rax, CALL_RESULT(%r11)
  STORE_ALL CALL_FOUND
  LOAD_ALL CALL_OWN
  addq $8, %rsp
  .cfi_adjust_cfa_offset -8
  ret
  .cfi_endproc
END gobuf_probe_call

// void gobuf_probe_look(Values *to)
// Stores what is in the preserved registers now.
HIDDEN gobuf_probe_look
  .cfi_startproc
  movq %rdi, %r11
  STORE_ALL 0
  ret
  .cfi_endproc
END gobuf_probe_look

// Calls target(arg, sp before the call, preserved registers). The stack may be misaligned: that is for Zig to report, and
// Zig wants an aligned one for it.
.macro ARRIVE name, target
HIDDEN \name
  .cfi_startproc
  pushq %rbp
  .cfi_adjust_cfa_offset 8
  .cfi_offset %rbp, -16
  movq %rsp, %rbp
  .cfi_def_cfa_register %rbp
  subq $VALUES_SIZE, %rsp
  andq $-16, %rsp
  movq %rsp, %r11
  STORE_ALL 0
  leaq 16(%rbp), %rsi
  movq %rsp, %rdx
  callq \target
  movq %rbp, %rsp
  popq %rbp
  .cfi_def_cfa %rsp, 8
  ret
  .cfi_endproc
END \name
.endm

// void gobuf_probe_entry(Block *block)
// What a goroutine is started on.
ARRIVE gobuf_probe_entry, SYM(gobuf_probe_goroutine)

// void gobuf_probe_callback(Visit *visit)
// What systemstack calls.
ARRIVE gobuf_probe_callback, SYM(gobuf_probe_on_g0)

// Clobbers everything that a callee may clobber, xmm6-xmm15 included: a probe that reports this is wrong.
HIDDEN gobuf_probe_clobber_caller_saved
  CLOBBER_FLAGS 0x3F
  movq $-1, %rax
  .irp name, rcx, rdx, rsi, rdi, r8, r9, r10, r11
  movq %rax, %\name
  .endr
  pcmpeqd %xmm0, %xmm0
  .irp name, xmm1, xmm2, xmm3, xmm4, xmm5, xmm6, xmm7, xmm8, xmm9, xmm10, xmm11, xmm12, xmm13, xmm14, xmm15
  movaps %xmm0, %\name
  .endr
  ret
END gobuf_probe_clobber_caller_saved

// Number n, at n * CLOBBER_SIZE, clobbers exactly what entry n of gobuf_probe_clobbers says.
  .p2align 5
HIDDEN gobuf_probe_clobber_code
  CLOBBER_CODE
END gobuf_probe_clobber_code

FILE_END
