// System V x86-64 (Linux, and macOS with Mach-O spelling).
//
// Preserved across a switch: rsp, rbp, rbx, r12-r15, the control bits of MXCSR and the x87 control word: what the ABI
// has a callee preserve. rdi rsi rdx rcx r8-r11 rax and xmm0-15 are a caller's to save: every switch is a call. So are
// MXCSR's six sticky flags: see LOAD_MXCSR.
//
//        g0's stack (the thread's)                    a goroutine's stack
//   high | ...                     |             high | colour               | hi
//        | frames of JavaScript    |                  |----------------------| sp of a new goroutine, 16-aligned
//        | frame of the FFI call   |                  | return into entry    |
//        | return into FFI call    | popped           | frames of the body   |
//        |-------------------------| g0.sched.sp      | return into the body | popped by mcall
//   low  | systemstack's callee    |                  |----------------------| g.sched.sp
//                                                low  | (guard)              | lo
//
// A saved sp is the one after the return, and pc is the return address: both directions end in a jump through a
// register. A `ret` would be predicted by the processor's stack of return addresses, which no longer fits after a
// switch; the jump misses less. The direction flag is clear at every call by the ABI and stays so. No landing pads
// (endbr64): the library does not announce IBT, for a resumed pc is not at a pad.
//
// Nothing is ever stored below rsp: a signal may arrive between any two instructions and run on this stack.
//
// +------------------------------------------------------------------------------------------------------------------------+
// | What must change together                                                                                              |
// |                                                                                                                        |
// | A preserved register    its store in gobuf_gogo and in gobuf_mcall, its load in both (mcall's behind gobuf_leave);     |
// |                         Register of layout.zig; CALLEE_SAVED_SLOTS of the descriptor's check in TypeScript;            |
// |                         the lists in gobuf.h and above;                                                                |
// |                         what the probe fills and compares (probe/sysv_x86_64.S, probe/registers_x86_64.h)              |
// | A word of FP control    fp0 and fp1: the stores and the loads in gobuf_gogo and in gobuf_mcall, both ways in           |
// |                         gobuf_systemstack; fpDefaults of layout.zig                                                    |
// | The first context       ENTRY_*, gobuf_entry; entry() of layout.zig; setup of g.zig, which lays out the first frame    |
// | Entry of gobuf_leave    edi = code, r8 = M: redirect of os/linux_signal.zig and os/macos_signal.zig                    |
// | mcall's refusal on g0   its first store through the null trapg; misused of fault.zig knows it by a pc from gobuf_mcall |
// |                         up to gobuf_leave                                                                              |
// | An offset               layout.zig alone: offsets.h is made from it                                                    |
// +------------------------------------------------------------------------------------------------------------------------+

#include "asm.h"
#include "offsets.h"

#define SP   G_SCHED + GOBUF_SP
#define PC   G_SCHED + GOBUF_PC
#define RET  G_SCHED + GOBUF_RET
#define BP   G_SCHED + GOBUF_BP
#define RBX  G_SCHED + REG_RBX
#define R12  G_SCHED + REG_R12
#define R13  G_SCHED + REG_R13
#define R14  G_SCHED + REG_R14
#define R15  G_SCHED + REG_R15
#define OP_A G_OP
#define OP_V G_OP + 8

// The first context's registers: setup of g.zig puts into them what gobuf_entry calls, and with what.
#define ENTRY_FUNC %rbx
#define ENTRY_ARG  %r12
#if REG_ENTRY_FUNC != REG_RBX || REG_ENTRY_ARG != REG_R12
#error "ENTRY_FUNC and ENTRY_ARG are other registers than entry() of layout.zig says"
#endif

// The TLS word: this thread's M. TLS_ADDRESS leaves its address in rax and keeps every other register but rdi on macOS.
// rsp must be 16-aligned at the call, because the loader's slow path is ordinary code.
#if defined(__APPLE__)
  .tbss _gobuf_m$tlv$init, 8, 3
  .section __DATA, __thread_vars, thread_local_variables
_gobuf_m:
  .quad __tlv_bootstrap
  .quad 0
  .quad _gobuf_m$tlv$init
#else
  .section .tbss, "awT", @nobits
  .p2align 3
  .type gobuf_m, @object
