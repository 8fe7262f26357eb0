// Microsoft x64 (Windows).
//
// Preserved across a switch: rsp, rbp, rbx, rdi, rsi, r12-r15, all 128 bits of xmm6-xmm15, the control bits of MXCSR
// and the x87 control word: what the ABI has a callee preserve. rax rcx rdx r8-r11 and xmm0-5 are a caller's to save:
// every switch is a call. MXCSR's sticky flags travel with the word, as in sysv_x86_64.S.
//
//        g0's stack (the thread's)                    a goroutine's stack
//   high | ...                     |             high | colour               | hi
//        | frames of JavaScript    |                  | 0, as return address | unwinding ends at it
//        | frame of the FFI call   |                  | 8 free, 32 of shadow |
//        | return into FFI call    | popped           |----------------------| sp of a new goroutine, 16-aligned
//        |-------------------------| g0.sched.sp      | return into entry    |
//   low  | shadow of               |                  | frames of the body   |
//        | systemstack's callee    |                  | return into the body | popped by mcall
//                                                     |----------------------| g.sched.sp
//                                                low  | (guard)              | lo
//
// A caller keeps 32 bytes of shadow space above its callee's return address. Both directions end in a jump through a
// register: a `ret` would be predicted by the processor's stack of return addresses, which no longer fits after a
// switch.
//
// The thread's TEB names the stack it runs on, and Windows believes it (probes, exception dispatch, stack growth):
//   gs:0x08   StackBase           stack.hi
//   gs:0x10   StackLimit          changes while the stack is in use, so it is written back on leaving
//   gs:0x1478 DeallocationStack   what a stack was reserved from
// Left alone: gs:0x00, the exception list, for x64 unwinds by tables and never reads it; GuaranteedStackBytes
// (gs:0x1748), for it says how much Windows leaves above the end of a stack that it grows itself, and these do not
// grow; fiber-local storage, which is the thread's as long as nothing becomes a fiber.
//
// Nothing is ever stored below rsp.
//
// +------------------------------------------------------------------------------------------------------------------------+
// | What must change together                                                                                              |
// |                                                                                                                        |
// | A preserved register    its store in gobuf_gogo and in gobuf_mcall, its load in both (mcall's behind gobuf_leave);     |
// |                         Register of layout.zig, where an xmm takes two words;                                          |
// |                         CALLEE_SAVED_SLOTS of the descriptor's check in TypeScript; the lists in gobuf.h and above;    |
// |                         what the probe fills and compares (probe/ms_x86_64.S, probe/registers_x86_64.h)                |
// | A word of FP control    fp0 and fp1: the stores and the loads in gobuf_gogo and in gobuf_mcall, both ways in           |
// |                         gobuf_systemstack; fpDefaults of layout.zig                                                    |
// | The first context       ENTRY_*, gobuf_entry; entry() of layout.zig; setup of g.zig, which lays out the first frame    |
// |                         with shadow space and a return address (setupWindows)                                          |
// | A word of the TEB       TEB_LEAVE, TEB_ENTER, gobuf_g0save; Tail of layout.zig; setupWindows, rearmWindows of g.zig    |
// | Entry of gobuf_leave    ecx = code, r9 = M: handle of os/windows_fault.zig                                             |
// | mcall's refusal on g0   its first store through the null trapg; misused of fault.zig knows it by a pc from gobuf_mcall |
// |                         up to gobuf_leave                                                                              |
// | An offset               layout.zig alone: offsets.h is made from it                                                    |
// +------------------------------------------------------------------------------------------------------------------------+

#include "asm.h"
#include "offsets.h"

