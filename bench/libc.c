/* Bodies that call functions of libc that need much stack: bench/libc.ts measures how much. The compiler of bun:ffi finds
 * no headers of the system's: what is called is declared here, with the sizes that glibc and musl have at most. */
#include "gobuf.h"
GOBUF_RUNTIME

typedef unsigned long size_of;
extern int snprintf(char *to, size_of bytes, const char *format, ...);
extern int fprintf(void *file, const char *format, ...);
extern void *fopen(const char *path, const char *mode);
extern int setvbuf(void *file, char *buffer, int mode, size_of bytes);
extern int fclose(void *file);
extern int getaddrinfo(const char *node, const char *service, const void *hints, void **found);
extern void freeaddrinfo(void *found);
extern int regcomp(void *regex, const char *pattern, int flags);
extern int regexec(const void *regex, const char *text, size_of matches, void *found, int flags);
extern void regfree(void *regex);
extern void qsort(void *all, size_of count, size_of bytes, int (*compare)(const void *a, const void *b));
extern void *dlopen(const char *path, int mode);
extern void *dlsym(void *library, const char *name);

/* What each leaves: 1 when it did its work. The argument of every body is the address of such a word. */
static void leave(void *arg, int good) { *(gobuf_u32 *)arg = good ? 1 : 2; }

/* What a body takes that calls nothing. */
void libc_nothing(void *arg) { leave(arg, 1); }

void libc_snprintf(void *arg) {
  char out[512];
  leave(arg, snprintf(out, sizeof out, "%d %s %f %.20g", 5, "ant", 1e300, 3.14) > 300);
}

/* As to stderr: libc makes a buffer on the stack. */
void libc_unbuffered(void *arg) {
  void *file = fopen("/dev/null", "w");
  const int unbuffered = 2;
  setvbuf(file, 0, unbuffered, 0);
  leave(arg, fprintf(file, "%f %s\n", 1e300, "ant") > 300);
  fclose(file);
}

void libc_getaddrinfo(void *arg) {
  void *found = 0;
  int code = getaddrinfo("localhost", "80", 0, &found);
  if (code == 0) freeaddrinfo(found);
  leave(arg, code == 0);
}

static char regex[4096];
static char text[100001];

void libc_regex(void *arg) {
  char matches[160];
  const int extended = 1;
  int compiled = regcomp(regex, "^([a-z]+[0-9]*)+(foo|bar)$|([a-z]+)(x|a)", extended);
  for (int i = 0; i < 100000; i++) text[i] = 'a';
  leave(arg, compiled == 0 && regexec(regex, text, 10, matches, 0) == 0);
  regfree(regex);
}

static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

void libc_qsort(void *arg) {
  static int all[50000];
  for (int i = 0; i < 50000; i++) all[i] = i * 7919 % 50000;
  qsort(all, 50000, sizeof all[0], compare);
  leave(arg, all[1] == 1 && all[49999] == 49999);
}

static int step(void *context, void *arg) {
  (*(int *)arg)++;
  return 0;
}

/* The unwinder of gcc, where it is; loading it is part of it. */
void libc_unwind(void *arg) {
  int frames = 0;
  void *library = dlopen("libgcc_s.so.1", 2);
  int (*unwind)(int (*)(void *, void *), void *) = dlsym(library, "_Unwind_Backtrace");
  if (unwind) unwind(step, &frames);
  leave(arg, !unwind || frames > 0);
}
