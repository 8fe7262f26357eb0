// The library's own switch once more, for the bench, without the instructions that save and load the floating-point
// control words: what these cost.

#define gobuf_m         gobuf_nofp_m
#define gobuf_tls       gobuf_nofp_tls
#define gobuf_gogo      gobuf_nofp_gogo
#define gobuf_mcall     gobuf_nofp_mcall
#define gobuf_leave     gobuf_nofp_leave
#define gobuf_systemstack gobuf_nofp_systemstack
#define gobuf_entry     gobuf_nofp_entry
#define gobuf_returned  gobuf_nofp_returned
#define gobuf_sigreturn gobuf_nofp_sigreturn

.macro LEFT_OUT operand:vararg
.endm
#define stmxcsr LEFT_OUT
#define ldmxcsr LEFT_OUT
#define fnstcw  LEFT_OUT
#define fldcw   LEFT_OUT

#include "../sysv_x86_64.S"
