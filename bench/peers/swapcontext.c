/* The raw switch with the C library's swapcontext: round trips between main and one context. Protocol: bench/host.ts. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>

#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

static ucontext_t outer, inner;
static char stack[64 * 1024];
static long long trips;

static void body(void) {
  for (;;) {
    trips++;
    swapcontext(&inner, &outer);
  }
}

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(void) {
#ifdef __GLIBC__
  printf("glibc %s\traw switch\n", gnu_get_libc_version());
#else
  printf("libc\traw switch\n");
#endif
  fflush(stdout);
  getcontext(&inner);
  inner.uc_stack.ss_sp = stack;
  inner.uc_stack.ss_size = sizeof stack;
  makecontext(&inner, body, 0);
  long long samples, n;
  char name[64];
  while (scanf("%lld %lld %63[^\n]", &samples, &n, name) == 3) {
    if (strcmp(name, "raw switch") != 0) {
      printf("! no such program: %s\n", name);
    } else {
      for (long long s = 0; s < samples; s++) {
        trips = 0;
        long long start = now();
        for (long long i = 0; i < n; i++) swapcontext(&outer, &inner);
        printf("%s%lld %lld", s ? ";" : "", trips, now() - start);
      }
      printf("\n");
    }
    fflush(stdout);
  }
  return 0;
}
