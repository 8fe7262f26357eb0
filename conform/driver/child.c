/* A process of its own for each property: what it breaks there breaks nothing else, and it may take only so long. */
#include "kit.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int telling = -1;

static void tell(char kind, const char *format, va_list list) {
  char line[2048];
  line[0] = kind;
  line[1] = ' ';
  int n = vsnprintf(line + 2, sizeof line - 3, format, list) + 2;
  if (n > (int)sizeof line - 2) n = (int)sizeof line - 2;
  for (int i = 2; i < n; i++)
    if (line[i] == '\n') line[i] = ' ';
  line[n] = '\n';
  (void)!write(telling, line, (size_t)n + 1);
}

#define TELL(kind)             \
  va_list list;                \
  va_start(list, format);      \
  tell(kind, format, list);    \
  va_end(list)

void fail(const char *format, ...) { TELL('F'); }
void note(const char *format, ...) { TELL('N'); }
void skip(const char *format, ...) { TELL('S'); }
void unlike(uint64_t claim, const char *format, ...) {
  TELL((subject->claims & claim) != 0 ? 'F' : 'C');
}
static void tell_number(const char *format, ...) { TELL('#'); }
void compared(uint64_t n) { tell_number("%llu", (unsigned long long)n); }

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The child: the subject's own output is nobody's, and a limit of CPU time ends it. */
static void begin(int to, int seconds) {
  telling = to;
  int nothing = open("/dev/null", O_RDWR);
  dup2(nothing, 0);
  dup2(nothing, 1);
  dup2(nothing, 2);
  struct rlimit cpu = {(rlim_t)seconds, (rlim_t)seconds + 1}, core = {0, 0};
  setrlimit(RLIMIT_CPU, &cpu);
  setrlimit(RLIMIT_CORE, &core);
}

ending in_child(void (*run)(void), int seconds) {
  ending e;
  memset(&e, 0, sizeof e);
  int ends[2];
  if (pipe(ends) != 0) {
    e.code = 2;
    return e;
  }
  fflush(NULL);
  pid_t pid = fork();
  if (pid == 0) {
    close(ends[0]);
    begin(ends[1], seconds);
    run();
    _exit(0);
  }
  close(ends[1]);
  /* One that waits takes no CPU time: after ten times as long it is late, too. */
  double until = now() + 10 * seconds;
  size_t n = 0;
  for (;;) {
    int left = (int)((until - now()) * 1000);
    struct pollfd p = {ends[0], POLLIN, 0};
    if (left <= 0 || poll(&p, 1, left) == 0) {
      e.late = 1;
      kill(pid, SIGKILL);
      break;
    }
    char rest[512];
    int room = n < sizeof e.told - 1;
    ssize_t got = room ? read(ends[0], e.told + n, sizeof e.told - 1 - n) : read(ends[0], rest, sizeof rest);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    if (room) n += (size_t)got;
  }
  e.told[n] = 0;
  close(ends[0]);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status)) e.signal = WTERMSIG(status);
  else e.code = WEXITSTATUS(status);
  if (e.signal == SIGXCPU) e.late = 1;
  return e;
}
