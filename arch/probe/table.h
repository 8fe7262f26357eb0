// The register table of an ABI, and all code that is made from it. For the assembly files of every ABI.
//
// An ABI's file lists the registers that a callee preserves, once, as a macro that applies another one to each:
//
//   .macro REGISTERS do
//     \do gpr, rbx
//     \do mxcsr, mxcsr
//   .endm
//
// A kind of register (gpr, mxcsr, ...) brings its own figures and macros, see registers_x86_64.h:
//
//   WORDS_kind BASE_kind RANDOM_kind COMPARE_kind BELOW_kind    see Entry in registers.zig
//   LOAD_kind name, STORE_kind name                  between the register and word `slot` of the values at `at`
//   CLOBBERS_kind name                               CLOBBER for every way to break it that the self-test knows
//
// From the list follow: the values' layout, the table that Zig reads (registers.zig), loading and storing all of them, and
// the functions that clobber exactly one register.
#include "asm.h"

// Call in call.zig, which checks these offsets.
#define CALL_FUNC   0
#define CALL_ARGS   8
#define CALL_RESULT 40
#define CALL_OWN    48
#define CALL_WANT   304
#define CALL_FOUND  560
#define VALUES_SIZE 256

#define CLOBBER_SIZE 32

#if defined(__APPLE__)
#define RODATA .section __TEXT,__const
#elif defined(_WIN32)
#define RODATA .section .rdata, "dr"
#else
#define RODATA .section .rodata, "a", %progbits
#endif

.macro DATA name
  .p2align 4
HIDDEN_DATA \name
.endm

#if defined(__APPLE__)
.macro HIDDEN_DATA name
  .globl _\name
  .private_extern _\name
_\name:
.endm
#elif defined(_WIN32)
.macro HIDDEN_DATA name
  .globl \name
\name:
.endm
#else
.macro HIDDEN_DATA name
  .globl \name
  .hidden \name
\name:
.endm
#endif

// An Entry of registers.zig. A name has at most seven letters.
.macro DESCRIBE kind, name
  .asciz "\name"
  .balign 8, 0
  .long slot, WORDS_\kind, BASE_\kind, RANDOM_\kind, COMPARE_\kind, BELOW_\kind
  .set slot, slot + WORDS_\kind
.endm

.macro LOAD kind, name
  LOAD_\kind \name
  .set slot, slot + WORDS_\kind
.endm

.macro STORE kind, name
  STORE_\kind \name
  .set slot, slot + WORDS_\kind
.endm

// All registers from, or to, the values at offset `values` of what the ABI's base register points at.
.macro LOAD_ALL values
  .set at, \values
  .set slot, 0
  REGISTERS LOAD
.endm

.macro STORE_ALL values
  .set at, \values
  .set slot, 0
  REGISTERS STORE
.endm

// Two passes over the same list: `describing` writes a Clobber (register, what: at most eleven letters), the other its code.
.macro CLOBBERS kind, name
  CLOBBERS_\kind \name
  .set register, register + 1
.endm

.macro CLOBBER what, do, name, bits
  .if describing
  .long register
  .asciz "\what"
  .balign 16, 0
  .else
  .p2align 5                    // CLOBBER_SIZE: the code of number n lies at n times that
  \do \name, \bits
  .endif
.endm

.macro TABLES
  RODATA
  DATA gobuf_probe_registers
  .set slot, 0
  REGISTERS DESCRIBE
  .zero 32                      // an entry without a name is the end
  .if slot > VALUES_SIZE / 8
  .error "VALUES_SIZE is too small for the registers of this ABI"
  .endif
  DATA gobuf_probe_clobbers
  .set describing, 1
  .set register, 0
  REGISTERS CLOBBERS
  .zero 16
  .text
.endm

.macro CLOBBER_CODE
  .set describing, 0
  .set register, 0
  REGISTERS CLOBBERS
.endm
