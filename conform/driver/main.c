/*
 * gobuf-conform-driver: puts each property of a context switch to a subject, in a child process of its own, and says PASS, FAIL,
 * CHOICE or SKIP of it.
 *
 *   gobuf-conform-driver [--property P] [--subject S] [--seed N] [--strict] [--json] SUBJECT.so
 *   gobuf-conform-driver --self-test | --list
 *
 * Exit code: 0 nothing failed; 1 something failed; 2 it could not be tried.
 */
#include "kit.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const conform_subject *subject;
int strict;

static const char *path;
static unsigned subject_number;
static uint64_t seed_given = 1;
static const property *current;

const property properties[] = {
  {"registers", "every callee-saved register is kept on both sides of a switch", 0, prop_registers, 20},
  {"clobbered", "also when everything that a callee may change has been changed", 0, prop_clobbered, 20},
  {"entry", "a body starts with an aligned sp, in its stack, the direction flag clear, and the ABI's control words", 0, prop_entry,
    5},
  {"nested", "a body resumes another context", CONFORM_NESTS, prop_nested, 2},
  {"storm", "nothing is kept below sp, where a signal's handler writes", 0, prop_storm, 30},
  {"step", "sp is in one of the two stacks at every instruction", 0, prop_step, 20},
  {"step-on-stack", "nothing is kept below sp at any instruction", 0, prop_step_on_stack, 20},
  {"margins", "nothing is written beside a stack, nor into a frame that waits", 0, prop_margins, 10},
  {"overflow", "an overflow of the stack faults", CONFORM_GUARD, prop_overflow, 5},
  {"million", "a million round trips", 0, prop_million, 60},
  {"lives", "20,000 contexts whose bodies return leave nothing behind", CONFORM_RETURNS, prop_lives, 60},
  {"destroyed", "20,000 contexts that are destroyed while suspended leave nothing behind", CONFORM_DESTROYS, prop_destroyed, 60},
  {"sizes", "a stack of any size is refused or served", CONFORM_SIZES, prop_sizes, 30},
  {"migrates", "a context is resumed by other threads", CONFORM_MIGRATES, prop_migrates, 20},
  {"first-elsewhere", "a context is resumed the first time by another thread than its creator's", CONFORM_MIGRATES,
    prop_first_elsewhere, 20},
  {"backtrace", "a backtrace from a body ends by itself", CONFORM_BACKTRACE, prop_backtrace, 10},
  {"sigmask", "each context has a signal mask of its own", CONFORM_SIGMASK, prop_sigmask, 5},
};
const unsigned property_count = sizeof properties / sizeof *properties;

static const char *const claim_names[] = {"FP_BODY", "FP_RESUMER", "FP_DEFAULT", "OWN_STACK", "GUARD", "MIGRATES", "NESTS",
  "RETURNS", "DESTROYS", "BACKTRACE", "SIGMASK", "SIZES"};

/* Loads the subject. @returns what is wrong, NULL when nothing is */
static const char *load(void) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) return dlerror();
  const conform_subject *(*at)(unsigned);
  *(void **)&at = dlsym(library, "conform_subject_at");
  if (at == NULL) return "it exports no conform_subject_at (include/conform.h)";
  subject = at(subject_number);
  if (subject == NULL) return "";
  if (subject->abi != CONFORM_ABI || subject->size != sizeof *subject)
    return "its table is of another version of conform.h: compile the adapter again";
  if (!subject->create || !subject->resume || !subject->yield || !subject->destroy || !subject->name || !subject->version)
    return "its table lacks a name, a version, create, resume, yield or destroy";
  return NULL;
}

static void run_current(void) {
  const char *wrong = load();
  if (wrong) {
    fail("%s", wrong);
    return;
  }
  seed(seed_given);
  if (subject->thread_enter && subject->thread_enter() != 0) {
    fail("thread_enter failed");
    return;
  }
  current->run();
}

/* In a child: the subject's name and version, told as a note. */
static void look(void) {
  const char *wrong = load();
  if (wrong && wrong[0] == 0) skip("past the last");
  else if (wrong) fail("%s", wrong);
  else note("%s\t%s\t%llx", subject->name, subject->version, (unsigned long long)subject->claims);
}

static void json_string(const char *text) {
  putchar('"');
  for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
    if (*c == '"' || *c == '\\') printf("\\%c", *c);
    else if (*c < 32) printf("\\u%04x", *c);
    else putchar(*c);
  }
  putchar('"');
}

typedef struct {
  const char *verdict;
  char text[4096];
  unsigned long long compared;
} judgement;

static void add(judgement *j, const char *text) {
  size_t n = strlen(j->text);
  snprintf(j->text + n, sizeof j->text - n, "%s%s", n ? "; " : "", text);
}

