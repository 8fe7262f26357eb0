// Microsoft x64: what the probe cannot say in Zig. What a callee preserves: rbx rbp rdi rsi r12-r15, all 128 bits of
// xmm6-xmm15, the control bits of MXCSR, the x87 control word. The stack's words in the TEB are kept like registers: the
// switch exchanges them.
#include "table.h"
#include "registers_x86_64.h"

.macro REGISTERS do
  \do gpr, rbx
  \do gpr, rbp
  \do gpr, rdi
  \do gpr, rsi
  \do gpr, r12
  \do gpr, r13
  \do gpr, r14
  \do gpr, r15
  \do xmm, xmm6
  \do xmm, xmm7
  \do xmm, xmm8
  \do xmm, xmm9
  \do xmm, xmm10
  \do xmm, xmm11
  \do xmm, xmm12
  \do xmm, xmm13
  \do xmm, xmm14
  \do xmm, xmm15
  \do mxcsr, mxcsr
  \do x87, x87cw
  \do stack_base, tebbase
  \do stack_limit, teblim
  \do stack_reserve, tebdeal
.endm

#define TEB_STACK_BASE  0x08
#define TEB_STACK_LIMIT 0x10
#define TEB_DEALLOCATION_STACK 0x1478

.macro TEB_KIND kind, class, offset
  NO_BITS \kind, 1, \class
.macro LOAD_\kind name
  movq AT(0), %rax
  movq %rax, %gs:\offset
.endm
.macro STORE_\kind name
  movq %gs:\offset, %rcx
  movq %rcx, AT(0)
.endm
.macro CLOBBERS_\kind name
  CLOBBER "bit 12", FLIP_teb, \offset, 0x1000
.endm
.endm
.macro FLIP_teb offset, bits
  xorq $\bits, %gs:\offset
  ret
.endm

TEB_KIND stack_base, STACK_BASE, TEB_STACK_BASE
TEB_KIND stack_limit, STACK_LIMIT, TEB_STACK_LIMIT
TEB_KIND stack_reserve, STACK_RESERVE, TEB_DEALLOCATION_STACK

  TABLES

// void gobuf_probe_call(Call *call)
// Calls call->func with every preserved register set to call->want, stores what is in them afterwards to call->found. The
// caller's own registers wait in call->own meanwhile, not on the stack: a broken switch must not break the probe.
// rsp is the one register that is trusted: without it nothing can be found again.
HIDDEN gobuf_probe_call
  .seh_proc gobuf_probe_call
  subq $40, %rsp                // rsp = 16 n, with 32 bytes of shadow space
  .seh_stackalloc 40
  .seh_endprologue
  movq %rcx, 32(%rsp)
  movq %rcx, %r11
  STORE_ALL CALL_OWN
  LOAD_ALL CALL_WANT
  movq CALL_FUNC(%r11), %rax
  movq CALL_ARGS(%r11), %rcx
  movq CALL_ARGS+8(%r11), %rdx
  movq CALL_ARGS+16(%r11), %r8
  movq CALL_ARGS+24(%r11), %r9
  callq *%rax
  movq 32(%rsp), %r11
  movq %rax, CALL_RESULT(%r11)
  STORE_ALL CALL_FOUND
  LOAD_ALL CALL_OWN
  addq $40, %rsp
  ret
  .seh_endproc
END gobuf_probe_call

// void gobuf_probe_look(Values *to)
// Stores what is in the preserved registers now.
HIDDEN gobuf_probe_look
  movq %rcx, %r11
  STORE_ALL 0
  ret
END gobuf_probe_look

// void gobuf_probe_move_limit(u64 bytes)
HIDDEN gobuf_probe_move_limit
  addq %rcx, %gs:TEB_STACK_LIMIT
  ret
END gobuf_probe_move_limit

// Calls target(arg, sp before the call, preserved registers). The stack may be misaligned: that is for Zig to report, and
// Zig wants an aligned one for it. Uses its shadow space, which is there for that.
.macro ARRIVE name, target
HIDDEN \name
  .seh_proc \name
  pushq %rbp
  .seh_pushreg %rbp
  movq %rsp, %rbp
  .seh_setframe %rbp, 0
  .seh_endprologue
  movq %rbp, 16(%rbp)
  movq %rbp, 24(%rbp)
  movq %rbp, 32(%rbp)
  movq %rbp, 40(%rbp)
  subq $(VALUES_SIZE + 32), %rsp
  andq $-16, %rsp
  movq %rcx, %r10               // what is stored below uses rcx
  leaq 32(%rsp), %r11
  STORE_ALL 0
  movq %r10, %rcx
  leaq 16(%rbp), %rdx
  movq %r11, %r8
  callq \target
  movq %rbp, %rsp
  popq %rbp
  ret
  .seh_endproc
END \name
.endm

// void gobuf_probe_entry(Block *block)
// What a goroutine is started on.
ARRIVE gobuf_probe_entry, gobuf_probe_goroutine

// void gobuf_probe_callback(Visit *visit)
// What systemstack calls.
ARRIVE gobuf_probe_callback, gobuf_probe_on_g0

// Clobbers everything that a callee may clobber: a probe that reports this is wrong.
HIDDEN gobuf_probe_clobber_caller_saved
  CLOBBER_FLAGS 0x3F
  movq $-1, %rax
  .irp name, rcx, rdx, r8, r9, r10, r11
  movq %rax, %\name
  .endr
  pcmpeqd %xmm0, %xmm0
  .irp name, xmm1, xmm2, xmm3, xmm4, xmm5
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
