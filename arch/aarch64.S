// AArch64 (Linux, and macOS with Mach-O spelling).
//
// Preserved across a switch: sp, x29, x19-x28, d8-d15 (the low halves of v8-v15) and FPCR: what AAPCS64 has a callee
// preserve. FPCR is loaded each time: it has no sticky flags in it (FPSR has them), so that a load hardly ever changes it.
// x30 holds the return address at a call and is kept as pc. x0-x17, v0-v7, v16-v31 and FPSR (sticky
// exceptions) are a caller's to save: every switch is a call. x18 belongs to the platform and is never touched.
//
//        g0's stack (the thread's)                    a goroutine's stack
//   high | ...                     |             high | colour               | hi
//        | frames of JavaScript    |                  |----------------------| sp of a new goroutine, 16-aligned
//        | frame of the FFI call   |                  | frames of the body   |
//        |-------------------------| g0.sched.sp      |                      |
//   low  | systemstack's callee    |                  |----------------------| g.sched.sp
//                                                low  | (guard)              | lo
//
// Both directions end in `ret`, although a jump would spare the processor's stack of return addresses: a resumed pc has
// no landing pad, and where its page is guarded by BTI only `ret` may go there. Every function begins with `bti c`, a
// no-op where BTI is off. The library does not announce BTI, for its other code has no pads.
//
// Nothing is ever stored below sp: a signal may arrive between any two instructions and run on this stack.
//
// +------------------------------------------------------------------------------------------------------------------------+
// | What must change together                                                                                              |
// |                                                                                                                        |
// | A preserved register    its store in gobuf_gogo and in gobuf_mcall, its load in both (mcall's behind gobuf_leave);     |
// |                         Register of layout.zig, where those of one stp or ldp are neighbours;                          |
// |                         CALLEE_SAVED_SLOTS of the descriptor's check in TypeScript; the lists in gobuf.h and above;    |
// |                         what the probe fills and compares (probe/aarch64.S)                                            |
// | A word of FP control    fp0: the store and the load in gobuf_gogo and in gobuf_mcall, both ways in gobuf_systemstack;  |
// |                         fpDefaults of layout.zig                                                                       |
// | The first context       ENTRY_*, gobuf_entry; entry() of layout.zig; setup of g.zig, which lays out the first frame    |
// | Entry of gobuf_leave    w10 = code, x3 = M: redirect of os/linux_signal.zig and os/macos_signal.zig                    |
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
#define X19  G_SCHED + REG_X19
#define X21  G_SCHED + REG_X21
#define X23  G_SCHED + REG_X23
#define X25  G_SCHED + REG_X25
#define X27  G_SCHED + REG_X27
#define D8   G_SCHED + REG_D8
#define D10  G_SCHED + REG_D10
#define D12  G_SCHED + REG_D12
#define D14  G_SCHED + REG_D14
#define OP_A G_OP
#define OP_V G_OP + 8

// The first context's registers: setup of g.zig puts into them what gobuf_entry calls, and with what.
#define ENTRY_FUNC x19
#define ENTRY_ARG  x20
#if REG_ENTRY_FUNC != REG_X19 || REG_ENTRY_ARG != REG_X20
#error "ENTRY_FUNC and ENTRY_ARG are other registers than entry() of layout.zig says"
#endif

// The TLS word: this thread's M. TLS_ADDRESS leaves its address in x0; beside it x1, x16, x17, x30 and the flags are
// lost.
#if defined(__APPLE__)
  .tbss _gobuf_m$tlv$init, 8, 3
  .section __DATA, __thread_vars, thread_local_variables
_gobuf_m:
  .quad __tlv_bootstrap
  .quad 0
  .quad _gobuf_m$tlv$init

// A thread-local variable is reached through its descriptor's function.
.macro TLS_ADDRESS
  adrp x0, _gobuf_m@TLVPPAGE
  ldr x0, [x0, _gobuf_m@TLVPPAGEOFF]
  ldr x1, [x0]
  blr x1
.endm
#else
  .section .tbss, "awT", %nobits
  .p2align 3
  .type gobuf_m, %object
gobuf_m:
  .zero 8
  .size gobuf_m, 8

// TLSDESC, which musl loads, too. The linker wants exactly these four instructions.
.macro TLS_ADDRESS
  adrp x0, :tlsdesc:gobuf_m
  ldr x1, [x0, :tlsdesc_lo12:gobuf_m]
  add x0, x0, :tlsdesc_lo12:gobuf_m
  .tlsdesccall gobuf_m
  blr x1
  mrs x1, tpidr_el0
  add x0, x0, x1
.endm
#endif

.macro LOAD_M to
  TLS_ADDRESS
  ldr \to, [x0]
.endm

  .text

// M **gobuf_tls(void)
HIDDEN gobuf_tls
  .cfi_startproc
  bti c
  mov x9, x30
  .cfi_register x30, x9
  TLS_ADDRESS
  ret x9
  .cfi_endproc
END gobuf_tls