gobuf_m:
  .zero 8
  .size gobuf_m, 8
#endif

#if defined(__APPLE__)
// A thread-local variable is reached through its descriptor's function, which keeps all registers but rax and rdi.
.macro TLS_ADDRESS
  movq _gobuf_m@TLVP(%rip), %rdi
  callq *(%rdi)
.endm
.macro LOAD_M to
  movq %rdi, %r11
  TLS_ADDRESS
  movq %r11, %rdi
  movq (%rax), \to
.endm
#else
// TLSDESC: unlike __tls_get_addr it keeps all registers but rax, and unlike initial-exec it loads in musl.
.macro TLS_ADDRESS
  leaq gobuf_m@tlsdesc(%rip), %rax
  call *gobuf_m@tlscall(%rax)
  addq %fs:0, %rax
.endm
.macro LOAD_M to
  leaq gobuf_m@tlsdesc(%rip), %rax
  call *gobuf_m@tlscall(%rax)
  movq %fs:(%rax), \to
.endm
#endif

// Loads another context's MXCSR, unless its control bits are in force already. To load a value other than the one that is
// there takes 58 ns on the processors that were measured (2 ns for the same one, and this comparison 1), and the sticky
// flags of two contexts nearly always differ. They are a caller's to save: which ones are found after a call is nobody's
// business, so they may be those of the context that was left. Uses eax and the flags.
#define MXCSR_CONTROL 0xFFC0
.macro LOAD_MXCSR to, from
  movl G_FP0(\from), %eax
  xorl G_FP0(\to), %eax
  testl $MXCSR_CONTROL, %eax
  jz 9f
  ldmxcsr G_FP0(\to)
9:
.endm

  .text

// M **gobuf_tls(void)
HIDDEN gobuf_tls
  .cfi_startproc
  subq $8, %rsp                 // rsp is 16-aligned
  .cfi_adjust_cfa_offset 8
  TLS_ADDRESS
  addq $8, %rsp
  .cfi_adjust_cfa_offset -8
  ret
  .cfi_endproc
END gobuf_tls

// u32 gobuf_gogo(G *g, M *m)
// On g0: leaves it for g. Returns, when g traps, with mcall's code.
HIDDEN gobuf_gogo
  .cfi_startproc
  movq M_G0(%rsi), %rdx         // rdx = g0
  popq %rcx                     // where execute's caller goes on
  .cfi_adjust_cfa_offset -8
  .cfi_register %rip, %rcx
  movq %rcx, PC(%rdx)
  movq %rsp, SP(%rdx)
  movq %rbp, BP(%rdx)
  movq %rbx, RBX(%rdx)
  movq %r12, R12(%rdx)
  movq %r13, R13(%rdx)
  movq %r14, R14(%rdx)
  movq %r15, R15(%rdx)
  stmxcsr G_FP0(%rdx)
  fnstcw G_FP1(%rdx)            // 16 bits; the record is zero above them
  movq %rdi, M_CURG(%rsi)
  movq %rdi, M_TRAPG(%rsi)
  LOAD_MXCSR %rdi, %rdx
  fldcw G_FP1(%rdi)
  movq PC(%rdi), %rcx
  movq SP(%rdi), %rsp
  movq BP(%rdi), %rbp
  movq RBX(%rdi), %rbx
  movq R12(%rdi), %r12
  movq R13(%rdi), %r13
  movq R14(%rdi), %r14
  movq R15(%rdi), %r15
  movq RET(%rdi), %rax          // the result of g's operation
  jmpq *%rcx
  .cfi_endproc
END gobuf_gogo