#define SP    G_SCHED + GOBUF_SP
#define PC    G_SCHED + GOBUF_PC
#define RET   G_SCHED + GOBUF_RET
#define BP    G_SCHED + GOBUF_BP
#define RBX   G_SCHED + REG_RBX
#define RDI   G_SCHED + REG_RDI
#define RSI   G_SCHED + REG_RSI
#define R12   G_SCHED + REG_R12
#define R13   G_SCHED + REG_R13
#define R14   G_SCHED + REG_R14
#define R15   G_SCHED + REG_R15
#define XMM6  G_SCHED + REG_XMM6
#define XMM7  G_SCHED + REG_XMM7
#define XMM8  G_SCHED + REG_XMM8
#define XMM9  G_SCHED + REG_XMM9
#define XMM10 G_SCHED + REG_XMM10
#define XMM11 G_SCHED + REG_XMM11
#define XMM12 G_SCHED + REG_XMM12
#define XMM13 G_SCHED + REG_XMM13
#define XMM14 G_SCHED + REG_XMM14
#define XMM15 G_SCHED + REG_XMM15
#define OP_A  G_OP
#define OP_V  G_OP + 8

// The first context's registers: setup of g.zig puts into them what gobuf_entry calls, and with what.
#define ENTRY_FUNC %rbx
#define ENTRY_ARG  %rdi
#if REG_ENTRY_FUNC != REG_RBX || REG_ENTRY_ARG != REG_RDI
#error "ENTRY_FUNC and ENTRY_ARG are other registers than entry() of layout.zig says"
#endif

#define TEB_STACK_BASE  0x08
#define TEB_STACK_LIMIT 0x10
#define TEB_TLS_BLOCKS  0x58
#define TEB_DEALLOCATION_STACK 0x1478

// The TLS word: this thread's M. Static TLS of the library; the loader gives it to threads that are there already, too.
  .section .tls$, "dw"
  .p2align 3
gobuf_m:
  .quad 0

// Uses rax and the target.
.macro LOAD_M to
  movl _tls_index(%rip), %eax
  movq %gs:TEB_TLS_BLOCKS, \to
  movq (\to, %rax, 8), \to
  movq gobuf_m@SECREL32(\to), \to
.endm

// Uses rax.
.macro TEB_LEAVE g
  movq %gs:TEB_STACK_LIMIT, %rax
  movq %rax, G_STACK_LIMIT(\g)
.endm
.macro TEB_ENTER g
  movq G_STACK_HI(\g), %rax
  movq %rax, %gs:TEB_STACK_BASE
  movq G_STACK_LIMIT(\g), %rax
  movq %rax, %gs:TEB_STACK_LIMIT
  movq G_DEALLOCATION_STACK(\g), %rax
  movq %rax, %gs:TEB_DEALLOCATION_STACK
.endm

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
  movl _tls_index(%rip), %eax
  movq %gs:TEB_TLS_BLOCKS, %rcx
  movq (%rcx, %rax, 8), %rcx
  leaq gobuf_m@SECREL32(%rcx), %rax
  ret
END gobuf_tls

// void gobuf_g0save(G *g0)
// Stores what of the thread is stored once: the TEB's words.
HIDDEN gobuf_g0save
  movq %gs:TEB_STACK_BASE, %rax
  movq %rax, G_STACK_HI(%rcx)
  movq %gs:TEB_DEALLOCATION_STACK, %rax
  movq %rax, G_DEALLOCATION_STACK(%rcx)
  ret
END gobuf_g0save

