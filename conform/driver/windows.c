/*
 * The operating system where it is Windows. There is no fork: a process for a part is this program again, which finds the part in its
 * command line. Nothing interrupts a thread to run something on its stack, but for an exception: with the trap flag set one comes at
 * each instruction, and what dispatches it writes below sp, as the ABI lets it.
 */
#ifdef _WIN32
#include "kit.h"
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <psapi.h>

/* ---- processes ---- */

static int telling = 1;

void tell_line(const char *line, size_t length) { (void)!_write(telling, line, (unsigned)length); }

/* Exceptions that end a process, by the words of winbase.h. */
static const struct {
  DWORD code;
  const char *says;
} deaths[] = {
  {EXCEPTION_ACCESS_VIOLATION, "access violation"},
  {EXCEPTION_STACK_OVERFLOW, "stack overflow"},
  {EXCEPTION_ILLEGAL_INSTRUCTION, "illegal instruction"},
  {EXCEPTION_PRIV_INSTRUCTION, "privileged instruction"},
  {EXCEPTION_DATATYPE_MISALIGNMENT, "misaligned data"},
  {EXCEPTION_BREAKPOINT, "breakpoint"},
  {EXCEPTION_INT_DIVIDE_BY_ZERO, "division by zero"},
  {EXCEPTION_IN_PAGE_ERROR, "in-page error"},
  {STATUS_HEAP_CORRUPTION, "heap corruption"},
  {STATUS_STACK_BUFFER_OVERRUN, "abort"},
};

static const char *death_of(DWORD code) {
  static char text[40];
  for (unsigned i = 0; i < sizeof deaths / sizeof *deaths; i++)
    if (deaths[i].code == code) return deaths[i].says;
  if (code < 0x80000000) return NULL;
  snprintf(text, sizeof text, "exception %lx", code);
  return text;
}

/* Ends the process by the exception at once: what would look for a handler needs a stack that is whole. */
static LONG CALLBACK on_exception(EXCEPTION_POINTERS *given) {
  DWORD code = given->ExceptionRecord->ExceptionCode;
  if (code != EXCEPTION_SINGLE_STEP && code != EXCEPTION_GUARD_PAGE && code >= 0xC0000000 && death_of(code))
    TerminateProcess(GetCurrentProcess(), code);
  return EXCEPTION_CONTINUE_SEARCH;
}

void os_begin_part(void) {
  telling = _dup(1);
  _setmode(telling, _O_BINARY);
  int nothing = _open("NUL", _O_RDWR);
  for (int fd = 0; fd < 3; fd++) _dup2(nothing, fd);
  SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
  AddVectoredExceptionHandler(0, on_exception);
}

void os_end_part(void) {
  tell_line(AT_THE_END, strlen(AT_THE_END));
  _exit(0);
}

volatile uint64_t *os_shared(const char *name) {
  HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, name);
  return section ? MapViewOfFile(section, FILE_MAP_ALL_ACCESS, 0, 0, 4096) : NULL;
}

static double cpu_seconds(HANDLE process) {
  FILETIME made, ended;
  ULARGE_INTEGER kernel, user;
  if (!GetProcessTimes(process, &made, &ended, (FILETIME *)&kernel, (FILETIME *)&user)) return 0;
  return (double)(kernel.QuadPart + user.QuadPart) / 1e7;
}

/* What there is in the pipe, into `told`. @returns 0 when the other end is closed */
static int drain(HANDLE from, ending *e, size_t *n) {
  DWORD there = 0;
  while (PeekNamedPipe(from, NULL, 0, NULL, &there, NULL)) {
    if (there == 0) return 1;
    char rest[512];
    size_t room = sizeof e->told - 1 - *n;
    DWORD got = 0;
    if (!ReadFile(from, room ? e->told + *n : rest, room ? (DWORD)room : sizeof rest, &got, NULL)) return 0;
    if (room) *n += got;
  }
  return 0;
}

ending in_child(const char *part, int seconds) {
  ending e;
  memset(&e, 0, sizeof e);
  SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
  HANDLE from, to;
  if (!CreatePipe(&from, &to, &inherited, 65536)) {
    e.code = 2;
    return e;
  }
  SetHandleInformation(from, HANDLE_FLAG_INHERIT, 0);
  char self[MAX_PATH], line[4 * MAX_PATH];
  GetModuleFileNameA(NULL, self, sizeof self);
  int n = snprintf(line, sizeof line, "\"%s\" --part \"%s\" --number %u --seed %llu%s", self, part, called.number,
    (unsigned long long)called.seed, strict ? " --strict" : "");
  if (called.path) snprintf(line + n, sizeof line - (size_t)n, " \"%s\"", called.path);
  STARTUPINFOA start = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES, .hStdOutput = to, .hStdError = to};
  PROCESS_INFORMATION process;
  if (!CreateProcessA(self, line, NULL, NULL, TRUE, CREATE_NO_WINDOW, NULL, NULL, &start, &process)) {
    CloseHandle(from);
    CloseHandle(to);
    e.code = 2;
    return e;
  }
  CloseHandle(to);
  /* One that waits takes no CPU time: after ten times as long it is late, too. */
  double until = os_now() + 10 * seconds;
  size_t told = 0;
  while (WaitForSingleObject(process.hProcess, 5) == WAIT_TIMEOUT) {
    drain(from, &e, &told);
    if (os_now() < until && cpu_seconds(process.hProcess) < seconds) continue;
    e.late = 1;
    TerminateProcess(process.hProcess, 1);
    WaitForSingleObject(process.hProcess, 5000);
    break;
  }
  drain(from, &e, &told);
  e.told[told] = 0;
  DWORD code = 0;
  GetExitCodeProcess(process.hProcess, &code);
  e.death = death_of(code);
  if (e.death == NULL) e.code = (int)code;
  if (e.death == NULL && !e.late && strstr(e.told, AT_THE_END) == NULL) e.death = ENDED_EARLY;
  CloseHandle(from);
  CloseHandle(process.hThread);
  CloseHandle(process.hProcess);
  return e;
}

