// The registers of a body that is preempted between two instructions: fills all there are but x18 (the platform's), waits, and
// stores them again. Of AArch64.
//
//   void gobuf_async_fill(const record *want, record *got, u64 spins, u32 level)
//
// A record is `Record` of async.zig. `level` says which register counts, x0 or x1, because the processor counts in registers
// only: that one is 0 at the end.

#include "../asm.h"

#define GENERAL 512
#define FLAGS   752
#define FPCR_   760
#define FPSR_   768

  .text

FUNC gobuf_async_fill
  bti c
  sub sp, sp, 192
  stp x19, x20, [sp, 32]
  stp x21, x22, [sp, 48]
  stp x23, x24, [sp, 64]
  stp x25, x26, [sp, 80]
  stp x27, x28, [sp, 96]
  stp x29, x30, [sp, 112]
  stp d8, d9, [sp, 128]
  stp d10, d11, [sp, 144]
  stp d12, d13, [sp, 160]
  stp d14, d15, [sp, 176]
  str x1, [sp]
  mrs x4, fpcr
  str x4, [sp, 8]
  str x3, [sp, 16]
  str x2, [sp, 24]
  .irp n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
  ldr q\n, [x0, 16 * \n]
  .endr
  .irp n, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
  ldr q\n, [x0, 16 * \n]
  .endr
  ldr x4, [x0, FPCR_]
  msr fpcr, x4
  ldr x4, [x0, FPSR_]
  msr fpsr, x4
  ldr x4, [x0, FLAGS]
  msr nzcv, x4
  .irp n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17
  ldr x\n, [x0, GENERAL + 8 * \n]
  .endr
  .irp n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
  ldr x\n, [x0, GENERAL + 8 * \n - 8]
  .endr
  ldr x1, [sp, 16]
  cbnz x1, 2f
  ldr x1, [x0, GENERAL + 8]
  ldr x0, [sp, 24]
1:
  sub x0, x0, 1
  cbnz x0, 1b
  ldr x0, [sp]
  str xzr, [x0, GENERAL]
  str x1, [x0, GENERAL + 8]
  b 3f
2:
  ldr x1, [sp, 24]
  ldr x0, [x0, GENERAL]
1:
  sub x1, x1, 1
  cbnz x1, 1b
  ldr x1, [sp]
  str x0, [x1, GENERAL]
  str xzr, [x1, GENERAL + 8]
  mov x0, x1
3:
  .irp n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17
  str x\n, [x0, GENERAL + 8 * \n]
  .endr
  .irp n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
  str x\n, [x0, GENERAL + 8 * \n - 8]
  .endr
  mrs x4, nzcv
  str x4, [x0, FLAGS]
  mrs x4, fpcr
  str x4, [x0, FPCR_]
  mrs x4, fpsr
  str x4, [x0, FPSR_]
  .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
  str q\n, [x0, 16 * \n]
  .endr
  ldr x4, [sp, 8]
  msr fpcr, x4
  ldp d14, d15, [sp, 176]
  ldp d12, d13, [sp, 160]
  ldp d10, d11, [sp, 144]
  ldp d8, d9, [sp, 128]
  ldp x29, x30, [sp, 112]
  ldp x27, x28, [sp, 96]
  ldp x25, x26, [sp, 80]
  ldp x23, x24, [sp, 64]
  ldp x21, x22, [sp, 48]
  ldp x19, x20, [sp, 32]
  add sp, sp, 192
  ret
END gobuf_async_fill

FILE_END
