// Bodies in C++ for cxx.test.ts: exceptions that are caught, or in flight, while other goroutines run.
#include <exception>

#include "gobuf.h"

GOBUF_RUNTIME

struct Work {
  gobuf_u32 mine;
  gobuf_u32 rounds;
  gobuf_u32 right;
  gobuf_u32 wrong;
};

static void count(Work *w, bool right) { right ? w->right++ : w->wrong++; }

struct Passing {
  Work *w;
  ~Passing() {
    count(w, std::uncaught_exceptions() == 1);
    gobuf_gosched();
    count(w, std::uncaught_exceptions() == 1);
  }
};

// Each round: throws its number, catches it, lets others run in the catch block, throws it again, in flight through a
// destructor that lets others run, and finds its own number each time.
extern "C" GOBUF_EXPORT void thrower(void *arg) {
  Work *w = (Work *)arg;
  for (gobuf_u32 n = 0; n < w->rounds; n++) {
    try {
      Passing passing = {w};
      try {
        throw w->mine + n;
      } catch (gobuf_u32 first) {
        count(w, first == w->mine + n);
        gobuf_gosched();
        try {
          throw w->mine + n + 500000;
        } catch (gobuf_u32 second) {
          gobuf_sleep(1000 * (w->mine % 7));
          count(w, second == w->mine + n + 500000);
        }
        throw;
      }
    } catch (gobuf_u32 again) {
      count(w, again == w->mine + n);
    }
    count(w, std::current_exception() == nullptr && std::uncaught_exceptions() == 0);
  }
}

static void computes(gobuf_u32 times) {
  for (volatile gobuf_u32 n = 0; n < times; n++) {
  }
}

// The same without an operation: it is preempted wherever it is.
extern "C" GOBUF_EXPORT void computing_thrower(void *arg) {
  Work *w = (Work *)arg;
  for (gobuf_u32 n = 0; n < w->rounds; n++) {
    try {
      throw w->mine + n;
    } catch (gobuf_u32 first) {
      computes(100000);
      try {
        throw w->mine + n + 500000;
      } catch (gobuf_u32 second) {
        computes(100000);
        count(w, second == w->mine + n + 500000);
      }
      count(w, first == w->mine + n);
    }
    count(w, std::current_exception() == nullptr && std::uncaught_exceptions() == 0);
  }
}
