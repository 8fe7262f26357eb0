/* Rows of the Mandelbrot set: each goroutine takes the number of a row from a channel, until that is closed. */
#include "gobuf.h"

GOBUF_RUNTIME

/* What mandelbrot.ts passes: 32-bit words, and an address. */
typedef struct {
  gobuf_u32 rows; /* the channel */
  gobuf_u32 wg;
  gobuf_u32 width, height;
  unsigned char *image; /* steps of each point, row by row */
} picture;

GOBUF_EXPORT void row(void *arg) {
  picture *p = (picture *)arg;
  for (;;) {
    gobuf_value next = gobuf_recv(p->rows);
    if (next.ok != GOBUF_OK) break;
    double y0 = 2.4 * (double)next.value / p->height - 1.2;
    for (gobuf_u32 i = 0; i < p->width; i++) {
      double x0 = 3.2 * i / p->width - 2.2, x = 0, y = 0;
      int steps = 0;
      while (steps < 255 && x * x + y * y < 4) {
        double t = x * x - y * y + x0;
        y = 2 * x * y + y0;
        x = t;
        steps++;
      }
      p->image[next.value * p->width + i] = (unsigned char)steps;
    }
  }
  gobuf_wg_done(p->wg);
}