// u32 gobuf_gogo(G *g, M *m)
// On g0: leaves it for g. Returns, when g traps, with mcall's code.
HIDDEN gobuf_gogo
  movq M_G0(%rdx), %r8          // r8 = g0
  popq %r10                     // where execute's caller goes on
  movq %r10, PC(%r8)
  movq %rsp, SP(%r8)
  movq %rbp, BP(%r8)
  movq %rbx, RBX(%r8)
  movq %rdi, RDI(%r8)
  movq %rsi, RSI(%r8)
  movq %r12, R12(%r8)
  movq %r13, R13(%r8)
  movq %r14, R14(%r8)
  movq %r15, R15(%r8)
  movups %xmm6, XMM6(%r8)
  movups %xmm7, XMM7(%r8)
  movups %xmm8, XMM8(%r8)
  movups %xmm9, XMM9(%r8)
  movups %xmm10, XMM10(%r8)
  movups %xmm11, XMM11(%r8)
  movups %xmm12, XMM12(%r8)
  movups %xmm13, XMM13(%r8)
  movups %xmm14, XMM14(%r8)
  movups %xmm15, XMM15(%r8)
  stmxcsr G_FP0(%r8)
  fnstcw G_FP1(%r8)             // 16 bits; the record is zero above them
  TEB_LEAVE %r8
  movq %rcx, M_CURG(%rdx)
  movq %rcx, M_TRAPG(%rdx)
  LOAD_MXCSR %rcx, %r8
  fldcw G_FP1(%rcx)
  TEB_ENTER %rcx
  movq PC(%rcx), %r10
  movq SP(%rcx), %rsp
  movq BP(%rcx), %rbp
  movq RBX(%rcx), %rbx
  movq RDI(%rcx), %rdi
  movq RSI(%rcx), %rsi
  movq R12(%rcx), %r12
  movq R13(%rcx), %r13
  movq R14(%rcx), %r14
  movq R15(%rcx), %r15
  movups XMM6(%rcx), %xmm6
  movups XMM7(%rcx), %xmm7
  movups XMM8(%rcx), %xmm8
  movups XMM9(%rcx), %xmm9
  movups XMM10(%rcx), %xmm10
  movups XMM11(%rcx), %xmm11
  movups XMM12(%rcx), %xmm12
  movups XMM13(%rcx), %xmm13
  movups XMM14(%rcx), %xmm14
  movups XMM15(%rcx), %xmm15
  movq RET(%rcx), %rax          // the result of g's operation
  jmpq *%r10
END gobuf_gogo

// u64 gobuf_mcall(u32 code, u32 a, u64 v)
// On a goroutine: leaves it for g0, on which execute returns code. Returns, when g runs again, with sched.ret.
FUNC gobuf_mcall
  popq %r10                     // where g goes on
  LOAD_M %r9                    // r9 = M
  movq M_TRAPG(%r9), %r11       // r11 = g; null on g0, and the next store faults
  movl %edx, OP_A(%r11)
  movq %r8, OP_V(%r11)
  movq %r10, PC(%r11)
  movq %rsp, SP(%r11)
  movq %rbp, BP(%r11)
  movq %rbx, RBX(%r11)
  movq %rdi, RDI(%r11)
  movq %rsi, RSI(%r11)
  movq %r12, R12(%r11)
  movq %r13, R13(%r11)
  movq %r14, R14(%r11)
  movq %r15, R15(%r11)
  movups %xmm6, XMM6(%r11)
  movups %xmm7, XMM7(%r11)
  movups %xmm8, XMM8(%r11)
  movups %xmm9, XMM9(%r11)
  movups %xmm10, XMM10(%r11)
  movups %xmm11, XMM11(%r11)
  movups %xmm12, XMM12(%r11)
  movups %xmm13, XMM13(%r11)
  movups %xmm14, XMM14(%r11)
  movups %xmm15, XMM15(%r11)
  stmxcsr G_FP0(%r11)
  fnstcw G_FP1(%r11)
  TEB_LEAVE %r11
  movq M_G0(%r9), %rdx          // rdx = g0
  movl G_FP0(%r11), %eax        // as in LOAD_MXCSR
  xorl G_FP0(%rdx), %eax
  testl $MXCSR_CONTROL, %eax
  jz 9f
LABEL gobuf_leave               // the fault handler comes here with ecx = code, r9 = M
  movq M_G0(%r9), %rdx
  ldmxcsr G_FP0(%rdx)           // those that execute's caller had