// u64 gobuf_mcall(u32 code, u32 a, u64 v)
// On a goroutine: leaves it for g0, on which execute returns code. Returns, when g runs again, with sched.ret.
FUNC gobuf_mcall
  .cfi_startproc
  popq %rcx                     // where g goes on; rsp is 16-aligned for LOAD_M's call
  .cfi_adjust_cfa_offset -8
  .cfi_register %rip, %rcx
  LOAD_M %r8                    // r8 = M
  movq M_TRAPG(%r8), %r9        // r9 = g; null on g0, and the next store faults
  movl %esi, OP_A(%r9)
  movq %rdx, OP_V(%r9)
  movq %rcx, PC(%r9)
  movq %rsp, SP(%r9)
  movq %rbp, BP(%r9)
  movq %rbx, RBX(%r9)
  movq %r12, R12(%r9)
  movq %r13, R13(%r9)
  movq %r14, R14(%r9)
  movq %r15, R15(%r9)
  stmxcsr G_FP0(%r9)
  fnstcw G_FP1(%r9)
  movq M_G0(%r8), %rdx          // rdx = g0
  movl G_FP0(%r9), %eax         // as in LOAD_MXCSR
  xorl G_FP0(%rdx), %eax
  testl $MXCSR_CONTROL, %eax
  jz 9f
LABEL gobuf_leave               // the fault handler comes here with edi = code, r8 = M
  movq M_G0(%r8), %rdx
  ldmxcsr G_FP0(%rdx)           // those that execute's caller had
9:
  fldcw G_FP1(%rdx)
  xorl %eax, %eax
  movq %rax, M_TRAPG(%r8)
  movq %rax, M_CURG(%r8)
  movl %edi, %eax               // execute's result
  movq PC(%rdx), %rcx
  movq SP(%rdx), %rsp
  movq BP(%rdx), %rbp
  movq RBX(%rdx), %rbx
  movq R12(%rdx), %r12
  movq R13(%rdx), %r13
  movq R14(%rdx), %r14
  movq R15(%rdx), %r15
  jmpq *%rcx
  .cfi_endproc
END gobuf_mcall

// void gobuf_systemstack(void (*fn)(void *), void *arg)
// On a goroutine: calls fn(arg) on g0's stack with g0's FP words. On g0: calls fn(arg). curg stays, trapg is null
// meanwhile.
FUNC gobuf_systemstack
  .cfi_startproc
  pushq %rbp
  .cfi_adjust_cfa_offset 8
  .cfi_offset %rbp, -16
  movq %rsp, %rbp               // g's frame, found again by fn preserving rbp
  .cfi_def_cfa_register %rbp
  pushq %rbx
  pushq %r12                    // rsp is 16-aligned
  .cfi_offset %rbx, -24
  .cfi_offset %r12, -32
  LOAD_M %rbx                   // rbx = M
  movq %rdi, %rdx               // rdx = fn
  movq %rsi, %rdi
  movq M_TRAPG(%rbx), %r12      // r12 = g
  testq %r12, %r12
  jz 1f
  movq M_G0(%rbx), %rcx         // rcx = g0
  stmxcsr G_FP0(%r12)
  fnstcw G_FP1(%r12)
  LOAD_MXCSR %rcx, %r12
  fldcw G_FP1(%rcx)
  movq $0, M_TRAPG(%rbx)
  movq SP(%rcx), %rsp           // 16-aligned; nothing below it was used since gogo left it
  callq *%rdx
  movq M_G0(%rbx), %rcx         // fn has preserved its control words
  movq %r12, M_TRAPG(%rbx)
  LOAD_MXCSR %r12, %rcx
  fldcw G_FP1(%r12)
  jmp 2f
1:
  callq *%rdx
2:
  leaq -16(%rbp), %rsp
  popq %r12
  popq %rbx
  popq %rbp
  .cfi_def_cfa %rsp, 8
  ret
  .cfi_endproc
END gobuf_systemstack

// The first frame of every goroutine. gogo jumps here with a 16-aligned rsp, rbp = 0, and fn and its argument in
// ENTRY_*. The return address is undefined to an unwinder: the backtrace ends here.
HIDDEN gobuf_entry
  .cfi_startproc
  .cfi_undefined %rip
  movq ENTRY_ARG, %rdi
  callq *ENTRY_FUNC             // at fn's first instruction rsp is 16-aligned plus 8, as the ABI wants
  callq SYM(gobuf_returned)
  ud2                           // it does not return; an unwinder looks at the byte before this address
  .cfi_endproc
END gobuf_entry

#if defined(__linux__)
// Where the kernel has a signal handler return to: rt_sigreturn. Debuggers know these bytes.
HIDDEN gobuf_sigreturn
  movq $15, %rax
  syscall
END gobuf_sigreturn
#endif

FILE_END