/* ---- the rest ---- */

void *os_symbol(const char *path, const char *name, const char **wrong) {
  static char why[256], whole[MAX_PATH];
  GetFullPathNameA(path, sizeof whole, whole, NULL);
  /* what it needs itself is looked for beside it */
  HMODULE library = LoadLibraryExA(whole, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
  if (library) return (void *)GetProcAddress(library, name);
  DWORD error = GetLastError();
  const char *says = error == ERROR_MOD_NOT_FOUND || error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND
    ? "it, or a library that it needs, cannot be found"
    : error == ERROR_BAD_EXE_FORMAT ? "it is no library for this processor" : "it cannot be loaded";
  snprintf(why, sizeof why, "%s (error %lu)", says, error);
  *wrong = why;
  return NULL;
}

void *os_map(size_t size) { return VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE); }

void os_unmap(void *at, size_t size) {
  (void)size;
  VirtualFree(at, 0, MEM_RELEASE);
}

void os_protect(void *at, size_t size) {
  DWORD before;
  VirtualProtect(at, size, PAGE_NOACCESS, &before);
}

double os_now(void) {
  LARGE_INTEGER now, second;
  QueryPerformanceCounter(&now);
  QueryPerformanceFrequency(&second);
  return (double)now.QuadPart / (double)second.QuadPart;
}

long os_resident(void) {
  PROCESS_MEMORY_COUNTERS counters = {.cb = sizeof counters};
  if (!K32GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof counters)) return 0;
  return (long)(counters.WorkingSetSize / 1024);
}

typedef struct {
  void (*run)(void *);
  void *arg;
} task;

static DWORD WINAPI on_thread(void *given) {
  task *t = given;
  t->run(t->arg);
  return 0;
}

void os_on_thread(void (*run)(void *), void *arg) {
  task t = {run, arg};
  HANDLE thread = CreateThread(NULL, 0, on_thread, &t, 0, NULL);
  if (thread == NULL) {
    fail("there is no other thread to be had");
    return;
  }
  WaitForSingleObject(thread, INFINITE);
  CloseHandle(thread);
}

int os_is_code(void *pc) {
  HMODULE module;
  DWORD flags = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
  return GetModuleHandleExA(flags, (const char *)pc, &module);
}

/* Frame by frame, with the system's own unwinder. */
int os_backtrace(void **pc, int most, const char **wrong) {
  CONTEXT context;
  RtlCaptureContext(&context);
  int n = 0;
  while (n < most && context.Rip != 0) {
    pc[n++] = (void *)context.Rip;
    DWORD64 base, frame;
    void *data;
    RUNTIME_FUNCTION *function = RtlLookupFunctionEntry(context.Rip, &base, NULL);
    if (function == NULL) {
      *wrong = "comes to a frame that has no unwind data";
      break;
    }
    RtlVirtualUnwind(UNW_FLAG_NHANDLER, base, context.Rip, function, &context, &data, &frame, NULL);
  }
  return n;
}

/* ---- properties ---- */

void prop_storm(void) { skip("Windows runs nothing on a stack but exceptions: step-on-stack has one at each instruction"); }
void prop_sigmask(void) { skip("Windows has no signal masks"); }

static volatile LONG stepping;
static volatile uint64_t steps, outside;
static uint64_t host_lo, host_hi, own_lo, own_hi;

static __attribute__((noinline)) void trap_on(void) {
  stepping = 1;
  __asm__ volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq" ::: "memory", "cc");
}

/* The handler leaves the flag clear from here on. */
static __attribute__((noinline)) void trap_off(void) { stepping = 0; }

/* The module and the offset of an address. */
static void where(char *to, size_t size, void *pc) {
  HMODULE module = NULL;
  char name[MAX_PATH] = "?";
  DWORD flags = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
  if (GetModuleHandleExA(flags, (const char *)pc, &module)) GetModuleFileNameA(module, name, sizeof name);
  char *file = strrchr(name, '\\');
  snprintf(to, size, "%s+0x%llx", file ? file + 1 : name, (unsigned long long)((char *)pc - (char *)module));
}

