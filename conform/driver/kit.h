/* What the parts of the driver share: the subject, the probe, and how a property tells what it found. */
#ifndef KIT_H
#define KIT_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stddef.h>
#include <stdint.h>
#include "../include/conform.h"

#if defined(_WIN32)
#define ABI_NAME "Microsoft x64"
#elif defined(__x86_64__)
#define ABI_NAME "System V x86-64"
#else
#define ABI_NAME "AAPCS64"
#endif

/* ---- the subject ---- */

/* The one under test. */
extern const conform_subject *subject;
/* --strict: FP words are judged by the ABI's document, whatever is claimed. */
extern int strict;
/* Bytes of a stack, where a property does not say. */
#define STACK_SIZE (128 * 1024)

/* ---- the probe: arch/probe, by its engine.zig ---- */

/* Room for the registers of every ABI (values_max in registers.zig). */
#define VALUES 40

/* Report in buffer.zig: a register, or a local of a frame, that is not what it was. */
typedef struct {
  uint32_t kind, gnum, i, code, reg, depth, expected[4], found[4], unused[2];
} probe_report;
/* Of its kinds, the one of locals. */
#define REPORT_LOCAL 2

/* Ask in engine.zig: a call under watch. */
typedef struct {
  uint64_t seed, n, side;
  void *func;
  uint64_t args[4], stack, stack_size, depth;
  const probe_report *reports;
  uint64_t count;
} probe_watch;
/* Frames below which a call may be watched (depth_max in call.zig). */
#define DEPTH_MAX 8

/* Entry in registers.zig. */
typedef struct {
  char name[8];
  uint32_t slot, words, class, base, random, compare, below, unused;
} probe_register;

/* Clobber in registers.zig. */
typedef struct {
  uint32_t reg;
  char what[12];
} probe_clobber;

/* From CLASS_STACK_BASE on: words of Windows' TEB, which name the stack that runs. */
enum { CLASS_PLAIN = 0, CLASS_CONTROL = 1, CLASS_STACK_BASE = 2, CLASS_STACK_LIMIT = 3, CLASS_STACK_RESERVE = 4 };
#define CLOBBER_SIZE 32

extern const probe_register gobuf_probe_registers[];
extern const probe_clobber gobuf_probe_clobbers[];
uint64_t gobuf_probe_watch(probe_watch *);
uint64_t gobuf_probe_draw(uint64_t *);
void gobuf_probe_look(uint64_t *);
void gobuf_probe_entry(void *);
void gobuf_probe_clobber_caller_saved(void);
void gobuf_probe_clobber_code(void);

/* Which side of a switch is looked at. */
enum { BODY = 0, RESUMER = 1 };

unsigned register_count(void);
unsigned clobber_count(void);
/* A number of the run's seed. */
uint64_t draw(void);
void seed(uint64_t);
typedef struct coroutine coroutine;
/* Calls fn with every preserved register filled, below frames with locals, and notes what was lost. `of`: the context whose stack some
   values point into, or NULL. */
void watched(int side, void *fn, const uint64_t args[4], const coroutine *of);
/* The same of the subject's resume and yield. */
void watched_resume(const coroutine *);
void watched_yield(const coroutine *);
/* Before each watched call, clobbers what the ABI lets a callee clobber. */
extern int clobber_first;

/* What `watched` has noted. */
typedef struct {
  uint64_t begun[2], calls[2];
  uint32_t lost[2][VALUES];
  uint64_t want[2][VALUES], found[2][VALUES];
  uint32_t locals;
} tally;
extern tally noted;
/* Tells of what was noted; a side that was not looked at is a failure. */
void tell_tally(int body, int resumer);

/* ---- bodies ---- */

struct coroutine {
  conform_ctx *ctx;
  void (*live)(coroutine *);
  /* What the body was given to begin with. */
  uint64_t entry_sp, entry_flags, entry[VALUES];
  /* Of the property's own. */
  volatile uint64_t count;
  void *other;
  /* The stack that the kit made, without its margins; NULL where the library makes it. */
  char *stack;
  size_t size;
  /* What it was mapped as. */
  void *mapped;
  size_t mapped_size;
};

