// The library's own switch once more, for the bench: gogo and mcall without what `execute` looks at before.

#define gobuf_m         gobuf_bare_m
#define gobuf_tls       gobuf_bare_tls
#define gobuf_gogo      gobuf_bare_gogo
#define gobuf_mcall     gobuf_bare_mcall
#define gobuf_leave     gobuf_bare_leave
#define gobuf_systemstack gobuf_bare_systemstack
#define gobuf_entry     gobuf_bare_entry
#define gobuf_returned  gobuf_bare_returned
#define gobuf_sigreturn gobuf_bare_sigreturn

#include "../sysv_x86_64.S"
