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
//   WORDS_kind CLASS_kind                            see Entry and Class in registers.zig
//   BASE_kind RANDOM_kind COMPARE_kind BELOW_kind    the same, of a control word; else 0
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
#define CALL_WANT   368
#define CALL_FOUND  688
#define VALUES_SIZE 320

#define CLOBBER_SIZE 32

#define PLAIN   0
#define CONTROL 1
#define STACK_BASE    2
#define STACK_LIMIT   3
#define STACK_RESERVE 4

// A kind whose values are drawn whole.
.macro PLAIN_KIND kind, words
  NO_BITS \kind, \words, PLAIN
.endm

.macro NO_BITS kind, words, class
  .set WORDS_\kind, \words
  .set CLASS_\kind, \class
  .set BASE_\kind, 0
  .set RANDOM_\kind, 0
  .set COMPARE_\kind, 0
  .set BELOW_\kind, 0
.endm

.macro CONTROL_KIND kind, base, random, compare, below
  .set WORDS_\kind, 1
  .set CLASS_\kind, CONTROL
  .set BASE_\kind, \base
  .set RANDOM_\kind, \random
  .set COMPARE_\kind, \compare
  .set BELOW_\kind, \below
.endm

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
  .long slot, WORDS_\kind, CLASS_\kind, BASE_\kind, RANDOM_\kind, COMPARE_\kind, BELOW_\kind, 0
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
  .zero 40                      // an entry without a name is the end
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
