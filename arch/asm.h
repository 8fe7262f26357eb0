// What differs between object formats, for the assembly files of every ABI.
//
//   FUNC name      starts a function: visible outside of the library, calls from inside bind directly
//   HIDDEN name    starts a function that only the library sees
//   LABEL name     a point inside of a function that only the library sees
//   END name       ends either
//   SYM(name)      a C name as the object format spells it
#if defined(__APPLE__)

#define SYM(name) _##name
.macro FUNC name
  .globl _\name
  .p2align 4
_\name:
.endm
.macro HIDDEN name
  .globl _\name
  .private_extern _\name
  .p2align 4
_\name:
.endm
.macro LABEL name
  .globl _\name
  .private_extern _\name
  .alt_entry _\name
_\name:
.endm
.macro END name
.endm
.macro FILE_END
.endm

#elif defined(_WIN32)

#define SYM(name) name
.macro FUNC name
  HIDDEN \name
  .section .drectve, "yni"
  .ascii " /EXPORT:\name"
  .text
.endm
.macro HIDDEN name
  .globl \name
  .p2align 4
\name:
.endm
.macro LABEL name
  .globl \name
\name:
.endm
.macro END name
.endm
.macro FILE_END
.endm

#else

#define SYM(name) name
.macro FUNC name
  .globl \name
  .protected \name
  .type \name, %function
  .p2align 4
\name:
.endm
.macro HIDDEN name
  .globl \name
  .hidden \name
  .type \name, %function
  .p2align 4
\name:
.endm
.macro LABEL name
  .globl \name
  .hidden \name
\name:
.endm
.macro END name
  .size \name, . - \name
.endm
// Without this note the loader would make every stack of the process executable.
.macro FILE_END
  .section .note.GNU-stack, "", %progbits
.endm

#endif