/* Makes a context; 0: it was refused. */
int make(coroutine *, size_t size, void (*live)(coroutine *));
void give_back(coroutine *);
/* Makes and unmaps a stack as the kit does, or a library that makes them itself: an emulator keeps something for each. */
void make_stack_only(size_t size);
/* Whether what lies around the kit's stack is as it was. */
int margins_intact(const coroutine *);
/* A body that yields for ever. */
void live_yielding(coroutine *);
/* One that yields under watch for ever. */
void live_watched(coroutine *);

/* ---- what a property tells ---- */

/* Something that no ABI leaves open is wrong. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Something is not as `claim` says: a failure where it is claimed, else the library's choice. */
void unlike(uint64_t claim, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A figure, or what was found. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* It cannot be looked at here, for a reason. */
void skip(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Something was compared: a property that compared nothing has not passed. */
void compared(uint64_t n);

/* ---- properties ---- */

typedef struct {
  const char *name;
  /* What holds when it passes. */
  const char *says;
  /* The claim that it is about; 0: none, it must hold. */
  uint64_t claim;
  void (*run)(void);
  /* Seconds of CPU time that it may take. */
  int seconds;
} property;

extern const property properties[];
extern const unsigned property_count;

void prop_registers(void);
void prop_clobbered(void);
void prop_nested(void);
void prop_entry(void);
void prop_overflow(void);
void prop_margins(void);
void prop_sizes(void);
void prop_backtrace(void);
void prop_storm(void);
void prop_step(void);
void prop_step_on_stack(void);
void prop_migrates(void);
void prop_first_elsewhere(void);
void prop_million(void);
void prop_lives(void);
void prop_destroyed(void);
void prop_sigmask(void);
#ifdef _WIN32
void prop_bounds(void);
#endif

/* How the kit was called: the same for the processes that it starts. */
typedef struct {
  /* The shared object, and which of its subjects; a NULL path: the broken switches of toy.c. */
  const char *path;
  unsigned number;
  uint64_t seed;
} call;
extern call called;

/* Runs a part of the kit in this process: `look`, a property by its name, or what a property runs in a process of its own. */
void run_part(const char *part);
/* Parts of stack.c and windows.c: a context on a stack of that size; a body that goes too deep. */
void part_size(size_t);
void part_deep(const char *shared);

typedef struct {
  const char *verdict;
  char text[4096];
  unsigned long long compared;
} judgement;
/* Puts a property to the subject in a process of its own. */
judgement put(const property *, uint64_t claims);

/* The broken switches of the kit's own, as an adapter has its subjects. */
const conform_subject *toy_subject_at(unsigned k);
/* The kit sees its own faults; 0: it does. */
int self_test(void);

/* ---- the operating system: posix.c, windows.c ---- */

/* How a process of the kit ended. */
typedef struct {
  /* What it told, as lines of KIND text. */
  char told[16384];
  /* How it ended: NULL by itself; else what killed it, in words. */
  const char *death;
  /* Its exit code. */
  int code;
  /* It was killed, for it took too long. */
  int late;
} ending;
/* Runs a part in a process of its own, with a limit of CPU time; one that waits is late after ten times as long. */
ending in_child(const char *part, int seconds);
/* In a process that was started for a part (a copy is ready), and at the end of each. */
void os_begin_part(void);
void os_end_part(void) __attribute__((noreturn));
/* The last line of a part that came to its end: a subject may end its process, and wine ends one whose sp is wild without a word. */
#define AT_THE_END "=\n"
#define ENDED_EARLY "by itself, before the property was through"
#ifdef _WIN32
/* A word that processes share by a name. */
volatile uint64_t *os_shared(const char *name);
#endif
/* Writes a line of what the process tells. */
void tell_line(const char *line, size_t length);

/* A function of the shared object; NULL, and what is wrong. */
void *os_symbol(const char *path, const char *name, const char **wrong);
/* Whole pages, zeroed, that may be read and written; NULL where they are not to be had. */
void *os_map(size_t size);
void os_unmap(void *at, size_t size);
/* Whole pages that nobody may touch any more. */
void os_protect(void *at, size_t size);
/* Seconds, of a clock that does not go back. */
double os_now(void);
/* KiB of memory that the process has in use. */
long os_resident(void);
/* Calls run(arg) on another thread, and waits until it returns. */
void os_on_thread(void (*run)(void *), void *arg);
/* Program counters from the caller's caller on, up to `most`. @returns how many; *wrong: why the walk did not end by itself */
int os_backtrace(void **pc, int most, const char **wrong);
/* Whether an address is in a program or a library that is loaded. */
int os_is_code(void *pc);

#endif