// u32 gobuf_gogo(G *g, M *m)
// On g0: leaves it for g. Returns, when g traps, with mcall's code.
HIDDEN gobuf_gogo
  .cfi_startproc
  bti c
  ldr x5, [x1, M_G0]            // x5 = g0
  mov x9, x30                   // where execute's caller goes on
  .cfi_register x30, x9
  mov x12, sp
  str x9, [x5, PC]
  str x12, [x5, SP]
  str x29, [x5, BP]
  stp x19, x20, [x5, X19]
  stp x21, x22, [x5, X21]
  stp x23, x24, [x5, X23]
  stp x25, x26, [x5, X25]
  stp x27, x28, [x5, X27]
  stp d8, d9, [x5, D8]
  stp d10, d11, [x5, D10]
  stp d12, d13, [x5, D12]
  stp d14, d15, [x5, D14]
  mrs x13, fpcr
  str w13, [x5, G_FP0]          // its upper half is reserved; fp1 stays 0
  str x0, [x1, M_CURG]
  str x0, [x1, M_TRAPG]
  ldr w13, [x0, G_FP0]
  msr fpcr, x13
  ldr x9, [x0, PC]
  ldr x12, [x0, SP]
  mov sp, x12
  ldr x29, [x0, BP]
  ldp x19, x20, [x0, X19]
  ldp x21, x22, [x0, X21]
  ldp x23, x24, [x0, X23]
  ldp x25, x26, [x0, X25]
  ldp x27, x28, [x0, X27]
  ldp d8, d9, [x0, D8]
  ldp d10, d11, [x0, D10]
  ldp d12, d13, [x0, D12]
  ldp d14, d15, [x0, D14]
  ldr x0, [x0, RET]             // the result of g's operation
  ret x9
  .cfi_endproc
END gobuf_gogo

// u64 gobuf_mcall(u32 code, u32 a, u64 v)
// On a goroutine: leaves it for g0, on which execute returns code. Returns, when g runs again, with sched.ret.
FUNC gobuf_mcall
  .cfi_startproc
  bti c
  mov x9, x30                   // where g goes on
  .cfi_register x30, x9
  mov w10, w0
  mov w11, w1
  LOAD_M x3                     // x3 = M
  ldr x4, [x3, M_TRAPG]         // x4 = g; null on g0, and the next store faults
  str w11, [x4, OP_A]
  str x2, [x4, OP_V]
  mov x12, sp
  str x9, [x4, PC]
  str x12, [x4, SP]
  str x29, [x4, BP]
  stp x19, x20, [x4, X19]
  stp x21, x22, [x4, X21]
  stp x23, x24, [x4, X23]
  stp x25, x26, [x4, X25]
  stp x27, x28, [x4, X27]
  stp d8, d9, [x4, D8]
  stp d10, d11, [x4, D10]
  stp d12, d13, [x4, D12]
  stp d14, d15, [x4, D14]
  mrs x13, fpcr
  str w13, [x4, G_FP0]
LABEL gobuf_leave               // the fault handler comes here with w10 = code, x3 = M
  ldr x5, [x3, M_G0]            // x5 = g0
  str xzr, [x3, M_TRAPG]
  str xzr, [x3, M_CURG]
  ldr w13, [x5, G_FP0]          // the one that execute's caller had
  msr fpcr, x13
  mov w0, w10                   // execute's result
  ldr x9, [x5, PC]
  ldr x12, [x5, SP]
  mov sp, x12
  ldr x29, [x5, BP]
  ldp x19, x20, [x5, X19]
  ldp x21, x22, [x5, X21]
  ldp x23, x24, [x5, X23]
  ldp x25, x26, [x5, X25]
  ldp x27, x28, [x5, X27]
  ldp d8, d9, [x5, D8]
  ldp d10, d11, [x5, D10]
  ldp d12, d13, [x5, D12]
  ldp d14, d15, [x5, D14]
  ret x9
  .cfi_endproc
END gobuf_mcall

// void gobuf_systemstack(void (*fn)(void *), void *arg)
// On a goroutine: calls fn(arg) on g0's stack with g0's FPCR. On g0: calls fn(arg). curg stays, trapg is null
// meanwhile.
FUNC gobuf_systemstack
  .cfi_startproc
  bti c
  stp x29, x30, [sp, -32]!
  .cfi_adjust_cfa_offset 32
  .cfi_offset x29, -32
  .cfi_offset x30, -24
  stp x19, x20, [sp, 16]
  .cfi_offset x19, -16
  .cfi_offset x20, -8
  mov x29, sp                   // g's frame, found again by fn preserving x29
  .cfi_def_cfa_register x29
  mov x2, x0                    // x2 = fn
  mov x4, x1                    // x4 = arg
  LOAD_M x19                    // x19 = M
  mov x0, x4
  ldr x20, [x19, M_TRAPG]       // x20 = g
  cbz x20, 1f
  ldr x5, [x19, M_G0]
  mrs x13, fpcr
  str w13, [x20, G_FP0]
  ldr w13, [x5, G_FP0]
  msr fpcr, x13
  str xzr, [x19, M_TRAPG]
  ldr x12, [x5, SP]
  mov sp, x12                   // all below it is unused since gogo left it
  blr x2
  str x20, [x19, M_TRAPG]
  ldr w13, [x20, G_FP0]
  msr fpcr, x13
  b 2f
1:
  blr x2
2:
  mov sp, x29
  .cfi_def_cfa_register sp
  ldp x19, x20, [sp, 16]
  ldp x29, x30, [sp], 32
  .cfi_adjust_cfa_offset -32
  ret
  .cfi_endproc
END gobuf_systemstack

// The first frame of every goroutine. gogo comes here with a 16-aligned sp, x29 = 0, and fn and its argument in
// ENTRY_*. The return address is undefined to an unwinder: the backtrace ends here.
HIDDEN gobuf_entry
  .cfi_startproc
  .cfi_undefined x30
  bti c
  mov x0, ENTRY_ARG
  blr ENTRY_FUNC
  bl SYM(gobuf_returned)
  brk 1                         // it does not return; an unwinder looks at the byte before this address
  .cfi_endproc
END gobuf_entry

#if defined(__linux__)
// Where the kernel has a signal handler return to: rt_sigreturn. Debuggers know these words.
HIDDEN gobuf_sigreturn
  mov x8, 139
  svc 0
END gobuf_sigreturn
#endif

FILE_END
