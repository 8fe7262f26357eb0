// AArch64: what the probe cannot say in Zig. What a callee preserves (AAPCS64 6.1): x19-x28, the frame pointer x29, the low
// halves of v8-v15, FPCR. Not x30, which a call overwrites, and not x18, which belongs to the platform.
#include "table.h"

.macro REGISTERS do
  \do gpr, x19
  \do gpr, x20
  \do gpr, x21
  \do gpr, x22
  \do gpr, x23
  \do gpr, x24
  \do gpr, x25
  \do gpr, x26
  \do gpr, x27
  \do gpr, x28
  \do gpr, x29
  \do low, d8
  \do low, d9
  \do low, d10
  \do low, d11
  \do low, d12
  \do low, d13
  \do low, d14
  \do low, d15
  \do fpcr, fpcr
.endm

// Kinds of register. x9 is the base of the values, x10 may be used for anything.

#define AT [x9, at + 8 * slot]

PLAIN_KIND gpr, 1
.macro LOAD_gpr name
  ldr \name, AT
.endm
.macro STORE_gpr name
  str \name, AT
.endm
.macro CLOBBERS_gpr name
  CLOBBER "bit 0", FLIP_gpr, \name, 0x1
  CLOBBER "bit 63", FLIP_gpr, \name, 0x8000000000000000
.endm
.macro FLIP_gpr name, bits
  bti c
  eor \name, \name, \bits
  ret
.endm

// The low half of a vector register.
PLAIN_KIND low, 1
.macro LOAD_low name
  ldr \name, AT
.endm
.macro STORE_low name
  str \name, AT
.endm
.macro CLOBBERS_low name
  CLOBBER "bit 0", FLIP_low, \name, 0x1
  CLOBBER "bit 63", FLIP_low, \name, 0x8000000000000000
.endm
.macro FLIP_low name, bits
  bti c
  fmov x10, \name
  eor x10, x10, \bits
  fmov \name, x10
  ret
.endm

// FPCR: bits 8-12 and 15 trap (not every processor has them: never set), 19 flush half precision to zero (the same), 22-23
// rounding, 24 flush to zero, 25 default NaN, 26 alternative half precision.
CONTROL_KIND fpcr, 0, 0x07C00000, 0x07C89F00, 0
.macro LOAD_fpcr name
  ldr x10, AT
  msr fpcr, x10
.endm
.macro STORE_fpcr name
  mrs x10, fpcr
  str x10, AT
.endm
.macro CLOBBERS_fpcr name
  CLOBBER "rounding", FLIP_fpcr, \name, 0x00400000
  CLOBBER "flush", FLIP_fpcr, \name, 0x01000000
  CLOBBER "default NaN", FLIP_fpcr, \name, 0x02000000
  CLOBBER "half format", FLIP_fpcr, \name, 0x04000000
.endm
.macro FLIP_fpcr name, bits
  bti c
  mrs x10, fpcr
  eor x10, x10, \bits
  msr fpcr, x10
  ret
.endm

  TABLES

// void gobuf_probe_call(Call *call)
// Calls call->func with every preserved register set to call->want, stores what is in them afterwards to call->found. The
// caller's own registers wait in call->own meanwhile, not on the stack: a broken switch must not break the probe.
// sp is the one register that is trusted: without it nothing can be found again.
HIDDEN gobuf_probe_call
  .cfi_startproc
  str x30, [sp, -16]!
  .cfi_adjust_cfa_offset 16
  .cfi_offset x30, -16
  str x0, [sp, 8]
  mov x9, x0
  STORE_ALL CALL_OWN
  LOAD_ALL CALL_WANT
  ldr x10, [x9, CALL_FUNC]
  ldp x0, x1, [x9, CALL_ARGS]
  ldp x2, x3, [x9, CALL_ARGS+16]
  blr x10
  ldr x9, [sp, 8]
  str x0, [x9, CALL_RESULT]
  STORE_ALL CALL_FOUND
  LOAD_ALL CALL_OWN
  ldr x30, [sp], 16
  .cfi_adjust_cfa_offset -16
  ret
  .cfi_endproc
END gobuf_probe_call

// void gobuf_probe_look(Values *to)
// Stores what is in the preserved registers now.
HIDDEN gobuf_probe_look
  .cfi_startproc
  mov x9, x0
  STORE_ALL 0
  ret
  .cfi_endproc
END gobuf_probe_look

// Calls target(arg, sp before the call, preserved registers). A misaligned sp would have faulted in the first store.
.macro ARRIVE name, target
HIDDEN \name
  .cfi_startproc
  bti c
  stp x29, x30, [sp, -16]!
  .cfi_adjust_cfa_offset 16
  .cfi_offset x29, -16
  .cfi_offset x30, -8
  mov x29, sp
  .cfi_def_cfa_register x29
  sub sp, sp, VALUES_SIZE
  mov x9, sp
  STORE_ALL 0
  add x1, x29, 16
  mov x2, sp
  bl \target
  mov sp, x29
  .cfi_def_cfa_register sp
  ldp x29, x30, [sp], 16
  .cfi_adjust_cfa_offset -16
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

// Clobbers everything that a callee may clobber: a probe that reports this is wrong. Of v8-v15 that is the upper half.
HIDDEN gobuf_probe_clobber_caller_saved
  bti c
  mov x0, 0x9F
  movk x0, 0x0800, lsl 16
  msr fpsr, x0                  // all sticky exceptions, and saturation
  mov x0, -1
  msr nzcv, x0
  .irp name, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15, x16, x17
  mov \name, x0
  .endr
  .irp name, v0, v1, v2, v3, v4, v5, v6, v7, v16, v17, v18, v19, v20, v21, v22, v23, v24, v25, v26, v27, v28, v29, v30, v31
  dup \name\().2d, x0
  .endr
  .irp name, v8, v9, v10, v11, v12, v13, v14, v15
  mov \name\().d[1], x0
  .endr
  ret
END gobuf_probe_clobber_caller_saved

// Number n, at n * CLOBBER_SIZE, clobbers exactly what entry n of gobuf_probe_clobbers says.
  .p2align 5
HIDDEN gobuf_probe_clobber_code
  CLOBBER_CODE
END gobuf_probe_clobber_code

FILE_END
