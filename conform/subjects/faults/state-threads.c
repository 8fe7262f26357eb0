/* state-threads: a thread that changes the control words changes those of another. */
#include <st.h>
#include <stdio.h>

static void look(unsigned *mxcsr, unsigned short *x87) {
  __asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(*mxcsr), "=m"(*x87));
  *mxcsr &= 0xFFC0;
}

static void *other(void *arg) {
  unsigned mxcsr = 0x3F80;
  unsigned short x87 = 0x077F;
  __asm__ volatile("ldmxcsr %0\n\tfldcw %1" : : "m"(mxcsr), "m"(x87));
  st_usleep(0);
  return arg;
}

int main(void) {
  unsigned before, after;
  unsigned short before87, after87;
  st_init();
  look(&before, &before87);
  st_thread_create(other, NULL, 0, 0);
  st_usleep(0);
  st_usleep(0);
  look(&after, &after87);
  printf("expected mxcsr %x, x87 %x; found mxcsr %x, x87 %x: %s\n", before, before87, after, after87,
    before == after && before87 == after87 ? "kept" : "lost");
  return 0;
}
