// Asynchronous preemption on AArch64: see asyncpreempt.zig and os/aarch64_frame.zig.

#include "asm.h"

  .text

#if defined(__linux__)
// The place that a preempted body is diverted to, with the frame of the signal at sp and nothing of its own in any register.
HIDDEN gobuf_async_preempt
  .cfi_startproc
  .cfi_signal_frame
  .cfi_undefined x30
  bti c
  mov x29, xzr                  // a walk along frame pointers ends here
  bl gobuf_preempted            // and sp is the frame's again, as after any call
  mov x8, 139                   // rt_sigreturn
  svc 0
  .cfi_endproc
END gobuf_async_preempt
#endif

FILE_END