static __attribute__((noinline)) void scribble(void) {
  char junk[3000];
  memset(junk, 0xCC, sizeof junk);
  /* It is read, as far as the compiler knows. */
  __asm__ volatile("" : : "r"(junk) : "memory");
}

static LONG CALLBACK on_step(EXCEPTION_POINTERS *given) {
  if (given->ExceptionRecord->ExceptionCode != EXCEPTION_SINGLE_STEP) return EXCEPTION_CONTINUE_SEARCH;
  CONTEXT *c = given->ContextRecord;
  if (stepping) c->EFlags |= 0x100;
  else c->EFlags &= ~0x100u;
  steps++;
  scribble();
  int known = own_hi == 0 || (c->Rsp > host_lo && c->Rsp <= host_hi) || (c->Rsp > own_lo && c->Rsp <= own_hi);
  if (!known && outside++ == 0) {
    /* at once: memory that is no stack has been written to, and nothing may work any more */
    char at[MAX_PATH + 32];
    where(at, sizeof at, (void *)c->Rip);
    fail("sp is in neither stack; first at %s: %llx", at, (unsigned long long)c->Rsp);
  }
  return EXCEPTION_CONTINUE_EXECUTION;
}

static void mapping_of(uint64_t address, uint64_t *lo, uint64_t *hi) {
  MEMORY_BASIC_INFORMATION info;
  VirtualQuery((void *)address, &info, sizeof info);
  *lo = (uint64_t)info.BaseAddress;
  *hi = *lo + info.RegionSize;
}

void prop_step(void) {
  coroutine c;
  if (!make(&c, STACK_SIZE, live_yielding)) {
    fail("create refused a stack of %d bytes", STACK_SIZE);
    return;
  }
  subject->resume(c.ctx);
  subject->resume(c.ctx);
  mapping_of((uint64_t)(uintptr_t)__builtin_frame_address(0), &host_lo, &host_hi);
  /* what of the thread's stack has not been used yet is another region, below */
  host_lo -= 65536;
  if (c.stack != NULL) {
    own_lo = (uint64_t)(uintptr_t)c.stack;
    own_hi = own_lo + c.size;
  } else mapping_of(c.entry_sp - 8, &own_lo, &own_hi);
  AddVectoredExceptionHandler(1, on_step);
  for (int n = 0; n < 10; n++) {
    trap_on();
    subject->resume(c.ctx);
    trap_off();
  }
  note("%llu instructions a round trip, the adapter's included", (unsigned long long)steps / 10);
  if (steps < 200) fail("%llu instructions were seen: expected at least 200", (unsigned long long)steps);
  else compared(steps);
}

void prop_step_on_stack(void) {
  coroutine c;
  if (!make(&c, STACK_SIZE, live_watched)) {
    fail("create refused a stack of %d bytes", STACK_SIZE);
    return;
  }
  watched_resume(&c);
  AddVectoredExceptionHandler(1, on_step);
  for (int n = 0; n < 20; n++) {
    trap_on();
    watched_resume(&c);
    trap_off();
  }
  note("%llu instructions, with an exception on the stack at each", (unsigned long long)steps);
  if (steps < 400) fail("%llu instructions were seen: expected at least 400", (unsigned long long)steps);
  tell_tally(1, 1);
}

/* StackBase and StackLimit of the TEB. */
static void bounds(uint64_t *base, uint64_t *limit) {
  __asm__ volatile("movq %%gs:0x08, %0\n\tmovq %%gs:0x10, %1" : "=r"(*base), "=r"(*limit));
}

void prop_bounds(void) {
  coroutine c;
  if (!make(&c, STACK_SIZE, live_yielding)) {
    fail("create refused a stack of %d bytes", STACK_SIZE);
    return;
  }
  uint64_t base, limit, base_after, limit_after, sp = 0;
  bounds(&base, &limit);
  subject->resume(c.ctx);
  bounds(&base_after, &limit_after);
  sp = c.entry_sp;
  compared(2);
  for (unsigned i = 0; i < register_count(); i++) {
    const probe_register *r = &gobuf_probe_registers[i];
    uint64_t found = c.entry[r->slot];
    if (r->class == CLASS_STACK_BASE && (found < sp || (c.stack && found > (uintptr_t)c.stack + c.size)))
      unlike(CONFORM_BOUNDS, "StackBase of a body is %s: %llx, and its sp is %llx", found == base ? "its resumer's" : "not of its stack",
        (unsigned long long)found, (unsigned long long)sp);
    if (r->class == CLASS_STACK_LIMIT && (found >= sp || (c.stack && found < (uintptr_t)c.stack)))
      unlike(CONFORM_BOUNDS, "StackLimit of a body is %s: %llx, and its sp is %llx",
        found == limit ? "its resumer's" : "not of its stack", (unsigned long long)found, (unsigned long long)sp);
  }
  if (base != base_after) unlike(CONFORM_BOUNDS, "after resume, StackBase is not what it was");
  /* a thread's own stack may have grown */
  if (limit_after > limit) unlike(CONFORM_BOUNDS, "after resume, StackLimit is not what it was");
}
#endif
