// Kinds of register of both x86-64 ABIs. r11 is the base of the values, rax and rcx may be used for anything.

#define AT(word) (at + 8 * (slot + word))(%r11)

PLAIN_KIND gpr, 1
.macro LOAD_gpr name
  movq AT(0), %\name
.endm
.macro STORE_gpr name
  movq %\name, AT(0)
.endm
.macro CLOBBERS_gpr name
  CLOBBER "bit 0", FLIP_gpr, \name, 0
  CLOBBER "bit 63", FLIP_gpr, \name, 63
.endm
.macro FLIP_gpr name, bit
  btcq $\bit, %\name
  ret
.endm

// All 128 bits.
PLAIN_KIND xmm, 2
.macro LOAD_xmm name
  movups AT(0), %\name
.endm
.macro STORE_xmm name
  movups %\name, AT(0)
.endm
.macro CLOBBERS_xmm name
  CLOBBER "low half", FLIP_xmm_low, \name, 0
  CLOBBER "high half", FLIP_xmm_high, \name, 0
.endm
.macro FLIP_xmm_low name, unused
  pcmpeqd %xmm0, %xmm0
  psrldq $8, %xmm0
  pxor %xmm0, %\name
  ret
.endm
.macro FLIP_xmm_high name, unused
  pcmpeqd %xmm0, %xmm0
  pslldq $8, %xmm0
  pxor %xmm0, %\name
  ret
.endm

// MXCSR: bits 0-5 sticky flags (a caller's), 6 denormals are zero, 7-12 exceptions masked, 13-14 rounding, 15 flush to zero.
CONTROL_KIND mxcsr, 0x1F80, 0xE040, 0xFFC0, 0
.macro LOAD_mxcsr name
  ldmxcsr AT(0)
.endm
.macro STORE_mxcsr name
  xorl %ecx, %ecx               // the word is 64 bits, the register 32
  movq %rcx, AT(0)
  stmxcsr AT(0)
.endm
.macro CLOBBERS_mxcsr name
  CLOBBER "rounding", FLIP_mxcsr, \name, 0x2000
  CLOBBER "flush", FLIP_mxcsr, \name, 0x8000
  CLOBBER "denormals", FLIP_mxcsr, \name, 0x0040
.endm
.macro FLIP_mxcsr name, bits
  pushq %rax
  stmxcsr (%rsp)
  xorl $\bits, (%rsp)
  ldmxcsr (%rsp)
  popq %rax
  ret
.endm

// x87 control word: bits 0-5 exceptions masked, 6 reads as 1, 8-9 precision (01 is reserved), 10-11 rounding.
CONTROL_KIND x87, 0x007F, 0x0E00, 0x0F3F, 0x0100
.macro LOAD_x87 name
  fldcw AT(0)
.endm
.macro STORE_x87 name
  xorl %ecx, %ecx
  movq %rcx, AT(0)
  fnstcw AT(0)
.endm
.macro CLOBBERS_x87 name
  CLOBBER "precision", FLIP_x87, \name, 0x0200
  CLOBBER "rounding", FLIP_x87, \name, 0x0400
.endm
.macro FLIP_x87 name, bits
  pushq %rax
  fnstcw (%rsp)
  xorl $\bits, (%rsp)
  fldcw (%rsp)
  popq %rax
  ret
.endm

// Garbage in MXCSR's sticky flags and in the x87 status word, neither of which a callee preserves.
.macro CLOBBER_FLAGS sticky
  pushq %rax
  stmxcsr (%rsp)
  orl $\sticky, (%rsp)
  ldmxcsr (%rsp)
  popq %rax
  fldz
  fld1
  fdivp                         // divides by zero, which is masked: sets flags
  fstp %st(0)
.endm
