// The registers of a body that is preempted between two instructions: fills all there are, waits, and stores them again.
// Of x86-64, with both calling conventions.
//
//   void gobuf_async_fill(const record *want, record *got, u64 spins, u32 level)
//
// A record is `Record` of async.zig. `level`: 0 xmm0-15, 1 ymm0-15, 2 zmm0-31 and k0-7. The carry flag is set while it
// waits, and the direction flag by `want`. On System V the 128 bytes below rsp are filled, too.

#include "../asm.h"

#define K      2048
#define GPR    2112
#define RFLAGS 2232
#define MXCSR  2240
#define X87CW  2244
#define ST     2256
#define RED    2384
#if defined(_WIN32)
#define RED_WORDS 0
#define WANT   %rcx
#define GOT    %rdx
#define SPINS  %r8
#define LEVEL  %r9d
#else
#define RED_WORDS 16
#define WANT   %rdi
#define GOT    %rsi
#define SPINS  %rdx
#define LEVEL  %ecx
#endif

// What the frame holds above rsp.
#define AT_SPINS 0
#define AT_WANT  8
#define AT_GOT   16
#define AT_LEVEL 24
#define AT_RAX   32
#define AT_CSR   40
#define AT_CW    44
#define FRAME    56

  .text

FUNC gobuf_async_fill
  pushq %rbx
  pushq %rbp
  pushq %rsi
  pushq %rdi
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
#if defined(_WIN32)
  subq $168, %rsp
  movups %xmm6, (%rsp)
  movups %xmm7, 16(%rsp)
  movups %xmm8, 32(%rsp)
  movups %xmm9, 48(%rsp)
  movups %xmm10, 64(%rsp)
  movups %xmm11, 80(%rsp)
  movups %xmm12, 96(%rsp)
  movups %xmm13, 112(%rsp)
  movups %xmm14, 128(%rsp)
  movups %xmm15, 144(%rsp)
#endif
  subq $FRAME, %rsp
  movq SPINS, AT_SPINS(%rsp)
  movq WANT, %rax
  movq %rax, AT_WANT(%rsp)
  movq GOT, %rbx
  movq %rbx, AT_GOT(%rsp)
  movl LEVEL, %ebp
  movl %ebp, AT_LEVEL(%rsp)
  stmxcsr AT_CSR(%rsp)
  fnstcw AT_CW(%rsp)

  fninit
  .irp n, 7, 6, 5, 4, 3, 2, 1, 0
  fldt ST + 16 * \n(%rax)
  .endr
  fldcw X87CW(%rax)
  ldmxcsr MXCSR(%rax)
  cmpl $1, %ebp
  je 1f
  ja 2f
  .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
  movups 64 * \n(%rax), %xmm\n
  .endr
  jmp 3f
1:
  .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
  vmovups 64 * \n(%rax), %ymm\n
  .endr
  jmp 3f
2:
  .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
  vmovups 64 * \n(%rax), %zmm\n
  .endr
  .irp n, 0, 1, 2, 3, 4, 5, 6, 7
  kmovq K + 8 * \n(%rax), %k\n
  .endr
3:
  .if RED_WORDS
  .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
  movq RED + 8 * \n(%rax), %rbx
  movq %rbx, -8 - 8 * \n(%rsp)
  .endr
  .endif
  movq GPR + 8(%rax), %rbx
  movq GPR + 16(%rax), %rcx
  movq GPR + 24(%rax), %rdx
  movq GPR + 32(%rax), %rsi
  movq GPR + 40(%rax), %rdi
  movq GPR + 48(%rax), %rbp
  movq GPR + 56(%rax), %r8
  movq GPR + 64(%rax), %r9
  movq GPR + 72(%rax), %r10
  movq GPR + 80(%rax), %r11
  movq GPR + 88(%rax), %r12
  movq GPR + 96(%rax), %r13
  movq GPR + 104(%rax), %r14
  movq GPR + 112(%rax), %r15
  cld
  testb $4, RFLAGS + 1(%rax)            // the direction flag
  jz 1f
  std
1:
  movq GPR(%rax), %rax
  stc
1:
  decq AT_SPINS(%rsp)                   // leaves the carry flag
  jnz 1b

  // Nothing is known to be preserved but rsp and what lies above it. Flags change no earlier than they are stored.
  movq %rax, AT_RAX(%rsp)
  movq AT_GOT(%rsp), %rax
  movq %rbx, GPR + 8(%rax)
  movq %rcx, GPR + 16(%rax)
  movq %rdx, GPR + 24(%rax)
  movq %rsi, GPR + 32(%rax)
  movq %rdi, GPR + 40(%rax)
  movq %rbp, GPR + 48(%rax)
  movq %r8, GPR + 56(%rax)
  movq %r9, GPR + 64(%rax)
  movq %r10, GPR + 72(%rax)
  movq %r11, GPR + 80(%rax)
  movq %r12, GPR + 88(%rax)
  movq %r13, GPR + 96(%rax)
  movq %r14, GPR + 104(%rax)
  movq %r15, GPR + 112(%rax)
  movq AT_RAX(%rsp), %rbx
  movq %rbx, GPR(%rax)
  .if RED_WORDS
  .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
  movq -8 - 8 * \n(%rsp), %rbx
  movq %rbx, RED + 8 * \n(%rax)
  .endr
  .endif
  pushfq
  popq %rbx
  andl $0x401, %ebx                     // carry and direction; the others are dec's
  movq %rbx, RFLAGS(%rax)
  cld
  movl AT_LEVEL(%rsp), %ebp
  cmpl $1, %ebp
  je 1f
  ja 2f
  .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
  movups %xmm\n, 64 * \n(%rax)
  .endr
  jmp 3f
1:
  .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
  vmovups %ymm\n, 64 * \n(%rax)
  .endr
  vzeroupper
  jmp 3f
2:
  .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
  vmovups %zmm\n, 64 * \n(%rax)
  .endr
  .irp n, 0, 1, 2, 3, 4, 5, 6, 7
  kmovq %k\n, K + 8 * \n(%rax)
  .endr
  vzeroupper
3:
  stmxcsr MXCSR(%rax)
  fnstcw X87CW(%rax)
  .irp n, 0, 1, 2, 3, 4, 5, 6, 7
  fstpt ST + 16 * \n(%rax)
  .endr
  fninit
  fldcw AT_CW(%rsp)
  ldmxcsr AT_CSR(%rsp)
  addq $FRAME, %rsp
#if defined(_WIN32)
  movups (%rsp), %xmm6
  movups 16(%rsp), %xmm7
  movups 32(%rsp), %xmm8
  movups 48(%rsp), %xmm9
  movups 64(%rsp), %xmm10
  movups 80(%rsp), %xmm11
  movups 96(%rsp), %xmm12
  movups 112(%rsp), %xmm13
  movups 128(%rsp), %xmm14
  movups 144(%rsp), %xmm15
  addq $168, %rsp
#endif
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rdi
  popq %rsi
  popq %rbp
  popq %rbx
  ret
END gobuf_async_fill

// u32 gobuf_async_x87(void)
// 1 when a value can be pushed: on a full stack a push gives a NaN.
FUNC gobuf_async_x87
  fld1
  fld1
  fcompp
  fnstsw %ax
  andl $0x4500, %eax            // equal is C3 alone; with a NaN C2 and C0 are set, too
  cmpl $0x4000, %eax
  sete %al
  movzbl %al, %eax
  ret
END gobuf_async_x87

FILE_END