9:
  fldcw G_FP1(%rdx)
  xorl %eax, %eax
  movq %rax, M_TRAPG(%r9)
  movq %rax, M_CURG(%r9)
  TEB_ENTER %rdx
  movl %ecx, %eax               // execute's result
  movq PC(%rdx), %r10
  movq SP(%rdx), %rsp
  movq BP(%rdx), %rbp
  movq RBX(%rdx), %rbx
  movq RDI(%rdx), %rdi
  movq RSI(%rdx), %rsi
  movq R12(%rdx), %r12
  movq R13(%rdx), %r13
  movq R14(%rdx), %r14
  movq R15(%rdx), %r15
  movups XMM6(%rdx), %xmm6
  movups XMM7(%rdx), %xmm7
  movups XMM8(%rdx), %xmm8
  movups XMM9(%rdx), %xmm9
  movups XMM10(%rdx), %xmm10
  movups XMM11(%rdx), %xmm11
  movups XMM12(%rdx), %xmm12
  movups XMM13(%rdx), %xmm13
  movups XMM14(%rdx), %xmm14
  movups XMM15(%rdx), %xmm15
  jmpq *%r10
END gobuf_mcall

// void gobuf_systemstack(void (*fn)(void *), void *arg)
// On a goroutine: calls fn(arg) on g0's stack with g0's FP words. On g0: calls fn(arg). curg stays, trapg is null
// meanwhile.
FUNC gobuf_systemstack
  .seh_proc gobuf_systemstack
  pushq %rbp
  .seh_pushreg %rbp
  pushq %rbx
  .seh_pushreg %rbx
  pushq %rdi
  .seh_pushreg %rdi
  subq $32, %rsp                // rsp is 16-aligned, with shadow space for fn
  .seh_stackalloc 32
  movq %rsp, %rbp               // g's frame, found again by fn preserving rbp
  .seh_setframe %rbp, 0
  .seh_endprologue
  movq %rcx, %r8                // r8 = fn
  movq %rdx, %rcx
  LOAD_M %rbx                   // rbx = M
  movq M_TRAPG(%rbx), %rdi      // rdi = g
  testq %rdi, %rdi
  jz 1f
  movq M_G0(%rbx), %rdx         // rdx = g0
  stmxcsr G_FP0(%rdi)
  fnstcw G_FP1(%rdi)
  LOAD_MXCSR %rdx, %rdi
  fldcw G_FP1(%rdx)
  movq $0, M_TRAPG(%rbx)
  TEB_LEAVE %rdi
  TEB_ENTER %rdx
  movq SP(%rdx), %rsp           // 16-aligned; nothing below it was used since gogo left it
  subq $32, %rsp                // shadow space for fn
  callq *%r8
  movq M_G0(%rbx), %rdx
  TEB_LEAVE %rdx
  TEB_ENTER %rdi
  movq %rdi, M_TRAPG(%rbx)
  LOAD_MXCSR %rdi, %rdx         // fn has preserved g0's
  fldcw G_FP1(%rdi)
  jmp 2f
1:
  callq *%r8
2:
  leaq 32(%rbp), %rsp
  popq %rdi
  popq %rbx
  popq %rbp
  ret
  .seh_endproc
END gobuf_systemstack

// The first frame of every goroutine. gogo jumps here with a 16-aligned rsp, 32 bytes of shadow space above it,
// rbp = 0, and fn and its argument in ENTRY_*. Its own return address is 0: an unwinder ends here.
HIDDEN gobuf_entry
  .seh_proc gobuf_entry
  .seh_stackalloc 40
  .seh_endprologue
  movq ENTRY_ARG, %rcx
  callq *ENTRY_FUNC             // at fn's first instruction rsp is 16-aligned plus 8, as the ABI wants
  callq gobuf_returned
  ud2                           // it does not return; an unwinder looks at the byte before this address
  .seh_endproc
END gobuf_entry

FILE_END
