/*
 * The operating system where it is Linux. A process of its own for each property is a copy of this one: what it breaks there breaks
 * nothing else, and it may take only so long.
 */
#ifndef _WIN32
#include "kit.h"
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <unwind.h>

/* The child's end of the pipe. */
static int telling = -1;

void tell_line(const char *line, size_t length) { (void)!write(telling, line, length); }

void os_begin_part(void) { telling = 1; }
void os_end_part(void) {
  tell_line(AT_THE_END, strlen(AT_THE_END));
  _exit(0);
}

double os_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Milliseconds between two looks whether the child is still there: a process that it started may hold its pipe. */
#define LOOK_MS 100

/* The child: the subject's own output is nobody's, and a limit of CPU time ends it. */
static void begin(int to, int seconds) {
  telling = to;
  /* A group of its own, so that what it starts ends with it, and what it sends to its group stays in it. */
  setpgid(0, 0);
#ifdef __linux__
  prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
  int nothing = open("/dev/null", O_RDWR);
  dup2(nothing, 0);
  dup2(nothing, 1);
  dup2(nothing, 2);
  struct rlimit cpu = {(rlim_t)seconds, (rlim_t)seconds + 1}, core = {0, 0};
  setrlimit(RLIMIT_CPU, &cpu);
  setrlimit(RLIMIT_CORE, &core);
}

ending in_child(const char *part, int seconds) {
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
    run_part(part);
    os_end_part();
  }
  close(ends[1]);
  /* One that waits takes no CPU time: after ten times as long it is late, too. */
  double until = os_now() + 10 * seconds;
  size_t n = 0;
  int status = 0, ended = 0;
  for (;;) {
    struct pollfd p = {ends[0], POLLIN, 0};
    int ready = poll(&p, 1, ended ? 0 : LOOK_MS);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) {
      if (ended) break;
      ended = waitpid(pid, &status, WNOHANG) == pid;
      if (ended || os_now() < until) continue;
      e.late = 1;
      break;
    }
    char rest[512];
    int room = n < sizeof e.told - 1;
    ssize_t got = room ? read(ends[0], e.told + n, sizeof e.told - 1 - n) : read(ends[0], rest, sizeof rest);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    if (room) n += (size_t)got;
    if (ended || os_now() < until) continue;
    e.late = 1;
    break;
  }
  e.told[n] = 0;
  close(ends[0]);
  /* the pipe may be closed, and the child go on */
  while (!ended && !e.late) {
    ended = waitpid(pid, &status, WNOHANG) == pid;
    if (!ended && os_now() >= until) e.late = 1;
    if (!ended && !e.late) poll(NULL, 0, 1);
  }
  kill(-pid, SIGKILL);
  if (!ended) {
    kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
  }
  if (WIFSIGNALED(status)) e.death = strsignal(WTERMSIG(status));
  else e.code = WEXITSTATUS(status);
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) e.late = 1;
  int whole = n < sizeof e.told - 1;
  if (!e.death && !e.late && e.code == 0 && whole && strstr(e.told, AT_THE_END) == NULL) e.death = ENDED_EARLY;
  return e;
}

void *os_symbol(const char *path, const char *name, const char **wrong) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) *wrong = dlerror();
  return library ? dlsym(library, name) : NULL;
}

void *os_map(size_t size) {
  void *at = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return at == MAP_FAILED ? NULL : at;
}

void os_unmap(void *at, size_t size) { munmap(at, size); }
void os_protect(void *at, size_t size) { mprotect(at, size, PROT_NONE); }

long os_resident(void) {
  long all = 0, resident = 0;
  FILE *f = fopen("/proc/self/statm", "r");
  if (f == NULL) return 0;
  if (fscanf(f, "%ld %ld", &all, &resident) != 2) resident = 0;
  fclose(f);
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

typedef struct {
  void (*run)(void *);
  void *arg;
} task;

static void *on_thread(void *given) {
  task *t = given;
  t->run(t->arg);
  return NULL;
}

void os_on_thread(void (*run)(void *), void *arg) {
  task t = {run, arg};
  pthread_t thread;
  if (pthread_create(&thread, NULL, on_thread, &t) != 0) fail("there is no other thread to be had");
  else pthread_join(thread, NULL);
}

typedef struct {
  int n, most;
  void **pc;
} frames;

/* Of the library that C++ programs unwind with; it also names a frame whose code it does not know. */
static uintptr_t (*ip_of)(struct _Unwind_Context *);

static _Unwind_Reason_Code on_frame(struct _Unwind_Context *context, void *given) {
  frames *f = given;
  if (f->n == f->most) return _URC_NORMAL_STOP;
  f->pc[f->n++] = (void *)ip_of(context);
  return _URC_NO_REASON;
}

int os_backtrace(void **pc, int most, const char **wrong) {
  static _Unwind_Reason_Code (*backtrace)(_Unwind_Trace_Fn, void *);
  static char why[64];
  frames f = {0, most, pc};
  void *unwinder = dlopen("libgcc_s.so.1", RTLD_NOW);
  if (unwinder) {
    *(void **)&backtrace = dlsym(unwinder, "_Unwind_Backtrace");
    *(void **)&ip_of = dlsym(unwinder, "_Unwind_GetIP");
  }
  if (!backtrace || !ip_of) {
    *wrong = "there is no libgcc_s.so.1, whose _Unwind_Backtrace would look";
    return -1;
  }
  int result = backtrace(on_frame, &f);
  if (f.n < most && result != _URC_END_OF_STACK) {
    snprintf(why, sizeof why, "ends with error %d", result);
    *wrong = why;
  }
  return f.n;
}

int os_is_code(void *pc) {
  Dl_info info;
  return dladdr(pc, &info) != 0;
}
#endif