/* What the child told, and how it ended, as one verdict. */
static judgement judge(const property *p, ending *e, uint64_t claims) {
  judgement j = {"PASS", "", 0};
  int failed = 0, chose = 0, skipped = 0, optional = p->claim != 0 && (claims & p->claim) == 0;
  char *rest = NULL;
  for (char *line = strtok_r(e->told, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
    if (line[0] == '#') j.compared += strtoull(line + 2, NULL, 10);
    else if (line[0] == 'F' || line[0] == 'C' || line[0] == 'S' || line[0] == 'N') add(&j, line + 2);
    failed += line[0] == 'F';
    chose += line[0] == 'C';
    skipped += line[0] == 'S';
  }
  char end[100] = "";
  if (e->late) snprintf(end, sizeof end, "it hangs: stopped after %d s of CPU time, or ten times as long", p->seconds);
  else if (e->signal) snprintf(end, sizeof end, "the process died: %s", strsignal(e->signal));
  else if (e->code) snprintf(end, sizeof end, "the process ended with exit code %d", e->code);
  if (end[0]) {
    add(&j, end);
    failed++;
  } else if (j.compared == 0 && !failed && !chose && !skipped) {
    add(&j, "nothing was compared");
    failed++;
  }
  if (failed) j.verdict = optional ? "CHOICE" : "FAIL";
  else if (chose) j.verdict = "CHOICE";
  else if (skipped) j.verdict = "SKIP";
  return j;
}

static void print(int json, const char *name, const char *version, const property *p, const judgement *j, uint64_t claims) {
  if (!json) {
    printf("%-6s %-16s %s\n", j->verdict, p->name, j->text);
    return;
  }
  const char *claim = "";
  for (unsigned i = 0; i < sizeof claim_names / sizeof *claim_names; i++)
    if (p->claim == 1ull << i) claim = claim_names[i];
  printf("{\"subject\":");
  json_string(name);
  printf(",\"version\":");
  json_string(version);
  printf(",\"abi\":\"%s\",\"property\":\"%s\",\"says\":",
#ifdef __x86_64__
    "System V x86-64",
#else
    "AAPCS64",
#endif
    p->name);
  json_string(p->says);
  printf(",\"claim\":\"%s\",\"claimed\":%s,\"verdict\":\"%s\",\"compared\":%llu,\"text\":", claim,
    p->claim == 0 || (claims & p->claim) ? "true" : "false", j->verdict, j->compared);
  json_string(j->text);
  printf("}\n");
}

static int usage(const char *wrong) {
  fprintf(stderr, "gobuf-conform-driver: %s\nexpected: [--property P] [--subject S] [--seed N] [--strict] [--json] SUBJECT.so, "
                  "--self-test, or --list\n", wrong);
  return 2;
}

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  int json = 0;
  const char *only = NULL, *only_subject = NULL;
  for (int i = 1; i < argc; i++) {
    int more = i + 1 < argc;
    if (!strcmp(argv[i], "--self-test")) return self_test();
    if (!strcmp(argv[i], "--list")) {
      for (unsigned k = 0; k < property_count; k++) printf("%-16s %s\n", properties[k].name, properties[k].says);
      return 0;
    }
    if (!strcmp(argv[i], "--json")) json = 1;
    else if (!strcmp(argv[i], "--strict")) strict = 1;
    else if (!strcmp(argv[i], "--property") && more) only = argv[++i];
    else if (!strcmp(argv[i], "--subject") && more) only_subject = argv[++i];
    else if (!strcmp(argv[i], "--seed") && more) {
      char *end;
      seed_given = strtoull(argv[++i], &end, 10);
      if (*end || end == argv[i]) return usage("--seed: expected a number");
    } else if (argv[i][0] == '-') return usage(argv[i]);
    else if (path) return usage("one shared object at a time");
    else path = argv[i];
  }
  if (path == NULL) return usage("no subject");
  int known = only == NULL;
  for (unsigned k = 0; k < property_count; k++) known |= only && !strcmp(only, properties[k].name);
  if (!known) return usage("no such property: --list shows them");

  int failures = 0, tried = 0;
  for (subject_number = 0;; subject_number++) {
    ending e = in_child(look, 5);
    e.told[strcspn(e.told, "\n")] = 0;
    if (e.told[0] == 'S') break;
    if (e.told[0] != 'N') {
      fprintf(stderr, "gobuf-conform-driver: %s: %s\n", path, e.told[0] == 'F' ? e.told + 2 : "it cannot be loaded: the process died");
      return 2;
    }
    char *rest = NULL, *name = strtok_r(e.told + 2, "\t", &rest), *version = strtok_r(NULL, "\t", &rest);
    char *bits = strtok_r(NULL, "\t", &rest);
    if (!name || !version || !bits) {
      fprintf(stderr, "gobuf-conform-driver: %s: subject %u has an empty name or version\n", path, subject_number);
      return 2;
    }
    uint64_t claims = strtoull(bits, NULL, 16);
    if (only_subject && strcmp(only_subject, name)) continue;
    tried++;
    if (!json) printf("%s %s\n", name, version);
    for (unsigned k = 0; k < property_count; k++) {
      const property *p = current = &properties[k];
      if (only && strcmp(only, p->name)) continue;
      ending end = in_child(run_current, p->seconds);
      judgement j = judge(p, &end, claims);
      print(json, name, version, p, &j, claims);
      failures += !strcmp(j.verdict, "FAIL");
    }
  }
  if (tried == 0) {
    fprintf(stderr, "gobuf-conform-driver: %s: it has no subject%s%s\n", path, only_subject ? " named " : "",
      only_subject ? only_subject : "");
    return 2;
  }
  return failures != 0;
}
